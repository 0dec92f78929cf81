"""Many notices that differ from each other, in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils import timezone

from apps.notifications.services.writing import checked, fitting, readers_of, wake_mail_for


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
    for tiding in tidings:
        checked(kind, tiding.key, tiding.url)
    if not tidings:
        return 0
    readers = readers_of(kind, {tiding.person_id for tiding in tidings})
    select, parameters = readers.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO notifications_notice"  # noqa: S608  (compiled by Django, no values)
            " (person_id, mail, kind, key, title, text, url, created_at)"
            " SELECT reader.person, reader.state, %s, told.key, told.title, told.text, told.url, %s"
            " FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[])"
            " AS told (person, key, title, text, url)"
            f" JOIN ({select}) AS reader (person, state) ON reader.person = told.person"
            # One order for all: two runs at once wait for each other instead of locking up.
            " ORDER BY reader.person, told.key"
            " ON CONFLICT (person_id, key) DO NOTHING RETURNING mail",
            [
                kind,
                timezone.now(),
                [tiding.person_id for tiding in tidings],
                [tiding.key for tiding in tidings],
                [fitting(tiding.title) for tiding in tidings],
                [str(tiding.text) for tiding in tidings],
                [tiding.url for tiding in tidings],
                *parameters,
            ],
        )
        written = [state for (state,) in cursor.fetchall()]
    wake_mail_for(written)
    return len(written)
