"""Steps of a draft, one at a time: in place with htmx, on a page of their own without."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.core.access import requires
from apps.core.forms import once
from apps.core.rules import RuleBroken, StaleEdit
from apps.documents import differences
from apps.documents.models import Version
from apps.documents.permissions import Perm
from apps.manual import checking, services
from apps.manual.forms import StepForm
from apps.manual.forms.writing import step_values
from apps.manual.models import Step
from apps.manual.services.drafting import WITH_STEPS
from apps.manual.views.common import crumbs
from apps.manual.views.writing import REVISION_HEADER, StaleRow, draft_for


@requires(Perm.WRITE)
def add(request: HttpRequest, code: str) -> HttpResponse:
    """A step more, at the end."""
    draft = _draft(request, code)
    form = StepForm.of(request, initial={"revision": draft.revision})
    if request.method == "POST" and form.is_valid():
        try:
            with once(request) as ticket:
                made = None
                if not ticket.answer:
                    made = services.add_step(
                        draft,
                        revision=form.cleaned_data["revision"],
                        step=form.step,
                        by=request.user,
                    )
                    ticket.answer = _place(code, made.key)
            if made is None or not request.htmx:
                return redirect(ticket.answer)
            return _row(request, code, made)
        except RuleBroken as rule:
            _tell(form, rule, draft)
    return _form_page(request, code, draft, form, _("Agregar un paso"))


@requires(Perm.WRITE)
def edit(request: HttpRequest, code: str, key: str) -> HttpResponse:
    """One step as a form; saved, it is a row again."""
    draft = _draft(request, code)
    step = get_object_or_404(Step.objects.select_related("role"), version=draft, key=key)
    form = StepForm.of(request, initial=step_values(step) | {"revision": draft.revision})
    stale: list[StaleRow] = []
    if request.method == "POST" and form.is_valid():
        try:
            with once(request) as ticket:
                if not ticket.answer:
                    step = services.edit_step(
                        draft,
                        key,
                        revision=form.cleaned_data["revision"],
                        step=form.step,
                        by=request.user,
                    )
                    ticket.answer = _place(code, key)
            return _row(request, code, step) if request.htmx else redirect(ticket.answer)
        except RuleBroken as rule:
            # In the list its heading is an h3, on a page of its own the h1.
            stale = _tell(form, rule, draft, step, level=4 if request.htmx else 2)
    title = _("Paso %(n)s: %(title)s") % {"n": step.number, "title": step.title}
    return _form_page(request, code, draft, form, title, step=step, stale=stale)


@requires(Perm.WRITE, methods=("GET", "HEAD"))
def row(request: HttpRequest, code: str, key: str) -> HttpResponse:
    """One step as a row: what giving up its form comes back to."""
    draft = _draft(request, code)
    step = get_object_or_404(Step.objects.select_related("role"), version=draft, key=key)
    if not request.htmx:
        return redirect(_place(code, key))
    return _row(request, code, step)


@requires(Perm.WRITE)
def remove(request: HttpRequest, code: str, key: str) -> HttpResponse:
    """Take a step out, asked again."""
    draft = _draft(request, code)
    back = reverse("manual:draft", args=[code])
    step = get_object_or_404(Step, version=draft, key=key)
    if request.method == "POST":
        try:
            revision = number_of(request.POST.get("revision"))
            services.remove_step(draft, key, revision=revision, by=request.user)
            messages.success(request, _("Se quitó el paso."))
        except RuleBroken as rule:
            messages.error(request, " ".join(rule.messages))
        request.keeps_text = True  # what is kept of the draft's page was not sent with this
        return redirect(f"{back}#pasos")
    context = {
        "heading": _("Quitar un paso"),
        "what": f"{step.number}. {step.title}",
        "consequences": [_("Los pasos que siguen se numeran de nuevo.")],
        "action": _("Quitar"),
        "danger": True,
        "cancel_url": f"{back}#pasos",
        "crumbs": crumbs((_("Borrador"), back), (_("Quitar un paso"), "")),
        "hidden": [("revision", draft.revision)],
    }
    return render(request, "confirm.html", context)


@requires(Perm.WRITE, methods=("POST",))
def move(request: HttpRequest, code: str) -> HttpResponse:
    """A step dragged (id, posicion from 0) or moved one up or down (id, mover); with revision."""
    draft = _draft(request, code)
    key = request.POST.get("id", "")[:80]
    step = get_object_or_404(Step, version=draft, key=key)
    if "mover" in request.POST:
        place = step.number + (1 if request.POST["mover"] == "abajo" else -1)
    else:
        place = number_of(request.POST.get("posicion")) + 1
    revision = number_of(request.POST.get("revision"))
    by_script = request.headers.get("X-Requested-With") == "fetch"
    try:
        saved = services.move_step(
            draft, key, place=max(1, place), revision=revision, by=request.user
        )
    except StaleEdit as rule:
        if by_script:
            raise
        messages.error(request, " ".join(rule.messages))
        return redirect(_place(code, key))
    request.keeps_text = True
    if not by_script:
        return redirect(_place(code, key))
    return HttpResponse(status=204, headers={REVISION_HEADER: str(saved.revision)})


def number_of(text: str | None) -> int:
    """A whole number small enough for its column; -1, which no row has, for anything else."""
    text = text or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def _draft(request: HttpRequest, code: str) -> Version:
    document, draft = draft_for(request, code)
    if draft is None or document.kind not in WITH_STEPS:
        raise Http404
    return draft


def _place(code: str, key: str) -> str:
    return f"{reverse('manual:draft', args=[code])}#paso-{key}"


def _row(request: HttpRequest, code: str, step: Step) -> HttpResponse:
    version = step.version
    last = Step.objects.filter(version=version).count()
    context = {
        "code": code,
        "step": step,
        "revision": version.revision,
        "first": step.number == 1,
        "last": step.number == last,
        "checks": checking.checks_of(version),
    }
    answer = render(request, "manual/_draft_step_saved.html", context)
    answer.headers[REVISION_HEADER] = str(version.revision)
    return answer


def _form_page(
    request: HttpRequest,
    code: str,
    draft: Version,
    form: StepForm,
    title: str,
    *,
    step: Step | None = None,
    stale: list[StaleRow] | None = None,
) -> HttpResponse:
    back = reverse("manual:draft", args=[code])
    places = [code, step.key] if step else [code]
    context = {
        "crumbs": crumbs((_("Borrador"), back), (title, "")),
        "code": code,
        "form": form,
        "step": step,
        "stale": stale or [],
        "title": title,
        "url": reverse("manual:step" if step else "manual:step-add", args=places),
        "back": f"{back}#paso-{step.key}" if step else f"{back}#pasos",
        "row_url": reverse("manual:step-row", args=places) if step else "",
    }
    name = "manual/_draft_step_form.html" if request.htmx else "manual/draft_step.html"
    return render(request, name, context, status=422 if form.errors else 200)


def _tell(
    form: StepForm,
    rule: RuleBroken,
    draft: Version,
    step: Step | None = None,
    *,
    level: int = 4,
) -> list[StaleRow]:
    """Show the broken rule; of a stale edit, both texts, to be saved again knowingly."""
    rows: list[StaleRow] = []
    if isinstance(rule, StaleEdit):
        if step is not None:
            rows = _stale_rows(form, draft, step.key, level)
        form.data = form.data.copy()
        form.data["revision"] = str(rule.newer.revision)
    form.add_error(None, rule)
    return rows


def _stale_rows(form: StepForm, draft: Version, key: str, level: int) -> list[StaleRow]:
    newer = Step.objects.filter(version=draft, key=key).first()
    if newer is None:
        return []
    saved, rows = step_values(newer), []
    for name, value in saved.items():
        box = form.fields[name]
        typed = form.cleaned_data.get(name)
        yours = getattr(typed, "pk", typed)
        if (yours or None) == (value or None):
            continue
        if name == "text":
            compared = differences.changed_text(value, typed, signs=True, level=level)
            rows.append(
                StaleRow(
                    name, box.label, compared, differences.changed_text(value, value, level=level)
                )
            )
        else:
            there = getattr(newer, name)
            rows.append(StaleRow(name, box.label, typed or "", there or ""))
    return rows
