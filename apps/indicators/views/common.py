"""What the pages of the indicators' room share."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.core.registry import Process, processes
from apps.indicators.models import Indicator
from apps.indicators.permissions import Perm


def crumbs(*pages: tuple[str, str]) -> list[tuple[str, str]]:
    """Crumbs from the list of indicators to the page itself, which comes last."""
    return [(_("Indicadores"), reverse("indicators:list")), *pages]


def crumbs_of(indicator: Indicator, *pages: tuple[str, str]) -> list[tuple[str, str]]:
    """Crumbs of a page below an indicator's."""
    return crumbs((str(indicator), indicator.get_absolute_url()), *pages)


def indicator_for(request: HttpRequest, code: str) -> Indicator:
    """The indicator of that code, if it exists for the person; else Http404."""
    rows = Indicator.objects.visible_to(request.user).select_related(
        "current__owner", "current__unit", "latest"
    )
    return get_object_or_404(rows, code=code)


def processes_for(person: Any) -> list[Process]:
    """Processes that exist for the person, in their order."""
    return [row for give in processes.values() for row in give(person)]


def tabs(request: HttpRequest, current: str) -> list[dict[str, Any]]:
    """Pages of the section side by side, those this person may open."""
    entries = [
        ("list", _("Lista"), Perm.VIEW),
        ("board", _("Tablero"), Perm.VIEW),
        ("signals", _("Señales"), Perm.VIEW),
        ("import", _("Importar"), Perm.RECORD),
    ]
    return [
        {"title": title, "url": reverse(f"indicators:{name}"), "current": name == current}
        for name, title, perm in entries
        if request.user.has_perm(perm)
    ]
