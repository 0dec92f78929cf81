"""Log lines: one record a line, times in UTC, no secret of ours and no datum of a person (S54,
S58–S60).

What a person typed reaches the log in exceptions: the database quotes the row it refused,
Python the text it could not read. So of an exception the log holds the way to it, its kind,
and its words without what they quote.
"""

import logging
import re
import time
import traceback
from collections.abc import Iterator

from django.views.debug import SafeExceptionReporterFilter

MOST_WORDS = 300
EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}[\w.-]{0,190}")
# Parts of a path that open something: invitations, links of a reset. UUIDs only name rows.
TOKEN = re.compile(
    r"(?<=/)(?![0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b)(?=[a-z_.~-]{0,400}[0-9A-Z])"
    r"[\w.~-]{20,2000}"
)
# What PostgreSQL adds to a refusal: values of the row, the statement.
QUOTED_ROW = re.compile(
    r"(?:\n|\\n)\s{0,9}(?:DETAIL|CONTEXT|HINT|LINE \d{1,9}|QUERY):.*", re.DOTALL
)
QUOTED = re.compile(r"'[^']{0,300}'|\"[^\"]{0,300}\"|“[^”]{0,300}”|«[^»]{0,300}»")
NAME_OF_OURS = re.compile(r"[A-Za-z_][\w.:-]{0,60}", re.ASCII)
NUMBER = re.compile(r"\d{5,}")


def on_one_line(text: str) -> str:
    """`text` with line breaks and control characters written out."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def without_data(text: str) -> str:
    """`text` without e-mail addresses, tokens in paths and values of rows."""
    return TOKEN.sub("…", EMAIL.sub("…@…", QUOTED_ROW.sub("", text)))


def words_of(fault: BaseException) -> str:
    """What `fault` says, without what it quotes; of the database, code, table and constraint."""
    refusal = fault if hasattr(fault, "pgcode") else fault.__cause__
    if getattr(refusal, "pgcode", None):
        where = (refusal.diag.table_name, refusal.diag.constraint_name)
        return " ".join(["SQLSTATE", refusal.pgcode, *filter(None, where)])
    first = (str(fault).splitlines() or [""])[0][:MOST_WORDS]
    said = QUOTED.sub(lambda part: _if_a_name(part.group()), first)
    return NUMBER.sub("…", without_data(said))


def _if_a_name(quoted: str) -> str:
    inner = quoted[1:-1]
    return quoted if NAME_OF_OURS.fullmatch(inner) else f"{quoted[0]}…{quoted[-1]}"


class OneLineFilter(logging.Filter):
    """What people typed cannot forge a line."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = on_one_line(without_data(record.getMessage()))
        record.args = ()
        return True


class UtcFormatter(logging.Formatter):
    """«2026-11-24T08:30:00Z INFO core.mail message»; a traceback follows on the same line."""

    converter = time.gmtime

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s", "%Y-%m-%dT%H:%M:%SZ")

    def formatException(self, ei: object) -> str:  # noqa: N802  (logging's own name)
        parts = []
        for fault in reversed(list(_chain(ei[1]))):
            for frame in traceback.StackSummary.extract(traceback.walk_tb(fault.__traceback__)):
                parts.append(f"{frame.filename}:{frame.lineno} {frame.name}: {frame.line}")
            parts.append(f"{type(fault).__name__}: {words_of(fault)}")
        return " | ".join(on_one_line(part) for part in parts)

    def format(self, record: logging.LogRecord) -> str:
        return super().format(record).replace("\n", " | ")


def _chain(fault: BaseException | None) -> Iterator[BaseException]:
    """`fault` and what it came from, newest first, at most eight."""
    for _ in range(8):
        if fault is None:
            return
        yield fault
        hidden = fault.__suppress_context__
        fault = fault.__cause__ or (None if hidden else fault.__context__)


class ReportFilter(SafeExceptionReporterFilter):
    """Masks what our settings hold besides what Django masks: addresses with passwords, keys."""

    hidden_settings = re.compile(
        "API|AUTH|TOKEN|KEY|SECRET|PASS|SIGNATURE|HTTP_COOKIE|URL|LOCATION|DSN", re.IGNORECASE
    )
