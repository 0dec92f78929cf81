"""The servers and the data of a benchmark, in a folder of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from apps.core.embedded import (
    DATABASE,
    OWNER,
    Home,
    Postgres,
    Valkey,
    embedded_environment,
    server_account,
)

ROOT = Path(__file__).resolve().parents[2]
FLOOR = "floor"


class World:
    """PostgreSQL and Valkey for one run. `start`, `fill`, and in the end `stop`."""

    def __init__(self, folder: Path) -> None:
        self.home = Home(folder)
        self.home.prepare()
        keys = self.home.secrets()
        account = server_account()
        self.postgres = Postgres(
            self.home.postgres, self.home.sockets(), keys["superuser_password"], account
        )
        self.valkey = Valkey(self.home.valkey, keys["valkey_password"], account)
        self.keys = keys
        self.processes: list[tuple[Postgres | Valkey, subprocess.Popen[bytes]]] = []
        self.environment: dict[str, str] = {}

    def start(self) -> dict[str, str]:
        """Start the servers and migrate; returns the environment of every process."""
        self.postgres.initialise()
        for server in (self.postgres, self.valkey):
            process = server.start(subprocess.DEVNULL)
            self.processes.append((server, process))
            server.wait_ready(process)
        self.home.write_state(valkey_port=self.valkey.port)
        self.postgres.provide(
            DATABASE,
            owner_password=self.keys["owner_password"],
            web_password=self.keys["web_password"],
        )
        connection = self.postgres.connect()
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {FLOOR} OWNER {OWNER}")
        connection.close()
        values = embedded_environment(self.home)
        self.environment = os.environ | values
        self.environment["FLOOR_DATABASE_URL"] = self.postgres.url(
            OWNER, self.keys["owner_password"], FLOOR
        )
        self._run("manage.py", "migrate", "-v0", DATABASE_URL=values["DATABASE_OWNER_URL"])
        self._run(
            "manage.py", "migrate", "-v0", DJANGO_SETTINGS_MODULE="tests.benchmarks.floor.settings"
        )
        self._run("manage.py", "collectstatic", "--no-input", "-v0")
        return self.environment

    def fill(self, documents: int) -> dict[str, object]:
        """Fill both databases; returns session keys and the paths to ask."""
        said = self._run("-m", "tests.benchmarks.fill", str(documents))
        floor = self._run(
            "-m", "tests.benchmarks.fill_floor",
            DJANGO_SETTINGS_MODULE="tests.benchmarks.floor.settings",
        )  # fmt: skip
        return json.loads(said) | {"floor": floor.strip()}

    def told(self, module: str, *arguments: str) -> dict[str, object]:
        """What `python -m module` prints as JSON."""
        return json.loads(self._run("-m", module, *arguments))

    def _run(self, *arguments: str, **environment: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environment | environment,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return done.stdout

    def stop(self) -> None:
        """End the servers that were started."""
        for server, process in reversed(self.processes):
            server.stop(process)
