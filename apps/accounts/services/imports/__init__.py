"""People and units from a spreadsheet: first a dry run that tells every line's fault.

A sheet is CSV (`;`, `,` or tab; UTF-8 or Windows-1252) or XLSX with a head of Spanish column
names. Nothing is written unless the whole sheet is faultless.
"""

from apps.accounts.services.imports.applying import (
    LINES_AT_ONCE,
    WORK,
    apply,
    apply_later,
    counts_of,
    dry_run,
    lines_of,
    work_of,
)
from apps.accounts.services.imports.checking import check
from apps.accounts.services.imports.columns import COLUMNS, KIND_TITLES, REQUIRED, read_sheet
from apps.core.sheets import MAX_BYTES, MAX_LINES, Line

__all__ = [
    "COLUMNS",
    "KIND_TITLES",
    "LINES_AT_ONCE",
    "MAX_BYTES",
    "MAX_LINES",
    "REQUIRED",
    "WORK",
    "Line",
    "apply",
    "apply_later",
    "check",
    "counts_of",
    "dry_run",
    "lines_of",
    "read_sheet",
    "work_of",
]
