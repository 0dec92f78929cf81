"""Makers of indicators and of what was measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.accounts.models import Person, Unit
from apps.indicators import services
from apps.indicators.models import Definition, Indicator, Measurement
from apps.indicators.periods import period_of
from apps.indicators.services import Reading, Wanted

TODAY = date(2026, 11, 24)
# Ten values and their limits, 70.26 to 91.54, as formulas.md has them; two more of the same.
STEADY = (80, 82, 79, 85, 78, 81, 83, 80, 77, 84, 80, 82)


@pytest.fixture(autouse=True)
def _on_a_known_day(time_machine) -> None:
    time_machine.move_to("2026-11-24 10:00:00-05:00", tick=False)


@pytest.fixture
def wanted(unit: Unit, quality: Person) -> Callable[..., Wanted]:
    """Maker of definitions: monthly, a value in days, less is better, 90 wanted."""

    def make(**fields: Any) -> Wanted:
        usual: dict[str, Any] = {
            "name": "Tiempo de respuesta",
            "purpose": "Saber si respondemos pronto.",
            "formula": "Días hábiles entre recibir y responder, en promedio.",
            "shape": "value",
            "measure": "días",
            "direction": "lower",
            "frequency": "month",
            "source": "Registro de quejas",
            "unit": unit,
            "owner": quality,
            "effective_on": date(2026, 1, 1),
            "target": Decimal(90),
        }
        return Wanted(**(usual | fields))

    return make


@pytest.fixture
def make_indicator(wanted, quality: Person) -> Callable[..., Indicator]:
    """Maker of indicators: `make_indicator(shape="proportion", values=[…])`."""

    def make(code: str = "", values: Sequence[Any] = (), **fields: Any) -> Indicator:
        code = code or f"IND-{Indicator.objects.count() + 1:02d}"
        row = services.create_indicator(code, wanted(**fields), by=quality)
        if values:
            fill(row, values, by=quality)
        return row

    return make


def months_back(count: int, until: date = date(2026, 10, 1)) -> list[date]:
    """First days of the last `count` months up to that of `until`, oldest first."""
    found = [period_of(until, "month")]
    while len(found) < count:
        found.append(found[-1].previous())
    return [period.start for period in reversed(found)]


def fill(row: Indicator, values: Sequence[Any], *, by: Person, until: date = date(2026, 10, 1)):
    """Enter `values` (numbers, or pairs of numerator and denominator) month by month."""
    readings = [
        Reading(day, None, Decimal(value[0]), Decimal(value[1]))
        if isinstance(value, tuple)
        else Reading(day, Decimal(str(value)))
        for day, value in zip(months_back(len(values), until), values, strict=True)
    ]
    services.record_many(row, readings, by=by)
    row.refresh_from_db()
    return row


def clones(row: Indicator, count: int) -> None:
    """So many more indicators like `row`, with its last measurement; in a few statements."""
    now, last = row.current, row.latest
    rows = Indicator.objects.bulk_create(
        Indicator(code=f"CLON-{at:04d}", standing=row.standing) for at in range(count)
    )
    copies = [_copy(now, indicator=one) for one in rows]
    for one, copy in zip(rows, Definition.objects.bulk_create(copies), strict=True):
        one.current = copy
    copies = [_copy(last, indicator=one, definition=one.current) for one in rows]
    for one, copy in zip(rows, Measurement.objects.bulk_create(copies), strict=True):
        one.latest = copy
    Indicator.objects.bulk_update(rows, ["current", "latest"])


def _copy(row: Any, **changes: Any) -> Any:
    fields = {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if not field.primary_key and field.name not in changes
    }
    return type(row)(**fields, **changes)


@pytest.fixture
def indicator(make_indicator) -> Indicator:
    """Twelve steady months, October the last."""
    return make_indicator(values=STEADY)


@pytest.fixture
def last(indicator: Indicator) -> Measurement:
    """Its measurement of October."""
    return indicator.latest
