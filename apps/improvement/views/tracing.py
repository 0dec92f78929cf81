"""The thread of a finding or of an action, on one page (CIC-20)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from apps.core.access import requires
from apps.improvement import trace
from apps.improvement.permissions import Perm
from apps.improvement.views.common import (
    action_crumbs,
    action_for,
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
    }
    return render(request, "improvement/trace.html", context)
