"""Children that never outlive their parent, and leftovers recognised by pid and start time."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .account import Account

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def spawn(
    argv: Sequence[str | Path],
    *,
    death_signal: int = signal.SIGTERM,
    account: Account | None = None,
    **options: Any,
) -> subprocess.Popen[bytes]:
    """Start `argv` in its own process group; the kernel signals it when this process dies.

    Call it from the main thread: the kernel ties the death signal to the creating thread.
    """
    parent = os.getpid()

    def tie_to_parent() -> None:
        # Runs after the change of user, which would clear the death signal.
        if LIBC is not None:
            LIBC.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)

    # Callers give programs of ours or of installed packages, never a person's words.
    return subprocess.Popen(  # noqa: S603
        [str(part) for part in argv],
        stdin=subprocess.DEVNULL,
        process_group=0,
        preexec_fn=tie_to_parent,
        **(account or Account()).popen_options(),
        **options,
    )


def start_time(pid: int) -> str | None:
    """When process `pid` began, in kernel ticks; None when there is no such live process."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields[19]


def command_line(pid: int) -> list[str]:
    """The arguments of process `pid`; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return []


def wait_until(done: Callable[[], bool], seconds: float, step: float = 0.02) -> bool:
    """Whether `done()` came true within `seconds`."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(step)
    return True


def signal_group(pid: int, number: int) -> None:
    """Signal the process group led by `pid`, whether or not its leader still lives."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def end(
    process: subprocess.Popen[bytes], number: int = signal.SIGTERM, seconds: float = 10
) -> None:
    """Ask `process` to stop with signal `number`; after `seconds` its group is killed."""
    if process.poll() is None:
        process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
    signal_group(process.pid, signal.SIGKILL)
    process.wait()


def end_leftover(pid: int, started: str, number: int = signal.SIGTERM, seconds: float = 10) -> bool:
    """Stop a process of an earlier run if `pid` is still that one. True when there was one."""
    if start_time(pid) != started:
        return False
    os.kill(pid, number)
    wait_until(lambda: start_time(pid) != started, seconds)
    if start_time(pid) == started:
        signal_group(pid, signal.SIGKILL)
        wait_until(lambda: start_time(pid) != started, 5)
    return True
