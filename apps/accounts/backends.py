"""Sign-in by e-mail, and the person of each request in one statement."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from allauth.account.auth_backends import AuthenticationBackend
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Exists, QuerySet

from apps.accounts.models import Person
from apps.accounts.querysets import DEMO_DOMAIN
from apps.core.prepared import Prepared
from apps.core.registry import person_annotations


def may_enter(person: Person) -> bool:
    """Whether the door opens to `person` at all, once they have proved who they are.

    Not for the deactivated, the portal itself, or a demo account outside the demo (S18).
    """
    demo = person.email.endswith(DEMO_DOMAIN) and not settings.DEMO
    return person.is_active and not person.is_system and not demo


_session_key: ContextVar[str] = ContextVar("session_key", default="")


@contextmanager
def asked_in(session_key: str | None) -> Iterator[None]:
    """Within it, the person of the request also tells whether that session's row stands."""
    token = _session_key.set(session_key or "")
    try:
        yield
    finally:
        _session_key.reset(token)


class PersonBackend(AuthenticationBackend):
    """allauth's backend; the person comes with permissions, units and factors (S6, S10).

    Read afresh on every request: what an admin takes away is gone at the next one. With the
    person comes `session_stands`: whether the session is still in the database, whatever the
    cache says.
    """

    def user_can_authenticate(self, user: Person) -> bool:
        return may_enter(user)

    def _authenticate_by_email(self, email: str, password: str) -> Person | None:
        # SECURITY: only Person.email is a name; rows of allauth's EmailAddress open nothing.
        return self._check_password(Person.objects.filter(email=email.lower()).first(), password)

    def get_user(self, user_id: int) -> Person | None:
        person = _person_of_request.first(None, pk=int(user_id), session=_session_key.get())
        return person if person is not None and may_enter(person) else None


def _statement(_actor: None, pk: int, session: str) -> QuerySet[Person]:
    more = {name: make() for name, make in person_annotations}
    stands = Exists(Session.objects.filter(session_key=session))
    return (
        Person.objects.with_access()
        .annotate(session_stands=stands, **more)
        .filter(pk=pk, is_active=True)
    )


_person_of_request = Prepared(_statement)
