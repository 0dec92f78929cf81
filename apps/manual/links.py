"""Links from one text to another page of the manual, and what became of their target."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django.db.models import Case, CharField, F, Q, QuerySet, Value, When
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from apps.documents.models import Document, Version
from apps.manual.models import Node

_LINK = re.compile(
    r'<a href="/manual/(?P<code>[A-Za-z0-9][A-Za-z0-9.-]{0,39})/'
    r'(?:versiones/(?P<number>[1-9][0-9]{0,3})/)?(?:#[^"]*)?"[^>]*>.*?</a>',
    re.DOTALL,
)
# First parts of addresses of the manual that are no codes.
_PAGES = {
    "cambios",
    "lista",
    "formularios",
    "organizar",
    "imagenes",
    "nuevo",
    "plantillas",
    "enlaces",
}

Target = tuple[str, int | None]


def targets_in(html: str) -> set[Target]:
    """Pages of the manual that `html` links to: code, and number of a version or None."""
    return {_target(found) for found in _LINK.finditer(html)} - {("", None)}


def states_of(targets: Iterable[Target]) -> dict[Target, str]:
    """What is to be said of each target that is not simply in force, in words (M5, M9).

    A target nobody can read any more is absent or retired; a version that is named is
    superseded. It says nothing of who may see a page. At most two queries.
    """
    targets = set(targets)
    if not targets:
        return {}
    codes = {code for code, _number in targets}
    places = {
        node.code: node for node in Node.objects.filter(code__in=codes).select_related("document")
    }
    numbered = Q()
    for code, number in targets:
        if number is not None:
            numbered |= Q(document__node__code=code, number=number)
    states = {}
    if numbered:
        rows = Version.objects.published().filter(numbered)
        states = {
            (code, number): state
            for code, number, state in rows.values_list("document__node__code", "number", "state")
        }
    said = {}
    for code, number in targets:
        words = _words(places.get(code), number, states.get((code, number)))
        if words:
            said[code, number] = words
    return said


def marked(html: SafeString) -> SafeString:
    """`html` with a small mark after each link whose target is not in force."""
    states = states_of(targets_in(html))
    if not states:
        return html

    def mark(found: re.Match[str]) -> str:
        words = states.get(_target(found))
        if not words:
            return found.group()
        return found.group() + format_html(' <span class="link-state">({})</span>', words)

    # SECURITY: `html` was trusted before; what is added to it is escaped.
    return mark_safe(_LINK.sub(mark, html))  # noqa: S308


def targets_for(actor: Any, words: str) -> QuerySet[Document]:
    """Documents with a place in the manual that `actor` may link to, by code or title.

    `link_state` says what a reader would be told of them.
    """
    rows = Document.objects.visible_to(actor).exclude(node=None).filter(retired_on=None)
    if words:
        rows = rows.filter(Q(code__icontains=words) | Q(title__icontains=words))
    waiting = Value(_("todavía no está en vigor"), output_field=CharField())
    state = Case(When(current=None, then=waiting), default=Value(""))
    return rows.annotate(link_state=state, place_code=F("node__code")).order_by("code")


def _target(found: re.Match[str]) -> Target:
    if found["code"] in _PAGES:
        return "", None
    return found["code"], int(found["number"]) if found["number"] else None


def _words(node: Node | None, number: int | None, state: str | None) -> str:
    if node is None:
        return _("ya no está en el manual")
    document = node.document
    if document is None:
        return ""
    if document.retired_on is not None:
        return _("documento retirado")
    if document.current_id is None:
        return _("todavía no está en vigor")
    if number is not None and state is None:
        return _("esa versión no existe")
    if state == Version.State.SUPERSEDED:
        return _("versión sustituida")
    return ""
