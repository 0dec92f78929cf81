"""How often the door may be tried: counted in the shared cache, so on all processes (S16).

Failures count per person. A browser the person has already signed in from has a count of its
own, so that somebody who guesses elsewhere does not lock the honest person out (OWASP's
device cookies). Addresses are limited loosely: an office stands behind one.
"""

from __future__ import annotations

from allauth.core.internal import ratelimit
from django.http import HttpRequest

from apps.accounts import devices

APP = "cauce.door"
PER_PERSON = "5/5m/key"
STRANGER = f"{PER_PERSON},60/5m/ip"


def _bucket(request: HttpRequest, email: str) -> dict[str, object]:
    device = devices.known_as(request, email)
    return {
        "app": APP,
        "action": "sign_in",
        "config": {"sign_in": PER_PERSON if device else STRANGER},
        "key": f"device|{device}|{email.lower()}" if device else f"person|{email.lower()}",
    }


def begin_try(request: HttpRequest, email: str) -> ratelimit.RateLimitUsage | None:
    """Count a try to sign in as `email`; None when there were too many failures.

    The caller rolls the usage back when the try succeeds.
    """
    return ratelimit.consume(request, **_bucket(request, email))


def clear(request: HttpRequest, email: str) -> None:
    """Forget the failures of that person, who has just chosen a new password by mail."""
    ratelimit.clear(
        request,
        app=APP,
        action="sign_in",
        config={"sign_in": PER_PERSON},
        key=f"person|{email.lower()}",
    )
