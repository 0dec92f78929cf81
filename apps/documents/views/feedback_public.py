"""The customers' voice on public pages: counted, or a few words without identity (M20)."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from apps.core.access import public
from apps.core.forms import once
from apps.core.ratelimit import client_address, consume
from apps.core.rules import RuleBroken
from apps.core.views import errors
from apps.documents.forms_reach import CustomerCommentForm, VoteForm
from apps.documents.models import Document
from apps.documents.services import listening

HOUR = 3600
DAY = 24 * HOUR
ACTS_AN_HOUR = 30
COMMENTS_AN_HOUR = 5


@public(methods=("POST",))
def vote(request: HttpRequest, code: str) -> HttpResponse:
    """Count whether a public page helped: once a day from one place."""
    document = _open(code)
    address = client_address(request)
    if not consume("public-voice", address, amount=ACTS_AN_HOUR, seconds=HOUR):
        return errors.too_many(request, HOUR)
    form = VoteForm(request.POST)
    if form.is_valid():
        with once(request) as ticket:
            if not ticket.answer:
                place = f"{address}|{document.pk}"
                if consume("public-vote", place, amount=1, seconds=DAY):
                    listening.vote_as_customer(document, useful=form.payload["sirvio"])
                ticket.answer = _thanks(code)
        return redirect(ticket.answer)
    return redirect("manual:public-page", code)


@public
def comment(request: HttpRequest, code: str) -> HttpResponse:
    """A few words of a customer on a public page; nobody else reads them outside."""
    document = _open(code)
    form = CustomerCommentForm.of(request)
    if request.method == "POST":
        if not consume("public-voice", client_address(request), amount=ACTS_AN_HOUR, seconds=HOUR):
            return errors.too_many(request, HOUR)
        if form.is_valid():
            try:
                with once(request) as ticket:
                    if not ticket.answer:
                        place = client_address(request)
                        if not consume(
                            "public-comment", place, amount=COMMENTS_AN_HOUR, seconds=HOUR
                        ):
                            return errors.too_many(request, HOUR)
                        listening.comment_as_customer(document.current, **form.payload)
                        ticket.answer = _thanks(code)
                return redirect(ticket.answer)
            except RuleBroken as rule:
                form.add_error(None, rule)
    context = {"document": document, "form": form}
    status = 422 if form.errors else 200
    return render(request, "documents/public_comment.html", context, status=status)


def _open(code: str) -> Document:
    rows = Document.objects.open_to_customers().select_related("current")
    found = rows.filter(code=code).first()
    if found is None:
        raise Http404
    found.current.document = found
    return found


def _thanks(code: str) -> str:
    return f"{reverse('manual:public-page', args=[code])}?gracias=1#opinion"
