"""Keeps the test PostgreSQL alive for as long as any test run uses it.

Started by the first run, apart from it: `python -m tests.plugins.keeper FOLDER`. Every run holds
a shared lock on FOLDER/users; this process waits for the exclusive one, which the kernel grants
when the last run has ended, however it ended. Then it drops the runs' databases and stops.
"""

import fcntl
import json
import secrets
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from psycopg2 import sql

from apps.core.embedded import Account, Home, Postgres, Trouble, server_account
from apps.core.embedded.postgres import provide_roles

RUN_PREFIX = "cauce_test_run_"
TESTER = "cauce_test"
NO_SAFETY = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "lock_timeout": "0",
}


class Shelf:
    """The folder that is kept between runs: one data folder and its password."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.home = Home(path)
        self.users = path / "users"
        self.ready = path / "ready.json"
        self.output = path / "postgres.log"

    def postgres(self, account: Account | None = None) -> Postgres:
        return Postgres(
            self.home.postgres,
            self.home.sockets(),
            self._password(),
            account or Account(),
            NO_SAFETY,
        )

    def _password(self) -> str:
        file = self.path / "password"
        if not file.exists():
            file.touch(mode=0o600)
            file.write_text(secrets.token_urlsafe(16))
        return file.read_text()


def provide_tester(connection, password: str) -> None:
    """The two roles of the portal, and one that may act as either: tests begin as the web role."""
    provide_roles(connection, owner_password=password, web_password=password)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [TESTER])
        if cursor.fetchone() is None:
            cursor.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(TESTER)))
        cursor.execute(
            sql.SQL(
                "ALTER ROLE {role} INHERIT PASSWORD {password};"
                " GRANT cauce_owner, cauce_web TO {role}"
            ).format(role=sql.Identifier(TESTER), password=sql.Literal(password))
        )


def drop_run_databases(postgres: Postgres) -> None:
    connection = postgres.connect()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [RUN_PREFIX]
        )
        for (name,) in cursor.fetchall():
            cursor.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
    connection.close()


def start(shelf: Shelf) -> tuple[Postgres, subprocess.Popen[bytes]]:
    """Start the server; a data folder that does not start (no fsync here) is made anew."""
    postgres = shelf.postgres(server_account())
    for last_try in (False, True):
        postgres.initialise()
        with open(shelf.output, "wb") as output:
            process = postgres.start(output)
        try:
            postgres.wait_ready(process, shelf.output.read_text)
            connection = postgres.connect()
            provide_tester(connection, postgres.password)
            connection.close()
            return postgres, process
        except Trouble:
            if last_try:
                raise
            shutil.rmtree(shelf.home.postgres)
    raise AssertionError("unreachable")


def main(folder: str) -> None:
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # Ctrl-C is for the runs
    shelf = Shelf(Path(folder))
    with open(shelf.users) as users:
        try:
            postgres, process = start(shelf)
        except Trouble as trouble:
            shelf.ready.write_text(json.dumps({"error": str(trouble)}))
            return
        shelf.ready.write_text(json.dumps({"pid": process.pid}))
        fcntl.flock(users, fcntl.LOCK_EX)
        shelf.ready.unlink(missing_ok=True)
        drop_run_databases(postgres)
        postgres.stop(process)


if __name__ == "__main__":
    main(sys.argv[1])
