"""Notices are read, and people choose what also comes by mail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person
from apps.core.rules import RuleBroken
from apps.notifications.kinds import Mail, kinds
from apps.notifications.models import Notice, Preference


@transaction.atomic
def mark_read(notice: Notice, *, by: Person) -> None:
    """Note that `by` has seen their notice; the first time counts.

    Raises PermissionDenied for somebody else's.
    """
    if not by.is_active or notice.person_id != by.pk:
        raise PermissionDenied
    Notice.objects.filter(pk=notice.pk, read_at=None).update(read_at=timezone.now())


@transaction.atomic
def mark_all_read(*, until: datetime, by: Person) -> int:
    """Note that `by` has seen every notice up to the instant `until` (aware), when the page
    was drawn: what came after stays unread. Returns how many were unread.
    """
    rows = Notice.objects.visible_to(by).unread().filter(created_at__lte=until)
    return rows.update(read_at=timezone.now())


@transaction.atomic
def choose_mail(choices: Mapping[str, str], *, by: Person) -> None:
    """Set when each kind (key → `Mail`) comes by mail; what waits to be mailed follows.

    Raises PermissionDenied; RuleBroken for an unknown kind or choice, and where an obligatory
    kind would be silenced.
    """
    if not by.is_active:
        raise PermissionDenied
    for kind, choice in choices.items():
        if kind not in kinds or choice not in Mail.values:
            raise RuleBroken(_("Elija una de las opciones."))
        if choice == Mail.NEVER and kinds.get(kind).obligatory:
            raise RuleBroken(_("Estos avisos siempre llegan también por correo."))
    Preference.objects.bulk_create(
        [Preference(person=by, kind=kind, mail=choice) for kind, choice in choices.items()],
        update_conflicts=True,
        unique_fields=["person", "kind"],
        update_fields=["mail"],
    )
    _apply_to_waiting(by, [kind for kind, choice in choices.items() if choice == Mail.NEVER])


def _apply_to_waiting(person: Person, silenced: list[str]) -> None:
    waiting = Notice.objects.filter(
        person=person,
        kind__in=silenced,
        mail__in=(Notice.MailState.WAITING, Notice.MailState.DIGEST),
    )
    waiting.update(mail=Notice.MailState.NONE)
