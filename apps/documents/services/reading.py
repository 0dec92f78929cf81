"""Noting that a document was read."""

from __future__ import annotations

from datetime import date

from django.db import connection
from django.db.models import F
from django.utils import timezone

from apps.accounts.models import Person
from apps.documents.models import DailyUse


def remember_reading(document_id: int, number: int, *, by: Person) -> None:
    """Note that `by` opened version `number` today (calendar day), in one statement.

    Call it once a day and version: what they had read before is kept as `previous_number`.
    Their first reading of the document in a day is counted, without their name (1.5.4).
    """
    with connection.cursor() as cursor:
        cursor.execute(
            # Two windows at once: the second waits for the row, and is no longer the first.
            "WITH before AS ("
            "  SELECT read_on FROM documents_lastreading"
            "  WHERE person_id = %(person)s AND document_id = %(document)s FOR UPDATE"
            "), kept AS ("
            "  INSERT INTO documents_lastreading AS kept"
            "  (person_id, document_id, number, since_on, read_on)"
            "  SELECT %(person)s, %(document)s, %(number)s, %(today)s, %(today)s"
            "  FROM (SELECT 1) AS once LEFT JOIN before ON true"
            "  ON CONFLICT (person_id, document_id) DO UPDATE SET"
            "  previous_number = CASE WHEN kept.number = EXCLUDED.number"
            "    THEN kept.previous_number ELSE kept.number END,"
            "  since_on = CASE WHEN kept.number = EXCLUDED.number"
            "    THEN kept.since_on ELSE EXCLUDED.since_on END,"
            "  number = EXCLUDED.number, read_on = EXCLUDED.read_on"
            "  RETURNING xmax = 0 AS is_new"
            ") INSERT INTO documents_dailyuse AS used"
            ' (document_id, "on", readers, readings, useful, not_useful)'
            " SELECT %(document)s, %(today)s, %(staff)s, 1, 0, 0 FROM kept LEFT JOIN before ON true"
            " WHERE kept.is_new OR before.read_on < %(today)s"
            ' ON CONFLICT (document_id, readers, "on") DO UPDATE'
            " SET readings = used.readings + 1",
            {
                "person": by.pk,
                "document": document_id,
                "number": number,
                "today": timezone.localdate(),
                "staff": DailyUse.Readers.STAFF,
            },
        )


def count_visit(document_id: int) -> None:
    """Count one visit of a customer to a document's public page, of nobody in particular."""
    _count(document_id, DailyUse.Readers.CUSTOMERS, readings=1)


def count_vote(document_id: int, readers: DailyUse.Readers, *, useful: bool) -> None:
    """Count today that a document helped somebody, or did not."""
    _count(document_id, readers, useful=int(useful), not_useful=int(not useful))


def move_vote(document_id: int, *, useful: bool, counted_on: date) -> None:
    """Somebody of the staff thinks otherwise: what was counted that day is counted today."""
    was = "not_useful" if useful else "useful"
    DailyUse.objects.filter(
        document_id=document_id,
        readers=DailyUse.Readers.STAFF,
        on=counted_on,
        **{f"{was}__gt": 0},
    ).update(**{was: F(was) - 1})
    count_vote(document_id, DailyUse.Readers.STAFF, useful=useful)


def _count(
    document_id: int,
    readers: DailyUse.Readers,
    *,
    readings: int = 0,
    useful: int = 0,
    not_useful: int = 0,
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO documents_dailyuse AS used"
            ' (document_id, "on", readers, readings, useful, not_useful)'
            " VALUES (%s, %s, %s, %s, %s, %s)"
            ' ON CONFLICT (document_id, readers, "on") DO UPDATE SET'
            " readings = used.readings + EXCLUDED.readings,"
            " useful = used.useful + EXCLUDED.useful,"
            " not_useful = used.not_useful + EXCLUDED.not_useful",
            [document_id, timezone.localdate(), readers, readings, useful, not_useful],
        )
