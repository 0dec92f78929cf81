"""Lists as files: CSV and XLSX, streamed, with no cell that a spreadsheet would run (S35)."""

from __future__ import annotations

import csv
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import xlsxwriter
from django.http import FileResponse, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.text import slugify

# What a spreadsheet takes for the beginning of a formula; the full-width forms too.
FORMULA_START = re.compile(r"^[\s\x00-\x1f\u00a0\ufeff\u200b]*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")
XLSX_ROWS_MAX = 1_000_000


@dataclass(frozen=True)
class Column:
    """A column: its Spanish title and how to get its value from a row."""

    title: str
    value: Callable[[Any], Any]


def safe_text(value: Any) -> str:
    """`value` as text that no spreadsheet runs: a formula's beginning gets an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Sí" if value else "No"
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    text = str(value).replace("\x00", "")
    if isinstance(value, int | float):
        return text
    return f"'{text}" if FORMULA_START.match(text) else text


def export(
    request: HttpRequest, *, name: str, columns: list[Column], rows: Iterable[Any]
) -> HttpResponseBase:
    """Answer with `rows` as an attachment, in the format of `?formato=` (csv or xlsx).

    `rows` must already be limited to what the person may see.
    """
    stem = f"{slugify(name)}-{timezone.localdate().isoformat()}"
    if request.GET.get("formato") == "xlsx":
        return _xlsx(stem, columns, rows)
    response = StreamingHttpResponse(_csv(columns, rows), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{stem}.csv"'
    return response


class _Echo:
    def write(self, text: str) -> str:
        return text


def _csv(columns: list[Column], rows: Iterable[Any]) -> Iterator[str]:
    writer = csv.writer(_Echo(), delimiter=";")
    yield "\ufeff" + writer.writerow([column.title for column in columns])
    for row in rows:
        yield writer.writerow([safe_text(column.value(row)) for column in columns])


def _xlsx(stem: str, columns: list[Column], rows: Iterable[Any]) -> FileResponse:
    file = tempfile.TemporaryFile()  # noqa: SIM115  (FileResponse closes it)
    book = xlsxwriter.Workbook(
        file,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    sheet = book.add_worksheet()
    bold = book.add_format({"bold": True})
    sheet.freeze_panes(1, 0)
    for at, column in enumerate(columns):
        sheet.write_string(0, at, column.title, bold)
        sheet.set_column(at, at, max(12, len(column.title) + 2))
    for line, row in enumerate(rows, start=1):
        if line > XLSX_ROWS_MAX:
            break
        for at, column in enumerate(columns):
            value = column.value(row)
            if isinstance(value, int | float) and not isinstance(value, bool):
                sheet.write_number(line, at, value)
            else:
                sheet.write_string(line, at, safe_text(value)[:32767])
    book.close()
    file.seek(0)
    return FileResponse(
        file,
        as_attachment=True,
        filename=f"{stem}.xlsx",
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )
