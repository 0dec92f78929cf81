"""People come, leave and change posts: what is asked of them follows the same day (M19).

Receivers only note who changed; once the change is committed, one job works out the rest.
What no signal tells (a post that begins tomorrow, a role that permits less) is caught by the
hourly job.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.utils import timezone

from apps.accounts.models import Holding
from apps.core.jobs import soon

_changed_people: WeakKeyDictionary[Any, set[int]] = WeakKeyDictionary()
_changed_documents: WeakKeyDictionary[Any, set[int]] = WeakKeyDictionary()


def holding_changed(instance: Any, **kwargs: Any) -> None:
    """A post was taken, changed or given up."""
    _note(_changed_people, {instance.person_id})


def position_changed(instance: Any, created: bool = False, **kwargs: Any) -> None:
    """A post may have moved to another unit, with whoever holds it."""
    if not created:
        holdings = Holding.objects.current(timezone.localdate()).filter(position=instance.pk)
        if people := set(holdings.values_list("person_id", flat=True)):
            _note(_changed_people, people)


def person_changed(
    instance: Any, created: bool = False, update_fields: Any = None, **kwargs: Any
) -> None:
    """A person was let in or shut out."""
    if created or update_fields is None or "is_active" in update_fields:
        _note(_changed_people, {instance.pk})


def roles_changed(
    instance: Any, action: str, reverse: bool, pk_set: set[int] | None = None, **kwargs: Any
) -> None:
    """Somebody's roles changed, from either side."""
    if not action.startswith("post_"):
        return
    if not reverse:
        _note(_changed_people, {instance.pk})
    elif pk_set:
        _note(_changed_people, set(pk_set))


def audience_changed(instance: Any, action: str, reverse: bool, **kwargs: Any) -> None:
    """A document is for others than before."""
    if action.startswith("post_") and not reverse:
        _note(_changed_documents, {instance.pk})


def document_changed(document: Any, **kwargs: Any) -> None:
    """A document asks less than before: it was retired, or what would have asked was cancelled."""
    _note(_changed_documents, {document.pk})


def _note(kept: WeakKeyDictionary[Any, set[int]], keys: set[int]) -> None:
    """One job for all that a transaction changes: the first callback takes the whole set.

    What a rolled-back transaction left behind goes along with the next one, harmlessly.
    """
    waiting = kept.setdefault(connections[DEFAULT_DB_ALIAS], set())
    waiting.update(keys)

    def wake() -> None:
        from apps.documents import jobs

        changed = sorted(waiting)
        waiting.clear()
        if changed:
            job = jobs.follow_people if kept is _changed_people else jobs.follow_documents
            soon(job, changed)

    transaction.on_commit(wake)
