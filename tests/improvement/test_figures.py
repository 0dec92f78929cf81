"""The figures of an action's indicator before and after, and what a check keeps (CIC-16)."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from apps.core import origins
from apps.improvement import figures, services
from apps.improvement.models import Check
from apps.indicators import services as measuring
from apps.indicators.services import Reading, Wanted
from tests.improvement.conftest import REASON


@pytest.fixture
def indicator(unit, quality, time_machine):
    """Corrected invoices, measured monthly: 30 until June 2026, then less and less."""
    time_machine.move_to("2026-11-10 10:00:00-05:00", tick=False)
    row = measuring.create_indicator(
        "IND-01",
        Wanted(
            name="Facturas corregidas",
            purpose="Saber si facturamos bien.",
            formula="Facturas corregidas en el mes.",
            shape="value",
            measure="facturas",
            direction="lower",
            frequency="month",
            source="Facturación",
            unit=unit,
            owner=quality,
            effective_on=date(2026, 1, 1),
            target=Decimal(10),
            decimals=0,
        ),
        by=quality,
    )
    readings = [
        Reading(day=date(2026, month, 1), value=Decimal(value))
        for month, value in enumerate((31, 29, 30, 32, 30, 31, 12, 9, 8, 7), start=1)
    ]
    measuring.record_many(row, readings, by=quality)
    row.refresh_from_db()
    return row


@pytest.fixture
def action(indicator, make_action, agent, time_machine):
    """Done on 30 June 2026, when the figures begin to fall."""
    time_machine.move_to("2026-06-20 10:00:00-05:00", tick=False)
    row = services.start(make_action(kind="improvement", indicator=indicator), by=agent)
    services.add_evidence(row, text="Hecho.", by=agent)
    time_machine.move_to("2026-06-30 10:00:00-05:00", tick=False)
    row = services.finish(row, by=agent)
    time_machine.move_to("2026-11-10 10:00:00-05:00", tick=False)
    return row


def test_cic16_a_check_keeps_the_figures_it_saw(action, quality):
    check = services.check(action, outcome="effective", conclusion=REASON, by=quality)
    assert check.before_value == Decimal("30.4")  # January to May; June was under way
    assert check.after_value == Decimal(9)
    assert (check.is_better, check.is_conclusive) == (True, True)


def test_cic16_the_page_tells_them_with_the_chart_and_its_table(action, agent, signed):
    told = figures.told(action, agent)
    assert told.sentence == "Mejoró, y más de lo que explica el azar."
    assert [row[2] for row in told.chart["rows"]][4:7] == [
        "Antes",
        "Mientras se hacía",
        "Después",
    ]
    text = signed(agent).get(action.get_absolute_url()).content.decode()
    assert "30 facturas" in text
    assert "9 facturas" in text
    thread = signed(agent).get(reverse("improvement:action-trace", args=[action.code]))
    assert "De 30 facturas a 9 facturas" in thread.content.decode()


def test_a_later_measurement_does_not_change_what_a_check_saw(action, indicator, quality, agent):
    services.check(action, outcome="effective", conclusion=REASON, by=quality)
    first = indicator.measurements.get(period_start=date(2026, 10, 1))
    newer = Reading(day=date(2026, 10, 1), value=Decimal(60))
    measuring.correct_measurement(first, newer, reason=REASON, by=quality)
    action.check_made = Check.objects.get(action=action)
    assert figures.told(action, agent).after == "9 facturas"


def test_an_indicator_tells_which_actions_move_it(action, indicator, agent, outsider):
    (mention,) = origins.mentions_of(agent, "indicator", indicator.pk)
    assert mention.url == action.get_absolute_url()
    assert origins.mentions_of(outsider, "indicator", indicator.pk) == []
    assert figures.told(action, outsider) is None


def test_without_an_indicator_there_is_nothing_to_tell(make_action, agent):
    assert figures.told(make_action(), agent) is None
