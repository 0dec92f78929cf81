"""Makers of services, of standards in force and of what was measured."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from apps.accounts.models import Person, Unit
from apps.documents import services as documents
from apps.documents.models import Document
from apps.indicators import services as indicators
from apps.indicators.models import Indicator
from apps.indicators.periods import period_of
from apps.indicators.services import Reading, Wanted
from apps.standards import services
from apps.standards.models import Service
from apps.standards.services import CriterionInput, PromiseInput

TODAY = date(2026, 11, 24)
BOGOTA = ZoneInfo("America/Bogota")


@pytest.fixture(autouse=True)
def _on_a_known_day(time_machine) -> None:
    time_machine.move_to("2026-11-24 10:00:00-05:00", tick=False)


@pytest.fixture
def make_indicator(unit: Unit, quality: Person) -> Callable[..., Indicator]:
    """Maker of monthly indicators; pairs of numerator and denominator, October the last."""

    def make(code: str, values: list[tuple[int, int]], **fields: Any) -> Indicator:
        usual: dict[str, Any] = {
            "name": "Respondidas a tiempo", "purpose": "Saberlo.", "formula": "Parte de todas.",
            "shape": "proportion", "measure": "%", "direction": "higher", "frequency": "month",
            "source": "Registro", "unit": unit, "owner": quality,
            "effective_on": date(2025, 1, 1), "target": Decimal(95),
        }  # fmt: skip
        row = indicators.create_indicator(code, Wanted(**(usual | fields)), by=quality)
        period, days = period_of(date(2026, 10, 1), "month"), []
        for _value in values:
            days.append(period.start)
            period = period.previous()
        readings = [
            Reading(day, None, Decimal(part), Decimal(of))
            for day, (part, of) in zip(reversed(days), values, strict=True)
        ]
        if readings:
            indicators.record_many(row, readings, by=quality)
        row.refresh_from_db()
        return row

    return make


@pytest.fixture
def service(quality: Person, unit: Unit) -> Service:
    return services.save_service(
        None, code="SRV-01", name="Quejas y reclamos", summary="Recibimos lo que salió mal.",
        audience="Quien usa el acueducto", channels="Línea 116\nOficinas", hours="Lunes a viernes",
        unit=unit, order=1, by=quality,
    )  # fmt: skip


@pytest.fixture
def publish(service: Service, unit: Unit, quality: Person, supervisor: Person):
    """Maker of standards in force: `publish("EST-01", indicator, target=95)`."""

    def make(code: str, indicator: Indicator, *, classification: int = 1, **fields) -> Document:
        since = fields.pop("since", date(2026, 1, 1))
        usual = {
            "title": "Respondemos en 15 días", "target": Decimal(95), "period": "month",
            "sampling": "Todas las del mes.", "tolerance": Decimal(0), "key": "a-tiempo",
        }  # fmt: skip
        promise = PromiseInput(service, "Le respondemos en 15 días.", "", "Le pedimos disculpas.")
        document = Document.objects.filter(code=code).first() or documents.open_document(
            kind=Document.Kind.STANDARD, code=code, title="Respuesta a tiempo", owner=supervisor,
            unit=unit, classification=classification, by=quality,
        )  # fmt: skip
        number = document.versions.count() + 1
        at = datetime.combine(since, datetime.min.time(), BOGOTA).replace(hour=12)
        services.record_standard(
            document,
            promise=promise,
            criteria=[CriterionInput(indicator=indicator, **(usual | fields))],
            number=number, title="Respuesta a tiempo", body="",
            change="first" if number == 1 else "major",
            justification="Así lo pidieron las personas.", author=supervisor, approver=quality,
            approved_at=at, effective_on=since, by=quality,
        )  # fmt: skip
        document.refresh_from_db()
        return document

    return make


@pytest.fixture
def standard(make_indicator, publish) -> Document:
    """Kept in August, missed in September and October of 2026."""
    indicator = make_indicator("IND-01", [(96, 100), (90, 100), (180, 200)])
    return publish("EST-01", indicator)
