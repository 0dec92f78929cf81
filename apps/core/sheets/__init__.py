"""Sheets people hand in (CSV, XLSX): read as text, checked line by line, kept until applied."""

from apps.core.sheets.checking import faults_of_cell
from apps.core.sheets.reading import MAX_BYTES, MAX_LINES, Line, fold, read_sheet
from apps.core.sheets.runs import FAULTY, SheetRun

__all__ = [
    "FAULTY",
    "MAX_BYTES",
    "MAX_LINES",
    "Line",
    "SheetRun",
    "faults_of_cell",
    "fold",
    "read_sheet",
]
