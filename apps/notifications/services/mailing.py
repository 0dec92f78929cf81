"""Notices become mails in the transaction that marks them: none lost, none twice."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.accounts import mails
from apps.accounts.models import Person
from apps.core import mail
from apps.notifications.digests import Round, in_round
from apps.notifications.kinds import kinds
from apps.notifications.models import Digest, Notice

AT_ONCE = 100
WANT_MAIL = (Notice.MailState.WAITING, Notice.MailState.DIGEST)

mail.kinds.add("notice", _("Aviso"))
mail.kinds.add("digest", _("Resumen del día"))


@transaction.atomic
def mail_waiting(limit: int = AT_ONCE) -> int:
    """Queue the mails of notices that go at once, oldest first; returns how many were seen.

    Two runs at once take different notices.
    """
    waiting = list(
        Notice.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(mail=Notice.MailState.WAITING)
        .select_related("person")
        .order_by("pk")[:limit]
    )
    organisation = mails.organisation_name() if waiting else ""
    for notice in waiting:
        message = mails.compose(
            "notice",
            notice.person.email,
            organisation=organisation,
            person=notice.person,
            kind=title_of(notice.kind),
            notice=notice,
            url=mails.address_of(notice.get_absolute_url()),
            choose_url=mails.address_of(reverse("notifications:preferences")),
        )
        mail.queue(message)
    _mailed(waiting)
    return len(waiting)


@transaction.atomic
def digest_for(person_id: int, round_: Round, *, now: datetime, organisation: str = "") -> bool:
    """Queue a person's summary of the day; whether there was one to queue.

    At most one per person and day: the second of two runs at once finds the first one's row.
    """
    _digest, created = Digest.objects.get_or_create(
        person_id=person_id, on=round_.on, defaults={"created_at": now}
    )
    if not created:
        return False
    notices = list(
        Notice.objects.select_for_update(of=("self",))
        .filter(in_round(round_, now), person_id=person_id)
        .select_related("person")
        .order_by("kind", "created_at", "pk")
    )
    if not notices:
        return False
    person = notices[0].person
    message = mails.compose(
        "digest",
        person.email,
        organisation=organisation or mails.organisation_name(),
        person=person,
        on=round_.on,
        total=len(notices),
        groups=_by_kind(notices),
        notices_url=mails.address_of(reverse("notifications:notices")),
        choose_url=mails.address_of(reverse("notifications:preferences")),
    )
    mail.queue(message)
    _mailed(notices)
    return True


@transaction.atomic
def silence_the_gone() -> int:
    """Take the mail from notices already read, or of people who may no longer enter."""
    gone = ~Q(person__in=Person.objects.may_enter())
    rows = Notice.objects.filter(Q(mail__in=WANT_MAIL) & (gone | Q(is_unread=False)))
    return rows.update(mail=Notice.MailState.NONE)


def title_of(kind: str) -> str:
    """Title of a kind of notice; of one that no room registers any more, a plain word."""
    return str(kinds.get(kind).title) if kind in kinds else str(_("Otros avisos"))


def _by_kind(notices: Iterable[Notice]) -> list[tuple[str, list[tuple[Notice, str]]]]:
    groups: dict[str, list[tuple[Notice, str]]] = {}
    for notice in notices:
        address = mails.address_of(notice.get_absolute_url())
        groups.setdefault(title_of(notice.kind), []).append((notice, address))
    return list(groups.items())


def _mailed(notices: Iterable[Notice]) -> None:
    keys = [notice.pk for notice in notices]
    Notice.objects.filter(pk__in=keys).update(mail=Notice.MailState.MAILED)
