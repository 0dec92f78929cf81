"""Where one process of a test run works: its server, its database, its Valkey."""

import secrets
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import make_dsn, parse_dsn

from apps.core.embedded import Valkey, server_account
from apps.core.embedded.postgres import create_database


@dataclass
class Cluster:
    """A PostgreSQL server for tests: where it is, and how to act on it as its superuser."""

    dsn: str  # superuser, any database
    password: str  # of the three roles
    template: str = ""

    def connect(self, database: str = "postgres"):
        connection = psycopg2.connect(make_dsn(self.dsn, dbname=database))
        connection.autocommit = True
        return connection

    def url(self, role: str, database: str, **options: str) -> str:
        where = parse_dsn(self.dsn)
        options = {"host": where["host"], "port": where.get("port", "5432")} | options
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in options.items())
        return f"postgresql://{role}:{self.password}@/{database}?{query}"

    def clone(self, database: str, template: str = "") -> None:
        """Put a fresh copy of `template` (by default the empty one) in the place of `database`."""
        connection = self.connect()
        drop(connection, database)
        # Without fsync, copying files takes a third of the time of copying pages.
        create_database(connection, database, template or self.template, strategy="FILE_COPY")
        connection.close()

    def drop(self, database: str) -> None:
        connection = self.connect()
        drop(connection, database)
        connection.close()


def drop(connection, database: str) -> None:
    with connection.cursor() as cursor:
        name = sql.Identifier(database)
        cursor.execute("SELECT datistemplate FROM pg_database WHERE datname = %s", [database])
        if row := cursor.fetchone():
            if row[0]:
                cursor.execute(sql.SQL("ALTER DATABASE {} IS_TEMPLATE false").format(name))
            cursor.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


class OwnValkey:
    """A Valkey that a test may stop and start; the process's end takes it along."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="cauce-test-valkey-"))
        self.server = Valkey(self.folder, secrets.token_urlsafe(12), server_account())
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        return self.server.url()

    def start(self) -> None:
        self.process = self.server.start(subprocess.DEVNULL)
        self.server.wait_ready(self.process)

    def stop(self) -> None:
        if self.process is not None:
            self.server.stop(self.process)
            self.process = None

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Place:
    """What this process uses: the cluster, its own database, its own Valkey."""

    cluster: Cluster
    database: str
    valkey: OwnValkey | None = None
