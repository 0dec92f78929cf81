"""Notices that go by mail: at once, or once a day, whatever happens to the clock (F13)."""

import email
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail as django_mail
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import Person
from apps.core import mail
from apps.core.models import OutboxMail
from apps.notifications import jobs, services
from apps.notifications.digests import people_waiting, round_at
from apps.notifications.models import Digest, Notice
from apps.notifications.services import notify

pytestmark = pytest.mark.django_db
BOGOTA = ZoneInfo("America/Bogota")
TUESDAY = date(2026, 11, 24)


def at(hour, minute=0, on=TUESDAY, zone=BOGOTA):
    return datetime(on.year, on.month, on.day, hour, minute, tzinfo=zone)


@pytest.fixture
def tell():
    numbers = iter(range(10_000))

    def tell(*people, kind="test_daily", **words):
        number = next(numbers)
        words = {"title": f"Cambió la página {number}", "url": "/manual/"} | words
        notify(kind, to=people, key=f"cosa:{number}", **words)

    return tell


def delivered():
    mail.deliver(limit=10_000)
    return [
        email.message_from_bytes(sent.message().as_bytes()).get_payload(decode=True).decode()
        for sent in django_mail.outbox
    ]


# At once ---------------------------------------------------------------------------------


def test_a_notice_goes_by_mail_at_once_and_leads_through_the_list(agent, organisation, tell):
    tell(agent, kind="test_now", title="Le toca «revisar» ATC-01 & más", text="Vence hoy.")
    jobs.mail_notices()
    jobs.mail_notices()
    (body,) = delivered()
    notice = Notice.objects.get()
    assert notice.mail == Notice.MailState.MAILED
    for words in (
        "Buenos días, Luis:",
        "Le toca «revisar» ATC-01 & más",
        "Vence hoy.",
        f"http://testserver/avisos/{notice.pk}/",
        "http://testserver/avisos/preferencias/",
        "Aguas del Valle",
    ):
        assert words in body
    assert OutboxMail.objects.get().kind == "notice"


def test_the_subject_tells_the_kind_and_nothing_of_the_thing(agent, tell):
    tell(agent, kind="test_now", title="Responder a Rosa Quispe")
    jobs.mail_notices()
    mail.deliver()
    assert django_mail.outbox[0].message()["Subject"] == "Pruebas urgentes"


def test_writing_a_notice_wakes_the_mail_job_once_a_commit(
    agent, quality, tell, monkeypatch, django_capture_on_commit_callbacks
):
    asked = []
    monkeypatch.setattr(jobs.mail_notices, "apply_async", lambda **options: asked.append(1))
    with django_capture_on_commit_callbacks(execute=True):
        for _three in range(3):
            tell(agent, kind="test_now")
    assert asked == [1]
    with django_capture_on_commit_callbacks(execute=True):
        tell(agent, kind="test_daily")
    assert asked == [1]


def test_mail_and_mark_are_one_transaction(agent, tell):
    tell(agent, kind="test_now")
    with transaction.atomic():
        services.mail_waiting()
        transaction.set_rollback(True)
    assert not OutboxMail.objects.exists()
    assert Notice.objects.get().mail == Notice.MailState.WAITING


@pytest.mark.parametrize("kind", ["test_now", "test_daily"])
def test_who_left_or_has_read_it_gets_no_mail(agent, quality, tell, kind, time_machine):
    time_machine.move_to(at(6))
    tell(agent, quality, kind=kind)
    Person.objects.filter(pk=agent.pk).update(is_active=False)
    services.mark_read(Notice.objects.get(person=quality), by=quality)
    time_machine.move_to(at(8))
    jobs.mail_notices()
    jobs.send_digests()
    assert delivered() == []
    assert set(Notice.objects.values_list("mail", flat=True)) == {Notice.MailState.NONE}


def test_many_go_in_batches_with_few_statements(agent, tell, django_assert_max_num_queries):
    for _thirty in range(30):
        tell(agent, kind="test_now")
    with django_assert_max_num_queries(30 + 6):
        assert services.mail_waiting() == 30


# Once a day ------------------------------------------------------------------------------


def test_the_summary_tells_everything_by_kind_in_one_mail(agent, organisation, tell, time_machine):
    time_machine.move_to(at(15, on=TUESDAY - timedelta(days=1)))
    tell(agent, title="Cambió ATC-01", text="Paso 3.")
    tell(agent, title="Cambió FAC-02")
    tell(agent, kind="test_quiet")
    time_machine.move_to(at(7))
    jobs.send_digests()
    jobs.send_digests()
    (body,) = delivered()
    assert django_mail.outbox[0].message()["Subject"] == "Sus avisos del 24 de noviembre"
    for words in ("2 avisos", "Pruebas del día", "- Cambió ATC-01", "  Paso 3.", "- Cambió FAC-02"):
        assert words in body
    assert "/avisos/preferencias/" in body
    assert OutboxMail.objects.get().kind == "digest"
    assert not Notice.objects.filter(mail=Notice.MailState.DIGEST).exists()


def test_a_kind_that_is_gone_is_still_told(agent, tell, time_machine):
    time_machine.move_to(at(6))
    tell(agent)
    Notice.objects.update(kind="of_old")
    time_machine.move_to(at(7))
    jobs.send_digests()
    assert "Otros avisos" in delivered()[0]


@pytest.mark.parametrize(
    ("now", "on"),
    [
        (at(6, 59), None),
        (at(7), TUESDAY),
        (at(23, 59), TUESDAY),
        (at(0, 0, on=TUESDAY + timedelta(days=1)), None),
        (at(7, on=date(2026, 11, 27)), date(2026, 11, 27)),
        (at(9, on=date(2026, 11, 28)), None),
        (at(9, on=date(2026, 11, 29)), None),
        (at(7, on=date(2026, 11, 30)), date(2026, 11, 30)),
    ],
)
def test_a_round_is_at_seven_here_on_working_days(now, on):
    found = round_at(now)
    assert (found and found.on) == on


def test_what_comes_after_seven_waits_for_the_next_working_day(agent, tell, time_machine):
    friday = date(2026, 11, 27)
    time_machine.move_to(at(7, 30, on=friday))
    tell(agent)
    for now in (at(8, on=friday), at(8, on=friday + timedelta(days=1))):
        time_machine.move_to(now)
        jobs.send_digests()
    assert delivered() == []
    time_machine.move_to(at(7, on=friday + timedelta(days=3)))
    jobs.send_digests()
    assert len(delivered()) == 1


def test_after_three_days_without_jobs_one_summary_tells_everything(agent, tell, time_machine):
    for days in range(4):
        time_machine.move_to(at(6, on=TUESDAY + timedelta(days=days)))
        tell(agent)
    time_machine.move_to(at(10, 25, on=TUESDAY + timedelta(days=3)))
    jobs.send_digests()
    jobs.send_digests()
    (body,) = delivered()
    assert "4 avisos" in body


def test_a_job_that_dies_half_way_is_finished_by_the_next(
    agent, quality, supervisor, tell, time_machine, monkeypatch
):
    time_machine.move_to(at(6))
    tell(agent, quality, supervisor)
    time_machine.move_to(at(7))
    queue, count = mail.queue, iter(range(10))

    def dies(message):
        if next(count) == 1:
            raise KeyboardInterrupt
        return queue(message)

    with monkeypatch.context() as patched:
        patched.setattr(mail, "queue", dies)
        with pytest.raises(KeyboardInterrupt):
            jobs.send_digests()
    assert OutboxMail.objects.count() == 1
    jobs.send_digests()
    assert len(delivered()) == 3
    assert {sent.to[0] for sent in django_mail.outbox} == {
        agent.email,
        quality.email,
        supervisor.email,
    }


def test_a_second_summary_of_the_day_is_refused_to_whoever_asks(agent, tell, time_machine):
    time_machine.move_to(at(6))
    tell(agent)
    time_machine.move_to(at(7))
    round_ = round_at(timezone.now())
    assert people_waiting(round_, timezone.now()) == [agent.pk]
    assert services.digest_for(agent.pk, round_, now=timezone.now())
    assert not services.digest_for(agent.pk, round_, now=timezone.now())
    assert people_waiting(round_, timezone.now()) == []


def test_f13_a_clock_that_jumps_sends_nothing_twice_and_loses_nothing(agent, tell, time_machine):
    tuesday, wednesday = TUESDAY, TUESDAY + timedelta(days=1)
    time_machine.move_to(at(6))
    tell(agent)
    for now in (at(7, 5), at(6, 5), at(7), at(8)):  # back an hour after it was sent
        time_machine.move_to(now)
        jobs.send_digests()
    assert len(delivered()) == 1
    ahead = tuesday + timedelta(days=91)  # a Tuesday again
    time_machine.move_to(at(9, on=ahead))
    tell(agent)  # bears an instant 91 days ahead
    jobs.send_digests()
    time_machine.move_to(at(9))
    tell(agent)
    jobs.send_digests()
    assert len(delivered()) == 1
    time_machine.move_to(at(7, on=wednesday))
    jobs.send_digests()
    assert len(delivered()) == 2
    assert not Notice.objects.filter(mail=Notice.MailState.DIGEST).exists()


ZONES = ["America/Bogota", "America/Santiago", "Europe/Madrid"]


@pytest.mark.parametrize("zone", ZONES)
def test_f13_every_working_day_of_four_hundred_has_its_round(zone):
    """Through DST changes, leap day and year end, asked every hour of real time."""
    with timezone.override(zone):
        now = at(0, on=date(2027, 12, 1), zone=ZoneInfo(zone)).astimezone(UTC)
        found = [round_at(now + timedelta(hours=hours)) for hours in range(400 * 24)]
    days = [date(2027, 12, 1) + timedelta(days=days) for days in range(400)]
    assert sorted({each.on for each in found if each}) == [d for d in days if d.weekday() < 5]
    assert {timezone.localtime(each.until, ZoneInfo(zone)).hour for each in found if each} == {7}


@pytest.mark.slow(reason="four hundred days of summaries")
@pytest.mark.parametrize("zone", ["America/Santiago"])
def test_f13_no_summary_is_missed_or_doubled_over_four_hundred_days(
    agent, tell, time_machine, zone
):
    here, day, working = ZoneInfo(zone), date(2027, 12, 1), 0
    with timezone.override(here):
        for number in range(400):
            time_machine.move_to(at(6, on=day, zone=here))
            if number % 5 == 0:
                tell(agent)
            for hour in (7, 23):
                time_machine.move_to(at(hour, 10, on=day, zone=here))
                jobs.send_digests()
            working += number % 5 == 0 and day.weekday() < 5
            day += timedelta(days=1)
    weekends = Digest.objects.filter(on__iso_week_day__gte=6)
    assert not weekends.exists()
    assert OutboxMail.objects.count() == Digest.objects.count() >= working
    assert not Notice.objects.filter(mail=Notice.MailState.DIGEST).exists()


# Tidying ---------------------------------------------------------------------------------


def test_read_notices_go_after_twelve_months_and_unread_ones_stay(agent, tell, time_machine):
    time_machine.move_to(at(8))
    tell(agent)
    tell(agent)
    services.mark_read(Notice.objects.earliest("pk"), by=agent)
    Digest.objects.create(person=agent, on=TUESDAY)
    time_machine.move_to(at(7) + timedelta(days=365))
    jobs.tidy_notices()
    assert Notice.objects.count() == 2
    time_machine.move_to(at(9) + timedelta(days=365))
    jobs.tidy_notices()
    jobs.tidy_notices()
    assert list(Notice.objects.values_list("is_unread", flat=True)) == [True]
    assert not Digest.objects.exists()
