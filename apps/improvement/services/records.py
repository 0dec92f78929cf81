"""What every service of the room shares: locks, the history, the numbers."""

from __future__ import annotations

from typing import TypeVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person
from apps.core.access import clearance, require
from apps.core.numbering import next_number
from apps.core.rules import RuleBroken
from apps.improvement.models import Action, Event, Finding, GoodPractice
from apps.improvement.permissions import Perm

Row = TypeVar("Row", Finding, Action, GoodPractice)
REASON_MIN = 20


def new_code(letter: str) -> str:
    """The next code of a register in the present year: «H-2026-014»."""
    series = f"{letter}-{timezone.localdate().year}"
    return f"{series}-{next_number(series):03d}"


def locked(row: Row) -> Row:
    """The row as it is now, locked until the transaction ends."""
    return type(row).objects.select_for_update(of=("self",)).get(pk=row.pk)


def note(what: Event.What, by: Person | None, text: str = "", **of: models.Model) -> Event:
    """Write into the history of `finding`, `action` or `practice`."""
    return Event.objects.create(what=what, by=by, text=text, **of)


def said(text: str, field: str) -> str:
    """`text` if it has at least 20 characters; RuleBroken at `field` otherwise."""
    text = text.strip()
    if len(text) < REASON_MIN:
        raise RuleBroken(
            {
                field: RuleBroken(
                    _("Escriba al menos %(least)s caracteres."), params={"least": REASON_MIN}
                )
            }
        )
    return text


def sees(person: Person | None, classification: int, field: str) -> None:
    """RuleBroken at `field` unless an active `person` may see what is so classified."""
    if person is None:
        return
    able = person.is_active and person.has_perm(Perm.VIEW)
    if not able or clearance(person) < classification:
        raise RuleBroken({field: _("Esa persona no puede ver esto: elija a otra.")})


def works_on(action: Action, by: Person) -> bool:
    """Whether `by` carries the action out or manages actions."""
    return action.owner_id == by.pk or by.has_perm(Perm.MANAGE)


def require_worker(action: Action, by: Person) -> None:
    """Raise PermissionDenied unless `by` sees the action and owns it or manages actions."""
    require(by, Perm.VIEW, action)
    if action.owner_id != by.pk:
        require(by, Perm.MANAGE)


def treats(finding: Finding, by: Person) -> bool:
    """Whether `by` is responsible for the finding or manages actions."""
    return finding.owner_id == by.pk or by.has_perm(Perm.MANAGE)


def require_treater(finding: Finding, by: Person) -> None:
    """Raise PermissionDenied unless `by` sees the finding and answers for it or manages."""
    require(by, Perm.VIEW, finding)
    if finding.owner_id != by.pk:
        require(by, Perm.MANAGE)


def refuse_ended(finding: Finding) -> None:
    """RuleBroken if the finding was closed or discarded."""
    if not finding.is_open:
        raise RuleBroken(_("Este hallazgo ya está cerrado."))
