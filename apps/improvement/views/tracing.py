"""The thread of a finding or of an action, on one page (CIC-20)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from apps.accounts.reauth import recently_confirmed
from apps.core.access import requires
from apps.core.exports import Column, export
from apps.improvement import trace
from apps.improvement.permissions import Perm
from apps.improvement.views.common import (
    action_crumbs,
    action_for,
    addresses,
    finding_crumbs,
    finding_for,
)


@requires(Perm.VIEW)
def of_finding(request: HttpRequest, code: str) -> HttpResponse:
    """From where a finding came to what came of it."""
    finding = finding_for(request, code)
    context = {
        "crumbs": finding_crumbs(finding, (_("Traza"), "")),
        "thing": finding,
        "stages": trace.thread_of(finding, request.user),
        "exports": addresses(request, "improvement:trace-export", finding.code),
    }
    return render(request, "improvement/trace.html", context)


@requires(Perm.VIEW)
def of_action(request: HttpRequest, code: str) -> HttpResponse:
    """The same thread, with the action marked."""
    action = action_for(request, code)
    finding = finding_for(request, action.finding.code)
    context = {
        "crumbs": action_crumbs(action, (_("Traza"), "")),
        "thing": action,
        "stages": trace.thread_of(finding, request.user, at=action),
        "exports": addresses(request, "improvement:trace-export", finding.code),
    }
    return render(request, "improvement/trace.html", context)


@requires(Perm.VIEW, Perm.EXPORT)
@recently_confirmed
def export_of(request: HttpRequest, code: str) -> HttpResponseBase:
    """The thread as CSV or XLSX: a row for each thing on it, with its links in both directions."""
    finding = finding_for(request, code)
    stages = trace.thread_of(finding, request.user)
    columns = [
        Column(_("Etapa"), lambda row: row[0].title),
        Column(_("Qué"), lambda row: row[1].title),
        Column(_("Estado"), lambda row: row[1].state),
        Column(_("Nota"), lambda row: row[1].note),
        Column(_("Viene de"), lambda row: _names(row[1].back)),
        Column(_("Lleva a"), lambda row: _names(row[1].onward)),
        Column(_("Dirección"), lambda row: row[1].url),
    ]
    rows = ((stage, knot) for stage in stages for knot in stage.knots)
    name = _("traza de %(code)s") % {"code": finding.code}
    return export(request, name=name, columns=columns, rows=rows)


def _names(links: list[tuple[str, str]]) -> str:
    return " | ".join(title for title, _url in links)
