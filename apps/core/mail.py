"""Mail through an outbox: what is sent is written in the transaction of the fact it tells."""

from __future__ import annotations

import email
import logging
import smtplib
import time
from collections.abc import Sequence
from datetime import timedelta
from email.message import Message
from email.utils import make_msgid

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import DNS_NAME, MIMEMixin
from django.db import transaction
from django.utils import timezone

from apps.core.commit import after_commit_once
from apps.core.crypto import Unreadable, seal, unseal
from apps.core.models import OutboxMail
from apps.core.registry import Registry

logger = logging.getLogger(__name__)

# Names of the mails the portal writes, by the kind that stands in the outbox.
kinds: Registry[str] = Registry("mail kind")

# A run begins no further mail after so many seconds: jobs have a time limit.
RUN_SECONDS = 120
# A server's answer that it takes no more for now (RFC 5321, 3.8).
TOO_MANY = 421
# Minutes to the next try after a failed one; then the mail is marked undeliverable.
RETRY_MINUTES = (1, 5, 15, 60, 240, 720)


class OutboxBackend(BaseEmailBackend):
    """EMAIL_BACKEND: keeps each message sealed in the outbox; `deliver` sends it later."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        return len(queue_all(email_messages))


def queue(message: EmailMessage) -> OutboxMail:
    """Write `message` to the outbox and wake the delivery job once this commits.

    Its attribute `kind`, if it has one, says what sort of mail it is (`kinds`).
    """
    return queue_all([message])[0]


def queue_all(messages: Sequence[EmailMessage]) -> list[OutboxMail]:
    """Write `messages` to the outbox in one statement; the delivery job is woken once."""
    rows = OutboxMail.objects.bulk_create([_sealed(message) for message in messages])
    after_commit_once(_wake)
    return rows


def _sealed(message: EmailMessage) -> OutboxMail:
    message_id = make_msgid(domain=DNS_NAME.get_fqdn())
    message.extra_headers.setdefault("Message-ID", message_id)
    sealed = seal(
        # As bytes: the text of a letter with accents is not ASCII, and must arrive as it was.
        {"to": message.recipients(), "raw": message.message().as_bytes().decode("latin-1")},
        purpose="outbox",
        subject=message.extra_headers["Message-ID"],
    )
    return OutboxMail(
        message_id=message.extra_headers["Message-ID"],
        kind=getattr(message, "kind", ""),
        sealed=sealed,
    )


def _wake() -> None:
    from apps.core.jobs import deliver_mail, soon

    soon(deliver_mail)


class _Written(MIMEMixin, Message):
    """A parsed message that can be handed to a mail server, as Django's own can."""


class _Raw(EmailMessage):
    """A message that is already written: the delivery backend only transports it."""

    def __init__(self, raw: str, to: list[str]) -> None:
        parsed = email.message_from_bytes(raw.encode("latin-1"), _class=_Written)
        super().__init__(subject=parsed["Subject"], from_email=parsed["From"], to=to)
        self._parsed = parsed

    def message(self) -> Message:
        return self._parsed


def deliver(limit: int = 100) -> int:
    """Send what waits, oldest first; returns how many went out.

    Each row is locked while it is tried, so two runs at once never send one mail twice. A
    failure moves the next try away; after the last one, or when the server refuses this mail
    for good, it is undeliverable. When the server itself fails the run ends: the other mails
    would only wait for the same time-out. What went out before a connection broke may go out
    again, with the same Message-ID.
    """
    sent, began = 0, time.monotonic()
    for _ in range(limit):
        if time.monotonic() - began > RUN_SECONDS:
            break
        with transaction.atomic():
            row = (
                OutboxMail.objects.select_for_update(skip_locked=True)
                .filter(state=OutboxMail.State.WAITING, next_try_at__lte=timezone.now())
                .order_by("next_try_at")
                .first()
            )
            if row is None:
                break
            goes_on = _try(row)
            sent += row.state == OutboxMail.State.SENT
        if not goes_on:
            break
    return sent


def _try(row: OutboxMail) -> bool:
    """Try one mail and write down what came of it; whether to try others now."""
    row.attempts += 1
    goes_on = True
    try:
        content = unseal(row.sealed, purpose="outbox", subject=row.message_id)
        connection = get_connection(settings.MAIL_DELIVERY_BACKEND)
        connection.send_messages([_Raw(content["raw"], content["to"])])
    except Unreadable as fault:
        row.state, row.last_error = OutboxMail.State.UNDELIVERABLE, str(fault)
    except OSError as fault:  # smtplib's errors are OSErrors
        code, goes_on = _answer_about_mail(fault)
        row.last_error = f"{type(fault).__name__} {code or ''}".strip()
        if code >= 500 or row.attempts > len(RETRY_MINUTES):
            row.state = OutboxMail.State.UNDELIVERABLE
        else:
            wait = RETRY_MINUTES[row.attempts - 1]
            row.next_try_at = timezone.now() + timedelta(minutes=wait)
        logger.warning("mail %s not delivered: %s", row.pk, row.last_error)
    else:
        row.state, row.done_at, row.sealed = OutboxMail.State.SENT, timezone.now(), b""
    row.save()
    return goes_on


def _answer_about_mail(fault: OSError) -> tuple[int, bool]:
    """The server's answer about the mail itself, and whether other mails may fare better.

    The code is 0 where the server was not reached, went silent, or refused us rather than
    the mail: that is tried again whatever it answered.
    """
    if isinstance(fault, smtplib.SMTPRecipientsRefused):
        code = min(code for code, _text in fault.recipients.values())
    elif isinstance(fault, smtplib.SMTPDataError):
        code = fault.smtp_code
    else:
        return 0, False
    return code, code != TOO_MANY
