"""The outbox: written with the fact, sent once, tried again, kept sealed."""

import email
import smtplib
import time
from datetime import timedelta
from functools import partial

import pytest
from django.core import mail as django_mail
from django.core.mail import EmailMessage, send_mail
from django.db import transaction
from django.urls import reverse
from kombu import Connection

from apps.core import jobs, mail
from apps.core.models import OutboxMail
from config import celery_app

pytestmark = pytest.mark.django_db
ADDRESS = "ana@aguas.test"
OPTIONS = celery_app.conf.broker_transport_options


def send(subject="Aviso", body="Su código es 4711."):
    send_mail(subject, body, None, [ADDRESS])
    return OutboxMail.objects.latest("pk")


def test_a_mail_waits_sealed_until_the_job_sends_it():
    row = send()
    assert b"4711" not in bytes(row.sealed)
    assert ADDRESS.encode() not in bytes(row.sealed)
    assert django_mail.outbox == []
    jobs.deliver_mail()
    (sent,) = django_mail.outbox
    assert sent.to == [ADDRESS]
    assert "4711" in sent.message().get_payload(decode=True).decode()
    row.refresh_from_db()
    assert (row.state, bytes(row.sealed)) == (OutboxMail.State.SENT, b"")


def test_a_mail_goes_out_once_though_the_job_runs_twice():
    send()
    jobs.deliver_mail()
    jobs.deliver_mail()
    assert len(django_mail.outbox) == 1


def test_what_is_rolled_back_is_not_sent():
    with transaction.atomic():
        send()
        transaction.set_rollback(True)
    assert mail.deliver() == 0


def test_a_failed_delivery_is_tried_again_later_and_given_up_in_the_end(monkeypatch, time_machine):
    def refuse(*args, **kwargs):
        raise smtplib.SMTPServerDisconnected("451 ana@aguas.test")

    row = send()
    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
    for minutes in (*mail.RETRY_MINUTES, 0):
        assert mail.deliver() == 0
        row.refresh_from_db()
        assert ADDRESS not in row.last_error
        time_machine.move_to(row.next_try_at + timedelta(seconds=1 if minutes else 0))
    assert row.state == OutboxMail.State.UNDELIVERABLE
    assert mail.deliver() == 0


def test_s36_a_line_break_cannot_add_a_header():
    message = EmailMessage("Aviso\nBcc: otro@aguas.test", "Hola.", None, [ADDRESS])
    with pytest.raises(ValueError, match="newline"):
        message.send()


@pytest.mark.parametrize("field", ["first_name", "last_name", "email"])
def test_s36_a_line_break_in_a_name_adds_no_header(admin, signed, organisation, field):
    who = {"email": "rosa@aguas.test", "first_name": "Rosa", "last_name": "Quispe"}
    who[field] += "\r\nBcc: otro@aguas.test"
    signed(admin).post(reverse("accounts:invite"), who)
    mail.deliver()
    for sent in django_mail.outbox:
        assert sent.message()["Bcc"] is None
        assert sent.recipients() == ["rosa@aguas.test"]


def test_f6_without_a_broker_a_post_loses_nothing_and_hardly_waits(
    monkeypatch, django_capture_on_commit_callbacks
):
    with Connection("redis://127.0.0.1:1/0", transport_options=OPTIONS) as nowhere:
        publish = partial(jobs.deliver_mail.apply_async, connection=nowhere)
        monkeypatch.setattr(jobs.deliver_mail, "apply_async", publish)
        began = time.monotonic()
        with django_capture_on_commit_callbacks(execute=True):
            row = send()
        assert time.monotonic() - began < 1
    assert row.state == OutboxMail.State.WAITING


def test_a_letter_with_accents_arrives_as_it_was(db, settings):
    body = "Ñandú, corazón: elija su contraseña…\n"
    mail.queue(EmailMessage("Contraseña nueva", body, to=["ana@aguas.test"]))
    mail.deliver()
    sent = django_mail.outbox[0].message()
    again = email.message_from_bytes(sent.as_bytes())  # what a mail server is given
    assert again.get_payload(decode=True).decode() == body
