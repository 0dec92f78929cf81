"""Mail through an outbox: what is sent is written in the transaction of the fact it tells."""

from __future__ import annotations

import email
import logging
from collections.abc import Sequence
from datetime import timedelta
from email.utils import make_msgid
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import DNS_NAME
from django.db import transaction
from django.utils import timezone

from apps.core.crypto import Unreadable, seal, unseal
from apps.core.models import OutboxMail

logger = logging.getLogger(__name__)

# Minutes to the next try after a failed one; then the mail is marked undeliverable.
RETRY_MINUTES = (1, 5, 15, 60, 240, 720)


class OutboxBackend(BaseEmailBackend):
    """EMAIL_BACKEND: keeps each message sealed in the outbox; `deliver` sends it later."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        return len(queue_all(email_messages))


def queue(message: EmailMessage) -> OutboxMail:
    """Write `message` to the outbox and wake the delivery job once this commits."""
    return queue_all([message])[0]


def queue_all(messages: Sequence[EmailMessage]) -> list[OutboxMail]:
    """Write `messages` to the outbox in one statement; the delivery job is woken once."""
    rows = OutboxMail.objects.bulk_create([_sealed(message) for message in messages])
    transaction.on_commit(_wake)
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
    return OutboxMail(message_id=message.extra_headers["Message-ID"], sealed=sealed)


def _wake() -> None:
    from apps.core.jobs import deliver_mail, soon

    soon(deliver_mail)


class _Raw(EmailMessage):
    """A message that is already written: the delivery backend only transports it."""

    def __init__(self, raw: str, to: list[str]) -> None:
        parsed = email.message_from_bytes(raw.encode("latin-1"))
        super().__init__(subject=parsed["Subject"], from_email=parsed["From"], to=to)
        self._parsed = parsed

    def message(self) -> Any:
        return self._parsed


def deliver(limit: int = 100) -> int:
    """Send what waits, oldest first; returns how many went out.

    Each row is locked while it is tried, so two runs at once never send one mail twice. A
    failure moves the next try away; after the last one the mail is undeliverable.
    """
    sent = 0
    for _ in range(limit):
        with transaction.atomic():
            row = (
                OutboxMail.objects.select_for_update(skip_locked=True)
                .filter(state=OutboxMail.State.WAITING, next_try_at__lte=timezone.now())
                .order_by("next_try_at")
                .first()
            )
            if row is None:
                break
            sent += _try(row)
    return sent


def _try(row: OutboxMail) -> int:
    row.attempts += 1
    try:
        content = unseal(row.sealed, purpose="outbox", subject=row.message_id)
        connection = get_connection(settings.MAIL_DELIVERY_BACKEND)
        connection.send_messages([_Raw(content["raw"], content["to"])])
    except Unreadable as fault:
        row.state, row.last_error = OutboxMail.State.UNDELIVERABLE, str(fault)
    except OSError as fault:  # smtplib's errors are OSErrors
        row.last_error = type(fault).__name__
        if row.attempts > len(RETRY_MINUTES):
            row.state = OutboxMail.State.UNDELIVERABLE
        else:
            wait = RETRY_MINUTES[row.attempts - 1]
            row.next_try_at = timezone.now() + timedelta(minutes=wait)
        logger.warning("mail %s not delivered: %s", row.pk, row.last_error)
    else:
        row.state, row.done_at, row.sealed = OutboxMail.State.SENT, timezone.now(), b""
    row.save()
    return int(row.state == OutboxMail.State.SENT)
