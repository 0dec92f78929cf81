"""Reading a version: as its readers do, or to decide on it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from apps.core.access import requires
from apps.documents import selectors, showing
from apps.documents.permissions import Perm


@requires(Perm.VIEW)
def version(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """One version as its readers see it."""
    found = selectors.version_for(request.user, code, number)
    context = {"version": found, "body": showing.body_of(found)}
    return render(request, "documents/version.html", context)


@requires(Perm.VIEW)
def review(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """A version that is being written or decided on, with what its reviewers need."""
    found = selectors.version_for(request.user, code, number)
    if not found.is_open:
        return redirect(found)
    context = {"version": found, "body": showing.body_of(found)}
    return render(request, "documents/version.html", context)
