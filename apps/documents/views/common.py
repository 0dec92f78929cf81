"""What the pages of the documents' room share."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from apps.core.forms import KEY_FIELD, once
from apps.core.rules import RuleBroken
from apps.documents.forms import tell
from apps.documents.models import Document, Version
from apps.documents.showing import faces


def crumbs(*pages: tuple[str, str]) -> list[tuple[str, str]]:
    """Crumbs from the list of documents to the page itself, which comes last."""
    return [(_("Documentos"), reverse("documents:list")), *pages]


def crumbs_of(document: Document, *pages: tuple[str, str]) -> list[tuple[str, str]]:
    """Crumbs of a page below a document's card."""
    return crumbs((f"{document.code} {document.title}", document.get_absolute_url()), *pages)


def new_key() -> tuple[str, uuid.UUID]:
    """Name and value of a hidden field that keeps a form from acting twice."""
    return KEY_FIELD, uuid.uuid4()


def draft_url(document: Document) -> str:
    """Where the draft of `document` is written or begun; empty while nothing is routed there."""
    for face in faces.values():
        if url := face.draft(document):
            return url
    try:
        return reverse("manual:draft", args=[document.code])
    except NoReverseMatch:
        return ""


def new_url() -> str:
    """Where a document is begun; empty while nothing is routed there."""
    try:
        return reverse("manual:new")
    except NoReverseMatch:
        return ""


def act(request: HttpRequest, do: Callable[[], Any], *, url: str, said: str) -> HttpResponse:
    """Do once what the posted form asks, say so, and go on to `url`. Raises what `do` raises."""
    with once(request) as ticket:
        if not ticket.answer:
            do()
            messages.success(request, said)
            ticket.answer = url
    return redirect(ticket.answer)


def try_act(
    request: HttpRequest,
    form: Form,
    do: Callable[[], Any],
    *,
    url: str,
    said: str,
    **fields: str,
) -> HttpResponse | None:
    """As `act` with a form that is right; what a rule forbids is told in the form, and None."""
    if not form.is_valid():
        return None
    try:
        return act(request, do, url=url, said=said)
    except RuleBroken as rule:
        tell(form, rule, **fields)
        return None


def confirm(
    request: HttpRequest,
    form: Form,
    *,
    document: Document,
    here: str,
    heading: str,
    what: str,
    action: str,
    consequences: list[str],
    danger: bool = False,
    back: str = "",
) -> HttpResponse:
    """The page that asks again before something out of the ordinary is done."""
    context = {
        "crumbs": crumbs_of(document, (here, "")),
        "heading": heading,
        "what": what,
        "consequences": consequences,
        "form": form,
        "action": action,
        "danger": danger,
        "cancel_url": back or document.get_absolute_url(),
    }
    return render(request, "confirm.html", context, status=422 if form.errors else 200)


def name_of(version: Version) -> str:
    """«ATC-02.3, versión 4»."""
    return _("%(code)s, versión %(n)s") % {"code": version.document.code, "n": version.number}
