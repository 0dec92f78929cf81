"""Many notices that differ from each other, in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Case, CharField, OuterRef, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from apps.accounts.models import Person
from apps.notifications.kinds import Mail, kinds
from apps.notifications.models import Preference
from apps.notifications.services import writing


@dataclass(frozen=True)
class Tiding:
    """What one person is told, at most once for its `key`; as `notify` takes it."""

    person_id: int
    key: str
    title: str
    url: str
    text: str = ""


@transaction.atomic
def notify_each(kind: str, tidings: Sequence[Tiding]) -> int:
    """Tell each person their own thing; returns how many notices are new.

    As `notify`, for many at once: one statement for any number. Raises KeyError for a kind
    nobody registered, ValueError for an address elsewhere or a key that is too long.
    """
    default = kinds.get(kind)
    for tiding in tidings:
        writing._checked(kind, tiding.key, tiding.url)
    if not tidings:
        return 0
    chosen = Preference.objects.filter(person=OuterRef("pk"), kind=kind)
    if default.obligatory:
        chosen = chosen.exclude(mail=Mail.NEVER)
    readers = (
        Person.objects.may_enter()
        .filter(pk__in={tiding.person_id for tiding in tidings})
        .order_by()
        .annotate(
            wanted=Coalesce(Subquery(chosen.values("mail")), Value(default.mail)),
            state=Case(
                *(
                    When(wanted=mail, then=Value(state.value))
                    for mail, state in writing.STATE_OF.items()
                ),
                output_field=CharField(),
            ),
        )
        .values_list("pk", "state")
    )
    select, parameters = readers.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO notifications_notice"  # noqa: S608  (compiled by Django, no values)
            " (person_id, mail, kind, key, title, text, url, created_at)"
            " SELECT reader.person, reader.state, %s, told.key, told.title, told.text, told.url, %s"
            " FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[])"
            " AS told (person, key, title, text, url)"
            f" JOIN ({select}) AS reader (person, state) ON reader.person = told.person"
            " ORDER BY reader.person, told.key"
            " ON CONFLICT (person_id, key) DO NOTHING RETURNING mail",
            [
                kind,
                timezone.now(),
                [tiding.person_id for tiding in tidings],
                [tiding.key for tiding in tidings],
                [writing._fitting(tiding.title) for tiding in tidings],
                [str(tiding.text) for tiding in tidings],
                [tiding.url for tiding in tidings],
                *parameters,
            ],
        )
        return len(cursor.fetchall())
