"""Definitions and measurements: versioned, never overwritten (CIC-09)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, IntegrityError, transaction

from apps.accounts.models import Absence
from apps.accounts.permissions import Role
from apps.core.rules import RuleBroken, StaleEdit
from apps.indicators import selectors, services
from apps.indicators.models import Definition, Indicator, Measurement, Standing
from apps.indicators.services import Reading
from tests.indicators.conftest import fill

NOVEMBER = date(2026, 11, 1)


def broken(fault: pytest.ExceptionInfo, field: str) -> str:
    return " ".join(fault.value.message_dict[field])


# Definitions ---------------------------------------------------------------------------------


def test_cic09_a_new_definition_keeps_the_old_one_and_what_was_measured(indicator, wanted, quality):
    services.redefine(
        indicator, wanted(target=Decimal(85), effective_on=NOVEMBER), reason="Meta del plan.",
        seen=1, by=quality,
    )  # fmt: skip
    indicator.refresh_from_db()
    assert indicator.current.number == 2
    assert indicator.current.target == 85
    assert [row.target for row in selectors.definitions_of(indicator)] == [90, 85]
    assert {row.definition.number for row in indicator.measurements.all()} == {1}


@pytest.mark.parametrize("model", [Definition, Measurement])
def test_cic09_the_database_refuses_to_change_or_drop_them(indicator, model):
    with pytest.raises(DatabaseError), transaction.atomic():
        model.objects.filter(indicator=indicator).update(number=9)
    with pytest.raises(DatabaseError), transaction.atomic():
        model.objects.filter(indicator=indicator)._raw_delete(using="default")


CONTRADICTIONS = [
    ({"shape": "proportion", "target": Decimal(120)}, "target"),
    ({"lowest": Decimal(100)}, "target"),
    ({"highest": Decimal(80)}, "target"),
    ({"lowest": Decimal(5), "highest": Decimal(5)}, "highest"),
    # Less is better: what alerts lies above the target.
    ({"warning_at": Decimal(80)}, "warning_at"),
    ({"tolerance": Decimal(10), "warning_at": Decimal(95)}, "warning_at"),
    ({"warning_at": Decimal(110), "critical_at": Decimal(100)}, "critical_at"),
    ({"direction": "higher", "critical_at": Decimal(95)}, "critical_at"),
    ({"direction": "near", "tolerance": Decimal(5), "warning_at": Decimal(3)}, "warning_at"),
    ({"target": None, "critical_at": Decimal(95)}, "critical_at"),
    ({"target": None, "tolerance": Decimal(1)}, "tolerance"),
    ({"tolerance": Decimal(-1)}, "tolerance"),
    ({"measure": ""}, "measure"),
    ({"feed": "metric", "metric": "nadie.sabe"}, "metric"),
    ({"feed": "metric", "metric": "documents.found_useful"}, "metric"),
    ({"run_length": 3}, "run_length"),
]


def test_a_definition_that_contradicts_itself_is_refused_at_its_field(wanted, quality):
    for fields, field in CONTRADICTIONS:
        with pytest.raises(RuleBroken) as fault:
            services.create_indicator("IND-01", wanted(**fields), by=quality)
        assert broken(fault, field), fields
    assert not Indicator.objects.exists()


ON_THE_BOUND = [
    {"tolerance": Decimal(10), "warning_at": Decimal(100), "critical_at": Decimal(100)},
    {"direction": "higher", "warning_at": Decimal(90), "critical_at": Decimal(60)},
    {"direction": "near", "tolerance": Decimal(5), "critical_at": Decimal(5)},
    {"shape": "proportion", "target": Decimal(100)},
]


def test_what_stands_exactly_on_a_bound_is_accepted(wanted, quality):
    for at, fields in enumerate(ON_THE_BOUND):
        assert services.create_indicator(f"IND-{at}", wanted(**fields), by=quality).current


def test_a_definition_cannot_rule_what_was_measured_under_another(indicator, wanted, quality):
    for day in (date(2026, 10, 1), date(2026, 11, 2), date(2025, 6, 1)):
        with pytest.raises(RuleBroken) as fault:
            services.redefine(
                indicator, wanted(name="Otro", effective_on=day), reason="x", seen=1, by=quality
            )
        assert broken(fault, "effective_on")


def test_a_definition_begun_before_another_is_stale(indicator, wanted, quality):
    change = wanted(name="Uno", effective_on=NOVEMBER)
    services.redefine(indicator, change, reason="Primera.", seen=1, by=quality)
    with pytest.raises(StaleEdit) as fault:
        services.redefine(
            indicator, wanted(name="Dos", effective_on=NOVEMBER), reason="x", seen=1, by=quality
        )
    assert fault.value.newer.name == "Uno"
    with pytest.raises(RuleBroken, match="No cambió nada"):
        services.redefine(indicator, change, reason="x", seen=2, by=quality)


def test_another_unit_of_measure_cannot_be_compared(indicator, wanted, quality):
    changed = wanted(measure="horas", effective_on=NOVEMBER, is_comparable=True)
    services.redefine(indicator, changed, reason="Más fino.", seen=1, by=quality)
    definitions = selectors.definitions_of(indicator)
    assert selectors.comparable_since(definitions) == NOVEMBER
    assert selectors.judged(selectors.series(indicator), definitions, []).points == []


def test_only_quality_defines(indicator, wanted, supervisor, agent):
    for person in (supervisor, agent):
        with pytest.raises(PermissionDenied):
            services.create_indicator("IND-09", wanted(), by=person)
        with pytest.raises(PermissionDenied):
            services.redefine(indicator, wanted(name="X"), reason="x", seen=1, by=person)
        with pytest.raises(PermissionDenied):
            services.retire(indicator, reason="x", by=person)


# Entering -------------------------------------------------------------------------------------


def test_a_value_stands_against_its_target(make_indicator, quality):
    row = make_indicator(
        target=Decimal(10), tolerance=Decimal(2), warning_at=Decimal(15), critical_at=Decimal(20)
    )
    values = [10, Decimal("10.1"), 12, Decimal("12.1"), 15, Decimal("15.1"), 20, Decimal("20.1")]
    fill(row, values, by=quality)
    assert [point.standing for point in selectors.series(row)] == [
        "met", "tolerated", "tolerated", "missed", "missed", "warning", "warning", "critical",
    ]  # fmt: skip
    assert row.standing == Standing.CRITICAL
    assert row.latest.period_start == date(2026, 10, 1)


def test_a_share_keeps_numerator_and_denominator(make_indicator, quality):
    row = make_indicator(shape="proportion", direction="higher", measure="", values=[(45, 60)])
    assert (row.latest.value, row.latest.numerator, row.latest.denominator) == (75, 45, 60)
    rate = make_indicator(shape="rate", per=1000, measure="por mil", values=[(3, 1500)])
    assert rate.latest.value == 2


IMPOSSIBLE = [
    ("proportion", {"numerator": 5}, "denominator"),
    ("proportion", {"denominator": 5}, "numerator"),
    ("proportion", {"numerator": 6, "denominator": 5}, "numerator"),
    ("proportion", {"numerator": -1, "denominator": 5}, "numerator"),
    ("proportion", {"numerator": 0, "denominator": 0}, "denominator"),
    ("rate", {"numerator": 1, "denominator": 0}, "denominator"),
    ("value", {}, "value"),
    ("value", {"value": 10**13}, "value"),
    ("value", {"value": -1}, "value"),
]


def test_a_value_it_cannot_have_is_refused_at_its_field(make_indicator, quality):
    of_shape = {
        shape: make_indicator(shape=shape, lowest=Decimal(0))
        for shape in ("proportion", "rate", "value")
    }
    for shape, reading, field in IMPOSSIBLE:
        numbers = {name: Decimal(value) for name, value in reading.items()}
        with pytest.raises(RuleBroken) as fault:
            services.record_measurement(
                of_shape[shape], Reading(date(2026, 10, 1), **numbers), by=quality
            )
        assert broken(fault, field), reading
    assert not Measurement.objects.exists()


def test_a_period_is_measured_once_and_only_when_it_is_over(indicator, quality):
    for day in (date(2026, 10, 31), NOVEMBER, date(2027, 3, 1)):
        with pytest.raises(RuleBroken) as fault:
            services.record_measurement(indicator, Reading(day, Decimal(80)), by=quality)
        assert broken(fault, "day")
    with pytest.raises(IntegrityError), transaction.atomic():  # the database holds it too
        Measurement.objects.create(
            indicator=indicator, definition=indicator.current, period_start=date(2026, 10, 15),
            period_end=date(2026, 11, 15), value=1, standing="met", origin="hand",
            entered_by=quality,
        )  # fmt: skip


def test_the_last_day_of_a_period_is_enough(indicator, quality, time_machine):
    time_machine.move_to("2026-11-30 18:00:00-05:00")
    row = services.record_measurement(indicator, Reading(NOVEMBER, Decimal(80)), by=quality)
    assert row.period_end == date(2026, 11, 30)


def test_many_are_entered_all_or_none(indicator, quality):
    good, bad = Reading(date(2025, 10, 1), Decimal(80)), Reading(date(2026, 10, 1), Decimal(80))
    with pytest.raises(RuleBroken):
        services.record_many(indicator, [good, bad], by=quality)
    assert indicator.measurements.count() == 12


def test_who_enters_its_measurements(make_indicator, supervisor, agent, direction, other_unit):
    """Its owner, whoever stands in for them, supervision of its unit; nobody else."""
    mine = make_indicator(owner=agent)
    other = make_indicator(owner=direction, unit=other_unit)
    reading = Reading(date(2026, 9, 1), Decimal(80))
    assert services.record_measurement(mine, reading, by=supervisor)
    assert services.record_measurement(mine, Reading(date(2026, 10, 1), Decimal(80)), by=agent)
    for person in (supervisor, agent):
        with pytest.raises(PermissionDenied):
            services.record_measurement(other, reading, by=person)
    today = date(2026, 11, 24)
    Absence.objects.create(
        person=direction, substitute=agent, from_on=today, to_on=today + timedelta(days=3)
    )
    assert services.record_measurement(other, reading, by=agent)


def test_a_retired_one_is_measured_no_more(indicator, quality, time_machine):
    services.retire(indicator, reason="Lo reemplaza otro.", by=quality)
    time_machine.move_to("2026-12-02 10:00:00-05:00")
    with pytest.raises(RuleBroken, match="retirado"):
        services.record_measurement(indicator, Reading(NOVEMBER, Decimal(80)), by=quality)
    services.bring_back(indicator, by=quality)
    assert services.record_measurement(indicator, Reading(NOVEMBER, Decimal(80)), by=quality)


# Corrections ----------------------------------------------------------------------------------


def test_cic09_a_correction_is_a_new_entry_with_author_and_reason(indicator, last, supervisor):
    row = services.correct_measurement(
        last, Reading(last.period_start, Decimal(88)), reason="Faltaban 3 casos.", by=supervisor
    )
    assert (row.number, row.corrects, row.entered_by) == (2, last, supervisor)
    assert row.reason == "Faltaban 3 casos."
    last.refresh_from_db()
    assert last.value == STEADY_LAST
    indicator.refresh_from_db()
    assert selectors.current(indicator) == row
    point = selectors.series(indicator)[-1]
    assert (point.value, point.is_corrected) == (88, True)
    assert len(selectors.series(indicator)) == 12


STEADY_LAST = 82


@pytest.mark.parametrize("reason", ["", "   "])
def test_cic09_no_correction_without_a_reason(last, quality, reason):
    with pytest.raises(RuleBroken) as fault:
        services.correct_measurement(
            last, Reading(last.period_start, Decimal(1)), reason=reason, by=quality
        )
    assert broken(fault, "reason")


def test_two_who_correct_the_same_entry_do_not_overwrite_each_other(last, quality, supervisor):
    start = last.period_start
    services.correct_measurement(last, Reading(start, Decimal(88)), reason="Uno.", by=quality)
    with pytest.raises(RuleBroken, match="ya corrigió"):
        services.correct_measurement(
            last, Reading(start, Decimal(70)), reason="Dos.", by=supervisor
        )
    with pytest.raises(RuleBroken, match="ya corrigió"):
        services.withdraw_measurement(last, reason="Tres.", by=supervisor)


def test_a_correction_that_says_the_same_is_refused(last, quality):
    with pytest.raises(RuleBroken, match="No cambió nada"):
        services.correct_measurement(
            last, Reading(last.period_start, last.value), reason="Nada.", by=quality
        )


def test_a_withdrawn_period_has_no_value_and_can_be_corrected_again(indicator, last, quality):
    void = services.withdraw_measurement(last, reason="Era de otro.", by=quality)
    indicator.refresh_from_db()
    assert indicator.latest.period_start == date(2026, 9, 1)
    assert len(selectors.series(indicator)) == 11
    assert selectors.missing_of([indicator], date(2026, 11, 24))[indicator.pk] == []
    services.correct_measurement(
        void, Reading(last.period_start, Decimal(81)), reason="Llegó el dato.", by=quality
    )
    indicator.refresh_from_db()
    assert indicator.latest.value == 81


def test_nobody_else_corrects(last, agent, direction):
    for person in (agent, direction):
        with pytest.raises(PermissionDenied):
            services.correct_measurement(
                last, Reading(last.period_start, Decimal(1)), reason="x", by=person
            )


# Reading --------------------------------------------------------------------------------------


def test_a_series_between_two_days(indicator):
    points = selectors.series(indicator, date(2026, 8, 1), date(2026, 9, 30))
    assert [point.value for point in points] == [84, 80]
    assert selectors.series(indicator, date(2026, 10, 2)) == []


def test_many_series_are_one_query(make_indicator, django_assert_num_queries):
    rows = [make_indicator(values=[80, 81]) for _n in range(3)]
    with django_assert_num_queries(1):
        found = selectors.series_of(rows)
    assert [len(points) for points in found.values()] == [2, 2, 2]


def test_what_was_not_measured_is_missing(make_indicator, quality):
    row = make_indicator(effective_on=date(2026, 7, 1))
    services.record_measurement(row, Reading(date(2026, 8, 1), Decimal(80)), by=quality)
    owed = selectors.missing_of([row], date(2026, 11, 24))[row.pk]
    assert [period.code for period in owed] == ["2026-07", "2026-09", "2026-10"]


def test_missing_follows_a_change_of_frequency(make_indicator, wanted, quality):
    row = make_indicator(effective_on=date(2026, 1, 1), values=[80])
    services.redefine(
        row, wanted(frequency="quarter", effective_on=date(2027, 1, 1)), reason="Menos.", seen=1,
        by=quality,
    )  # fmt: skip
    owed = selectors.missing_of([row], date(2027, 7, 2))[row.pk]
    assert [period.code for period in owed][-4:] == ["2026-11", "2026-12", "2027-T1", "2027-T2"]


@pytest.mark.parametrize(
    ("before", "after", "is_better", "is_conclusive"),
    [
        ([90, 91, 92], [80, 81, 79], True, True),
        ([80, 81, 79], [90, 91, 92], False, True),
        ([90, 80, 92], [81, 91, 79], True, False),
    ],
)
def test_cic16_before_and_after_a_day(make_indicator, before, after, is_better, is_conclusive):
    row = make_indicator(values=[*before, *after])
    found = selectors.before_after(row, date(2026, 8, 1), periods=3)
    assert [float(point.value) for point in found.before.points] == before
    assert [float(point.value) for point in found.after.points] == after
    assert (found.is_better, found.is_conclusive) == (is_better, is_conclusive)


def test_cic16_shares_before_and_after_are_pooled_with_their_intervals(make_indicator):
    counts = [(80, 100), (160, 200), (285, 300), (190, 200)]
    row = make_indicator(shape="proportion", direction="higher", values=counts)
    found = selectors.before_after(row, date(2026, 9, 1))
    assert (found.before.value, found.after.value) == (80, 95)
    assert found.is_better
    assert found.is_conclusive
    nothing = selectors.before_after(row, date(2026, 11, 1))
    assert (nothing.after.value, nothing.is_better) == (None, None)


def test_an_outsider_sees_no_indicator(indicator, outsider, make_person):
    assert not Indicator.objects.visible_to(outsider).exists()
    assert Indicator.objects.visible_to(make_person("nora", Role.AUDITOR)).exists()
