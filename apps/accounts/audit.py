"""Who acted, also outside a request, and events that no field shows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from typing import Any

from auditlog.models import LogEntry
from django.db.models import Model
from django.db.models.signals import pre_save
from django.dispatch import receiver

from apps.accounts.models import Person

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
