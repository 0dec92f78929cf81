"""A mail server that puts off, refuses, goes silent or breaks off (F7)."""

import time
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.core.mail import send_mail
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from apps.core import mail
from apps.core.models import OutboxMail
from apps.notifications import jobs
from apps.notifications.kinds import NoticeKind, kinds
from apps.notifications.services import notify

pytestmark = pytest.mark.django_db
WAITING = OutboxMail.State.WAITING


def send(number=1):
    send_mail("Aviso", "Su código es 4711.", None, [f"ana{number}@aguas.test"])
    return OutboxMail.objects.latest("pk")


def states():
    return list(OutboxMail.objects.order_by("pk").values_list("state", flat=True))


def let_time_pass():
    OutboxMail.objects.filter(state=WAITING).update(next_try_at=timezone.now())


def test_f7_put_off_at_first_a_mail_is_taken_later_once(post_office):
    row = send()
    post_office.plan = ["451 Try again later"]
    assert mail.deliver() == 0
    row.refresh_from_db()
    assert (row.state, row.last_error) == (WAITING, "SMTPRecipientsRefused 451")
    assert row.next_try_at > timezone.now()
    assert mail.deliver() == 0  # not before its time
    let_time_pass()
    assert mail.deliver() == 1
    assert mail.deliver() == 0
    assert post_office.message_ids == [row.message_id]


@pytest.mark.parametrize("answer", ["550 No such user", "552 Too big"])
def test_f7_refused_for_good_a_mail_is_undeliverable_and_admins_see_it(
    post_office, admin, signed, answer
):
    first, second = send(1), send(2)
    post_office.plan = [answer]
    assert mail.deliver() == 1  # the others are not held up
    first.refresh_from_db()
    assert (first.state, first.attempts) == (OutboxMail.State.UNDELIVERABLE, 1)
    assert post_office.message_ids == [second.message_id]
    page = signed(admin).get(reverse("notifications:mails")).content.decode()
    assert f"SMTPRecipientsRefused {answer[:3]}" in page
    assert "ana1" not in page
    signed(admin).post(reverse("notifications:mail-retry", args=[first.pk]))
    assert mail.deliver() == 1
    assert post_office.message_ids == [second.message_id, first.message_id]


def test_f7_a_silent_server_costs_one_time_out_and_loses_nothing(post_office, settings):
    for number in range(3):
        send(number)
    post_office.plan = ["hang"]
    began = time.monotonic()
    assert mail.deliver() == 0
    assert time.monotonic() - began < settings.EMAIL_TIMEOUT + 2
    assert states() == [WAITING] * 3
    assert OutboxMail.objects.filter(attempts=0).count() == 2
    let_time_pass()
    assert mail.deliver() == 3
    assert len(set(post_office.message_ids)) == len(post_office.taken) == 3


def test_f7_broken_off_after_the_letter_it_goes_again_under_the_same_name(post_office):
    row = send()
    post_office.plan = ["drop"]
    assert mail.deliver() == 0
    row.refresh_from_db()
    assert (row.state, row.last_error) == (WAITING, "SMTPServerDisconnected")
    let_time_pass()
    assert mail.deliver() == 1
    assert post_office.message_ids == [row.message_id, row.message_id]


def test_f7_refused_after_the_letter_it_is_undeliverable(post_office):
    row = send()
    post_office.plan = ["take", "554 No"]
    send(2)
    assert mail.deliver() == 1
    assert post_office.message_ids == [row.message_id]
    assert states() == [OutboxMail.State.SENT, OutboxMail.State.UNDELIVERABLE]


def test_f7_a_server_that_takes_no_more_ends_the_run(post_office):
    for number in range(3):
        send(number)
    post_office.plan = ["421 Too many"]
    assert mail.deliver() == 0
    assert states() == [WAITING] * 3
    assert OutboxMail.objects.filter(attempts=1).count() == 1


def test_f7_an_absent_server_ends_the_run(settings, post_office):
    settings.EMAIL_PORT = 1
    send(1)
    send(2)
    assert mail.deliver() == 0
    assert OutboxMail.objects.get(attempts=1).last_error == "ConnectionRefusedError"


def test_a_run_ends_in_time_for_its_limit(post_office, monkeypatch, settings):
    assert mail.RUN_SECONDS + 6 * 20 < settings.CELERY_TASK_SOFT_TIME_LIMIT
    send(1)
    monkeypatch.setattr(mail, "RUN_SECONDS", -1)
    assert mail.deliver() == 0
    assert OutboxMail.objects.get().attempts == 0


def test_the_summary_of_the_day_arrives(
    post_office, agent, organisation, monkeypatch, time_machine
):
    kind = {"test_page": NoticeKind(title="Páginas que cambiaron")}
    monkeypatch.setattr(kinds, "_entries", dict(kinds) | kind)
    time_machine.move_to(datetime(2026, 11, 24, 6, tzinfo=ZoneInfo("America/Bogota")), tick=True)
    notify("test_page", to=[agent], key="1", title="Cambió «Lectura»", url="/manual/")
    time_machine.move_to(datetime(2026, 11, 24, 7, tzinfo=ZoneInfo("America/Bogota")), tick=True)
    jobs.send_digests()
    assert mail.deliver() == 1
    ((to, message),) = post_office.taken
    assert to == agent.email
    assert "Cambió «Lectura»" in message.get_payload(decode=True).decode()
    assert OutboxMail.objects.filter(created_at__lte=F("done_at")).count() == 1
