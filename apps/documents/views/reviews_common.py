"""What the pages of reviews and regulations share."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.documents.permissions import Perm


def sections(request: HttpRequest, current: str) -> list[dict[str, Any]]:
    """Pages of the section side by side, those this person may open."""
    entries = [
        ("calendar", _("Calendario"), Perm.VIEW),
        ("list", _("Lista"), Perm.VIEW),
        ("regulations", _("Normas"), Perm.VIEW),
        ("not-adapted", _("Sin adaptar"), Perm.VIEW),
        ("rules", _("Reglas"), Perm.GOVERN),
    ]
    return [
        {"title": title, "url": reverse(f"reviews:{name}"), "current": name == current}
        for name, title, perm in entries
        if request.user.has_perm(perm)
    ]


def crumbs(*pages: tuple[str, str]) -> list[tuple[str, str]]:
    """Crumbs from the calendar to the page itself, which comes last."""
    return [(_("Revisiones"), reverse("reviews:calendar")), *pages]


def regulation_crumbs(*pages: tuple[str, str]) -> list[tuple[str, str]]:
    """Crumbs from the register of regulations to the page itself, which comes last."""
    return crumbs((_("Normas"), reverse("reviews:regulations")), *pages)


def exports(request: HttpRequest, name: str) -> dict[str, str] | None:
    """Addresses of the list as a file, with its filters; None without the permission."""
    if not request.user.has_perm(Perm.EXPORT):
        return None
    query = request.GET.copy()
    query.pop("pagina", None)
    found = {}
    for kind in ("csv", "xlsx"):
        query["formato"] = kind
        found[kind] = f"{reverse(f'reviews:{name}')}?{query.urlencode()}"
    return found


def month_words(first: date) -> str:
    """«Noviembre de 2026»."""
    return date_format(first, "F \\d\\e Y").capitalize()
