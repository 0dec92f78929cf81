"""One action: its page and what can happen to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.views.common import Edit, submitted
from apps.core import origins
from apps.core.access import requires
from apps.core.files import serve_file
from apps.improvement import figures, plan, services
from apps.improvement.forms.writing import (
    ActionForm,
    CheckForm,
    EvidenceForm,
    FinishForm,
    ProgressForm,
    RetireForm,
    StepForm,
)
from apps.improvement.models import Action, ActionStep, Check, Evidence, GoodPractice
from apps.improvement.permissions import Perm
from apps.improvement.views.common import (
    acted,
    action_crumbs,
    action_for,
    due_of,
    finding_crumbs,
    finding_for,
    new_key,
    page_with_form,
    tag_of,
    timeline,
)
from apps.indicators.models import Indicator

State = Action.State


@requires(Perm.VIEW)
def detail(request: HttpRequest, code: str) -> HttpResponse:
    """One action: who, by when, its steps, its evidence, whether it worked, its history."""
    action = action_for(request, code)
    person, today = request.user, timezone.localdate()
    check = Check.objects.filter(action=action).select_related("checked_by").first()
    if check is not None:
        action.check_made = check
    following = Action.objects.visible_to(person).filter(follows=action).first()
    evidence = list(action.evidence.select_related("file", "added_by"))
    works = services.works_on(action, person)
    manages = person.has_perm(Perm.MANAGE)
    to_do = action.state in (State.PROPOSED, State.IN_PROGRESS)
    refusal = services.check_refusal(action, person, today) if action.state == State.DONE else ""
    may_judge = action.state == State.DONE and not services.check_refusal(
        action, person, action.check_on
    )
    steps = list(action.steps.select_related("person", "done_by"))
    for step in steps:
        step.may_mark = action.state == State.IN_PROGRESS and (works or step.person_id == person.pk)
    context = {
        "crumbs": action_crumbs(action)[:-1] + [(action.code, "")],
        "action": action,
        "tag": tag_of(action),
        "due": due_of(action, today),
        "late_days": plan.days_late(action, today),
        "follows": Action.objects.visible_to(person).filter(pk=action.follows_id).first(),
        "following": following,
        "steps": steps,
        "evidence": evidence,
        "check": check,
        "figures": figures.told(action, person),
        "waits_for_analysis": action.state == State.PROPOSED
        and action.kind == Action.Kind.CORRECTIVE
        and action.finding.analysed_at is None,
        "escalations": list(action.escalations.all()),
        "came": origins.mentions_of(person, "action", action.pk),
        "entries": timeline(action.events.select_related("by", "action"), evidence),
        "works": works,
        "manages": manages,
        "to_do": to_do,
        "refusal": refusal,
        "may_check": action.state == State.DONE and not refusal,
        "may_return": may_judge,
        "hidden": new_key(),
    }
    return render(request, "improvement/action.html", context)


@requires(Perm.VIEW, Perm.MANAGE)
def new(request: HttpRequest, code: str) -> HttpResponse:
    """Open an action about a finding."""
    finding = finding_for(request, code)
    form = ActionForm.of(
        request,
        initial={
            "unit": finding.unit_id,
            "owner": finding.owner_id,
            "kind": Action.Kind.CORRECTIVE
            if finding.kind in ("nonconformity", "signal")
            else Action.Kind.IMPROVEMENT,
        },
        indicators=_indicators(request),
    )

    def do(**data: Any) -> str:
        data.pop("expected", None)
        action = services.open_action(finding, **data, by=request.user)
        return action.get_absolute_url()

    answer = submitted(request, form, do, done=_("Quedó abierta. Avisamos a quien la hace."))
    return answer or page_with_form(
        request,
        form,
        heading=_("Abrir una acción"),
        lead=str(finding),
        action=_("Abrir la acción"),
        cancel_url=finding.get_absolute_url(),
        where=finding_crumbs(finding),
    )


@requires(Perm.VIEW, Perm.MANAGE)
def edit(request: HttpRequest, code: str) -> HttpResponse:
    """Change an action that is not done yet."""
    action = action_for(request, code)
    fields = services.ACTION_FIELDS
    edit = Edit(action, fields)
    initial = {name.removesuffix("_id"): getattr(action, name) for name in fields}
    form = ActionForm.of(
        request,
        initial={**initial, "expected": edit.state},
        indicators=_indicators(request),
    )

    def do(**data: Any) -> str:
        return services.edit_action(action, **data, by=request.user).get_absolute_url()

    answer = submitted(request, form, do, done=_("Quedó guardada."), edit=edit)
    return answer or page_with_form(
        request,
        form,
        heading=_("Cambiar %(code)s") % {"code": action.code},
        lead=action.title,
        action=_("Guardar"),
        cancel_url=action.get_absolute_url(),
        where=action_crumbs(action),
        **edit.told(),
    )


@requires(Perm.VIEW, methods=("POST",))
def start(request: HttpRequest, code: str) -> HttpResponse:
    """Begin an action."""
    action = action_for(request, code)
    return acted(
        request,
        lambda: services.start(action, by=request.user),
        url=action.get_absolute_url(),
        said=_("La acción está en curso."),
    )


@requires(Perm.VIEW)
def step_new(request: HttpRequest, code: str) -> HttpResponse:
    """Add a step."""
    action = _worked_on(request, code)
    return _form(
        request,
        action,
        StepForm.of(request),
        lambda **data: services.add_step(action, **data, by=request.user),
        heading=_("Añadir un paso"),
        button=_("Añadir"),
        done=_("Quedó añadido."),
        anchor="#pasos",
    )


@requires(Perm.VIEW, methods=("POST",))
def step_mark(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Say that a step is done, or that it is not."""
    action = action_for(request, code)
    step = get_object_or_404(ActionStep.objects.select_related("action"), pk=pk, action=action)
    done = request.POST.get("hecho") == "1"
    return acted(
        request,
        lambda: services.mark_step(step, done=done, by=request.user),
        url=f"{action.get_absolute_url()}#pasos",
        said=_("Paso hecho.") if done else _("El paso está pendiente otra vez."),
    )


@requires(Perm.VIEW, methods=("POST",))
def step_remove(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Take away a step that is not done."""
    action = action_for(request, code)
    step = get_object_or_404(ActionStep.objects.select_related("action"), pk=pk, action=action)
    return acted(
        request,
        lambda: services.remove_step(step, by=request.user),
        url=f"{action.get_absolute_url()}#pasos",
        said=_("Quedó quitado."),
    )


@requires(Perm.VIEW)
def progress(request: HttpRequest, code: str) -> HttpResponse:
    """Say how far it is."""
    action = _worked_on(request, code)
    return _form(
        request,
        action,
        ProgressForm.of(request, initial={"percent": action.progress}),
        lambda **data: services.tell_progress(action, **data, by=request.user),
        heading=_("Contar el avance"),
        button=_("Guardar"),
        done=_("Quedó guardado."),
    )


@requires(Perm.VIEW)
def evidence_new(request: HttpRequest, code: str) -> HttpResponse:
    """Add what shows that it was done."""
    action = _worked_on(request, code)
    return _form(
        request,
        action,
        EvidenceForm.of(request),
        lambda **data: services.add_evidence(action, **data, by=request.user),
        heading=_("Añadir evidencia"),
        lead=_("No se cambia ni se borra después."),
        button=_("Añadir"),
        done=_("Quedó añadida."),
        anchor="#evidencia",
    )


@requires(Perm.VIEW)
def evidence(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The file of an evidence, to whoever sees the action or the practice."""
    row = get_object_or_404(Evidence.objects.select_related("file"), pk=pk)
    kind, key = (
        (Action, row.action_id) if row.action_id is not None else (GoodPractice, row.practice_id)
    )
    if row.file is None or not kind.objects.visible_to(request.user).filter(pk=key).exists():
        raise Http404
    return serve_file(row.file)


@requires(Perm.VIEW)
def finish(request: HttpRequest, code: str) -> HttpResponse:
    """Say that it is done."""
    action = _worked_on(request, code)
    lacks = []
    if not action.evidence.exists():
        lacks.append(_("Añada antes la evidencia de lo que se hizo."))
    if action.steps.filter(done_at=None).exists():
        lacks.append(_("Quedan pasos sin hacer: termínelos o quítelos."))
    return _form(
        request,
        action,
        FinishForm.of(request),
        lambda **data: services.finish(action, **data, by=request.user),
        heading=_("Dar por hecha %(code)s") % {"code": action.code},
        lead=_("Después, otra persona verifica si funcionó."),
        button=_("Darla por hecha"),
        done=_("Quedó hecha. Falta verificar si funcionó."),
        lacks=lacks,
    )


@requires(Perm.VIEW)
def give_back(request: HttpRequest, code: str) -> HttpResponse:
    """Say that a done action is not done."""
    action = _judged(request, code)
    return _form(
        request,
        action,
        RetireForm.of(request),
        lambda **data: services.return_action(action, **data, by=request.user),
        heading=_("Devolver %(code)s") % {"code": action.code},
        lead=_("Vuelve a estar en curso. Diga qué falta."),
        button=_("Devolverla"),
        done=_("Quedó devuelta."),
    )


@requires(Perm.VIEW)
def check(request: HttpRequest, code: str) -> HttpResponse:
    """Judge whether it worked, with the figures of its indicator beside."""
    action = _judged(request, code)
    refusal = services.check_refusal(action, request.user, timezone.localdate())
    return _form(
        request,
        action,
        CheckForm.of(request),
        lambda **data: services.check(action, **data, by=request.user),
        heading=_("Verificar %(code)s") % {"code": action.code},
        lead=action.aim or action.title,
        button=_("Guardar la verificación"),
        done=_("Quedó verificada."),
        lacks=[refusal] if refusal else [],
        figures=figures.told(action, request.user),
    )


@requires(Perm.VIEW, Perm.MANAGE)
def cancel(request: HttpRequest, code: str) -> HttpResponse:
    """Give up an action."""
    action = action_for(request, code)
    return _form(
        request,
        action,
        RetireForm.of(request),
        lambda **data: services.cancel(action, **data, by=request.user),
        heading=_("Cancelar %(code)s") % {"code": action.code},
        lead=action.title,
        button=_("Cancelar la acción"),
        done=_("Quedó cancelada."),
    )


def _form(
    request: HttpRequest,
    action: Action,
    form: Any,
    do: Callable[..., Any],
    *,
    heading: str,
    button: str,
    done: str,
    anchor: str = "",
    **more: Any,
) -> HttpResponse:
    url = f"{action.get_absolute_url()}{anchor}"

    def act(**data: Any) -> str:
        do(**data)
        return url

    answer = submitted(request, form, act, done=done)
    return answer or page_with_form(
        request,
        form,
        heading=heading,
        action=button,
        cancel_url=url,
        where=action_crumbs(action),
        **({"lead": action.title} | more),
    )


def _worked_on(request: HttpRequest, code: str) -> Action:
    """The action, if this person carries it out or manages actions; else 404."""
    action = action_for(request, code)
    if not services.works_on(action, request.user):
        raise Http404
    return action


def _judged(request: HttpRequest, code: str) -> Action:
    """The action, if this person may verify actions or was named for it; else 404."""
    action = action_for(request, code)
    if action.checker_id != request.user.pk and not request.user.has_perm(Perm.CHECK):
        raise Http404
    return action


def _indicators(request: HttpRequest):
    rows = Indicator.objects.visible_to(request.user).in_use()
    return rows.select_related("current").order_by("code")
