"""A document's own page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from apps.core.access import requires
from apps.documents import selectors
from apps.documents.permissions import Perm
from apps.documents.views.access import readers_line


@requires(Perm.VIEW)
def document(request: HttpRequest, code: str) -> HttpResponse:
    """What is in force, coming and being written of a document, and its history."""
    found = selectors.document_for(request.user, code, timezone.localdate())
    context = {"document": found, "readers": readers_line(found, request.user)}
    return render(request, "documents/document.html", context)
