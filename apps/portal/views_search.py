"""Global search: results and suggestions, limited to what exists for the person."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

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
QUERY_MAX = 400


class SearchForm(forms.Form):
    """What the address may say. What cannot be read is left out, never an error."""

    q = forms.CharField(required=False, strip=True)
    clase = forms.ChoiceField(required=False)
    donde = forms.CharField(required=False, max_length=300)
    desde = forms.DateField(required=False, label=gettext_lazy("Cambió desde"))
    desplazar = forms.IntegerField(required=False, min_value=0, max_value=DEPTH)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["clase"].choices = [(key, key) for key, _kind in search_kinds]


def _given(request: HttpRequest) -> dict[str, Any]:
    form = SearchForm(request.GET)
    form.is_valid()
    return {name: form.cleaned_data.get(name) for name in form.fields}


@signed_in(methods=SAFE_METHODS)
def search(request: HttpRequest) -> HttpResponse:
    """One ranked list of everything readable, with filters beside it. Three statements."""
    given = _given(request)
    text = (given["q"] or "")[:QUERY_MAX]
    start = (given["desplazar"] or 0) // SIZE * SIZE
    question = understand(text)
    filters = Filters(given["clase"] or "", given["donde"] or "", given["desde"])
    found = find(question, request.user, filters, start=start, size=SIZE)
    shown = results(found.hits, question)
    meant = question.as_read()
    context = {
        "asked": text,
        "results": shown,
        "total": _in_words(found.total),
        "meant": meant,
        "meant_url": _url(request, q=meant),
        "says_nothing": bool(text) and not (question.terms or question.unknown),
        "kinds": _kinds(request, found, filters),
        "places": _places(request, found, filters),
        "since": given["desde"],
        "filters": filters,
        "clear_url": f"?{urlencode({'q': text})}" if filters != Filters() else "",
        "previous_url": _url(request, desplazar=start - SIZE) if start else "",
        "next_url": _url(request, desplazar=start + SIZE)
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
    text = (_given(request)["q"] or "")[:QUERY_MAX]
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


def _url(request: HttpRequest, **changes: Any) -> str:
    kept = {name: request.GET[name] for name in SearchForm.base_fields if request.GET.get(name)}
    kept.pop("desplazar", None)
    kept |= changes
    return "?" + urlencode({name: value for name, value in kept.items() if value not in ("", None)})


def _kinds(request: HttpRequest, found: Found, filters: Filters) -> list[dict[str, Any]]:
    return [
        {
            "title": str(kind.plural),
            "count": found.kinds[key] if found.total <= DEPTH else "",
            "url": _url(request, clase="" if filters.kind == key else key, donde=""),
            "current": filters.kind == key,
        }
        for key, kind in search_kinds
        if found.kinds[key] or filters.kind == key
    ]


def _places(request: HttpRequest, found: Found, filters: Filters) -> list[dict[str, Any]]:
    return [
        {
            "title": place,
            "count": count if found.total <= DEPTH else "",
            "url": _url(request, donde="" if filters.context == place else place),
            "current": filters.context == place,
        }
        for place, count in found.contexts.most_common(PLACES)
        if place
    ]
