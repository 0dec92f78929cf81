"""Limits of a session: idle and absolute (S22)."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

# The moment of the last request is written at most so often, in seconds.
TOUCH_SECONDS = 60


class SessionLimitsMiddleware:
    """Ends a session that was idle too long or is older than the absolute limit."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = time.time()
            session = request.session
            idle = 60 * (
                settings.SESSION_IDLE_MINUTES_SENSITIVE
                if request.user.holds_sensitive_role
                else settings.SESSION_IDLE_MINUTES
            )
            seen = session.get("seen", now)
            if now - seen > idle or now - session.get("began", now) > settings.SESSION_COOKIE_AGE:
                logout(request)
            else:
                session.setdefault("began", now)
                if "seen" not in session or now - seen > TOUCH_SECONDS:
                    session["seen"] = now
        return self.get_response(request)
