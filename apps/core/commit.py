"""What follows a commit."""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection, transaction


def after_commit_once(act: Callable[[], None]) -> None:
    """Call `act` when the transaction commits: once, however often it was asked for in it.

    What is asked for in a savepoint that is rolled back is forgotten with it.
    """
    if not any(entry[1] is act for entry in connection.run_on_commit):
        transaction.on_commit(act)
