"""A file of rows becomes lines of text, or is refused as a whole."""

from __future__ import annotations

import csv
import io
import unicodedata
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import load_workbook

from apps.core.rules import RuleBroken

MAX_BYTES = 2 * 1024 * 1024
MAX_LINES = 2000
# What the parts of an XLSX may weigh unpacked: 2,000 full lines need 7 MB.
MAX_UNPACKED_BYTES = 16 * 1024 * 1024
MAX_COLUMNS = 20

TEXT_ENDINGS = (".csv", ".tsv", ".txt")
ACCENTS = str.maketrans("áéíóúü", "aeiouu")


@dataclass
class Line:
    """One line of a sheet: its number there, values, what would happen, and its faults."""

    number: int
    values: dict[str, str]
    action: str = ""
    faults: list[str] = field(default_factory=list)


def read_sheet(name: str, content: bytes, *, required: Sequence[str]) -> list[Line]:
    """Lines of a CSV or XLSX sheet whose first row names at least the `required` columns.

    Raises RuleBroken if it is too large, of another type, unreadable, empty, lacks a
    required column or has one twice. Cell values are text without control characters.
    """
    if len(content) > MAX_BYTES:
        raise RuleBroken(_("El archivo pesa más de 2 MB. Divídalo en partes."))
    if not content.strip():
        raise RuleBroken(_("El archivo está vacío."))
    is_zip, ending = content[:4] == b"PK\x03\x04", name.lower()
    if not ending.endswith(".xlsx" if is_zip else TEXT_ENDINGS):
        raise RuleBroken(_("El contenido no corresponde al nombre: guárdelo como CSV o XLSX."))
    head, *body = (_xlsx_rows(content) if is_zip else _csv_rows(content)) or [[]]
    columns = [fold(cell) for cell in head]
    missing = [column for column in required if column not in columns]
    if missing:
        raise RuleBroken(
            _("Faltan columnas en la primera fila: %(names)s.") % {"names": ", ".join(missing)}
        )
    if twice := sorted({column for column in columns if column and columns.count(column) > 1}):
        raise RuleBroken(
            _("Hay columnas repetidas en la primera fila: %(names)s.")
            % {"names": ", ".join(twice)[:200]}
        )
    lines = [
        Line(number, {c: v for c, v in zip(columns, row, strict=False) if c})
        for number, row in enumerate(body, start=2)
        if any(row)
    ]
    if not lines:
        raise RuleBroken(_("El archivo no tiene ninguna fila con datos."))
    if len(lines) > MAX_LINES:
        raise RuleBroken(
            _("El archivo tiene más de %(most)s filas. Divídalo en partes.") % {"most": MAX_LINES}
        )
    return lines


def fold(text: str) -> str:
    """`text` for comparing: lower case, without accents (but with its ñ)."""
    return text.strip().lower().translate(ACCENTS)


def _csv_rows(content: bytes) -> list[list[str]]:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise RuleBroken(_("No se pudo leer el texto: guárdelo como CSV UTF-8."))
    if "\x00" in text:
        raise RuleBroken(_("El archivo no es de texto: guárdelo como CSV o XLSX."))
    head = text.splitlines()[0] if text.strip() else ""
    delimiter = max(";,\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        return [[_clean(cell) for cell in row[:MAX_COLUMNS]] for row in reader]
    except csv.Error as fault:
        raise RuleBroken(
            _("El archivo está roto cerca de la fila %(line)s.") % {"line": reader.line_num}
        ) from fault


def _xlsx_rows(content: bytes) -> list[list[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            # zipfile never unpacks more of a part than the size it claims.
            if sum(part.file_size for part in archive.infolist()) > MAX_UNPACKED_BYTES:
                raise RuleBroken(_("El archivo es demasiado grande al abrirlo."))
        # Formulas stay formulas: what a spreadsheet once computed is not what was written.
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False)
        rows = book.active.iter_rows(max_row=MAX_LINES + 2, max_col=MAX_COLUMNS, values_only=True)
        return [[_clean(cell) for cell in row] for row in islice(rows, MAX_LINES + 2)]
    except RuleBroken:
        raise
    except Exception as fault:  # noqa: BLE001  (openpyxl raises anything on a broken file)
        raise RuleBroken(_("No se pudo abrir el archivo: guárdelo de nuevo como XLSX.")) from fault


def _clean(cell: Any) -> str:
    match cell:
        case None:
            return ""
        case datetime():
            return cell.date().isoformat()
        case date():
            return cell.isoformat()
        case float() if cell.is_integer():
            return str(int(cell))
        case str() | int() | float():
            text = unicodedata.normalize("NFC", str(cell))
        case _:  # an array formula and other objects of openpyxl
            return "="
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
