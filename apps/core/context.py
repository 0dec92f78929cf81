"""What the frame of every page needs. The frame is most of a page's work, so it is kept.

Rail and bar depend on few things (permissions, section, name, theme): each combination is
rendered once per process. Only the CSRF token is put in anew.
"""

from __future__ import annotations

import time
from functools import cached_property, lru_cache
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from apps.core import kept
from apps.core.registry import NavItem, navigation

GROUPS = (("top", ""), ("attend", _("Atender")), ("consult", _("Consultar")), ("care", _("Cuidar")))
# Stands for the CSRF token in a bar that is kept; no token ever holds these characters.
TOKEN_PLACE = "~csrf~"  # noqa: S105  (a mark, not a secret)
THEMES = ("light", "dark")
# More unread notices than these are not counted.
UNREAD_CAP = 99
# For so long a process does not ask again what the organisation is called.
NAME_SECONDS = 10


class Shell:
    """Frame of one page. Everything is made when a template first asks for it."""

    def __init__(self, request: HttpRequest, theme: str) -> None:
        self._request = request
        self._theme = theme
        person = getattr(request, "user", None)
        self._person = person if person is not None and person.is_authenticated else None
        self.demo = settings.DEMO

    home_url = property(lambda self: address("portal:home"))
    search_url = property(lambda self: address("portal:search"))
    suggest_url = property(lambda self: address("portal:suggest"))
    account_url = property(lambda self: address("accounts:account"))
    theme_url = property(lambda self: address("accounts:theme"))
    privacy_url = property(lambda self: address("portal:privacy"))
    accessibility_url = property(lambda self: address("portal:accessibility"))
    notices_url = property(lambda self: address("notifications:notices"))
    sign_in_url = property(lambda self: address("portal:home"))

    @property
    def unread(self) -> str:
        """How many notices the person has not opened: "", "7", "99+". Came with the person."""
        count = getattr(self._person, "unread_notices", 0)
        return f"{UNREAD_CAP}+" if count > UNREAD_CAP else str(count or "")

    @property
    def is_inside(self) -> bool:
        """Whether a member of staff with a second factor is asking."""
        return bool(self._person and getattr(self._person, "has_second_factor", False))

    @cached_property
    def organisation(self) -> str:
        """Name of the organisation; Cauce's own before there is one."""
        return _organisation(int(time.monotonic()) // NAME_SECONDS)

    @cached_property
    def person_label(self) -> str:
        """«Luis P.», or nothing."""
        return self._person.get_short_name() if self._person else ""

    @cached_property
    def rail(self) -> SafeString:
        """The rail with the sections this person may open, the present one marked."""
        if not self.is_inside:
            return SafeString("")
        counts = tuple(
            (item.url_name, item.count(self._request))
            for item in navigation.values()
            if item.count is not None
        )
        granted = frozenset(self._person.access().granted)
        return _rail(granted, _section(self._request.path), counts)

    @cached_property
    def topbar(self) -> SafeString:
        """The bar with search, theme and account. Its CSRF token is this request's."""
        if not self.is_inside:
            return SafeString("")
        bar = _topbar(self.person_label, self._theme, self.unread, self.demo)
        # SECURITY: the token is letters and digits of Django's own making.
        return mark_safe(bar.replace(TOKEN_PLACE, get_token(self._request)))  # noqa: S308


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `shell`, `theme` and `kept` (a text kept for this address)."""
    theme = request.COOKIES.get("tema", "")
    if theme not in THEMES:
        theme = THEMES[0]
    return {"shell": Shell(request, theme), "theme": theme, "kept": kept.kept_for(request)}


@lru_cache(maxsize=1)
def _organisation(slice_of_time: int) -> str:
    name = cache.get("organisation-name")
    if name is None:
        from django.apps import apps

        row = apps.get_model("accounts", "Organisation").objects.first()
        name = row.name if row else "Cauce"
        cache.set("organisation-name", name, 300)
    return name


def forget_organisation() -> None:
    """Ask again what the organisation is called: it was named just now."""
    _organisation.cache_clear()


@lru_cache(maxsize=32)
def address(url_name: str) -> str:
    """Address of a page of the frame; empty while nothing is routed under that name."""
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""


@lru_cache(maxsize=1)
def _entries() -> list[tuple[Any, list[tuple[NavItem, str]]]]:
    """Registered entries by group, with their address; what is not routed is left out."""
    groups = []
    for key, title in GROUPS:
        items = [
            (item, url)
            for item in sorted(navigation.values(), key=lambda item: item.order)
            if item.group == key and (url := address(item.url_name))
        ]
        groups.append((title, items))
    return groups


def _section(path: str) -> str:
    """Address of the rail entry that `path` belongs to: the longest that begins it."""
    begun = [
        (len(start), url)
        for _title, items in _entries()
        for item, url in items
        for start in (url, *filter(None, map(address, item.also)))
        if path.startswith(start)
    ]
    return max(begun, default=(0, ""))[1]


@lru_cache(maxsize=512)
def _rail(granted: frozenset[str], section: str, counts: tuple[tuple[str, int], ...]) -> SafeString:
    count_of, groups = dict(counts), []
    for title, entries in _entries():
        items = [
            {
                "title": item.title,
                "url": url,
                "icon": item.icon,
                "current": url == section,
                "count": count_of.get(item.url_name),
            }
            for item, url in entries
            if item.perm is None or item.perm in granted
        ]
        if items:
            groups.append({"title": title, "items": items})
    return render_to_string("components/_rail.html", {"nav": groups})


@lru_cache(maxsize=2048)
def _topbar(label: str, theme: str, unread: str, demo: bool) -> SafeString:
    frame = {
        "person_label": label,
        "unread": unread,
        "demo": demo,
        "home_url": address("portal:home"),
        "search_url": address("portal:search"),
        "suggest_url": address("portal:suggest"),
        "account_url": address("accounts:account"),
        "theme_url": address("accounts:theme"),
        "notices_url": address("notifications:notices"),
    }
    context = {"shell": frame, "theme": theme, "csrf_token": TOKEN_PLACE}
    return render_to_string("components/_topbar.html", context)
