"""What follows a sign-in, a sign-out and a change of factors."""

from __future__ import annotations

import time
from typing import Any

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.signals import password_changed, password_reset, user_logged_in
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import (
    authentication_failed,
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
)
from allauth.mfa.utils import is_mfa_enabled
from allauth.usersessions.models import UserSession
from django.contrib.auth import signals as django_signals
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from apps.accounts import devices, mails, throttle
from apps.accounts.audit import Event, note
from apps.accounts.models import Person
from apps.accounts.services.sessions import drop_sessions
from apps.accounts.theme import set_theme_cookie
from apps.core import kept
from apps.core.ratelimit import client_address


@receiver(django_signals.user_logged_in)
def _start_the_clock(sender: type, request: HttpRequest, **kwargs: Any) -> None:
    request.session["began"] = request.session["seen"] = time.time()


@receiver(user_logged_in)
def _signed_in(
    sender: type, request: HttpRequest, user: Person, response: HttpResponse, **kwargs: Any
) -> None:
    """Every stage is passed: know the device, tell of a new one, bring back what was kept."""
    note(Event.SIGNED_IN, user, by=user)
    records = request.session.get(AUTHENTICATION_METHODS_SESSION_KEY)
    if records and not is_mfa_enabled(user):
        # Enrolment follows at once: the password just typed confirms it.
        records[-1]["reauthenticated"] = True
        request.session.modified = True
    new = devices.meet(request, response, user)
    if new is not None:
        note(Event.NEW_DEVICE, user, by=user)
        mails.send(
            "new_device",
            user.email,
            person=user,
            at=timezone.now(),
            device=new.label,
            address=client_address(request),
            url=mails.address_of(reverse("accounts:sessions")),
        )
    if "tema" not in request.COOKIES:
        set_theme_cookie(response, user.theme)
    kept.remember(request)


@receiver(django_signals.user_logged_out)
def _signed_out(sender: type, request: HttpRequest, user: Person | None, **kwargs: Any) -> None:
    if user is not None and request.session.session_key:
        UserSession.objects.filter(session_key=request.session.session_key).delete()
        expired = getattr(request, "session_expired", False)
        note(Event.SESSION_EXPIRED if expired else Event.SIGNED_OUT, user, by=user)


@receiver(password_changed)
def _password_changed(sender: type, request: HttpRequest, user: Person, **kwargs: Any) -> None:
    note(Event.PASSWORD_CHANGED, user, by=user)
    drop_sessions(user, by=user, keep=request.session.session_key or "")


@receiver(password_reset)
def _password_reset(sender: type, request: HttpRequest, user: Person, **kwargs: Any) -> None:
    """A new password by mail ends every session and the count of failures (S15)."""
    note(Event.PASSWORD_RESET, user, by=user)
    drop_sessions(user, by=user)
    throttle.clear(request, user.email)


@receiver(authenticator_added)
def _factor_added(
    sender: type, request: HttpRequest, user: Person, authenticator: Authenticator, **kwargs: Any
) -> None:
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        note(Event.FACTOR_ADDED, user, by=user, kind=authenticator.type)


@receiver(authenticator_removed)
def _factor_removed(
    sender: type, user: Person, authenticator: Authenticator, **kwargs: Any
) -> None:
    note(Event.FACTOR_REMOVED, user, by=user, kind=authenticator.type)


@receiver(authenticator_reset)
def _codes_renewed(sender: type, user: Person, **kwargs: Any) -> None:
    note(Event.CODES_RENEWED, user, by=user)


@receiver(authentication_failed)
def _code_failed(sender: type, user: Person, authenticator: Authenticator, **kwargs: Any) -> None:
    note(Event.SECOND_FACTOR_FAILED, user, by=None, kind=authenticator.type)
