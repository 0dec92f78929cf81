"""Notices are written with the fact they tell of, at most once per person and key."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.core.exceptions import EmptyResultSet
from django.db import connection, models, transaction
from django.db.models import Case, CharField, OuterRef, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.text import Truncator

from apps.accounts.models import Person
from apps.core.commit import after_commit_once
from apps.core.jobs import soon
from apps.notifications.kinds import Mail, audiences, kinds
from apps.notifications.models import Announcement, Notice, Preference

STATE_OF = {
    Mail.NOW: Notice.MailState.WAITING,
    Mail.DAILY: Notice.MailState.DIGEST,
    Mail.NEVER: Notice.MailState.NONE,
}


@transaction.atomic
def notify(
    kind: str,
    *,
    to: Iterable[Person] | models.QuerySet[Person],
    key: str,
    title: str,
    url: str,
    text: str = "",
) -> int:
    """Tell people something, each at most once for this `key`; returns how many were told.

    Only people who may enter are told. Mail follows as each of them chose. `title`, `text`
    and `url` (a path of this portal) hold nothing the reader may not see. Raises KeyError for
    a kind nobody registered, ValueError for an address elsewhere or a key that is too long.
    """
    checked(kind, key, url)
    people = to if isinstance(to, models.QuerySet) else {person.pk for person in to}
    if not isinstance(people, models.QuerySet) and not people:
        return 0
    return _write(kind, people, key=key, title=title, url=url, text=text, at=timezone.now())


@transaction.atomic
def announce(
    kind: str,
    *,
    audience: str,
    subject_id: int,
    key: str,
    title: str,
    url: str,
    text: str = "",
) -> Announcement:
    """Tell everybody in an audience, by a job: this writes one row, whatever their number.

    Announcing the same `key` again changes nothing. Raises KeyError for a kind or an audience
    nobody registered, ValueError as `notify` does.
    """
    checked(kind, key, url)
    audiences.get(audience)
    row = Announcement(
        kind=kind,
        audience=audience,
        subject_id=subject_id,
        key=key,
        title=fitting(title),
        url=url,
        text=str(text),
        created_at=timezone.now(),
    )
    Announcement.objects.bulk_create([row], ignore_conflicts=True)
    row = Announcement.objects.get(key=key)
    if row.expanded_at is None:
        transaction.on_commit(lambda: _wake_expansion(row.pk))
    return row


@transaction.atomic
def expand(announcement_id: int) -> int:
    """Write the notices of an announcement; returns how many. Nothing the second time.

    The audience is who belongs to it now. Two runs at once: the second leaves it alone.
    """
    row = (
        Announcement.objects.select_for_update(skip_locked=True)
        .filter(pk=announcement_id, expanded_at=None)
        .first()
    )
    if row is None:
        return 0
    now = timezone.now()
    people = audiences.get(row.audience)(row.subject_id)
    told = _write(
        row.kind, people, key=row.key, title=row.title, url=row.url, text=row.text, at=now
    )
    row.expanded_at = now
    row.save(update_fields=["expanded_at"])
    return told


def checked(kind: str, key: str, url: str) -> None:
    """Raise KeyError for an unknown kind, ValueError for an address elsewhere or a long key."""
    kinds.get(kind)
    inside = url.startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None)
    if not inside or len(url) > 500:
        raise ValueError("a notice leads to a path of this portal")
    if not 0 < len(key) <= 200:
        raise ValueError("a key has 1 to 200 characters")


def fitting(title: str) -> str:
    """`title` on one line, cut to what a notice holds."""
    return Truncator(" ".join(str(title).split())).chars(300)


def _write(
    kind: str,
    people: models.QuerySet[Person] | set[int],
    *,
    key: str,
    title: str,
    url: str,
    text: str,
    at: datetime,
) -> int:
    """One INSERT … SELECT for any number of people, with the mail state each of them chose."""
    rows = readers_of(kind, people)
    try:
        select, parameters = rows.query.sql_with_params()
    except EmptyResultSet:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO notifications_notice"  # noqa: S608  (compiled by Django, no values)
            " (person_id, mail, kind, key, title, text, url, created_at)"
            f" SELECT reader.*, %s, %s, %s, %s, %s, %s FROM ({select}) AS reader (person, state)"
            " ON CONFLICT (person_id, key) DO NOTHING RETURNING mail",
            [kind, key, fitting(title), str(text), url, at, *parameters],
        )
        written = [state for (state,) in cursor.fetchall()]
    wake_mail_for(written)
    return len(written)


def readers_of(kind: str, people: models.QuerySet[Person] | set[int]) -> models.QuerySet:
    """Of `people` those who may enter: pairs of key and state of the mail each chose."""
    default = kinds.get(kind)
    chosen = Preference.objects.filter(person=OuterRef("pk"), kind=kind)
    if default.obligatory:
        chosen = chosen.exclude(mail=Mail.NEVER)
    if isinstance(people, models.QuerySet):
        people = people.values("pk")
    return (
        Person.objects.may_enter()
        .filter(pk__in=people)
        .order_by("pk")
        .annotate(
            wanted=Coalesce(Subquery(chosen.values("mail")), Value(default.mail)),
            state=Case(
                *(When(wanted=mail, then=Value(state.value)) for mail, state in STATE_OF.items()),
                output_field=CharField(),
            ),
        )
        .values_list("pk", "state")
    )


def wake_mail_for(states: list[str]) -> None:
    """After the commit, send at once what of these new notices does not wait for a digest."""
    if Notice.MailState.WAITING in states:
        after_commit_once(_wake_mail)


def _wake_expansion(pk: int) -> None:
    from apps.notifications.jobs import expand_announcement

    soon(expand_announcement, pk)


def _wake_mail() -> None:
    from apps.notifications.jobs import mail_notices

    soon(mail_notices)
