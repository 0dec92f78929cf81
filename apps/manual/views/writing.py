"""Writing a draft: opening it, editing it as a whole, looking at it, giving it up (M5, F14)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from auditlog.models import LogEntry
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core import kept
from apps.core.access import requires
from apps.core.forms import once
from apps.core.richtext import sanitise
from apps.core.rules import RuleBroken, StaleEdit
from apps.documents import differences
from apps.documents import services as documents
from apps.documents.models import Document, Version
from apps.documents.permissions import Perm
from apps.manual import checking, links, pages, reading, selectors, services
from apps.manual.forms import DraftForm, RestoreForm, StartForm
from apps.manual.forms.writing import draft_values
from apps.manual.models import Procedure, Step
from apps.manual.services.drafting import WITH_STEPS
from apps.manual.views.common import crumbs

RICH = ("body", "example", "notes")
REVISION_HEADER = "X-Revision"


@requires(Perm.WRITE)
def edit(request: HttpRequest, code: str) -> HttpResponse:
    """The draft of a document: its form as a whole, and its steps."""
    document, draft = draft_for(request, code)
    if draft is None:
        return redirect("manual:draft-start", code)
    if draft.state != Version.State.DRAFT:
        return redirect("manual:draft-preview", code)
    procedure = Procedure.objects.filter(version=draft).first()
    form = _form(request, draft, procedure)
    stale: list[StaleRow] = []
    if request.method == "POST" and form.is_valid():
        try:
            with once(request) as ticket:
                if not ticket.answer:
                    _save(draft, form, request)
                    ticket.answer = request.path
            messages.success(request, _("Se guardó el borrador."))
            return redirect(ticket.answer)
        except StaleEdit as rule:
            stale = _stale_rows(form, rule.newer)
            if not stale:  # both wrote the same
                return redirect(request.path)
            form = _again_from(form, rule.newer, request)
        except RuleBroken as rule:
            form.add_error(None, rule)
    context = _page(document, draft, form, procedure) | _told(draft, stale)
    wrong = stale or (form.is_bound and form.errors)
    return render(request, "manual/draft.html", context, status=422 if wrong else 200)


@requires(Perm.WRITE, methods=("POST",))
def save(request: HttpRequest, code: str) -> HttpResponse:
    """The form as it stands, saved while it is being written; answers what is still missing."""
    _document, draft = draft_for(request, code)
    if draft is None:
        return _plain(_("El borrador ya no existe: otra persona lo descartó."), 409)
    form = _form(request, draft, Procedure.objects.filter(version=draft).first())
    if not form.is_valid():
        return _plain(" ".join(error for rows in form.errors.values() for error in rows), 422)
    try:
        saved = _save(draft, form, request)
    except RuleBroken as rule:
        return _plain(" ".join(rule.messages), 409 if isinstance(rule, StaleEdit) else 422)
    kept.forget(request, reverse("manual:draft", args=[code]))
    return checks_answer(request, saved)


@requires(Perm.WRITE)
def start(request: HttpRequest, code: str) -> HttpResponse:
    """Open a draft of the next version as a copy of the one in force."""
    document, draft = draft_for(request, code)
    if draft is not None:
        return redirect("manual:draft", code)
    form = StartForm.of(request)
    if document.current_id is None:  # a first version: nothing to choose
        del form.fields["change"]
    if request.method == "POST" and form.is_valid():
        try:
            with once(request) as ticket:
                if not ticket.answer:
                    fields = {"change": Version.Change.FIRST} | form.payload
                    documents.start_version(document, **fields, by=request.user)
                    ticket.answer = reverse("manual:draft", args=[code])
            return redirect(ticket.answer)
        except RuleBroken as rule:
            form.add_error(None, rule)
    title = _("Escribir una versión nueva de «%(title)s»") % {"title": document.title}
    return _short(request, document, form, title, _("Empezar"))


@requires(Perm.WRITE)
def restore(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Begin the next version with the text of an older one (M12)."""
    document, draft = draft_for(request, code)
    rows = Version.objects.published().exclude(pk=document.current_id)
    version = get_object_or_404(rows, document=document, number=number)
    if draft is not None:
        messages.warning(request, _("Ya hay un borrador abierto: termínelo o descártelo antes."))
        return redirect("manual:draft", code)
    form = RestoreForm.of(request)
    if request.method == "POST" and form.is_valid():
        try:
            with once(request) as ticket:
                if not ticket.answer:
                    documents.restore(version, **form.payload, by=request.user)
                    ticket.answer = reverse("manual:draft", args=[code])
            return redirect(ticket.answer)
        except RuleBroken as rule:
            form.add_error(None, rule)
    title = _("Volver al texto de la versión %(n)s") % {"n": number}
    return _short(request, document, form, title, _("Abrir como borrador"))


@requires(Perm.WRITE)
def discard(request: HttpRequest, code: str) -> HttpResponse:
    """Throw the draft away, asked again."""
    document, draft = draft_for(request, code)
    if draft is None:
        return redirect("manual:draft-start", code)
    back = reverse("manual:draft", args=[code])
    is_first = not document.versions.exclude(pk=draft.pk).exists()
    if request.method == "POST":
        try:
            documents.discard_draft(draft, by=request.user)
        except RuleBroken as rule:
            messages.error(request, " ".join(rule.messages))
            return redirect(back)
        kept.forget(request, back)
        messages.success(
            request,
            _("Se quitó %(code)s: su código queda libre.") % {"code": code}
            if is_first
            else _("Se descartó el borrador."),
        )
        return redirect(_home_of(document))
    title = _("Descartar el borrador")
    context = {
        "heading": title,
        "what": f"{document.code} {draft.title}",
        "consequences": [
            _("Se pierde lo escrito en este borrador, con sus pasos y comentarios."),
            _("Era lo único de este documento: también se quita su lugar en el manual.")
            if is_first
            else _("La versión que está en vigor sigue como está."),
        ],
        "action": _("Descartar"),
        "danger": True,
        "cancel_url": back,
        "crumbs": _crumbs(document, (_("Borrador"), back), (title, "")),
    }
    return render(request, "confirm.html", context)


@requires(Perm.WRITE)
def preview(request: HttpRequest, code: str) -> HttpResponse:
    """The draft exactly as readers will see it. Rendered each time: a draft is never kept."""
    document, draft = draft_for(request, code)
    if draft is None:
        return redirect("manual:draft-start", code)
    body = reading.preview_of(draft, code)
    words, icon = pages.CLASSIFICATION[document.classification]
    context = {
        "crumbs": _crumbs(document, (_("Vista previa"), "")),
        "document": document,
        "code": code,
        "version": draft,
        "html": links.marked(body.html),
        "toc": body.toc,
        "classification": words,
        "classification_icon": icon,
        "in_review": draft.state != Version.State.DRAFT,
    }
    return render(request, "manual/preview.html", context)


# What the views of drafts share ---------------------------------------------------------------


def draft_for(request: HttpRequest, code: str) -> tuple[Document, Version | None]:
    """Document and open version at that code, as far as they exist for the person."""
    document = selectors.document_for(request.user, code)
    return document, selectors.open_version(document)


def checks_answer(request: HttpRequest, version: Version) -> HttpResponse:
    """What the draft still lacks, with the revision that was saved."""
    context = {"checks": checking.checks_of(version)}
    answer = render(request, "manual/_draft_checks.html", context)
    answer.headers[REVISION_HEADER] = str(version.revision)
    return answer


@dataclass(frozen=True)
class StaleRow:
    """One field in which two people wrote differently. `name` is the field's."""

    name: str
    label: str
    yours: Any
    newer: Any


def _form(request: HttpRequest, draft: Version, procedure: Procedure | None) -> DraftForm:
    saved = draft_values(draft, procedure)
    has_steps = draft.document.kind in WITH_STEPS
    options = {"version": draft, "has_steps": has_steps}
    if request.method != "POST":
        return DraftForm.of(request, initial=saved, **options)
    data = request.POST.copy()
    for name in request.POST.getlist("tomar"):  # of a stale edit: the other's text is better
        if name in saved:
            data[name] = saved[name] if saved[name] is not None else ""
    return DraftForm(data, **options)


def _save(draft: Version, form: DraftForm, request: HttpRequest) -> Version:
    return services.save_procedure(draft, **form.draft, by=request.user)


def _stale_rows(form: DraftForm, newer: Version) -> list[StaleRow]:
    saved = draft_values(newer, Procedure.objects.filter(version=newer).first())
    typed = form.payload
    rows = []
    for name, box in form.fields.items():
        if box.widget.is_hidden or name not in saved:
            continue
        yours, theirs = _comparable(name, typed.get(name)), _comparable(name, saved[name])
        if yours == theirs:
            continue
        if name in RICH:
            rows.append(
                StaleRow(
                    name,
                    box.label,
                    differences.changed_text(theirs, yours, signs=True, level=3),
                    differences.changed_text(theirs, theirs, level=3),
                )
            )
        else:
            rows.append(StaleRow(name, box.label, _said(box, yours), _said(box, theirs)))
    return rows


def _comparable(name: str, value: Any) -> Any:
    if name in RICH:
        return sanitise(value or "")
    if isinstance(value, str):
        return "\n".join(line.strip() for line in value.splitlines() if line.strip())
    return value


def _said(box: Any, value: Any) -> Any:
    if isinstance(value, bool):
        return _("Sí") if value else _("No")
    choices = dict(getattr(box, "choices", ()))
    return choices.get(value, "" if value is None else value)


def _again_from(form: DraftForm, newer: Version, request: HttpRequest) -> DraftForm:
    """The same words, to be saved knowingly over the newer ones."""
    data = request.POST.copy()
    data["revision"] = str(newer.revision)
    again = DraftForm(data, version=newer, has_steps=form.has_steps)
    again.is_valid()
    return again


def _told(draft: Version, stale: list[StaleRow]) -> dict[str, Any]:
    if not stale:
        return {}
    last = LogEntry.objects.get_for_object(draft).select_related("actor").first()
    return {
        "stale": stale,
        "stale_by": (last and last.actor) or _("Otra persona"),
        "stale_at": last.timestamp if last else timezone.now(),
    }


def _page(
    document: Document, draft: Version, form: DraftForm, procedure: Procedure | None
) -> dict[str, Any]:
    code = document.node.code
    steps = Step.objects.filter(version=draft).select_related("role")
    names = ("title", "change", "justification", "wanted_on", "asks_acknowledgement")
    return {
        "crumbs": _crumbs(document, (_("Borrador"), "")),
        "document": document,
        "code": code,
        "version": draft,
        "form": form,
        "about": [form[name] for name in names if name in form.fields],
        "facts": [form[name] for name in FACT_FIELDS if name in form.fields],
        "ending": [form[name] for name in ("example", "notes") if name in form.fields],
        "has_steps": form.has_steps,
        "steps": steps if form.has_steps else [],
        "checks": checking.checks_of(draft),
    }


FACT_FIELDS = ("purpose", "scope", "starts_with", "ends_with", "inputs", "outputs", "standard")


def _short(
    request: HttpRequest, document: Document, form: Any, title: str, action: str
) -> HttpResponse:
    context = {
        "crumbs": _crumbs(document, (title, "")),
        "form": form,
        "title": title,
        "action": action,
        "back": _home_of(document),
    }
    return render(request, "manual/write.html", context, status=422 if form.errors else 200)


def _home_of(document: Document) -> str:
    if document.current_id is None:
        return reverse("manual:home")
    return reverse("manual:page", args=[document.node.code])


def _crumbs(document: Document, *after: tuple[str, str]) -> list[tuple[str, str]]:
    at = _home_of(document) if document.current_id is not None else ""
    return crumbs((f"{document.code} {document.title}", at), *after)


def _plain(words: str, status: int) -> HttpResponse:
    return HttpResponse(words, content_type="text/plain; charset=utf-8", status=status)
