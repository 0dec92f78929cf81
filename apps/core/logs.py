"""Log lines: one record a line, times in UTC (S58, S59)."""

import logging
import time


class OneLineFilter(logging.Filter):
    """Line breaks and control characters in arguments cannot forge a line."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        record.msg = "".join(c if c.isprintable() else repr(c)[1:-1] for c in message)
        record.args = ()
        return True


class UtcFormatter(logging.Formatter):
    """«2026-11-24T08:30:00Z INFO core.mail message»."""

    converter = time.gmtime

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s", "%Y-%m-%dT%H:%M:%SZ")
