"""What the pages of the standards' room share."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.views.common import query_of
from apps.documents.models import Document


def tabs(current: str) -> list[dict[str, Any]]:
    """Pages of the section side by side."""
    entries = [
        ("list", _("Estándares")),
        ("services", _("Servicios")),
        ("charter", _("Carta de servicios")),
    ]
    return [
        {"title": title, "url": reverse(f"standards:{name}"), "current": name == current}
        for name, title in entries
    ]


def crumbs(*pages: tuple[str, str]) -> list[tuple[str, str]]:
    """Crumbs from the list of standards to the page itself, which comes last."""
    return [(_("Estándares"), reverse("standards:list")), *pages]


def home_of(document: Document) -> str:
    """The page of a standard in force; before that, its card among the documents."""
    if document.current_id is None:
        return document.get_absolute_url()
    return reverse("standards:standard", args=[document.code])


def crumbs_of(document: Document, *pages: tuple[str, str]) -> list[tuple[str, str]]:
    """Crumbs of a page below a standard's."""
    return crumbs((f"{document.code} {document.title}", home_of(document)), *pages)


def columns_of(
    columns: list[tuple[str, str]], now: str, request: HttpRequest, descending: set[str]
) -> list[dict[str, str]]:
    """Head of a table (key of its order or "", title); the present order is marked."""
    return [
        {
            "title": title,
            "url": f"?{query_of(request, orden=key)}" if key else "",
            "sorted": ("descending" if key in descending else "ascending") if key == now else "",
        }
        for key, title in columns
    ]
