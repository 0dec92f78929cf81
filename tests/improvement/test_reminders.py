"""Reminders and escalation: once a stage, in working hours, only of what is due (CIC-17)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from apps.improvement import services
from apps.improvement.models import Action, Escalation
from apps.improvement.services.reminding import in_working_hours, stage_of

MONDAY = date(2026, 11, 23)


def at(day: date, hour: int = 10) -> datetime:
    return timezone.make_aware(datetime(day.year, day.month, day.day, hour))


@pytest.fixture
def action(make_action, time_machine) -> Action:
    """Of the agent, due on Monday 23 November 2026, opened three weeks before."""
    time_machine.move_to(at(MONDAY - timedelta(days=21)))
    return make_action(due_in=21)


@pytest.mark.parametrize(
    ("offset", "stage"),
    [(-6, None), (-5, "before"), (-1, "before"), (0, "due"), (1, "late-1"), (7, "late-1"),
     (8, "late-2"), (15, "late-3")],
)  # fmt: skip
def test_stages_of_what_is_due_on_a_monday(offset, stage):
    assert stage_of(MONDAY, MONDAY + timedelta(days=offset)) == stage


def test_working_hours_are_those_of_the_local_clock():
    assert in_working_hours(at(MONDAY, 8))
    assert not in_working_hours(at(MONDAY, 7))
    assert not in_working_hours(at(MONDAY, 18))
    assert not in_working_hours(at(MONDAY + timedelta(days=5)))
    assert in_working_hours(at(MONDAY).astimezone(UTC))


def test_cic17_the_owner_is_told_once_a_stage_in_working_hours(action, agent):
    told = agent.notices.filter(kind="action_due")
    services.remind_actions(at(MONDAY - timedelta(days=10)))
    services.remind_actions(at(MONDAY, 6))
    services.remind_actions(at(MONDAY - timedelta(days=1)))  # a Sunday
    assert not told.exists()
    for day in (-3, 0, 1, 2, 8):
        for hour in (9, 10):
            services.remind_actions(at(MONDAY + timedelta(days=day), hour))
    stages = [key.rpartition(":")[2] for key in told.order_by("pk").values_list("key", flat=True)]
    assert stages == ["before", "due", "late-1", "late-2"]


def test_cic17_nobody_is_told_of_what_is_not_due(action, agent, supervisor):
    services.cancel(action, reason="Ya no hace falta hacerlo.", by=supervisor)
    assert services.remind_actions(at(MONDAY)) == 0
    assert services.escalate_actions(at(MONDAY + timedelta(days=8))) == 0


def test_cic17_heads_are_told_at_seven_and_fourteen_days(action, agent, boss, supervisor):
    late = boss.notices.filter(kind="action_late")
    assert services.escalate_actions(at(MONDAY + timedelta(days=4))) == 0
    assert services.escalate_actions(at(MONDAY + timedelta(days=7), 20)) == 0
    assert services.escalate_actions(at(MONDAY + timedelta(days=7))) == 1
    assert services.escalate_actions(at(MONDAY + timedelta(days=8))) == 0
    assert late.count() == 1
    assert "Luis" in late.get().text
    services.escalate_actions(at(MONDAY + timedelta(days=14)))
    assert set(Escalation.objects.values_list("level", flat=True)) == {1, 2}
    assert supervisor.notices.filter(kind="action_late").count() == 1  # who opened it
    assert not agent.notices.filter(kind="action_late").exists()


def test_a_moved_day_begins_its_own_stages(action, boss, supervisor, time_machine):
    services.escalate_actions(at(MONDAY + timedelta(days=7)))
    time_machine.move_to(at(MONDAY + timedelta(days=8)))
    services.edit_action(action, due_on=MONDAY + timedelta(days=30), by=supervisor)
    assert services.escalate_actions(at(MONDAY + timedelta(days=9))) == 0
    assert services.escalate_actions(at(MONDAY + timedelta(days=37))) == 1


def test_who_verifies_is_told_when_it_can_be_seen(done, quality, supervisor, agent):
    day = done.check_on
    while day.weekday() > 4:
        day += timedelta(days=1)
    services.remind_actions(at(day - timedelta(days=7)))
    asked = quality.notices.filter(kind="check_asked")
    assert not asked.exists()
    services.remind_actions(at(day))
    services.remind_actions(at(day, 11))
    assert asked.count() == 1  # nobody was named: all who verify
    assert supervisor.notices.filter(kind="check_asked").count() == 1
    assert not agent.notices.filter(kind="check_asked").exists()


def test_both_jobs_are_in_the_schedule():
    from config.schedule import BEAT_SCHEDULE

    tasks = {entry["task"] for entry in BEAT_SCHEDULE.values()}
    assert {"apps.improvement.jobs.remind_actions", "apps.improvement.jobs.expire_practices"} <= (
        tasks
    )
