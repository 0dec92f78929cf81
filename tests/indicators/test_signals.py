"""Signals come from rules alone, are told once and explained once; limits are frozen (CIC-10)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction

from apps.accounts.models import Absence
from apps.core.rules import RuleBroken
from apps.indicators import selectors, services
from apps.indicators.models import Baseline, Signal
from apps.indicators.services import Reading
from apps.indicators.tasks_home import measurement_tasks, signal_tasks
from apps.indicators.words import sentence_of
from apps.notifications.models import Notice
from tests.indicators.conftest import STEADY, months_back

YEAR = months_back(12)


def next_month(indicator, value, time_machine, *, by):
    """Record the month after the last, once it is over."""
    day = indicator.latest.period_end + timedelta(days=1)
    time_machine.move_to(f"{day + timedelta(days=40)} 10:00:00-05:00")
    services.record_measurement(indicator, Reading(day, Decimal(str(value))), by=by)
    indicator.refresh_from_db()


def frozen(indicator, by):
    return services.set_baseline(
        indicator, from_on=YEAR[0], until_on=date(2026, 10, 31), reason="Año normal.", by=by
    )


def test_cic10_a_value_beyond_the_frozen_limits_is_a_signal_with_task_and_notice(
    indicator, quality, agent, time_machine
):
    baseline = frozen(indicator, quality)
    assert not Signal.objects.exists()
    next_month(indicator, 120, time_machine, by=quality)
    (signal,) = Signal.objects.all()
    assert (signal.rule, signal.side, signal.baseline) == ("limit", "above", baseline)
    assert signal.is_favourable is False
    assert "120,0 días, superó el límite superior" in sentence_of(signal, indicator.current)
    (task,) = signal_tasks(quality)
    assert (task.url, task.icon) == (signal.get_absolute_url(), "activity")
    (notice,) = Notice.objects.filter(kind="indicator_signal")
    assert (notice.person, notice.url) == (quality, signal.get_absolute_url())
    assert not list(signal_tasks(agent))


def test_cic10_a_single_fall_inside_the_limits_gives_none(indicator, quality, time_machine):
    frozen(indicator, quality)
    for value in (75, 88):
        next_month(indicator, value, time_machine, by=quality)
    assert not Signal.objects.exists()
    assert not Notice.objects.filter(kind="indicator_signal").exists()
    assert not list(signal_tasks(quality))


def test_cic10_missing_the_target_is_no_signal(make_indicator, quality):
    row = make_indicator(values=STEADY, target=Decimal(10), critical_at=Decimal(20))
    assert row.standing == "critical"
    assert not Signal.objects.exists()


def test_cic10_looking_again_finds_nothing_new(indicator, quality, time_machine):
    frozen(indicator, quality)
    next_month(indicator, 120, time_machine, by=quality)
    assert services.detect(indicator) == 0
    next_month(indicator, 81, time_machine, by=quality)
    assert Signal.objects.count() == 1
    assert Notice.objects.filter(kind="indicator_signal").count() == 1


def test_cic10_eight_in_a_row_on_one_side_are_one_signal(indicator, quality, time_machine):
    frozen(indicator, quality)
    for at in range(7):  # with the 82 that came last they are eight
        assert not Signal.objects.exists()
        next_month(indicator, 84 + at % 2, time_machine, by=quality)
    (signal,) = Signal.objects.all()
    assert (signal.rule, signal.side, signal.counted) == ("run", "above", 8)
    next_month(indicator, 85, time_machine, by=quality)  # the ninth belongs to the same run
    assert Signal.objects.count() == 1


@pytest.mark.parametrize(("length", "rules"), [(6, {"run"}), (0, {"long_run"})])
def test_cic10_the_length_of_a_run_is_chosen(make_indicator, quality, length, rules):
    values = [80, 84, 79, 85, 78, 86, 80, 84, 79, 85, *[90] * 10]
    make_indicator(values=values, run_length=length)
    assert set(Signal.objects.values_list("rule", flat=True)) - {"limit"} == rules


def test_cic10_too_few_crossings_are_a_signal_of_the_whole_series(make_indicator):
    # No run is long enough, but the median is hardly crossed.
    low, high = [70, 71, 70, 72, 70, 71], [80, 81, 80, 82, 80]
    values = [*low, *high, *low[:4], *high]
    row = make_indicator(values=values, run_length=0)
    signals = Signal.objects.exclude(rule="limit")
    assert [(one.rule, one.counted, one.expected) for one in signals] == [("crossings", 3, 6)]
    assert "cruzó la mediana 3 veces" in sentence_of(signals[0], row.current)


def test_cic10_no_limits_before_twelve_and_frozen_ones_with_twenty(
    make_indicator, quality, time_machine
):
    row = make_indicator(values=STEADY[:11])
    known = (selectors.definitions_of(row), selectors.baselines_of(row))
    now = selectors.judged(selectors.series(row), *known)
    assert (now.reference, now.wanting) == (None, 1)
    next_month(row, 82, time_machine, by=quality)
    now = selectors.judged(selectors.series(row), *known)
    assert now.reference.is_frozen is False
    for value in STEADY[:8]:
        assert not Baseline.objects.exists()
        next_month(row, value, time_machine, by=quality)
    baseline = Baseline.objects.get()
    assert (baseline.points, baseline.set_by) == (20, None)
    next_month(row, 85, time_machine, by=quality)
    assert Baseline.objects.get() == baseline


def test_cic10_limits_match_the_formulas_whatever_comes_later(indicator, quality, time_machine):
    frozen(indicator, quality)
    next_month(indicator, 90, time_machine, by=quality)
    now = selectors.judged(
        selectors.series(indicator),
        selectors.definitions_of(indicator),
        selectors.baselines_of(indicator),
    )
    limits = now.reference.limits_of(now.judged[-1])
    ranges = [abs(b - a) for a, b in zip(STEADY, STEADY[1:], strict=False)]
    half = 2.66 * sum(ranges) / 11
    mean = sum(STEADY) / 12
    assert (limits.lower, limits.centre, limits.upper) == pytest.approx(
        (mean - half, mean, mean + half), abs=1e-6
    )


def test_cic10_shares_are_judged_by_the_size_of_each_sample(make_indicator, quality):
    counts = [(170 + at % 3, 200) for at in range(12)]
    row = make_indicator(shape="proportion", direction="higher", values=counts)
    baseline = frozen(row, quality)
    assert (baseline.chart, baseline.spread) == ("p", 1)
    now = selectors.judged(
        selectors.series(row), selectors.definitions_of(row), selectors.baselines_of(row)
    )
    limits = now.reference.limits_of(now.judged[0])
    p = sum(part for part, _of in counts) / 2400
    half = 300 * (p * (1 - p) / 200) ** 0.5
    assert (limits.lower, limits.upper) == pytest.approx((100 * p - half, 100 * p + half))


@pytest.mark.parametrize("reason", ["", " "])
def test_cic10_no_new_limits_without_a_reason(indicator, quality, reason):
    with pytest.raises(RuleBroken) as fault:
        services.set_baseline(
            indicator, from_on=YEAR[0], until_on=date(2026, 10, 31), reason=reason, by=quality
        )
    assert "reason" in fault.value.message_dict
    with pytest.raises(RuleBroken, match="11 mediciones"):
        services.set_baseline(
            indicator, from_on=YEAR[1], until_on=date(2026, 10, 31), reason="x", by=quality
        )
    assert not Baseline.objects.exists()


def test_cic10_new_limits_withdraw_what_they_explain_and_keep_the_old_ones(
    indicator, quality, time_machine
):
    old = frozen(indicator, quality)
    for value in (*STEADY[:10], *[96 + at % 2 for at in range(12)]):
        next_month(indicator, value, time_machine, by=quality)
    assert Signal.objects.to_explain().exists()
    new = services.set_baseline(
        indicator,
        from_on=date(2027, 9, 1),
        until_on=date(2028, 8, 31),
        reason="El programa nuevo cuenta más casos.",
        by=quality,
    )
    after = Signal.objects.filter(period_start__gte=new.from_on)
    assert {signal.state for signal in after} == {"withdrawn"}
    assert "cuenta más casos" in after[0].withdrawal_reason
    assert list(selectors.baselines_of(indicator)) == [new, old]
    with pytest.raises(DatabaseError), transaction.atomic():
        Baseline.objects.filter(pk=old.pk).update(centre=1)


def test_a_correction_withdraws_the_signal_it_explains(indicator, quality, time_machine):
    frozen(indicator, quality)
    next_month(indicator, 120, time_machine, by=quality)
    services.correct_measurement(
        indicator.latest,
        Reading(indicator.latest.period_start, Decimal(82)),
        reason="Se sumó dos veces.",
        by=quality,
    )
    assert Signal.objects.get().state == "withdrawn"
    assert not list(signal_tasks(quality))


def test_a_signal_is_explained_once_by_who_answers_for_it(
    make_indicator, quality, agent, supervisor, time_machine
):
    row = make_indicator(values=STEADY, owner=agent)
    frozen(row, quality)
    next_month(row, 120, time_machine, by=quality)
    signal = Signal.objects.get()
    with pytest.raises(PermissionDenied):
        services.answer_signal(signal, cause="x", response="y", by=supervisor)
    with pytest.raises(RuleBroken) as fault:
        services.answer_signal(signal, cause=" ", response="", by=agent)
    assert set(fault.value.message_dict) == {"cause", "response"}
    signal = services.answer_signal(signal, cause="Daño de la planta.", response="Nada.", by=agent)
    assert (signal.state, signal.answered_by) == ("answered", agent)
    with pytest.raises(RuleBroken, match="ya no espera"):
        services.answer_signal(signal, cause="Otra.", response="Otra.", by=agent)
    with pytest.raises(DatabaseError), transaction.atomic():
        Signal.objects.update(cause="Otra.")
    assert not list(signal_tasks(agent))


def test_who_stands_in_for_the_owner_has_the_task_and_may_explain(
    make_indicator, quality, agent, supervisor, time_machine
):
    row = make_indicator(values=STEADY, owner=agent)
    frozen(row, quality)
    next_month(row, 120, time_machine, by=quality)
    today = row.latest.period_end + timedelta(days=10)
    Absence.objects.create(
        person=agent, substitute=supervisor, from_on=today, to_on=today + timedelta(days=90)
    )
    assert len(list(signal_tasks(supervisor))) == 1
    services.answer_signal(Signal.objects.get(), cause="a", response="b", by=supervisor)


# What is missing ------------------------------------------------------------------------------


def test_what_is_owed_waits_at_home_with_its_day(indicator, quality, time_machine):
    time_machine.move_to("2026-12-03 10:00:00-05:00")
    (task,) = measurement_tasks(quality)
    assert "noviembre de 2026" in task.note
    assert task.due_at.date() == date(2026, 12, 10)
    assert task.url.endswith("?periodo=2026-11-01")


def test_late_measurements_are_chased_once_a_week(indicator, quality, time_machine):
    from django.utils import timezone

    told = {}
    for day in ("2026-12-10", "2026-12-11", "2026-12-12", "2026-12-17", "2026-12-18"):
        time_machine.move_to(f"{day} 10:00:00-05:00")
        told[day] = [services.chase(timezone.now()) for _run in range(2)]
    # Due on the 10th: late on the 11th; a week later once more. Each asking once.
    assert [one for one, _again in told.values()] == [0, 1, 0, 1, 0]
    assert {again for _one, again in told.values()} == {0}
    notices = Notice.objects.filter(kind="measurement_missing", person=quality)
    assert notices.count() == 2
    assert "IND-01" in notices[0].title
    assert notices[0].text == "Sin registrar: noviembre de 2026."
