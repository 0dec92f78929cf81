"""What customers may read of the manual: public pages, in plain words, without signing in."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.core.access import public
from apps.documents.forms_reach import VoteForm
from apps.documents.visits import note_visit
from apps.manual import reading, selectors
from apps.manual.models import Node


@public
def home(request: HttpRequest) -> HttpResponse:
    """Every page that is open to customers."""
    pages = Node.objects.open_to_customers().select_related("document", "parent")
    return render(request, "manual/public/home.html", {"pages": pages[:200]})


@public
def page(request: HttpRequest, code: str) -> HttpResponse:
    """One page as it is in force. What is not open to customers does not exist here."""
    node = selectors.public_page(code)
    version = node.document.current
    body = reading.body_of(version, node.code, node.words_stamp, public=True)
    note_visit(request, node.document_id)
    context = {
        "node": node,
        "version": version,
        "body": body,
        "vote_form": VoteForm(),
        "thanks": "gracias" in request.GET,
    }
    return render(request, "manual/public/page.html", context)
