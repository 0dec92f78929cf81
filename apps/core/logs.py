"""Log lines: one record a line, times in UTC, no secret of ours (S54, S58, S59)."""

import logging
import re
import time

from django.views.debug import SafeExceptionReporterFilter


def on_one_line(text: str) -> str:
    """`text` with line breaks and control characters written out."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


class OneLineFilter(logging.Filter):
    """What people typed cannot forge a line."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = on_one_line(record.getMessage())
        record.args = ()
        return True


class UtcFormatter(logging.Formatter):
    """«2026-11-24T08:30:00Z INFO core.mail message»; a traceback follows on the same line."""

    converter = time.gmtime

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s", "%Y-%m-%dT%H:%M:%SZ")

    def formatException(self, ei: object) -> str:  # noqa: N802  (logging's own name)
        lines = super().formatException(ei).splitlines()
        return " | ".join(on_one_line(line.strip()) for line in lines)

    def format(self, record: logging.LogRecord) -> str:
        return super().format(record).replace("\n", " | ")


class ReportFilter(SafeExceptionReporterFilter):
    """Masks what our settings hold besides what Django masks: addresses with passwords, keys."""

    hidden_settings = re.compile(
        "API|AUTH|TOKEN|KEY|SECRET|PASS|SIGNATURE|HTTP_COOKIE|URL|LOCATION|DSN", re.IGNORECASE
    )
