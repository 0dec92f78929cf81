"""Versions of a page: their table, and the difference of any two (M10)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from apps.core.access import requires
from apps.documents.models import Version
from apps.documents.permissions import Perm as DocumentPerm
from apps.manual import pages, reading, selectors
from apps.manual.forms import CompareForm
from apps.manual.models import Node
from apps.manual.permissions import Perm


@requires(Perm.VIEW)
def history(request: HttpRequest, code: str) -> HttpResponse:
    """All published versions of a page, newest first."""
    node = selectors.page_for(request.user, code)
    versions = list(_published(node).select_related("author", "approver").defer("body"))
    context = {
        "node": node,
        "parts": pages.page_of(node, request.user, here=_("Historial de versiones")),
        "versions": versions,
        "latest": versions[0].number,
        "former": versions[1].number if len(versions) > 1 else None,
        "may_write": request.user.has_perm(DocumentPerm.WRITE),
    }
    return render(request, "manual/history.html", context)


@requires(Perm.VIEW)
def compare(request: HttpRequest, code: str) -> HttpResponse:
    """What changed from one version to another, by fact, step and word."""
    node = selectors.page_for(request.user, code)
    versions = {version.number: version for version in _published(node)}
    numbers = sorted(versions)
    now = node.document.current.number
    before = [number for number in numbers if number < now]
    asked = {
        "a": request.GET.get("a", now),
        "de": request.GET.get("de", before[-1] if before else now),
    }
    form = CompareForm(asked, numbers=numbers)
    parts = pages.page_of(node, request.user, here=_("Comparar versiones"))
    context = {"node": node, "parts": parts, "form": form}
    if form.is_valid():
        old, new = sorted((form.cleaned_data["de"], form.cleaned_data["a"]))
        context["old"], context["new"] = versions[old], versions[new]
        context["comparison"] = reading.comparison_of(versions[old], versions[new])
    status = 200 if form.is_valid() else 400
    return render(request, "manual/compare.html", context, status=status)


def _published(node: Node):
    return Version.objects.published().filter(document=node.document_id).order_by("-number")
