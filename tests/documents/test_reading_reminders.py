"""Reminders of what is still to be read, and the sums of it (M19)."""

from datetime import date, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from apps.documents import jobs, services
from apps.documents.addressing import involved_positions, reconcile
from apps.documents.models import (
    Addressee,
    Document,
    KindRules,
    Obligation,
    Reach,
    Version,
)
from apps.documents.services import acknowledging, reminding_readers
from apps.notifications.models import Notice
from tests.documents.readers import REASON, asked, publish, read

# Reminders ------------------------------------------------------------------------------------


def test_m19_reminders_come_three_business_days_before_on_the_day_and_two_weeks_after():
    friday = date(2026, 12, 11)
    assert [day.isoformat() for _name, day in reminding_readers.stages(friday)] == [
        "2026-12-08",
        "2026-12-11",
        "2026-12-18",
        "2026-12-25",
    ]
    monday = date(2026, 12, 14)
    assert reminding_readers.stages(monday)[0][1].isoformat() == "2026-12-09"
    assert reminding_readers.stage_on(monday, date(2026, 12, 8)) is None
    assert reminding_readers.stage_on(monday, date(2026, 12, 9))[0] == "before"
    assert reminding_readers.stage_on(monday, date(2026, 12, 20))[0] == "due"
    assert reminding_readers.stage_on(monday, date(2027, 1, 3))[0] == "after-2"
    assert reminding_readers.stage_on(monday, date(2027, 1, 4)) is None


def reminders(person) -> int:
    return Notice.objects.filter(person=person, kind="acknowledgement_reminder").count()


def test_m19_at_most_four_reminders_however_often_the_job_runs(issue, agent, time_machine):
    issue()
    counts = []
    start = timezone.now()
    for day in range(60):
        time_machine.move_to(start + timedelta(days=day))
        jobs.remind_readers()
        jobs.remind_readers()
        counts.append(reminders(agent))
    assert counts[-1] == 4
    assert counts[13] == 1
    assert counts[14] == 2
    assert counts[21] == 3
    assert counts[28] == 4


def test_m19_reminders_stop_after_acceptance(issue, agent, supervisor, time_machine):
    version = issue()
    start = timezone.now()
    time_machine.move_to(start + timedelta(days=14))
    jobs.remind_readers()
    acknowledging.accept(version, read=read(), by=agent)
    time_machine.move_to(start + timedelta(days=21))
    jobs.remind_readers()
    assert reminders(agent) == 1
    assert reminders(supervisor) == 2


def test_m19_three_days_without_a_worker_lose_no_reminder_and_double_none(
    issue, agent, time_machine
):
    issue()
    start = timezone.now()
    time_machine.move_to(start + timedelta(days=17))  # nothing ran since the publication
    jobs.remind_readers()
    jobs.remind_readers()
    assert reminders(agent) == 1
    assert Notice.objects.get(person=agent, kind="acknowledgement_reminder").key.endswith(":due")


def test_m19_several_due_the_same_day_are_one_reminder(
    supervisor, quality, unit, agent, time_machine
):
    for n in range(3):
        paper = services.open_document(
            kind="policy", code=f"P-{n}", title="x", owner=supervisor, unit=unit, by=supervisor
        )
        publish(paper, supervisor, quality)
    time_machine.move_to(timezone.now() + timedelta(days=14))
    jobs.remind_readers()
    notice = Notice.objects.get(person=agent, kind="acknowledgement_reminder")
    assert notice.url == reverse("reach:mine")
    acknowledging.accept(Version.objects.first(), read=read(), by=agent)
    acknowledging.accept(Version.objects.last(), read=read(), by=agent)
    jobs.remind_readers()
    assert reminders(agent) == 1


def test_m19_what_is_asked_late_is_not_reminded_the_same_day(
    issue, agent, make_person, make_position
):
    KindRules.objects.update_or_create(kind="policy", defaults={"acknowledgement_days": 1})
    issue()
    jobs.remind_readers()
    assert reminders(agent) == 0


# Figures --------------------------------------------------------------------------------------


def test_m19_the_sums_equal_the_count_of_rows_whatever_happens(
    issue, agent, supervisor, quality, unit, other_unit, make_person, make_position
):
    def check() -> None:
        rows: dict = {}
        for row in Obligation.objects.all():
            sums = rows.setdefault((row.version_id, row.unit_id), [0, 0])
            sums[0] += row.withdrawn_at is None
            sums[1] += row.acknowledged_at is not None
        kept = {(row.version_id, row.unit_id): [row.asked, row.accepted] for row in sums_kept()}
        empty = [0, 0]
        assert {k: v for k, v in rows.items() if v != empty} == {
            k: v for k, v in kept.items() if v != empty
        }

    def sums_kept():
        return Reach.objects.all()

    first = issue()
    check()
    acknowledging.accept(first, read=read(), by=agent)
    check()
    holding = supervisor.holdings.get()
    holding.position = make_position("Otra", at=other_unit)
    holding.save()
    Addressee.objects.create(document=first.document, unit=unit)
    Addressee.objects.create(document=first.document, unit=other_unit)
    acknowledging.follow_all(now=timezone.now())
    assert Obligation.objects.get(person=supervisor).unit == other_unit
    check()
    issue()
    check()
    Obligation.objects.filter(person=quality).delete()
    check()


def test_reconciling_again_changes_nothing(issue, agent):
    issue()
    for scope in ({}, {"people": [agent.pk]}, {"documents": [Document.objects.get().pk]}):
        with transaction.atomic():
            changed = reconcile(now=timezone.now(), **scope)
        assert changed.asked == {}
        assert changed.withdrawn == 0


def test_the_manual_hands_over_who_takes_part(db):
    assert "manual" in dict(involved_positions)


def test_m19_what_is_retired_or_cancelled_asks_nobody_any_more(issue, document, agent, quality):
    first = issue()
    second = issue(on=timezone.localdate() + timedelta(days=5))
    assert "Luis" in asked(second)
    services.cancel_scheduled(second, reason=REASON, by=quality)
    jobs.follow_documents([document.pk])
    assert asked(second) == set()
    assert "Luis" in asked(first)
    services.retire(document, reason=REASON, by=quality)
    jobs.follow_documents([document.pk])
    assert not Obligation.objects.still_open().exists()


def test_m19_retiring_wakes_the_job(
    issue, document, quality, django_capture_on_commit_callbacks, monkeypatch
):
    issue()
    woken = []
    monkeypatch.setattr("apps.documents.following.soon", lambda job, *a: woken.append((job, a)))
    with django_capture_on_commit_callbacks(execute=True):
        services.retire(document, reason=REASON, by=quality)
    [(job, (keys,))] = woken
    assert job is jobs.follow_documents
    assert document.pk in keys
