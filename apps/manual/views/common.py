"""What the pages of the manual share."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.manual.permissions import Perm


def sections(request: HttpRequest, current: str) -> list[dict[str, object]]:
    """Pages of the manual side by side, as the component of tabs takes them."""
    entries = [
        ("home", _("Capítulos"), True),
        ("changes", _("Últimos cambios"), True),
        ("list", _("Lista"), True),
        ("forms", _("Formularios"), True),
        ("arrange", _("Organizar"), request.user.has_perm(Perm.ARRANGE)),
    ]
    return [
        {"title": title, "url": reverse(f"manual:{name}"), "current": name == current}
        for name, title, shown in entries
        if shown
    ]


def crumbs(*pages: tuple[str, str]) -> list[tuple[str, str]]:
    """Crumbs from the manual's overview to the page itself, which comes last."""
    return [(_("Manual"), reverse("manual:home")), *pages]
