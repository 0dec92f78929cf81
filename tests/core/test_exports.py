"""Exports: no cell that a spreadsheet would run, whatever people typed (S35)."""

import csv
import io

from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from apps.core.exports import FORMULA_START, Column, export

COLUMNS = [Column("Nombre", lambda row: row[0]), Column("=Nota", lambda row: row[1])]
ATTACKS = [
    "=1+1", "+1", "-1+cmd|'/C calc'!A0", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "＋1",
    "－1", "＠x", "\u00a0=1", "\ufeff=1", "=HYPERLINK(\"http://x\")",
]  # fmt: skip


def as_csv(rows):
    response = export(RequestFactory().get("/"), name="Personas", columns=COLUMNS, rows=rows)
    text = b"".join(response.streaming_content).decode("utf-8")
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text[1:], newline=""), delimiter=";"))


def as_xlsx(rows):
    request = RequestFactory().get("/?formato=xlsx")
    response = export(request, name="Personas", columns=COLUMNS, rows=rows)
    book = load_workbook(io.BytesIO(b"".join(response.streaming_content)))
    return book.active


def test_s35_no_csv_cell_starts_a_formula():
    for line in as_csv([(attack, attack) for attack in ATTACKS])[1:]:
        assert not any(FORMULA_START.match(cell) for cell in line)


@given(st.text(min_size=1, max_size=60))
def test_s35_whatever_is_typed_stays_text_and_is_whole(text):
    (_head, line) = as_csv([(text, "x")])
    assert not FORMULA_START.match(line[0])
    clean = text.replace("\x00", "")
    assert line[0].removeprefix("'") == clean or line[0] == clean


def test_s35_no_xlsx_cell_is_a_formula_or_a_link():
    sheet = as_xlsx([(attack, "https://example.test/") for attack in ATTACKS])
    kinds = {cell.data_type for row in sheet.iter_rows(min_row=2) for cell in row}
    assert kinds == {"s"}
    assert all(cell.hyperlink is None for row in sheet.iter_rows() for cell in row)


def test_numbers_stay_numbers_in_xlsx_and_the_name_is_safe():
    sheet = as_xlsx([("Ana", 12), ("Luis", -3.5)])
    assert [sheet["B2"].value, sheet["B3"].value] == [12, -3.5]
    request = RequestFactory().get("/")
    response = export(request, name='a"\r\nX: y', columns=COLUMNS, rows=[])
    assert "\n" not in response.headers["Content-Disposition"]


def test_an_export_is_streamed_row_by_row():
    taken = []

    def rows():
        for n in range(1000):
            taken.append(n)
            yield ("Ana", n)

    response = export(RequestFactory().get("/"), name="x", columns=COLUMNS, rows=rows())
    stream = iter(response.streaming_content)
    next(stream)
    next(stream)
    assert len(taken) < 5
