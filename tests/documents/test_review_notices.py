"""Notices of reviews: each once, never stale, however the clock or the job behaves (M13, F13)."""

import random
from collections import Counter
from datetime import datetime, time, timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.utils import timezone

from apps.accounts.models import Absence, Unit
from apps.core.access import Level
from apps.documents import jobs, services
from apps.documents.models import Document, Escalation, KindRules, Version
from apps.documents.services.reminding import step_of
from apps.notifications.models import Notice

pytestmark = pytest.mark.django_db


def at(day, hour=7):
    return timezone.make_aware(datetime.combine(day, time(hour)))


def today():
    return timezone.localdate()


def in_days(days):
    return today() + timedelta(days=days)


def told(person):
    return list(Notice.objects.filter(person=person).order_by("pk").values_list("title", "text"))


@pytest.mark.parametrize(
    ("days", "step"),
    [
        (31, None), (30, 30), (8, 30), (7, 7), (1, 7), (0, 0), (-1, 0), (-6, 0),
        (-7, -7), (-13, -7), (-14, -14), (-370, -364),
    ],
)  # fmt: skip
def test_m13_the_latest_threshold_passed_counts(days, step):
    assert step_of(days) == step


def test_m13_notices_come_30_7_and_0_days_before_and_weekly_after(publish, supervisor):
    document = publish("POL-1", due_in=40)
    due = document.next_review_on
    days = {day: services.remind_reviews(at(due + timedelta(days=day))) for day in range(-40, 30)}
    assert [day for day, count in days.items() if count] == [-30, -7, 0, 7, 14, 21, 28]
    titles = [title for title, _text in told(supervisor)]
    assert titles[0].startswith("Revise POL-1, Política POL-1, antes del ")
    assert titles[2] == "Hoy toca revisar POL-1, Política POL-1"
    assert titles[3].startswith("Está atrasada la revisión de POL-1")
    assert "lleva 7 días de atraso" in told(supervisor)[3][1]


def test_m13_nothing_stale_is_told_after_days_of_downtime(publish, supervisor):
    document = publish("POL-1", due_in=40)
    assert services.remind_reviews(at(document.next_review_on - timedelta(days=5))) == 1
    assert told(supervisor)[0][1] == "Faltan 5 días."
    assert Notice.objects.get().key.endswith(":7")
    later = publish("POL-2", due_in=40)
    assert services.remind_reviews(at(later.next_review_on + timedelta(days=3))) == 2
    assert "lleva 3 días de atraso" in told(supervisor)[-1][1]


def test_m13_a_review_that_was_concluded_is_not_asked_again(publish, supervisor):
    document = publish("POL-1", due_in=7)
    assert services.remind_reviews(at(today())) == 1
    services.conclude_review(
        document, outcome="no_change", conclusion="Se leyó y sigue siendo correcto.", by=supervisor
    )
    for day in range(60):
        assert services.remind_reviews(at(in_days(day))) == 0


def test_retired_documents_and_drafts_are_not_asked_for(publish, quality, unit):
    document = publish("POL-1", due_in=-7)
    document.retired_on = today()
    document.save()
    services.open_document(
        kind="policy", code="POL-2", title="Nueva", owner=quality, unit=unit, by=quality
    )
    assert services.remind_reviews(timezone.now()) == services.escalate_reviews(timezone.now()) == 0


def test_m13_whoever_stands_in_is_told_and_learns_why(publish, supervisor, agent):
    publish("POL-1", due_in=7)
    Absence.objects.create(person=supervisor, substitute=agent, from_on=today(), to_on=in_days(1))
    assert services.remind_reviews(at(today())) == 1
    assert told(agent)[0][1] == "Faltan 7 días. Le toca porque reemplaza a quien la hace."
    assert told(supervisor) == []
    # Back again, the reviewer is told of the same threshold, once.
    assert services.remind_reviews(at(in_days(2))) == 1
    assert told(supervisor)[0][1] == "Faltan 5 días."
    assert services.remind_reviews(at(in_days(3))) == 0


def test_s3_a_substitute_who_cannot_read_it_is_not_told_what_it_is(publish, quality, agent):
    document = publish(
        "POL-1", due_in=7, owner=quality, classification=Level.CONFIDENTIAL, title="Secreta"
    )
    Absence.objects.create(person=quality, substitute=agent, from_on=today(), to_on=in_days(1))
    assert not Document.objects.visible_to(agent).filter(pk=document.pk).exists()
    assert services.remind_reviews(timezone.now()) == 1
    assert told(agent) == []
    assert "Secreta" in told(quality)[0][0]


def test_m13_if_who_reviews_left_quality_is_told(publish, supervisor, quality, agent):
    document = publish("POL-1", due_in=7, owner=agent)
    agent.is_active = False
    agent.save()
    assert services.remind_reviews(timezone.now()) == 1
    ((_title, text),) = Notice.objects.filter(person=quality).values_list("title", "text")
    assert "no puede entrar o leerlo: indique otra persona" in text
    assert services.remind_reviews(timezone.now()) == 0
    document.owner = supervisor
    document.save()
    assert services.remind_reviews(timezone.now()) == 1
    assert len(told(supervisor)) == 1


# Escalation --------------------------------------------------------------------------------------


def test_m13_a_review_that_stays_late_reaches_head_and_quality_once(
    publish, supervisor, agent, quality, direction, admin
):
    seat = agent.holdings.get().position
    seat.reports_to = supervisor.holdings.get().position
    seat.save()
    document = publish("POL-1", due_in=0, owner=agent)
    told_on = [day for day in range(60) if services.escalate_reviews(at(in_days(day)))]
    assert told_on == [14]
    assert len(told(supervisor)) == len(told(quality)) == 1
    assert told(direction) == told(admin) == told(agent) == []
    title, text = told(supervisor)[0]
    assert title == "La revisión de POL-1, Política POL-1, sigue sin hacerse"
    assert text == f"Lleva 14 días de atraso. Debe hacerla {agent}."
    document.next_review_on = in_days(10)
    document.save()
    assert services.escalate_reviews(at(in_days(24))) == 1
    assert Escalation.objects.count() == 2


def test_escalation_follows_the_rules_of_the_kind(publish, quality):
    KindRules.objects.filter(kind="policy").update(escalation_days=3)
    publish("POL-1", due_in=-2)
    assert services.escalate_reviews(timezone.now()) == 0
    assert services.escalate_reviews(at(in_days(1))) == 1


def test_a_vacant_seat_is_passed_over_to_the_one_above(
    publish, agent, direction, make_position, quality
):
    top = direction.holdings.get().position
    middle = make_position("Jefatura vacante", reports_to=top)
    seat = agent.holdings.get().position
    seat.reports_to = middle
    seat.save()
    publish("POL-1", due_in=-20, owner=agent)
    services.escalate_reviews(timezone.now())
    assert len(told(direction)) == 1


def test_positions_that_report_in_a_circle_do_not_hang_it(publish, agent, make_position, quality):
    seat = agent.holdings.get().position
    seat.reports_to = make_position("Otra", reports_to=seat)
    seat.save()
    publish("POL-1", due_in=-20, owner=agent)
    assert services.escalate_reviews(timezone.now()) == 1


def test_without_a_position_the_head_of_the_unit_or_of_the_one_above_is_told(
    publish, make_person, make_position, other_unit, quality
):
    owner = make_person("sola", "supervision")
    above = Unit.objects.create(code="DIR", name="Dirección")
    other_unit.parent = above
    other_unit.save()
    head = make_person("jefa", "supervision", position=make_position("Jefatura", at=above))
    staff = make_position("Auxiliar", at=above, reports_to=head.holdings.get().position)
    aide = make_person("aux", "supervision", position=staff)
    publish("POL-1", due_in=-20, owner=owner, unit=other_unit)
    services.escalate_reviews(timezone.now())
    assert len(told(head)) == 1
    assert told(aide) == []
    chief = make_person("jefe", "supervision", position=make_position("Jefe", at=other_unit))
    publish("POL-2", due_in=-20, owner=owner, unit=other_unit)
    services.escalate_reviews(timezone.now())
    assert len(told(chief)) == 1
    assert len(told(head)) == 1


def test_whoever_stands_in_for_an_absent_head_is_told_too(
    publish, agent, supervisor, direction, quality
):
    seat = agent.holdings.get().position
    seat.reports_to = supervisor.holdings.get().position
    seat.save()
    Absence.objects.create(person=supervisor, substitute=direction, from_on=today(), to_on=today())
    publish("POL-1", due_in=-20, owner=agent)
    services.escalate_reviews(timezone.now())
    assert len(told(direction)) == len(told(supervisor)) == 1


def test_nobody_is_told_of_a_late_review_they_cannot_read(publish, agent, supervisor, quality):
    seat = supervisor.holdings.get().position
    seat.reports_to = agent.holdings.get().position
    seat.save()
    publish("POL-1", due_in=-20, classification=Level.CONFIDENTIAL)
    services.escalate_reviews(timezone.now())
    assert told(agent) == []
    assert len(told(quality)) == 1


def test_an_empty_portal_tells_nothing():
    jobs.remind_reviews()
    assert Notice.objects.count() == 0


# Clocks, crashes and crowds ----------------------------------------------------------------------


def test_f13_the_job_late_twice_or_with_a_clock_that_jumps_tells_each_thing_once(
    publish, supervisor, time_machine
):
    document = publish("POL-1", due_in=30)
    moves = [0, 0, 90, 0, -1, 23, 24, 90, 7]  # days from today; the clock goes back too
    for days in moves:
        time_machine.move_to(at(document.next_review_on - timedelta(days=30 - days)))
        jobs.remind_reviews()
        jobs.remind_reviews()
    keys = Counter(Notice.objects.filter(person=supervisor).values_list("key", flat=True))
    assert max(keys.values()) == 1
    steps = sorted(int(key.rsplit(":", 1)[1]) for key in keys if key.startswith("review:"))
    assert steps == [-56, 7, 30]
    assert Notice.objects.filter(person=supervisor, title__contains="sigue sin").count() <= 1


@pytest.mark.django_db(transaction=True)
def test_f13_the_job_run_twice_at_once_tells_each_thing_once(publish, supervisor, quality):
    for number in range(10):
        publish(f"POL-{number}", due_in=-20)
    start = Barrier(2)

    def go():
        start.wait()
        jobs.remind_reviews()
        connection.close()

    threads = [Thread(target=go) for _number in range(2)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert Notice.objects.filter(kind="review_due").count() == 10
    assert Notice.objects.filter(kind="review_late", person=quality).count() == 10
    assert Escalation.objects.count() == 10


@pytest.mark.slow(reason="400 simulated days")
def test_f13_over_400_simulated_days_nothing_is_missed_and_nothing_told_twice(
    publish, supervisor, agent, quality
):
    """A plain model of the rule beside the job: same (document, date, threshold) in the end.

    The days cross a year's end, a leap day (2028) and changes of hour; the job stops for up to
    three days at random and runs twice on others.
    """
    chance = random.Random(13)  # noqa: S311  (which days, not a secret)
    first = timezone.datetime(2027, 11, 24).date()
    documents = [publish(f"POL-{n}", due_in=0, owner=(supervisor, agent)[n % 2]) for n in range(8)]
    for n, document in enumerate(documents):
        document.next_review_on = first + timedelta(days=13 * n + 5)
        document.save()
    expected, due_of = set(), {d.pk: d.next_review_on for d in documents}
    late_once, down_for = set(), 0
    for offset in range(400):
        day = first + timedelta(days=offset)
        for document in documents:
            # Reviewed some days late, by a plain change of its date.
            if chance.random() < 0.02 and (due_of[document.pk] - day).days < 10:
                due_of[document.pk] = day + timedelta(days=chance.choice((45, 90, 180)))
                Document.objects.filter(pk=document.pk).update(next_review_on=due_of[document.pk])
        if down_for:
            down_for -= 1
            continue
        if chance.random() < 0.05:
            down_for = chance.randrange(3)
            continue
        for hour in (7, 19)[: chance.choice((1, 1, 1, 2))]:
            services.remind_reviews(at(day, hour))
            services.escalate_reviews(at(day, hour))
        for pk, due in due_of.items():
            left = (due - day).days
            if (step := step_of(left)) is not None:
                expected.add(f"review:{pk}:{due.isoformat()}:{step}")
            if left <= -14:
                late_once.add(f"review-late:{pk}:{due.isoformat()}")
    notices = Notice.objects.filter(kind="review_due").values_list("key", flat=True)
    assert len(notices) == len(set(notices))
    assert set(notices) == expected
    assert len(expected) > 100
    late = Notice.objects.filter(kind="review_late", person=quality).values_list("key", flat=True)
    assert sorted(late) == sorted(late_once)


def test_m13_2000_documents_take_few_queries(
    publish, supervisor, agent, quality, django_assert_max_num_queries
):
    sample = publish("POL-0", due_in=-20)
    documents = Document.objects.bulk_create(
        Document(
            kind="policy",
            code=f"M-{n}",
            title=f"Documento {n}",
            owner=(supervisor, agent)[n % 2],
            unit=sample.unit,
            next_review_on=in_days(n % 40 - 20),
        )
        for n in range(2000)
    )
    versions = Version.objects.bulk_create(
        Version(
            document=document,
            number=1,
            state="in_force",
            title=document.title,
            change="first",
            author=supervisor,
            approver=quality,
            approved_at=timezone.now(),
            effective_on=today(),
            content_hash="0" * 64,
        )
        for document in documents
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE documents_document d SET current_id = v.id FROM documents_version v"
            " WHERE v.document_id = d.id"
        )
    assert len(versions) == 2000
    began = timezone.now()
    with django_assert_max_num_queries(12):
        assert services.remind_reviews(began) == 2001
    with django_assert_max_num_queries(18):
        services.escalate_reviews(began)
    with django_assert_max_num_queries(5):
        assert services.remind_reviews(timezone.now()) == 0
    assert timezone.now() - began < timedelta(seconds=10)
