"""Entries that follow a change after its commit, gathered: many changes, one writing."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable

from django.db import transaction

from apps.core.registry import search_kinds
from apps.core.search import indexing


class Gathered(threading.local):
    """Keys whose entries are to be written when the running transaction has committed.

    The first hook that runs writes all of them, whoever asked; one that was rolled back only
    reads what stands. So a set that outlives its transaction does no harm.
    """

    def __init__(self) -> None:
        self.keys: dict[str, set[int]] = defaultdict(set)

    def add(self, kind: str, keys: Iterable[int]) -> None:
        """Write the entries of those objects of the registered kind after the commit."""
        self.keys[kind].update(keys)
        transaction.on_commit(self.write, robust=True)

    def write(self) -> None:
        """Write what was gathered so far."""
        gathered, self.keys = self.keys, defaultdict(set)
        for kind, keys in gathered.items():
            if keys:
                rows = search_kinds.get(kind).model._default_manager.filter(pk__in=keys)
                with transaction.atomic():
                    indexing.index(kind, rows)
                    indexing.remove(kind, keys - set(rows.values_list("pk", flat=True)))


gathered = Gathered()
