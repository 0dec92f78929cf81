"""Measurements from a sheet: first a dry run that tells every line's fault, then all or none.

A sheet is CSV or XLSX. It is kept as the evidence of what it brings.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import Person
from apps.core.access import require
from apps.core.files import store_upload
from apps.core.rules import RuleBroken
from apps.core.sheets import FAULTY, MAX_BYTES, Line, faults_of_cell, read_sheet
from apps.indicators import rights, selectors
from apps.indicators.models import Definition, Indicator, Measurement, SheetImport
from apps.indicators.numbers import read_number
from apps.indicators.periods import read_period
from apps.indicators.permissions import Perm
from apps.indicators.services.measuring import Reading, hold_period, record_many, worked_out
from apps.indicators.words import amount

COLUMNS = ("indicador", "periodo", "valor", "numerador", "denominador", "nota")
REQUIRED = ("indicador", "periodo")
NUMBERS = ("valor", "numerador", "denominador")
ENDINGS = (".csv", ".xlsx")


@dataclass
class _Known:
    """What a line has to be checked against: one indicator with all it has."""

    indicator: Indicator
    definitions: list[Definition]
    is_mine: bool
    taken: list[tuple[date, date]] = field(default_factory=list)


@transaction.atomic
def dry_run(sheet: UploadedFile, *, by: Person) -> SheetImport:
    """Read and check a sheet, and keep it for `apply`. Measures nothing.

    Raises PermissionDenied, or RuleBroken by field when the file as a whole cannot be read.
    """
    require(by, Perm.RECORD)
    name = sheet.name or ""
    if not name.lower().endswith(ENDINGS):
        raise RuleBroken({"sheet": _("Suba un archivo CSV o XLSX.")})
    try:
        lines = read_sheet(name, sheet.read(MAX_BYTES + 1), required=REQUIRED)
        check(lines, by=by)
        stored = None
        if not any(line.faults for line in lines):  # a faulty one has to be brought again
            sheet.seek(0)
            stored = store_upload(sheet, by=by)
    except RuleBroken as rule:
        raise RuleBroken({"sheet": rule.messages}) from rule
    return SheetImport.keep(lines, by=by, file=stored)


@transaction.atomic
def apply(run: SheetImport, *, by: Person) -> SheetImport:
    """Enter what a faultless run says, all or nothing. Twice changes nothing more.

    The lines are checked again against what is there now. Raises PermissionDenied unless `by`
    brought the sheet, RuleBroken if a line is at fault.
    """
    require(by, Perm.RECORD)
    run = SheetImport.objects.select_for_update(of=("self",)).get(pk=run.pk)
    if run.asked_by_id != by.pk:
        raise PermissionDenied
    if run.applied_at is not None:
        return run
    lines = [Line(line.number, line.values) for line in run.kept_lines()]
    found = check(lines, by=by)
    if any(line.faults for line in lines):
        raise RuleBroken(FAULTY)
    of_indicator: dict[int, list[Reading]] = defaultdict(list)
    indicators: dict[int, Indicator] = {}
    for indicator, reading in found:
        of_indicator[indicator.pk].append(reading)
        indicators[indicator.pk] = indicator
    for key in sorted(of_indicator):  # one order for all: two imports wait, none locks up
        record_many(
            indicators[key],
            of_indicator[key],
            by=by,
            origin=Measurement.Origin.FILE,
            evidence=run.file,
        )
    run.applied_at = timezone.now()
    run.save(update_fields=["applied_at"])
    return run


def check(lines: list[Line], *, by: Person) -> list[tuple[Indicator, Reading]]:
    """Fill in action and faults of each line; what the faultless ones would enter."""
    known = _known({line.values.get("indicador", "").upper() for line in lines}, by)
    mixed = len(_separators(lines)) > 1
    today, found = timezone.localdate(), []
    for line in lines:
        for column, value in line.values.items():
            if column in COLUMNS:
                line.faults += faults_of_cell(column, value)
        if mixed and _separators([line]):
            line.faults.append(
                _("El archivo mezcla comas y puntos decimales: use solo uno de los dos.")
            )
        if line.faults:
            continue
        try:
            found.append(_checked(line, known, today))
        except RuleBroken as rule:
            line.faults += rule.messages
    return found


def _known(codes: set[str], by: Person) -> dict[str, _Known]:
    rows = Indicator.objects.visible_to(by).filter(code__in=codes)
    found = {
        row.code: _Known(row, [], rights.may_record(by, row.current))
        for row in rows.select_related("current__owner", "current__unit")
    }
    of_key = {known.indicator.pk: known for known in found.values()}
    for definition in Definition.objects.filter(indicator__in=of_key).order_by("number"):
        of_key[definition.indicator_id].definitions.append(definition)
    measured = Measurement.objects.filter(indicator__in=of_key, number=1)
    for key, start, end in measured.values_list("indicator", "period_start", "period_end"):
        of_key[key].taken.append((start, end))
    return found


def _separators(lines: list[Line]) -> set[str]:
    """Which decimal separators the numbers of these lines have."""
    cells = [line.values.get(name, "") for line in lines for name in NUMBERS]
    return {mark for mark in ",." for cell in cells if mark in cell}


def _checked(line: Line, known: dict[str, _Known], today: date) -> tuple[Indicator, Reading]:
    values = line.values
    code = values.get("indicador", "").upper()
    if not code:
        raise RuleBroken(_("Falta el código del indicador."))
    entry = known.get(code)
    if entry is None:
        raise RuleBroken(_("No existe el indicador %(code)s.") % {"code": code[:40]})
    if entry.indicator.is_retired:
        raise RuleBroken(_("El indicador está retirado: ya no se mide."))
    if not entry.is_mine:
        raise RuleBroken(_("Usted no registra mediciones de ese indicador."))
    if entry.indicator.current.feed == Definition.Feed.METRIC:
        raise RuleBroken(_("Ese indicador se alimenta del propio portal."))
    definition, period = _period(values.get("periodo", ""), entry)
    hold_period(period, entry.taken, today)
    numbers: dict[str, Any] = {}
    for name in NUMBERS:
        text = values.get(name, "")
        numbers[name] = read_number(text) if text else None
        if text and numbers[name] is None:
            raise RuleBroken(
                _("«%(column)s» no es un número: escríbalo sin separador de miles.")
                % {"column": name}
            )
    reading = Reading(
        day=period.start,
        value=numbers["valor"],
        numerator=numbers["numerador"],
        denominator=numbers["denominador"],
        note=values.get("nota", ""),
    )
    value, *_parts = worked_out(definition, reading)
    entry.taken.append((period.start, period.end))
    line.action = _("Registrar %(value)s en %(period)s") % {
        "value": amount(value, definition),
        "period": period.label,
    }
    return entry.indicator, reading


def _period(text: str, entry: _Known) -> tuple[Definition, Any]:
    """The period that a cell names, and the definition that rules it."""
    for definition in reversed(entry.definitions):
        period = read_period(text, definition.frequency)
        if period is not None and (
            selectors.definition_on(entry.definitions, period.start) == definition
        ):
            return definition, period
    raise RuleBroken(
        _("El período no se entiende: este indicador se mide así: %(example)s.")
        % {"example": _example(entry.indicator.current)}
    )


def _example(definition: Definition) -> str:
    return {
        "day": "2026-03-14",
        "week": "2026-W12",
        "month": "2026-03",
        "quarter": "2026-T1",
        "half": "2026-S1",
        "year": "2026",
    }[definition.frequency]
