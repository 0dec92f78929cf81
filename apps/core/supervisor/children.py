"""The processes of a portal: started, read line by line, started again when they die."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import IO, Any

from django.utils.translation import gettext as _

from apps.core.embedded.processes import end, signal_group, spawn, start_time

from .log import Log

BACKOFF_SECONDS = (0.2, 1, 2, 5, 10, 30)
STEADY_SECONDS = 30  # a component that lived this long begins its backoff anew
TAIL_LINES = 40
LINE_BYTES = 65536


class Stopping(Exception):  # noqa: N818  (a request, not an error)
    """Somebody asked the portal to stop."""


@dataclass
class Child:
    """One component: how to start it, and what became of it."""

    name: str
    launch: Callable[[int], subprocess.Popen[bytes]]  # takes the file descriptor for output
    stop_signal: int = signal.SIGTERM
    stop_seconds: float = 10
    hush: tuple[str, ...] = ()  # lines with these words are not worth a line of the log
    process: subprocess.Popen[bytes] | None = None
    failures: int = 0
    started_at: float = 0.0  # monotonic seconds
    start_again_at: float | None = None
    rest: bytes = b""
    tail: deque[str] = field(default_factory=lambda: deque(maxlen=TAIL_LINES))

    def said(self) -> str:
        return "\n".join(self.tail)


class Crew:
    """All children of the supervisor, and the one loop that reads them."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.children: list[Child] = []
        self.stop_requested = False
        self.selector = selectors.DefaultSelector()
        self.wake_reader, self.wake_writer = os.pipe()
        for end_of_pipe in (self.wake_reader, self.wake_writer):
            os.set_blocking(end_of_pipe, False)
        self.selector.register(self.wake_reader, selectors.EVENT_READ)

    def listen_to_signals(self) -> None:
        """SIGINT, SIGTERM and SIGHUP ask for a stop; a dead child wakes the loop."""
        signal.set_wakeup_fd(self.wake_writer, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_args: None)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)

    def _ask_to_stop(self, *_args: object) -> None:
        self.stop_requested = True

    def start(self, child: Child) -> None:
        """Start `child` and read what it says from now on."""
        reader, writer = os.pipe()
        try:
            child.tail.clear()
            child.process = child.launch(writer)
        except BaseException:
            os.close(reader)
            raise
        finally:
            os.close(writer)
        child.started_at = time.monotonic()
        child.start_again_at = None
        self.selector.register(os.fdopen(reader, "rb", buffering=0), selectors.EVENT_READ, child)
        if child not in self.children:
            self.children.append(child)

    def pump(self, seconds: float = 0) -> None:
        """Pass on what the children said, waiting for it up to `seconds`.

        Raises Stopping once a stop was asked for.
        """
        for key, _events in self.selector.select(seconds):
            if key.data is None:
                os.read(self.wake_reader, 4096)
            else:
                self._read(key.fileobj, key.data)
        if self.stop_requested:
            raise Stopping

    def output_of(self, child: Child) -> Callable[[], str]:
        """What `child` has said so far, read anew at each call."""

        def said() -> str:
            self.pump()
            return child.said()

        return said

    def run(self, child: Child) -> int:
        """Start `child`, wait for its end and return its exit code."""
        self.start(child)
        try:
            while child.process.poll() is None:
                self.pump(0.1)
            self.pump()
        except Stopping:
            end(child.process, seconds=5)
            raise
        finally:
            self.children.remove(child)
        return child.process.returncode

    def tend(self, on_death: Callable[[Child], None]) -> None:
        """Start the dead again, each after its backoff; `on_death` explains one that died."""
        now = time.monotonic()
        for child in self.children:
            if child.start_again_at is not None:
                if now >= child.start_again_at:
                    self.start(child)
            elif child.process is not None and child.process.poll() is not None:
                signal_group(child.process.pid, signal.SIGKILL)  # what it left behind
                if now - child.started_at > STEADY_SECONDS:
                    child.failures = 0
                wait = BACKOFF_SECONDS[min(child.failures, len(BACKOFF_SECONDS) - 1)]
                child.failures += 1
                child.start_again_at = now + wait
                on_death(child)
                self.log.write(
                    child.name,
                    _("Terminó con código %(code)s; se reinicia en %(seconds)s s.")
                    % {"code": child.process.returncode, "seconds": wait},
                )

    def stop(self, names: Sequence[str]) -> None:
        """Ask the children named to stop, together, and wait for them; a second signal kills."""
        leaving = [c for c in self.children if c.name in names and c.process is not None]
        for child in leaving:
            if child.process.poll() is None:
                child.process.send_signal(child.stop_signal)
        self.stop_requested = False
        for child in leaving:
            deadline = time.monotonic() + child.stop_seconds
            while child.process.poll() is None and time.monotonic() < deadline:
                try:
                    self.pump(0.1)
                except Stopping:
                    break
            end(child.process, signal.SIGKILL, seconds=0)
            self.children.remove(child)
        self._drain()

    def marks(self) -> list[tuple[int, str]]:
        """Pid and start time of every child, to recognise leftovers by."""
        living = [c.process.pid for c in self.children if c.process and c.process.poll() is None]
        return [(pid, started) for pid in living if (started := start_time(pid))]

    def _read(self, pipe: IO[bytes], child: Child) -> None:
        chunk = os.read(pipe.fileno(), 65536)
        if not chunk:
            self.selector.unregister(pipe)
            pipe.close()
        # A read may cut a line; what has no end yet waits for the next one.
        *lines, child.rest = (child.rest + chunk).split(b"\n")
        if child.rest and (not chunk or len(child.rest) > LINE_BYTES):
            lines, child.rest = [*lines, child.rest], b""
        for line in lines:
            text = line.decode("utf-8", "replace")
            child.tail.append(text)
            if not any(part in text for part in child.hush):
                self.log.write(child.name, text)

    def _drain(self) -> None:
        for key, _events in self.selector.select(0):
            if key.data is not None:
                self._read(key.fileobj, key.data)


def python(*arguments: object, **options: Any) -> Callable[[int], subprocess.Popen[bytes]]:
    """A launcher for a Python program of ours; `options` are those of Popen."""

    def launch(output: int) -> subprocess.Popen[bytes]:
        return spawn(
            [sys.executable, *map(str, arguments)],
            stdout=output,
            stderr=subprocess.STDOUT,
            umask=0o077,  # mails, uploads and logs are nobody else's to read
            **options,
        )

    return launch
