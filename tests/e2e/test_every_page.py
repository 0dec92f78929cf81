"""Every page that can be reached by links, in a browser: accessible, narrow, dark, quiet.

A crawl by role follows links, to one page of each route; what no role before had is looked at.
Items: M25, S26, S29.

Contrast takes axe four times as long as all its other rules together, so it is looked at in two
of the four ways of each page, by turns: what pages share is seen in all four.
"""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urljoin, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import Resolver404, resolve

AXE = Axe().axe_script
pytestmark = [pytest.mark.browser, pytest.mark.slow(reason="looks at every page")]
NARROW, WIDE = 320, 1280
ROLES = ("calidad", "direccion", "admin", "agente", None)  # who has more on a page, first
# A link there answers with a file or ends the session.
NOT_PAGES = ("pdf", "export", "file", "import-template", "logout", "live", "ready", "ical")
VIOLATIONS = {"resultTypes": ["violations"], "preload": False}
STRUCTURE = VIOLATIONS | {"rules": {"color-contrast": {"enabled": False}}}
CONTRAST = VIOLATIONS | {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
# The colours of the sixth row are those of the first five.
FEW_ROWS = {"exclude": [["tbody > tr:nth-child(n+6)"], ["main li:nth-child(n+6)"]]}
THEMES = ("light", "dark")

ICONS_WITHOUT_GLYPH = """[...document.querySelectorAll(".bi")]
    .filter(icon => getComputedStyle(icon, "::before").content === "none")
    .map(icon => icon.className)"""


def route_of(path: str) -> str | None:
    try:
        return resolve(urlsplit(path).path).route
    except Resolver404:
        return None


def is_page(path: str) -> bool:
    try:
        name = resolve(urlsplit(path).path).view_name or ""
    except Resolver404:
        return False
    return not any(part in name for part in NOT_PAGES)


def faults(page, options, context=None) -> list[str]:
    """What axe finds, one line each."""
    found = page.evaluate(
        "([context, options]) => axe.run(context || document, options)", [context, options]
    )["violations"]
    return [
        f"{page.url} [{page.viewport_size['width']}]: {fault['id']}: {node['target']}"
        for fault in found
        for node in fault["nodes"][:3]
    ]


def links_of(response) -> list[str]:
    """Addresses that the page leads to, whole."""
    hrefs = re.findall(r'<a\b[^>]*?\shref="([^"]*)"', response.text())
    return [urljoin(response.url, unescape(href)) for href in hrefs]


def look(page, turn: int) -> list[str]:
    """Faults of the present page, wide and narrow; contrast in one theme each, by `turn`."""
    page.evaluate(AXE)
    found = []
    for width, theme in ((WIDE, THEMES[turn % 2]), (NARROW, THEMES[(turn + 1) % 2])):
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate("theme => document.documentElement.dataset.bsTheme = theme", theme)
        found += faults(page, STRUCTURE) + faults(page, CONTRAST, FEW_ROWS)
    page.evaluate("document.documentElement.dataset.bsTheme = 'light'")
    across = page.evaluate("document.documentElement.scrollWidth")
    if across > NARROW:
        found.append(f"{page.url}: scrolls sideways at {NARROW} px ({across} px)")
    if unseen := page.evaluate(ICONS_WITHOUT_GLYPH):
        found.append(f"{page.url}: icons that are not published: {unseen}")
    if page.locator("h1").count() != 1 or page.locator("main").count() != 1:
        found.append(f"{page.url}: needs one h1 and one main")
    return found


@pytest.mark.parametrize("role", ROLES)
def test_m25_every_page_is_accessible_at_320_and_1280_in_light_and_dark(role, visit, seen_routes):
    page = visit(role, "/" if role is None else "/inicio/")
    found = []
    waiting, known, routes = [urlsplit(page.url).path], set(), set()
    while waiting:
        path = waiting.pop(0)
        route = route_of(path)
        if route is None or route in routes:
            continue
        routes.add(route)
        # What was looked at before is only read for its links, which needs no browser.
        is_new = route not in seen_routes
        page.set_viewport_size({"width": WIDE, "height": 900})
        response = page.goto(path) if is_new else page.request.get(path)
        if response is None or "text/html" not in response.headers.get("content-type", ""):
            continue
        assert response.status == 200, f"a link leads to {response.status}: {path}"
        links = links_of(response)
        if is_new:
            seen_routes.add(route)
            found += look(page, len(seen_routes))
        for link in links:
            target = urlsplit(link)
            full = target.path + (f"?{target.query}" if target.query else "")
            if target.netloc == urlsplit(page.url).netloc and full not in known and is_page(full):
                known.add(full)
                waiting.append(full)
    assert found == []


@pytest.fixture(scope="module")
def seen_routes() -> set[str]:
    """Routes already looked at by an earlier role."""
    return set()


@pytest.mark.parametrize("role", [None, "agente"])
def test_error_pages_are_accessible(role, visit):
    page = visit(role, "/no-existe/")
    found = look(page, 0) + look(page, 1)
    page.goto("/?q=%00")
    found += look(page, 0) + look(page, 1)
    if role:
        page.goto("/organizacion/roles/")
        found += look(page, 0) + look(page, 1)
    assert found == []
