"""Mails that a server refused for good, or that failed too often: tried again by an admin."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.accounts.models import Person
from apps.core.access import require
from apps.core.commit import after_commit_once
from apps.core.jobs import deliver_mail, soon
from apps.core.models import OutboxMail
from apps.notifications.permissions import Perm


@transaction.atomic
def retry_mail(row: OutboxMail, *, by: Person) -> int:
    """Put an undeliverable mail back among those that wait; 0 if it is none any more.

    Raises PermissionDenied.
    """
    require(by, Perm.MANAGE_MAIL)
    return _return(OutboxMail.objects.filter(pk=row.pk))


@transaction.atomic
def retry_all_mails(*, by: Person) -> int:
    """The same for every undeliverable mail; returns how many went back."""
    require(by, Perm.MANAGE_MAIL)
    return _return(OutboxMail.objects.all())


def _return(rows: QuerySet[OutboxMail]) -> int:
    returned = rows.filter(state=OutboxMail.State.UNDELIVERABLE).update(
        state=OutboxMail.State.WAITING, attempts=0, next_try_at=timezone.now(), last_error=""
    )
    if returned:
        after_commit_once(_wake)
    return returned


def _wake() -> None:
    soon(deliver_mail)
