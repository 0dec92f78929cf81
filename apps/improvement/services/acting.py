"""Actions: begun when the cause is known, done with evidence, verified by somebody else."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person, Unit
from apps.accounts.services.editing import refuse_stale
from apps.core.access import require
from apps.core.files import store_upload
from apps.core.rules import RuleBroken
from apps.improvement.models import Action, ActionStep, Event, Evidence, Finding
from apps.improvement.permissions import Perm
from apps.improvement.services import telling
from apps.improvement.services.records import (
    locked,
    new_code,
    note,
    refuse_ended,
    require_worker,
    said,
    sees,
)

State = Action.State
ACTION_FIELDS = (
    "kind",
    "title",
    "text",
    "aim",
    "owner_id",
    "checker_id",
    "unit_id",
    "due_on",
    "check_days",
    "indicator_id",
    "planned_cost",
)
STEPS_MOST = 40
TOGETHER_MOST = 100
# A follow-up that nobody dated yet is due so many days after the check that asked for it.
FOLLOW_UP_DAYS = 30


@transaction.atomic
def open_action(
    finding: Finding,
    *,
    kind: str,
    title: str,
    owner: Person,
    due_on: date,
    by: Person,
    unit: Unit | None = None,
    checker: Person | None = None,
    **fields: Any,
) -> Action:
    """Ask `owner` to do something about `finding` by `due_on`.

    `fields`: text, aim, check_days, planned_cost, indicator. Raises PermissionDenied unless
    `by` manages actions, RuleBroken if the finding is closed, the day has passed, the owner or
    the checker may not see it, or both are the same person.
    """
    require(by, Perm.MANAGE, finding)
    finding = locked(finding)
    refuse_ended(finding)
    action = Action(
        code=new_code("A"),
        finding=finding,
        kind=kind,
        title=title.strip(),
        owner=owner,
        checker=checker,
        unit=unit or finding.unit,
        classification=finding.classification,
        due_on=due_on,
        opened_by=by,
        **fields,
    )
    _check_day(due_on)
    _check(action)
    action.save()
    note(Event.What.OPENED, by, action=action, finding=finding)
    telling.action_given(action, by)
    return action


@transaction.atomic
def edit_action(
    action: Action, *, by: Person, expected: str | None = None, **fields: Any
) -> Action:
    """Change an action that is not done yet; once done, only who verifies it.

    Raises PermissionDenied unless `by` manages actions, StaleEdit if it changed since, RuleBroken
    as `open_action` does.
    """
    require(by, Perm.MANAGE, action)
    action = locked(action)
    if action.state not in (State.PROPOSED, State.IN_PROGRESS):
        raise RuleBroken(_("Esta acción ya está hecha: no se cambia."))
    refuse_stale(action, ACTION_FIELDS, expected)
    former_owner, former_day = action.owner_id, action.due_on
    for name, value in fields.items():
        setattr(action, name, value)
    if action.due_on != former_day:
        _check_day(action.due_on)
    _check(action)
    action.save()
    if action.due_on != former_day:
        words = gettext("Del %(former)s al %(new)s.") % {
            "former": date_format(former_day),
            "new": date_format(action.due_on),
        }
        note(Event.What.MOVED, by, words, action=action)
    else:
        note(Event.What.ASSIGNED, by, action=action)
    if action.owner_id != former_owner:
        telling.action_given(action, by)
    return action


@transaction.atomic
def change_together(
    actions: Iterable[Action],
    *,
    by: Person,
    owner: Person | None = None,
    due_on: date | None = None,
    reason: str,
) -> int:
    """Give several actions to `owner`, or move them to `due_on`, all or none; how many changed.

    Raises RuleBroken naming the first that cannot be changed, or for more than 100.
    """
    require(by, Perm.MANAGE)
    reason = said(reason, "reason")
    keys = [action.pk for action in actions]
    if len(keys) > TOGETHER_MOST:
        raise RuleBroken(_("Cambie como máximo cien acciones a la vez."))
    if due_on is not None:
        _check_day(due_on)
    rows = Action.objects.visible_to(by).filter(pk__in=keys).order_by("pk")
    changed = 0
    for action in rows.select_for_update(of=("self",)).select_related("checker"):
        if action.state not in (State.PROPOSED, State.IN_PROGRESS):
            raise RuleBroken(
                _("%(code)s ya está hecha: quítela de la selección."),
                params={"code": action.code},
            )
        given = owner is not None and action.owner_id != owner.pk
        if owner is not None:
            action.owner = owner
        if due_on is not None:
            action.due_on = due_on
        try:
            _check(action)
        except RuleBroken as rule:
            words = " ".join(rule.messages)
            raise RuleBroken(f"{action.code}: {words}") from rule
        action.save(update_fields=["owner", "due_on"])
        what = Event.What.MOVED if due_on is not None else Event.What.ASSIGNED
        note(what, by, reason, action=action)
        if given:
            telling.action_given(action, by)
        changed += 1
    return changed


@transaction.atomic
def start(action: Action, *, by: Person) -> Action:
    """Begin. A corrective action needs the cause analysis of its finding concluded (CIC-16)."""
    require_worker(action, by)
    finding, action = _pair(action)
    refuse_ended(finding)
    if action.state != State.PROPOSED:
        raise RuleBroken(_("Esta acción ya empezó."))
    if action.kind == Action.Kind.CORRECTIVE and finding.analysed_at is None:
        raise RuleBroken(
            _("Una acción correctiva empieza cuando se conoce la causa: concluya el análisis.")
        )
    action.state, action.started_at = State.IN_PROGRESS, timezone.now()
    action.save(update_fields=["state", "started_at"])
    note(Event.What.STARTED, by, action=action)
    return action


@transaction.atomic
def add_step(
    action: Action,
    *,
    text: str,
    by: Person,
    person: Person | None = None,
    due_on: date | None = None,
) -> ActionStep:
    """Add a step. Raises RuleBroken once the action is done, or beyond 40 steps."""
    require_worker(action, by)
    action = _to_do(action)
    sees(person, action.classification, "person")
    if action.steps.count() >= STEPS_MOST:
        raise RuleBroken(_("Ya tiene cuarenta pasos: divida la acción en dos."))
    return ActionStep.objects.create(action=action, text=text.strip(), person=person, due_on=due_on)


@transaction.atomic
def mark_step(step: ActionStep, *, done: bool, by: Person) -> ActionStep:
    """Say that a step is done, or that it is not. The step's person may, too.

    The action's progress follows its steps.
    """
    require(by, Perm.VIEW, step.action)
    if step.person_id != by.pk:
        require_worker(step.action, by)
    action = _under_way(step.action)
    step = ActionStep.objects.select_for_update().get(pk=step.pk, action=action)
    if (step.done_at is not None) != done:
        step.done_at = timezone.now() if done else None
        step.done_by = by if done else None
        step.save(update_fields=["done_at", "done_by"])
        steps = list(action.steps.values_list("done_at", flat=True))
        action.progress = sum(at is not None for at in steps) * 100 // len(steps)
        action.save(update_fields=["progress"])
    return step


@transaction.atomic
def remove_step(step: ActionStep, *, by: Person) -> None:
    """Take away a step that is not done."""
    require_worker(step.action, by)
    _to_do(step.action)
    step = ActionStep.objects.select_for_update().get(pk=step.pk)
    if step.done_at is not None:
        raise RuleBroken(_("Ese paso ya está hecho: queda."))
    step.delete()


@transaction.atomic
def tell_progress(action: Action, *, percent: int, text: str, by: Person) -> Action:
    """Say how far it is, from 0 to 100, and what was done."""
    require_worker(action, by)
    action = _under_way(action)
    if not 0 <= percent <= 100:
        raise RuleBroken({"percent": _("El avance va de 0 a 100.")})
    action.progress = percent
    action.save(update_fields=["progress"])
    words = gettext("%(n)s %%. %(text)s") % {"n": percent, "text": text.strip()}
    note(Event.What.PROGRESSED, by, words.strip(), action=action)
    return action


@transaction.atomic
def add_evidence(
    action: Action, *, text: str, by: Person, uploaded: UploadedFile | None = None
) -> Evidence:
    """Keep what shows that it was done. Never changed afterwards.

    Raises RuleBroken before the action began and after it ended, or for a file not accepted.
    """
    require_worker(action, by)
    action = locked(action)
    if action.state not in (State.IN_PROGRESS, State.DONE):
        raise RuleBroken(_("La evidencia se añade mientras la acción está en curso."))
    stored = store_upload(uploaded, by=by) if uploaded else None
    row = Evidence.objects.create(action=action, text=text.strip(), file=stored, added_by=by)
    note(Event.What.EVIDENCED, by, row.text, action=action)
    return row


@transaction.atomic
def finish(action: Action, *, by: Person, real_cost: Decimal | None = None) -> Action:
    """Say that it is done: from `check_days` later somebody else looks whether it worked.

    Raises RuleBroken unless it is in progress, has evidence and all its steps are done (CIC-16).
    """
    require_worker(action, by)
    action = _under_way(action)
    if not action.evidence.exists():
        raise RuleBroken(_("Añada antes la evidencia de lo que se hizo."))
    if action.steps.filter(done_at=None).exists():
        raise RuleBroken(_("Quedan pasos sin hacer: termínelos o quítelos."))
    now = timezone.now()
    action.state, action.done_at, action.done_by, action.progress = State.DONE, now, by, 100
    action.check_on = timezone.localdate(now) + timedelta(days=action.check_days)
    action.real_cost = real_cost
    action.save()
    note(Event.What.DONE, by, action=action)
    telling.check_coming(action, by)
    return action


@transaction.atomic
def return_action(action: Action, *, reason: str, by: Person) -> Action:
    """Give a done action back: it is not done. By whoever may verify it."""
    action = _checkable(action, by)
    reason = said(reason, "reason")
    action.state = State.IN_PROGRESS
    action.done_at = action.done_by = action.check_on = None
    action.save()
    note(Event.What.RETURNED, by, reason, action=action)
    telling.action_returned(action, by, reason)
    return action


@transaction.atomic
def cancel(action: Action, *, reason: str, by: Person) -> Action:
    """Give up an action that is not done, and say why."""
    require(by, Perm.MANAGE, action)
    action = locked(action)
    if action.state not in (State.PROPOSED, State.IN_PROGRESS):
        raise RuleBroken(_("Solo se cancela lo que no está hecho."))
    reason = said(reason, "reason")
    action.state, action.cancel_reason, action.ended_at = State.CANCELLED, reason, timezone.now()
    action.save(update_fields=["state", "cancel_reason", "ended_at"])
    note(Event.What.CANCELLED, by, reason, action=action)
    telling.action_cancelled(action, by)
    return action


def check_refusal(action: Action, by: Person, on: date) -> str:
    """Why `by` may not verify the action on the calendar day `on`; empty if they may (CIC-16)."""
    if action.state != State.DONE:
        return gettext("Se verifica lo que está hecho.")
    if by.pk in (action.owner_id, action.done_by_id):
        return gettext("La verifica otra persona: usted la hizo.")
    if action.checker_id not in (None, by.pk) and not by.has_perm(Perm.MANAGE):
        return gettext("La verifica %(who)s.") % {"who": action.checker}
    if action.checker_id != by.pk and not by.has_perm(Perm.CHECK):
        return gettext("Usted no verifica acciones.")
    if action.check_on > on:
        return gettext("Se verifica desde el %(on)s: antes no se ve si funcionó.") % {
            "on": date_format(action.check_on)
        }
    return ""


def _checkable(action: Action, by: Person) -> Action:
    """The locked action, if `by` may judge it whatever the day."""
    require(by, Perm.VIEW, action)
    if action.checker_id != by.pk:
        require(by, Perm.CHECK)
    action = locked(action)
    far = action.check_on or timezone.localdate()
    if refusal := check_refusal(action, by, far):
        raise RuleBroken(refusal)
    return action


def _pair(action: Action) -> tuple[Finding, Action]:
    """Finding and action, locked in this order."""
    finding = locked(Finding(pk=action.finding_id))
    return finding, locked(action)


def _to_do(action: Action) -> Action:
    action = locked(action)
    if action.state not in (State.PROPOSED, State.IN_PROGRESS):
        raise RuleBroken(_("Esta acción ya está hecha."))
    return action


def _under_way(action: Action) -> Action:
    action = locked(action)
    if action.state == State.PROPOSED:
        raise RuleBroken(_("Esta acción no ha empezado."))
    if action.state != State.IN_PROGRESS:
        raise RuleBroken(_("Esta acción ya está hecha."))
    return action


def _check_day(due_on: date) -> None:
    if due_on < timezone.localdate():
        raise RuleBroken({"due_on": _("Ese día ya pasó: elija uno por venir.")})


def _check(action: Action) -> None:
    sees(action.owner, action.classification, "owner")
    sees(action.checker, action.classification, "checker")
    if action.checker_id is not None and action.checker_id == action.owner_id:
        raise RuleBroken({"checker": _("La verifica otra persona, no quien la hace.")})
    if not 1 <= action.check_days <= 365:
        raise RuleBroken({"check_days": _("Escriba de 1 a 365 días.")})
    if action.planned_cost is not None and action.planned_cost < 0:
        raise RuleBroken({"planned_cost": _("El costo no puede ser negativo.")})
