"""Texts kept for a person: what was typed when a session ran out, or while writing.

Sealed, one per person and page, offered on that page only to the same person. Which pages
have one is noted in the session at sign-in (`remember`), so that other pages cost no query.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.db import models
from django.http import HttpRequest
from django.utils import timezone

from apps.core.crypto import Unreadable, seal, unseal
from apps.core.models import KeptForm

SESSION_KEY = "kept"
# Parameter of the address that puts a kept text back into its form.
QUERY = "texto"
PATH_FIELD = "borrador"
PATH_MAX = 300
MOST_BYTES = 200_000
MOST_PATHS = 50
# SECURITY: secrets are never kept, nor what belongs to the transport of a form.
NEVER = re.compile(
    r"passw|clave|contrase|c[oó]dig|code|token|secret|credential|^pin$|^envio$|^next$|^borrador$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class KeptText:
    """A text that waits for its person on the page `path`; `kept_at` is aware."""

    id: uuid.UUID
    path: str
    kept_at: datetime


def page_of(request: HttpRequest) -> str:
    """Path of the page a form was posted from: its own, or the one that showed it."""
    referer = urlsplit(request.headers.get("Referer", ""))
    if referer.netloc == request.get_host() and referer.path.startswith("/"):
        return referer.path
    return request.path


def fields_of(data: Mapping[str, Any]) -> dict[str, list[str]]:
    """What may be kept of a posted form: no secret, nothing empty."""
    lists = data.lists() if hasattr(data, "lists") else data.items()
    return {
        name: [str(value) for value in values]
        for name, values in lists
        if not NEVER.search(name) and any(values)
    }


def keep(person: models.Model, path: str, data: Mapping[str, Any]) -> KeptForm | None:
    """Keep the fields of a form for `person` at `path`, instead of an earlier try.

    None, and nothing kept, if there is nothing worth keeping, or it is over 200 kB.
    """
    fields = fields_of(data)
    size = sum(len(value) for values in fields.values() for value in values)
    if not fields or size > MOST_BYTES or len(path) > PATH_MAX:
        return None
    sealed = seal(fields, purpose="kept", subject=f"{person.pk}|{path}")
    row, created = KeptForm.objects.update_or_create(
        person_id=person.pk, path=path, defaults={"sealed": sealed, "kept_at": timezone.now()}
    )
    if created:  # the oldest give way, so that nobody fills the store
        others = KeptForm.objects.filter(person_id=person.pk).order_by("-kept_at")
        latest = others.values("pk")[:MOST_PATHS]
        KeptForm.objects.filter(person_id=person.pk).exclude(pk__in=latest).delete()
    return row


def remember(request: HttpRequest, paths: Iterable[str] | None = None) -> None:
    """Note in the session on which pages a text waits: `paths` more, or all of the person's."""
    known = request.session.get(SESSION_KEY, [])
    if paths is None:
        paths = KeptForm.objects.filter(person_id=request.user.pk).order_by("-kept_at")
        paths = list(paths.values_list("path", flat=True)[:MOST_PATHS])
    fresh = [path for path in paths if path not in known]
    if fresh:
        request.session[SESSION_KEY] = [*known, *fresh][-MOST_PATHS:]


def rescue(request: HttpRequest) -> str:
    """Keep a form refused for its CSRF token; the path where it waits, or nothing.

    SECURITY: only when the browser itself says that our own page sent it, so that no other
    site can put words in front of a person.
    """
    person = getattr(request, "user", None)
    ours = request.headers.get("Sec-Fetch-Site") == "same-origin"
    if not ours or person is None or not person.is_authenticated:
        return ""
    path = page_of(request)
    if not keep(person, path, request.POST):
        return ""
    remember(request, [path])
    return path


def forget(request: HttpRequest, path: str) -> None:
    """Drop the text kept at `path`: it was sent, or is not wanted."""
    known = request.session.get(SESSION_KEY, [])
    if path in known:
        KeptForm.objects.filter(person_id=request.user.pk, path=path).delete()
        request.session[SESSION_KEY] = [other for other in known if other != path]


def kept_for(request: HttpRequest) -> KeptText | None:
    """The text that waits on this page for this person, unless it is being put back."""
    person = getattr(request, "user", None)
    if person is None or not person.is_authenticated or QUERY in request.GET:
        return None
    if request.path not in request.session.get(SESSION_KEY, ()):
        return None
    row = KeptForm.objects.filter(person_id=person.pk, path=request.path).first()
    return KeptText(row.pk, row.path, row.kept_at) if row else None


def restored(request: HttpRequest) -> dict[str, Any]:
    """Fields to put back into the form at this address, when the person asked for them."""
    if QUERY not in request.GET or not request.user.is_authenticated:
        return {}
    try:
        key = uuid.UUID(request.GET[QUERY])
    except ValueError:
        return {}
    row = KeptForm.objects.filter(pk=key, person_id=request.user.pk, path=request.path).first()
    if row is None:
        return {}
    try:
        fields = unseal(row.sealed, purpose="kept", subject=f"{row.person_id}|{row.path}")
    except Unreadable:
        return {}
    return {name: values[0] if len(values) == 1 else values for name, values in fields.items()}
