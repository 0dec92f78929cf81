"""Global search: results and suggestions, limited to what exists for the person."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core.access import SAFE_METHODS, signed_in
from apps.core.ratelimit import consume
from apps.core.registry import search_kinds
from apps.core.search.finding import COUNT_CAP, DEPTH, Filters, Found, find
from apps.core.search.showing import results
from apps.core.search.understanding import understand
from apps.core.views import errors

SIZE = 20
SUGGESTED = 8
PLACES = 8
START = re.compile(r"[0-9]{1,4}", re.ASCII)
QUERY_MAX = 400


@dataclass(frozen=True)
class Asked:
    """What the address says, as far as it can be read; the rest is left out, never an error."""

    text: str
    start: int
    filters: Filters

    @classmethod
    def of(cls, request: HttpRequest) -> Asked:
        given = request.GET
        kind, start = given.get("clase", ""), given.get("desplazar", "")
        return cls(
            text=given.get("q", "").strip()[:QUERY_MAX],
            start=int(start) // SIZE * SIZE if START.fullmatch(start) else 0,
            filters=Filters(
                kind=kind if kind in search_kinds else "",
                context=given.get("donde", "")[:300],
                since=_day(given.get("desde", "")),
            ),
        )

    def url(self, **changes: Any) -> str:
        """Address of the same search, from its first page, with these changes."""
        filters = self.filters
        values = {
            "q": self.text,
            "clase": filters.kind,
            "donde": filters.context,
            "desde": filters.since.isoformat() if filters.since else "",
        } | changes
        return "?" + urlencode({name: value for name, value in values.items() if value})


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


@signed_in(methods=SAFE_METHODS)
def search(request: HttpRequest) -> HttpResponse:
    """One ranked list of everything readable, with filters beside it. Three statements."""
    asked = Asked.of(request)
    start, filters = asked.start, asked.filters
    question = understand(asked.text)
    found = find(question, request.user, filters, start=start, size=SIZE)
    if start and not found.hits:  # beyond the end: the list has become shorter
        return redirect(request.path + asked.url())
    shown = results(found.hits, question)
    meant = question.as_read()
    context = {
        "asked": asked.text,
        "results": shown,
        "total": _in_words(found.total),
        "meant": meant,
        "meant_url": asked.url(q=meant) if meant else "",
        "says_nothing": bool(asked.text) and not (question.terms or question.unknown),
        "kinds": _kinds(asked, found),
        "places": _places(asked, found),
        "filters": filters,
        "clear_url": f"?{urlencode({'q': asked.text})}" if filters != Filters() else "",
        "previous_url": asked.url(desplazar=start - SIZE) if start else "",
        "next_url": asked.url(desplazar=start + SIZE)
        if start + SIZE < min(found.total, DEPTH)
        else "",
        "range": _range(start, found, len(shown)),
    }
    partial = request.htmx.target == "resultados"
    return render(request, "portal/_results.html" if partial else "portal/search.html", context)


@signed_in(methods=SAFE_METHODS)
def suggest(request: HttpRequest) -> HttpResponse:
    """Up to eight titles for the box in the bar, while a person types."""
    if not consume("suggest", str(request.user.pk), amount=120, seconds=60):
        return errors.too_many(request)
    text = Asked.of(request).text
    question = understand(text)
    found = find(question, request.user, size=SUGGESTED) if len(text) > 1 else Found()
    context = {
        "results": results(found.hits, question, passages=False),
        "query": text,
        "search_url": reverse("portal:search"),
    }
    return render(request, "components/_suggestions.html", context)


def _in_words(total: int) -> str:
    if total >= COUNT_CAP:
        return _("más de %(n)s resultados") % {"n": DEPTH}
    return ngettext("%(n)s resultado", "%(n)s resultados", total) % {"n": total}


def _range(start: int, found: Found, shown: int) -> str:
    if not shown:
        return ""
    words = _("Resultados %(first)s a %(last)s de %(total)s.") % {
        "first": start + 1,
        "last": start + shown,
        "total": _("más de %(n)s") % {"n": DEPTH} if found.total >= COUNT_CAP else found.total,
    }
    if start + shown >= DEPTH:
        words += " " + _("Aquí termina la lista: afine la búsqueda.")
    return words


def _kinds(asked: Asked, found: Found) -> list[dict[str, Any]]:
    return [
        {
            "title": str(kind.plural),
            "count": found.kinds[key] if found.total <= DEPTH else "",
            "url": asked.url(clase="" if asked.filters.kind == key else key, donde=""),
            "current": asked.filters.kind == key,
        }
        for key, kind in search_kinds
        if found.kinds[key] or asked.filters.kind == key
    ]


def _places(asked: Asked, found: Found) -> list[dict[str, Any]]:
    return [
        {
            "title": place,
            "count": count if found.total <= DEPTH else "",
            "url": asked.url(donde="" if asked.filters.context == place else place),
            "current": asked.filters.context == place,
        }
        for place, count in found.contexts.most_common(PLACES)
        if place
    ]
