"""What the frame of every page needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from apps.core import kept
from apps.core.registry import NavItem, navigation

GROUPS = (("top", ""), ("attend", "Atender"), ("consult", "Consultar"), ("care", "Cuidar"))


@dataclass
class Shell:
    """Frame of a page: organisation, navigation, the person's label."""

    organisation: str
    nav: list[dict[str, Any]] = field(default_factory=list)
    person_label: str = ""
    unread: int = 0
    search_url: str = ""
    demo: bool = False


@lru_cache(maxsize=1)
def _entries() -> list[tuple[str, list[tuple[NavItem, str]]]]:
    """Registered entries by group, with their address; what is not routed is left out."""
    groups = []
    for key, title in GROUPS:
        items = []
        for item in sorted(navigation.values(), key=lambda item: item.order):
            if item.group == key:
                try:
                    items.append((item, reverse(item.url_name)))
                except NoReverseMatch:
                    continue
        groups.append((title, items))
    return groups


def navigation_for(request: HttpRequest) -> list[dict[str, Any]]:
    """Groups of rail entries this person may open, the present section marked."""
    granted = set(request.user.access().granted)
    path, groups = request.path, []
    for title, entries in _entries():
        items = [
            {
                "title": item.title,
                "url": url,
                "icon": item.icon,
                "current": path.startswith(url),
                "count": item.count(request) if item.count else None,
            }
            for item, url in entries
            if item.perm is None or item.perm in granted
        ]
        if items:
            groups.append({"title": _(title) if title else "", "items": items})
    return groups


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `shell` and `theme`. Staff pages get navigation, public ones none."""
    person = getattr(request, "user", None)
    inside = person is not None and person.is_authenticated
    theme = request.COOKIES.get("tema", "light")
    frame = Shell(organisation=_organisation_name(), demo=settings.DEMO)
    if inside and getattr(person, "has_second_factor", False):
        frame.nav = navigation_for(request)
        frame.person_label = person.get_short_name()
        frame.search_url = _address("portal:search")
    return {
        "kept": kept.kept_for(request),
        "shell": frame,
        "theme": theme if theme in ("light", "dark") else "light",
    }


@lru_cache(maxsize=8)
def _address(url_name: str) -> str:
    """Address of a page of the frame; empty while nothing is routed under that name."""
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""


def _organisation_name() -> str:
    from django.core.cache import cache

    name = cache.get("organisation-name")
    if name is None:
        from django.apps import apps

        row = apps.get_model("accounts", "Organisation").objects.first()
        name = row.name if row else "Cauce"
        cache.set("organisation-name", name, 300)
    return name
