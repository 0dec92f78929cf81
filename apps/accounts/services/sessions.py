"""What can happen to open sessions."""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends.cached_db import SessionStore
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import F

from apps.accounts import mails
from apps.accounts.audit import Event, note
from apps.accounts.models import Person
from apps.accounts.permissions import Perm
from apps.core.access import require


def end_sessions(person: Person, *, by: Person) -> int:
    """End every session of `person` at once and return how many were listed (S10, S23).

    Anyone ends their own; an admin ends anyone's, and the person is told by mail. Raises
    PermissionDenied.
    """
    if by.pk != person.pk:
        require(by, Perm.CLOSE_SESSIONS)
    ended = drop_sessions(person, by=by)
    if by.pk != person.pk:
        mails.warn(person, "sessions_ended")
    return ended


@transaction.atomic
def drop_sessions(person: Person, *, by: Person | None, keep: str = "") -> int:
    """End the sessions of `person` except that of key `keep`. For services, not for views.

    Without `keep` also those nowhere listed: the epoch that sessions are checked against
    is raised.
    """
    if not keep:
        Person.objects.filter(pk=person.pk).update(session_epoch=F("session_epoch") + 1)
    rows = UserSession.objects.filter(user_id=person.pk).exclude(session_key=keep)
    keys = list(rows.values_list("session_key", flat=True))
    _delete(keys)
    if keys:
        note(Event.SESSIONS_ENDED, person, by=by, count=len(keys))
    return len(keys)


@transaction.atomic
def end_session(session: UserSession, *, by: Person) -> None:
    """End one session. Raises PermissionDenied unless it is `by`'s own or they may end all."""
    if by.pk != session.user_id:
        require(by, Perm.CLOSE_SESSIONS)
    _delete([session.session_key])
    note(Event.SESSIONS_ENDED, session.user, by=by, count=1)


def _delete(keys: list[str]) -> None:
    for key in keys:  # a store deletes its cached copy and its row
        SessionStore().delete(key)
    Session.objects.filter(session_key__in=keys).delete()
    UserSession.objects.filter(session_key__in=keys).delete()
