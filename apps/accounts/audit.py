"""Who acted, also outside a request, and events that no field shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from typing import Any, TypeVar

from auditlog.cid import get_cid
from auditlog.context import disable_auditlog
from auditlog.diff import model_instance_diff
from auditlog.models import LogEntry
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model
from django.db.models.signals import post_save, pre_save
from django.dispatch import receiver

from apps.accounts.models import Person

M = TypeVar("M", bound=Model)

# How many rows one statement carries.
BATCH = 500

_actor: ContextVar[Person | None] = ContextVar("audit_actor", default=None)


class Event(StrEnum):
    """What happens at the door."""

    SIGNED_IN = "signed_in"
    SECOND_FACTOR_FAILED = "second_factor_failed"
    SIGNED_OUT = "signed_out"
    SESSIONS_ENDED = "sessions_ended"
    SESSION_EXPIRED = "session_expired"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  (the name of an event)
    PASSWORD_RESET = "password_reset"  # noqa: S105  (the name of an event)
    FACTOR_ADDED = "factor_added"
    FACTOR_REMOVED = "factor_removed"
    CODES_RENEWED = "recovery_codes_renewed"
    FACTORS_RESET = "factors_reset"
    NEW_DEVICE = "new_device"


@contextmanager
def acting(by: Person) -> Iterator[None]:
    """Within it, audit rows name `by` as their actor: in a job, a command or another's request.

    auditlog's own `set_actor` must not be nested: leaving the inner one silences the outer.
    """
    token = _actor.set(by)
    try:
        yield
    finally:
        _actor.reset(token)


@receiver(pre_save, sender=LogEntry, dispatch_uid="accounts-actor")
def _name_the_actor(sender: type, instance: LogEntry, **kwargs: Any) -> None:
    by = _actor.get()
    if by is not None and instance.actor_id is None:
        instance.actor, instance.actor_email = by, by.email


def note(event: Event, subject: Model, *, by: Person | None, **facts: Any) -> None:
    """Write an audit row for `event` about `subject`. `facts` hold no personal data."""
    LogEntry.objects.log_create(
        subject,
        force_log=True,
        action=LogEntry.Action.ACCESS,
        actor=by,
        actor_email=by.email if by else None,
        changes={},
        additional_data={"event": str(event), **facts},
    )


def create_all(rows: Sequence[M]) -> list[M]:
    """Save new `rows` of one model, and their audit rows, in a statement each per 500.

    Whoever listens to `post_save` hears of each row; only auditlog's own receiver, which
    writes one row at a time, is kept still.
    """
    if not rows:
        return []
    model = type(rows[0])
    saved = model._default_manager.bulk_create(rows, batch_size=BATCH)
    with disable_auditlog():
        for row in saved:
            post_save.send(
                model,
                instance=row,
                created=True,
                raw=False,
                using=DEFAULT_DB_ALIAS,
                update_fields=None,
            )
    as_json = settings.AUDITLOG_STORE_JSON_CHANGES
    write(
        _entry(row, LogEntry.Action.CREATE, model_instance_diff(None, row, None, as_json))
        for row in saved
    )
    return saved


def changed(subject: Model, changes: dict[str, list[str]]) -> LogEntry:
    """An audit row, not yet written, for a change that no field shows. See `write`."""
    return _entry(subject, LogEntry.Action.UPDATE, changes)


def write(entries: Iterable[LogEntry]) -> None:
    """Write audit rows in a statement per 500; each names its actor as one saved alone would."""
    entries = list(entries)
    for entry in entries:
        pre_save.send(
            LogEntry, instance=entry, raw=False, using=DEFAULT_DB_ALIAS, update_fields=None
        )
    LogEntry.objects.bulk_create(entries, batch_size=BATCH)


def _entry(subject: Model, action: int, changes: dict[str, Any]) -> LogEntry:
    return LogEntry(
        content_type=ContentType.objects.get_for_model(subject),
        object_pk=str(subject.pk),
        object_id=subject.pk if isinstance(subject.pk, int) else None,
        object_repr=str(subject),
        action=action,
        changes=changes,
        cid=get_cid(),
    )
