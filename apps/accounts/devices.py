"""Browsers a person has signed in from (C21): a random cookie, of which only the hash is kept."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import KnownDevice, Person

COOKIE_SECONDS = 400 * 24 * 3600
# A device not seen for so long is announced again.
FORGOTTEN_AFTER = timedelta(days=400)

# First match wins: Edge and Opera name Chrome too, Chrome names Safari.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def cookie_name() -> str:
    return f"{'__Host-' if settings.SESSION_COOKIE_SECURE else ''}dispositivo"


def label_of(user_agent: str) -> str:
    """«Chrome en Windows», as far as the browser says so."""
    browser = next((name for mark, name in BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    if browser and system:
        return _("%(browser)s en %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("Un navegador sin nombre")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def hash_of(request: HttpRequest) -> str:
    """Hash of the device cookie of this request; empty without one."""
    token = request.COOKIES.get(cookie_name(), "")
    return _hash(token) if len(token) >= 32 else ""


def known_as(request: HttpRequest, email: str) -> str:
    """Hash of this device if the person with that e-mail has signed in from it, else empty."""
    digest = hash_of(request)
    if not digest:
        return ""
    known = KnownDevice.objects.filter(
        person__email=email.lower(),
        token_hash=digest,
        last_seen_at__gt=timezone.now() - FORGOTTEN_AFTER,
    )
    return digest if known.exists() else ""


def last_person(request: HttpRequest) -> Person | None:
    """The active person who last signed in from this device."""
    digest = hash_of(request)
    if not digest:
        return None
    device = (
        KnownDevice.objects.filter(token_hash=digest, person__is_active=True)
        .select_related("person")
        .order_by("-last_seen_at")
        .first()
    )
    return device.person if device else None


def meet(request: HttpRequest, response: HttpResponse, person: Person) -> KnownDevice | None:
    """Note the device of a completed sign-in and give it its cookie.

    Returns the device if it is new to the person and not their very first.
    """
    digest, now = hash_of(request), timezone.now()
    token = request.COOKIES.get(cookie_name(), "")
    if not digest:
        token = secrets.token_urlsafe(32)
        digest = _hash(token)
    label = label_of(request.META.get("HTTP_USER_AGENT", ""))
    had_others = KnownDevice.objects.filter(person=person).exists()
    device, is_new = KnownDevice.objects.get_or_create(
        person=person, token_hash=digest, defaults={"label": label}
    )
    if not is_new:
        is_new = device.last_seen_at < now - FORGOTTEN_AFTER
        device.last_seen_at, device.label = now, label
        device.save(update_fields=["last_seen_at", "label"])
    response.set_cookie(
        cookie_name(),
        token,
        max_age=COOKIE_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return device if is_new and had_others else None
