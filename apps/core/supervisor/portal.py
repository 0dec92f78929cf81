"""The order in which a portal is started, watched and stopped."""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.core.embedded import (
    DATABASE,
    FILLED,
    Home,
    Postgres,
    Trouble,
    Valkey,
    embedded_environment,
    server_account,
    trouble_with,
)
from apps.core.embedded.processes import end_leftover, wait_until

from .checks import answers, check_kind, check_port, check_room
from .children import Child, Crew, Stopping, python
from .log import Log
from .welcome import welcome_demo, welcome_portal

ANSWER_SECONDS = 60
WORKER_PROCESSES = 2
# A request whose body arrives slowly holds its thread. One, two or four threads in each of two
# processes answer alike (docs/operating.md); four leave room for a few slow uploads.
BLOCKING_THREADS = 4
SERVERS = ("postgres", "valkey")
# Said at every start and stop; none of it asks for anything here.
VALKEY_HUSH = ("Memory overcommit", "signal-handler", "ready to exit")
MIGRATION_SOURCES = (
    "apps/**/migrations/*.py",
    "apps/**/permissions.py",
    "apps/**/roles.py",
    "apps/**/apps.py",
    "requirements.lock",
)
DEMO_SOURCES = ("apps/portal/demo/**/*.[pyj]*",)


@dataclass
class Portal:
    """A portal on one data folder: `run()` serves it until a signal asks to stop."""

    home: Home
    port: int = 8000
    demo: bool = False
    workers: int = 2

    def run(self) -> None:
        """Start everything, serve, stop in order. Raises Trouble when it cannot start."""
        self.home.prepare()
        began = time.monotonic()
        with self.home.lock(f"{self.address}, pid {os.getpid()}"):
            self.end_leftovers()
            check_kind(self.home, demo=self.demo)
            check_room(self.home)
            check_port(self.port)
            self.crew.listen_to_signals()
            try:
                self.start()
                self.say(_("En marcha en %(s).1f s.") % {"s": time.monotonic() - began})
                self.welcome()
                while True:
                    self.crew.pump(0.5)
                    self.crew.tend(self.explain_death)
            except Stopping:
                self.say(_("Deteniendo…"))
            finally:
                self.stop()
        self.say(_("Detenido."))
        self.log.close()

    # Before anything starts ------------------------------------------------------------

    def end_leftovers(self) -> None:
        """Stop what a killed supervisor may have left running on this folder."""
        for pid, started in self.home.state().get("children", []):
            if end_leftover(pid, started, signal.SIGTERM, seconds=5):
                self.say(
                    _("Se detuvo un proceso que había quedado de antes (%(pid)s).") % {"pid": pid}
                )

    # Starting --------------------------------------------------------------------------

    def start(self) -> None:
        servers = [self.start_postgres, self.start_valkey]
        ready = [finish for start in servers if (finish := start())]
        for finish in ready:
            finish()
        self.remember()
        self.migrate()
        self.collect_static()
        if self.demo:
            self.seed()
        self.home.write_state(kind="demo" if self.demo else "portal")
        web, *rest = self.portal_children()
        self.crew.start(web)
        self.remember()
        self.wait_for_answer(web)
        for child in rest:  # now, so that they do not slow the first page
            self.crew.start(child)
        self.remember()

    def start_postgres(self):
        """Start the embedded database unless one was given; returns what waits for it."""
        if not self.is_embedded("DATABASE_URL"):
            return None
        if not (self.home.postgres / "PG_VERSION").exists():
            self.say(_("Creando la base de datos en %(path)s") % {"path": self.home.postgres})
        self.postgres.initialise()
        child = Child("postgres", self.postgres.start, signal.SIGINT, stop_seconds=30)
        self.crew.start(child)

        def finish() -> None:
            self.postgres.wait_ready(child.process, self.crew.output_of(child))
            self.postgres.provide(
                DATABASE,
                owner_password=self.keys["owner_password"],
                web_password=self.keys["web_password"],
            )

        return finish

    def start_valkey(self):
        """Start the embedded broker and cache unless one was given; the same as above."""
        if not self.is_embedded("REDIS_URL"):
            return None
        child = Child("valkey", self.valkey.start, stop_seconds=5, hush=VALKEY_HUSH)
        self.crew.start(child)

        def finish() -> None:
            self.valkey.wait_ready(child.process, self.crew.output_of(child))
            self.home.write_state(valkey_port=self.valkey.port)

        return finish

    def migrate(self) -> None:
        """Migrate as the owner when the code or the database is new."""
        wanted = self.mark_of(MIGRATION_SOURCES)
        if self.is_embedded("DATABASE_URL") and self.database_mark() == wanted:
            return
        self.say(_("Preparando las tablas"))
        owner = self.environment.get("DATABASE_OWNER_URL") or self.environment["DATABASE_URL"]
        self.manage("migrate", "--no-input", "--verbosity=0", DATABASE_URL=owner)
        if self.is_embedded("DATABASE_URL"):
            self.database_mark(wanted)

    def mark_of(self, patterns: tuple[str, ...]) -> str:
        """A hash of the files that match `patterns`, names included."""
        digest = hashlib.sha256()
        for pattern in patterns:
            for path in sorted(self.root.glob(pattern)):
                digest.update(str(path.relative_to(self.root)).encode() + path.read_bytes())
        return digest.hexdigest()

    def database_mark(self, new: str | None = None) -> str | None:
        """The code a database was migrated with, kept as its comment: a copy carries it along."""
        connection = self.postgres.connect()
        try:
            with connection.cursor() as cursor:
                if new is not None:
                    cursor.execute(f"COMMENT ON DATABASE {DATABASE} IS %s", [new])
                cursor.execute(
                    "SELECT shobj_description(oid, 'pg_database')"
                    " FROM pg_database WHERE datname = %s",
                    [DATABASE],
                )
                return cursor.fetchone()[0]
        finally:
            connection.close()

    def collect_static(self) -> None:
        """Publish the static files again when one of them changed."""
        digest = hashlib.sha256()
        for folder in settings.STATICFILES_DIRS:
            for path in sorted(Path(folder).rglob("*")):
                found = path.stat()
                digest.update(f"{path} {found.st_size} {found.st_mtime_ns}\n".encode())
        mark = Path(settings.STATIC_ROOT) / ".from"
        if mark.exists() and mark.read_text() == digest.hexdigest():
            return
        self.say(_("Publicando los archivos del navegador"))
        mark.unlink(missing_ok=True)
        self.manage("collectstatic", "--no-input", "--clear", "--verbosity=0")
        mark.write_text(digest.hexdigest())

    def seed(self) -> None:
        """Load the demo's data, again when a newer version brings more."""
        wanted = self.mark_of(DEMO_SOURCES)
        if self.home.state().get("seeded") == wanted:
            return
        self.say(_("Cargando los datos de la demostración (alrededor de un minuto)"))
        self.manage("seed_demo")
        self.home.write_state(seeded=wanted)

    def manage(self, command: str, *arguments: str, **environment: str) -> None:
        """Run a management command as a child. Raises Trouble when it fails."""
        child = Child(
            command,
            python(
                *("manage.py", command, *arguments),
                env=self.environment | environment,
                cwd=self.root,
            ),
        )
        if self.crew.run(child):
            raise self.trouble_of(child)

    def trouble_of(self, child: Child) -> Trouble:
        if "No space left on device" in child.said() or "DiskFull" in child.said():
            return trouble_with(self.home.path, OSError(28, "ENOSPC"))
        return Trouble(
            gettext_noop("Falló %(command)s: %(reason)s. El detalle está en %(path)s."),
            command=child.name,
            reason=(child.said().strip().splitlines() or ["?"])[-1].strip().rstrip("."),
            path=self.home.logs / "cauce.log",
        )

    def portal_children(self) -> list[Child]:
        """Web, worker and beat. SECURITY: none of them learns the owner's password (S63)."""
        env = {k: v for k, v in self.environment.items() if k != "DATABASE_OWNER_URL"}
        options: dict[str, Any] = {"cwd": self.root}
        web_env = env if self.demo else env | {"CAUCE_SETUP_TOKEN": self.keys["setup_token"]}
        celery = ("-m", "celery", "--quiet", "-A", "config.celery")
        web = python(
            *("-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", self.port),
            *("--workers", self.workers, "--blocking-threads", BLOCKING_THREADS, "--no-ws"),
            *("--respawn-failed-workers", "--respawn-interval", "0.5"),
            *("--workers-kill-timeout", "10", "--http1-header-read-timeout", "10000"),
            *("--log-level", "warning", "config.wsgi:application"),
            env=web_env,
            **options,
        )
        worker = python(
            *(*celery, "worker", "--concurrency", WORKER_PROCESSES, "--max-tasks-per-child", 1000),
            *("--without-gossip", "--without-mingle", "--loglevel", "WARNING"),
            env=env | {"PYTHONWARNINGS": "ignore:::celery.platforms"},
            # Unfinished jobs are acknowledged late: they come back, so nothing waits for them.
            death_signal=signal.SIGKILL,
            **options,
        )
        beat = python(*celery, "beat", "--pidfile=", "--loglevel", "WARNING", env=env, **options)
        return [
            Child("web", web, stop_seconds=12),
            Child("worker", worker, stop_seconds=15),
            Child("beat", beat, stop_seconds=5),
        ]

    def wait_for_answer(self, web: Child) -> None:
        """Return once the web answers. Raises Trouble if it dies first or stays silent."""

        def answered() -> bool:
            self.crew.pump(0.05)
            return web.process.poll() is not None or answers(self.port, self.address)

        if not wait_until(answered, ANSWER_SECONDS, step=0) or web.process.poll() is not None:
            raise self.trouble_of(web)

    # While it runs ---------------------------------------------------------------------

    def explain_death(self, child: Child) -> None:
        if child.name == "postgres":
            self.say(_("La base de datos se detuvo: nada se guarda hasta que vuelva."))
            self.say(str(self.postgres.trouble(child.said())))
        elif child.name == "valkey":
            self.say(_("La cola de trabajos se detuvo: los avisos salen cuando vuelva."))
        with contextlib.suppress(OSError):
            self.remember()

    def remember(self) -> None:
        self.home.write_state(children=self.crew.marks())

    def welcome(self) -> None:
        if self.demo:
            welcome_demo(self.address, self.home.mail)
        else:
            token = None if self.has_people() else self.keys["setup_token"]
            welcome_portal(self.address, token, self.home.mail)

    def has_people(self) -> bool:
        if not self.is_embedded("DATABASE_URL"):
            return False
        connection = self.postgres.connect(DATABASE)
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT EXISTS (SELECT 1 FROM accounts_person)")
                return cursor.fetchone()[0]
        finally:
            connection.close()

    def stop(self) -> None:
        """What takes requests first, the servers they rest on last."""
        for names in (("web", "beat"), ("worker",), SERVERS):
            self.crew.stop(names)
        with contextlib.suppress(OSError):
            self.remember()

    # What the parts share --------------------------------------------------------------

    def say(self, text: str) -> None:
        self.log.write("cauce", text)

    def is_embedded(self, name: str) -> bool:
        """Whether the address `name` is ours to provide, not given from outside."""
        return name in os.environ.get(FILLED, "").split(",")

    @cached_property
    def root(self) -> Path:
        return Path(settings.BASE_DIR)

    @cached_property
    def address(self) -> str:
        return os.environ.get("CAUCE_BASE_URL", f"http://127.0.0.1:{self.port}").rstrip("/")

    @cached_property
    def log(self) -> Log:
        return Log(self.home.logs)

    @cached_property
    def crew(self) -> Crew:
        return Crew(self.log)

    @cached_property
    def keys(self) -> dict[str, str]:
        return self.home.secrets()

    @cached_property
    def postgres(self) -> Postgres:
        return Postgres(
            self.home.postgres,
            self.home.sockets(),
            self.keys["superuser_password"],
            server_account(),
        )

    @cached_property
    def valkey(self) -> Valkey:
        return Valkey(self.home.valkey, self.keys["valkey_password"], server_account())

    @property
    def environment(self) -> dict[str, str]:
        """What the children are given: a person's settings, and ours where there were none."""
        ours = embedded_environment(self.home)
        if self.is_embedded("REDIS_URL"):
            ours["REDIS_URL"] = self.valkey.url()
        given = {k: v for k, v in os.environ.items() if not self.is_embedded(k) and k != FILLED}
        if "DATABASE_URL" in given:
            del ours["DATABASE_OWNER_URL"]
        return ours | {"CAUCE_BASE_URL": self.address} | given | self._fixed_environment()

    def _fixed_environment(self) -> dict[str, str]:
        return {
            "CAUCE_DEMO": "1" if self.demo else "0",
            "PYTHONUNBUFFERED": "1",
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
