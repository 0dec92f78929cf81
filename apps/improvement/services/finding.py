"""Findings: noted, given to somebody, closed when what they asked for is there (M21)."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person, Unit
from apps.accounts.services.editing import refuse_stale
from apps.core import origins
from apps.core.access import Level, clearance, require
from apps.core.rules import RuleBroken
from apps.improvement.models import Action, ChangeRequest, Event, Finding
from apps.improvement.permissions import Perm
from apps.improvement.services import telling
from apps.improvement.services.changing import lacks
from apps.improvement.services.records import (
    locked,
    new_code,
    note,
    refuse_ended,
    said,
    sees,
    treats,
)

FINDING_FIELDS = (
    "kind",
    "title",
    "text",
    "weight",
    "unit_id",
    "classification",
    "found_on",
    "owner_id",
)


@transaction.atomic
def report(
    *,
    kind: str,
    title: str,
    text: str,
    unit: Unit,
    by: Person,
    weight: str = Finding.Weight.MEDIUM,
    classification: int = Level.INTERNAL,
    found_on: date | None = None,
    owner: Person | None = None,
    origin_kind: str = "",
    origin_key: int | None = None,
) -> Finding:
    """Note something that was seen, and where it came from.

    Raises PermissionDenied without the permission, RuleBroken for a day to come, a level above
    what `by` may see, an owner who may not see it, or an origin that does not exist for `by`.
    """
    require(by, Perm.REPORT)
    if owner is not None and owner.pk != by.pk:
        require(by, Perm.MANAGE)
    if origin_kind and origins.place(by, origin_kind, origin_key) is None:
        raise RuleBroken(_("Eso de donde viene el hallazgo ya no existe o usted no lo ve."))
    finding = Finding(
        code=new_code("H"),
        kind=kind,
        title=title.strip(),
        text=text.strip(),
        unit=unit,
        weight=weight,
        classification=classification,
        found_on=found_on or timezone.localdate(),
        reported_by=by,
        owner=owner,
        origin_kind=origin_kind,
        origin_key=origin_key if origin_kind else None,
    )
    _check(finding, by)
    finding.save()
    note(Event.What.REPORTED, by, finding=finding)
    telling.finding_given(finding, by)
    return finding


@transaction.atomic
def raise_signal(
    *,
    once_key: str,
    title: str,
    text: str,
    unit: Unit,
    origin_kind: str,
    origin_key: int,
    owner: Person | None = None,
    kind: str = Finding.Kind.SIGNAL,
    classification: int = Level.INTERNAL,
) -> tuple[Finding, bool]:
    """What the portal itself noticed: for jobs of rooms above. Returns it and whether it is new.

    `once_key` names the fact («standard-missed:12:2026-10»): the same fact is noted once,
    however often and concurrently this is called. Raises ValueError for a kind of origin that
    nobody registered.
    """
    if not origins.is_known(origin_kind):
        raise ValueError(f"nobody registered '{origin_kind}' as an origin")
    found = Finding.objects.filter(once_key=once_key).first()
    if found is not None:
        return found, False
    finding, created = Finding.objects.get_or_create(
        once_key=once_key,
        defaults={
            "code": new_code("H"),
            "kind": kind,
            "title": title[:200],
            "text": text,
            "unit": unit,
            "owner": owner,
            "classification": classification,
            "origin_kind": origin_kind,
            "origin_key": origin_key,
        },
    )
    if created:
        note(Event.What.REPORTED, None, finding=finding)
        telling.finding_given(finding, None)
    return finding, created


@transaction.atomic
def raise_with_action(
    *, action_title: str, action_kind: str, due_on: date, owner: Person, **fact: Any
) -> tuple[Finding, Action]:
    """As `raise_signal`, with an action for `owner` to begin (M22): for jobs of rooms above.

    The same fact opens one action, however often this is called. It is verified by whoever
    verifies. Raises RuleBroken if the owner may not see it.
    """
    finding, created = raise_signal(owner=owner, **fact)
    if not created:
        return finding, finding.actions.order_by("pk").first()
    sees(owner, finding.classification, "owner")
    action = Action.objects.create(
        code=new_code("A"),
        finding=finding,
        kind=action_kind,
        title=action_title[:200],
        owner=owner,
        unit=finding.unit,
        classification=finding.classification,
        due_on=due_on,
    )
    note(Event.What.OPENED, None, action=action, finding=finding)
    telling.action_given(action, None)
    return finding, action


def may_edit(finding: Finding, by: Person) -> bool:
    """Whether `by` may correct an open finding: who answers for it, who manages, and until
    somebody answers for it who reported it."""
    reported = finding.reported_by_id == by.pk and finding.owner_id in (None, by.pk)
    return finding.is_open and (reported or treats(finding, by))


@transaction.atomic
def edit_finding(
    finding: Finding, *, by: Person, expected: str | None = None, **fields: Any
) -> Finding:
    """Correct an open finding or give it to somebody.

    Raises as `report` does, StaleEdit if it changed since, RuleBroken if it was closed.
    """
    require(by, Perm.VIEW, finding)
    finding = locked(finding)
    refuse_ended(finding)
    if not may_edit(finding, by):
        raise PermissionDenied
    refuse_stale(finding, FINDING_FIELDS, expected)
    former = finding.owner_id
    if fields.get("owner", finding.owner) != finding.owner:
        require(by, Perm.MANAGE)
    for name, value in fields.items():
        setattr(finding, name, value)
    _check(finding, by)
    for action in finding.actions.still_open().select_related("owner"):
        sees(action.owner, finding.classification, "classification")
    finding.save()
    # SECURITY: what hangs from a finding is never easier to see than the finding.
    for action in finding.actions.exclude(classification=finding.classification):
        action.classification = finding.classification
        action.save(update_fields=["classification"])
    note(Event.What.ASSIGNED, by, finding=finding)
    if finding.owner_id != former:
        telling.finding_given(finding, by)
    return finding


def closing_refusals(finding: Finding, resolution: str) -> list[str]:
    """What still keeps the finding from being closed that way, in words (M21)."""
    lines = []
    actions = list(finding.actions.all())
    changes = list(finding.changes.standing().select_related("document", "version"))
    waiting = [action for action in actions if action.is_open]
    if waiting:
        codes = ", ".join(action.code for action in waiting)
        lines.append(gettext("Quedan acciones sin terminar: %(codes)s.") % {"codes": codes})
    lines += [line for change in changes if (line := lacks(change))]
    if resolution == Finding.Resolution.ACTIONS and not any(
        action.state == Action.State.EFFECTIVE for action in actions
    ):
        lines.append(gettext("Ninguna acción se ha verificado como eficaz."))
    if resolution == Finding.Resolution.CHANGED and not changes:
        lines.append(gettext("No se ha pedido cambiar ningún documento."))
    if resolution == Finding.Resolution.PRACTICE and not finding.practices.exists():
        lines.append(gettext("No se ha propuesto ninguna buena práctica a partir de él."))
    return lines


@transaction.atomic
def close_finding(finding: Finding, *, resolution: str, conclusion: str, by: Person) -> Finding:
    """Close a finding: what it asked for is there.

    Raises PermissionDenied unless `by` manages actions, RuleBroken with what is missing: open
    actions, none effective, a document whose new version is not in force or not read enough
    (M21), or a conclusion under 20 characters.
    """
    require(by, Perm.MANAGE, finding)
    finding = locked(finding)
    refuse_ended(finding)
    # Nothing of it changes while it is judged.
    list(finding.actions.select_for_update().values_list("pk"))
    list(ChangeRequest.objects.select_for_update().filter(finding=finding).values_list("pk"))
    conclusion = said(conclusion, "conclusion")
    if lines := closing_refusals(finding, resolution):
        raise RuleBroken({"resolution": [RuleBroken(line) for line in lines]})
    finding.state, finding.resolution = Finding.State.CLOSED, resolution
    finding.conclusion, finding.closed_by, finding.closed_at = conclusion, by, timezone.now()
    finding.save(update_fields=["state", "resolution", "conclusion", "closed_by", "closed_at"])
    note(Event.What.CLOSED, by, conclusion, finding=finding)
    telling.finding_ended(finding, by)
    return finding


@transaction.atomic
def discard_finding(finding: Finding, *, reason: str, by: Person) -> Finding:
    """Say that a finding was none, and why. Raises RuleBroken while actions are open."""
    require(by, Perm.MANAGE, finding)
    finding = locked(finding)
    refuse_ended(finding)
    reason = said(reason, "reason")
    if finding.actions.exclude(state=Action.State.CANCELLED).exists():
        raise RuleBroken(_("Ya tiene acciones: ciérrelo en vez de descartarlo."))
    if finding.changes.standing().exists():
        raise RuleBroken(_("Ya pidió cambiar un documento: ciérrelo en vez de descartarlo."))
    finding.state, finding.conclusion = Finding.State.DISCARDED, reason
    finding.closed_by, finding.closed_at = by, timezone.now()
    finding.save(update_fields=["state", "conclusion", "closed_by", "closed_at"])
    note(Event.What.DISCARDED, by, reason, finding=finding)
    telling.finding_ended(finding, by)
    return finding


def _check(finding: Finding, by: Person) -> None:
    if finding.found_on > timezone.localdate():
        raise RuleBroken({"found_on": _("Ese día todavía no llega.")})
    if finding.classification > clearance(by):
        raise RuleBroken(
            {"classification": _("Usted no vería lo que clasifica así: elija otro nivel.")}
        )
    sees(finding.owner, finding.classification, "owner")
