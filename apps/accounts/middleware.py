"""Limits of a session, and what happens to a text whose session ended (S12, S22)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts import devices
from apps.accounts.backends import asked_in, may_enter
from apps.accounts.models import Person
from apps.core import kept
from apps.core.access import policy_of

# The moment of the last request is written at most so often, in seconds.
TOUCH_SECONDS = 60


def idle_seconds(person: Person) -> int:
    """After how many seconds without a request a session of `person` ends."""
    if person.holds_sensitive_role:
        return 60 * settings.SESSION_IDLE_MINUTES_SENSITIVE
    return 60 * settings.SESSION_IDLE_MINUTES


def passed_second_factor(request: HttpRequest) -> bool:
    """Whether this session itself was opened with a second factor, or added the first one."""
    records = request.session.get(AUTHENTICATION_METHODS_SESSION_KEY, [])
    return any(record.get("method") == "mfa" for record in records)


class SessionLimitsMiddleware:
    """Ends a session that was idle too long, is too old, or never passed the second factor.

    A session whose row is gone has ended already: its copy in the cache is not believed.

    A form posted to it, or without any session from a device the portal knows, is kept for
    its person.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.signed_out_person = None
        with asked_in(request.session.session_key):
            is_signed_in = request.user.is_authenticated
        if is_signed_in and not request.user.session_stands:
            # SECURITY: ended while the cache was away, or just as a request loaded it; the
            # cached copy would open the door again (S23). It goes now.
            request.session.flush()
            request.user = AnonymousUser()
        elif is_signed_in:
            self._hold(request)
        response = self.get_response(request)
        if request.method == "POST" and request.user.is_authenticated:
            self._forget_what_was_sent(request, response)
        return response

    def _hold(self, request: HttpRequest) -> None:
        now, session, person = time.time(), request.session, request.user
        # SECURITY: a session without its times is as old as can be.
        seen, began = session.get("seen", 0), session.get("began", 0)
        expired = now - seen > idle_seconds(person) or now - began > settings.SESSION_COOKIE_AGE
        # SECURITY: a session opened by password alone does not grow when a factor is added
        # elsewhere (S12).
        if expired or (person.has_second_factor and not passed_second_factor(request)):
            request.session_expired = expired
            logout(request)
            if expired:
                messages.warning(request, _("Su sesión terminó. Entre de nuevo para seguir."))
            request.signed_out_person = person
        elif now - seen > TOUCH_SECONDS:
            session["seen"] = now
            UserSession.objects.filter(session_key=session.session_key).update(
                last_seen_at=timezone.now(), ip=get_adapter().get_client_ip(request)
            )

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> None:
        """Keep a form that cannot be taken now, before the door is shown."""
        policy = policy_of(view)
        if request.method != "POST" or request.user.is_authenticated or policy is None:
            return
        if policy.kind in ("signed_in", "requires"):
            person = request.signed_out_person or devices.last_person(request)
            if not (person and may_enter(person)):
                return
            if kept.keep(person, kept.page_of(request), request.POST):
                messages.info(request, _("Guardamos lo que escribió: lo verá al entrar."))

    @staticmethod
    def _forget_what_was_sent(request: HttpRequest, response: HttpResponse) -> None:
        """A form that was taken is not offered again."""
        taken = response.status_code in (302, 303) or "HX-Redirect" in response.headers
        if taken and not getattr(request, "keeps_text", False):
            for path in {request.path, kept.page_of(request)}:
                kept.forget(request, path)
