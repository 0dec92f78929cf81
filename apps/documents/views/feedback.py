"""The readers' voice inside: votes, comments, their answers and their list (M20)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts.reauth import recently_confirmed
from apps.core import origins
from apps.core.access import requires
from apps.core.exports import Column, export
from apps.core.forms import once
from apps.core.pagination import COUNT_CAP, paginate
from apps.core.rules import RuleBroken
from apps.documents.forms_reach import (
    AnswerForm,
    CommentForm,
    FeedbackFilter,
    SolutionForm,
    VoteForm,
)
from apps.documents.models import Document, Feedback, Version, Vote
from apps.documents.permissions import Perm
from apps.documents.services import listening
from apps.documents.services.content import passages_of
from apps.documents.showing import address_of
from apps.documents.views.common import crumbs_of
from apps.documents.views.reach_common import document_for, exports_of, sections

STEP = "step:"


@requires(Perm.VIEW)
def voice(request: HttpRequest, code: str) -> HttpResponse:
    """The foot of a reading page: whether it helped this person, and where to say more."""
    document = _in_force(request, code)
    return render(request, "documents/_voice.html", _voice(request, document))


@requires(Perm.VIEW, methods=("POST",))
def vote(request: HttpRequest, code: str) -> HttpResponse:
    """Note whether the page helped; may be changed. Answers htmx with the foot itself."""
    document = _in_force(request, code)
    form = VoteForm(request.POST)
    if form.is_valid():
        with once(request) as ticket:
            if not ticket.answer:
                listening.vote(document.current, useful=form.payload["sirvio"], by=request.user)
                ticket.answer = reverse("reach:comment", args=[code])
    if request.headers.get("HX-Request"):
        return render(request, "documents/_voice.html", _voice(request, document))
    if form.is_valid():
        messages.success(request, _("Gracias: quedó anotado si le sirvió."))
    return redirect("reach:comment", code)


@requires(Perm.VIEW)
def comment(request: HttpRequest, code: str) -> HttpResponse:
    """Say whether a page helped and what to change in it; `?paso=` is the key of a step."""
    document = _in_force(request, code)
    key = request.GET.get("paso", "")
    part = f"{STEP}{key}" if key else ""
    part_title = _title_of(document.current, part)
    if part and part_title is None:
        messages.warning(request, _("Ese paso ya no está: comente la página entera."))
        part = ""
    form = CommentForm.of(request)
    if request.method == "POST" and form.is_valid():
        try:
            with once(request) as ticket:
                if not ticket.answer:
                    row = listening.comment(
                        document.current, part=part, **form.payload, by=request.user
                    )
                    ticket.answer = reverse("reach:feedback", args=[row.pk])
            messages.success(
                request, _("Enviamos su comentario. Le avisaremos cuando lo respondan.")
            )
            return redirect(ticket.answer)
        except RuleBroken as rule:
            form.add_error(None, rule)
    address = address_of(document)
    context = _voice(request, document) | {
        "crumbs": crumbs_of(document, (_("Comentar"), "")),
        "form": form,
        "part_title": part_title,
        "address": address,
        "open_count": _unanswered(request, document=document.pk),
    }
    status = 422 if form.errors else 200
    return render(request, "documents/comment.html", context, status=status)


@requires(Perm.VIEW)
def listing(request: HttpRequest) -> HttpResponse:
    """What readers said of the documents that exist for the person, latest first."""
    form = FeedbackFilter(request.GET)
    rows = form.narrow(_rows(request), request.user)
    page = paginate(rows, request, order=("-created_at", "-id"))
    unanswered = _unanswered(request)
    words = ngettext(
        "%(n)s comentario espera respuesta.", "%(n)s comentarios esperan respuesta.", unanswered
    )
    context = {
        "sections": sections(request, "reach:feedback-list"),
        "form": form,
        "chips": form.chips(request),
        "page": page,
        "waiting": words % {"n": _("Más de 1.000") if unanswered >= COUNT_CAP else unanswered},
        "exports": exports_of(request, reverse("reach:feedback-export")),
    }
    return render(request, "documents/feedback_list.html", context)


@requires(Perm.VIEW, Perm.EXPORT)
@recently_confirmed
def list_export(request: HttpRequest) -> HttpResponseBase:
    """The same list, with the same filters, as CSV or XLSX."""
    rows = FeedbackFilter(request.GET).narrow(_rows(request), request.user)
    columns = [
        Column(_("Documento"), lambda row: row.document.code),
        Column(_("Título"), lambda row: row.document.title),
        Column(_("Versión"), lambda row: row.version.number),
        Column(_("Parte"), lambda row: row.part),
        Column(_("Clase"), lambda row: row.get_kind_display()),
        Column(_("Pasaje"), lambda row: row.quote),
        Column(_("Comentario"), lambda row: row.text),
        Column(_("De"), lambda row: row.author.get_full_name() if row.author else _("Un cliente")),
        Column(_("Enviado el"), lambda row: row.created_at),
        Column(_("Privado"), lambda row: row.is_private),
        Column(_("Estado"), lambda row: row.get_state_display()),
        Column(_("Respuesta"), lambda row: row.answer),
        Column(_("Respondido el"), lambda row: row.answered_at),
        Column(_("Lo resuelve"), lambda row: row.solved_by.number if row.solved_by else ""),
    ]
    rows = rows.order_by("-created_at", "-id").iterator(500)
    return export(request, name=_("comentarios"), columns=columns, rows=rows)


@requires(Perm.VIEW)
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One comment, its answer and the version that solves it."""
    return _detail(request, _found(request, pk))


@requires(Perm.VIEW)
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Accept or reject a comment, with the reason."""
    row = _found(request, pk)
    if not listening.may_answer(row, request.user):
        raise PermissionDenied
    if row.state != Feedback.State.OPEN or request.method != "POST":
        return _detail(request, row)
    form = AnswerForm(request.POST, feedback=row)
    if form.is_valid():
        try:
            with once(request) as ticket:
                if not ticket.answer:
                    listening.answer(row, **form.payload, by=request.user)
                    ticket.answer = reverse("reach:feedback", args=[pk])
            messages.success(request, _("Su respuesta quedó guardada."))
            return redirect(ticket.answer)
        except RuleBroken as rule:
            form.add_error(None, rule)
    return _detail(request, row, form=form, status=422)


@requires(Perm.VIEW)
def solution(request: HttpRequest, pk: int) -> HttpResponse:
    """Say which version solves an accepted comment."""
    row = _found(request, pk)
    if not (row.document.owner_id == request.user.pk or request.user.has_perm(Perm.GOVERN)):
        raise PermissionDenied
    if row.state != Feedback.State.ACCEPTED or request.method != "POST":
        return _detail(request, row)
    form = SolutionForm(request.POST, feedback=row)
    if form.is_valid():
        try:
            with once(request) as ticket:
                if not ticket.answer:
                    version = form.payload["solved_by"]
                    listening.link_solution(row, version=version, by=request.user)
                    ticket.answer = reverse("reach:feedback", args=[pk])
            messages.success(request, _("Quedó enlazada la versión que lo resuelve."))
            return redirect(ticket.answer)
        except RuleBroken as rule:
            form.add_error(None, rule)
    return _detail(request, row, form=form, status=422)


def _detail(
    request: HttpRequest, row: Feedback, *, form: Any = None, status: int = 200
) -> HttpResponse:
    may_link = row.document.owner_id == request.user.pk or request.user.has_perm(Perm.GOVERN)
    is_open = row.state == Feedback.State.OPEN
    if form is None and is_open and listening.may_answer(row, request.user):
        form = AnswerForm(feedback=row)
    if form is None and row.state == Feedback.State.ACCEPTED and may_link:
        form = SolutionForm(feedback=row, initial={"solved_by": row.solved_by_id})
        if not form.fields["solved_by"].queryset.exists():
            form = None
    context = {
        "crumbs": [
            (_("Comentarios"), reverse("reach:feedback-list")),
            (_("Comentario sobre %(code)s") % {"code": row.document.code}, ""),
        ],
        "row": row,
        "part_title": _title_of(row.version, row.part),
        "address": address_of(row.document),
        "form": form,
        "is_open": is_open,
        "post_url": reverse("reach:answer" if is_open else "reach:solution", args=[row.pk]),
        "mentions": origins.mentions_of(request.user, "feedback", row.pk),
        "offers": origins.offers_for(request.user, "feedback", row.pk),
    }
    return render(request, "documents/feedback.html", context, status=status)


def _title_of(version: Version, part: str) -> str | None:
    """What the part is called, or None for the whole document and for what is not there."""
    passage = passages_of(version).get(part) if part else None
    return passage.title if passage else None


def _rows(request: HttpRequest):
    return (
        Feedback.objects.visible_to(request.user)
        .select_related("document", "version", "author", "solved_by")
        .defer(
            "version__body", "version__justification", "solved_by__body", "solved_by__justification"
        )
    )


def _found(request: HttpRequest, pk: int) -> Feedback:
    rows = _rows(request).select_related(
        "document", "version", "author", "solved_by", "answered_by"
    )
    row = get_object_or_404(rows, pk=pk)
    row.version.document = row.document
    return row


def _unanswered(request: HttpRequest, **only: Any) -> int:
    """How many comments wait for an answer, at most 1,001."""
    rows = Feedback.objects.visible_to(request.user).unanswered().filter(**only)
    return rows.order_by()[:COUNT_CAP].count()


def _in_force(request: HttpRequest, code: str) -> Document:
    document = document_for(request.user, code)
    if document.current is None:
        raise Http404
    document.current.document = document
    return document


def _voice(request: HttpRequest, document: Document) -> dict[str, Any]:
    """What the foot takes: the document, how the person voted, and a form's key."""
    said = Vote.objects.filter(person=request.user.pk, version=document.current_id)
    return {
        "document": document,
        "vote_form": VoteForm(),
        "said": said.values_list("useful", flat=True).first(),
    }
