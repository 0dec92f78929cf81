"""One readable log of all components: UTC time, component, one line a record (S58, S59)."""

from __future__ import annotations

import contextlib
import re
import sys
from datetime import UTC, datetime
from logging import LogRecord, makeLogRecord
from logging.handlers import RotatingFileHandler
from pathlib import Path

# The time that a component wrote itself; ours stands in its place.
OWN_TIME = re.compile(r"^\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d([.,]\d+)?(Z| ?[+-]\d{4})?\]?:? ?")
MAX_BYTES = 5 * 1024 * 1024
KEPT_FILES = 5


class LogFile(RotatingFileHandler):
    """cauce.log, rotated; a full disk costs its lines and nothing else."""

    def handleError(self, record: LogRecord) -> None:  # noqa: N802  (logging's name)
        self.stream = None


class Log:
    """Writes lines to stdout and to CAUCE_HOME/logs/cauce.log."""

    def __init__(self, folder: Path) -> None:
        self.file = LogFile(
            folder / "cauce.log",
            maxBytes=MAX_BYTES,
            backupCount=KEPT_FILES,
            encoding="utf-8",
            delay=True,
        )

    def write(self, component: str, text: str) -> None:
        text = OWN_TIME.sub("", text.rstrip())
        if not text:
            return
        clean = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
        line = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {component:<9} {clean}"
        # A closed terminal must not stop the portal; the file still has the line.
        with contextlib.suppress(OSError):
            print(line, flush=True, file=sys.stdout)  # noqa: T201  (this is the log)
        self.file.handle(makeLogRecord({"msg": line}))

    def close(self) -> None:
        self.file.close()
