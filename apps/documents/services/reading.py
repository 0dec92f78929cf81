"""Noting that a document was read."""

from __future__ import annotations

from django.db import connection
from django.utils import timezone

from apps.accounts.models import Person


def remember_reading(document_id: int, number: int, *, by: Person) -> None:
    """Note that `by` opened version `number` today (calendar day), in one statement.

    Call it once a day and version: what they had read before is kept as `previous_number`.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO documents_lastreading AS kept"
            " (person_id, document_id, number, since_on, read_on)"
            " VALUES (%(person)s, %(document)s, %(number)s, %(today)s, %(today)s)"
            " ON CONFLICT (person_id, document_id) DO UPDATE SET"
            " previous_number = CASE WHEN kept.number = EXCLUDED.number"
            "   THEN kept.previous_number ELSE kept.number END,"
            " since_on = CASE WHEN kept.number = EXCLUDED.number"
            "   THEN kept.since_on ELSE EXCLUDED.since_on END,"
            " number = EXCLUDED.number, read_on = EXCLUDED.read_on",
            {
                "person": by.pk,
                "document": document_id,
                "number": number,
                "today": timezone.localdate(),
            },
        )
