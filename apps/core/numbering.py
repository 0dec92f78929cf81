"""Numbers of registers: without gaps, given in the transaction of what they name (DESIGN §10)."""

from __future__ import annotations

from django.db import connection


def next_number(series: str) -> int:
    """The next number of `series`, from 1 on. Whoever asks at the same time waits.

    Part of the caller's transaction: what is rolled back uses up no number.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("a number is given inside the transaction of what it names")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_numberseries (series, last) VALUES (%s, 1)"
            " ON CONFLICT (series) DO UPDATE SET last = core_numberseries.last + 1 RETURNING last",
            [series],
        )
        return cursor.fetchone()[0]
