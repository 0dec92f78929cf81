"""Who may do what with one indicator, besides those who define them all."""

from __future__ import annotations

from django.utils import timezone

from apps.accounts.models import Absence, Person
from apps.indicators.models import Definition
from apps.indicators.permissions import Perm


def may_record(person: Person, definition: Definition) -> bool:
    """Whether they enter its measurements: its owner, or with the permission in its unit."""
    if person.has_perm(Perm.DEFINE) or may_answer(person, definition):
        return True
    return person.has_perm(Perm.RECORD) and definition.unit_id in person.access().unit_ids


def may_answer(person: Person, definition: Definition) -> bool:
    """Whether they explain its signals: its owner, or who stands in for them today."""
    if not person.has_perm(Perm.VIEW):
        return False
    if definition.owner_id == person.pk:
        return True
    away = Absence.objects.current(timezone.localdate())
    return away.filter(person=definition.owner_id, substitute=person.pk).exists()


def may_set_limits(person: Person, definition: Definition) -> bool:
    """Whether they fix its limits anew: its owner, or who defines indicators."""
    return person.has_perm(Perm.DEFINE) or may_answer(person, definition)
