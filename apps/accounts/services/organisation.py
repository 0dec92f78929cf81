"""What can happen to units, positions, who holds them and who stands in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.audit import acting, create_all
from apps.accounts.models import Absence, Holding, Person, Position, Unit
from apps.accounts.permissions import Perm
from apps.accounts.services.editing import refuse_stale
from apps.core.access import require
from apps.core.rules import RuleBroken

UNIT_FIELDS = ("code", "name", "parent_id", "purpose", "order")
POSITION_FIELDS = ("key", "title", "unit_id", "reports_to_id", "purpose", "duties", "seats")


@dataclass(frozen=True)
class Assignment:
    """`person` is to hold `position` between two calendar days, both included."""

    person: Person
    position: Position
    from_on: date
    until_on: date | None = None

    def meets(self, from_on: date, until_on: date | None) -> bool:
        """Whether it shares a day with that time."""
        return (self.until_on is None or from_on <= self.until_on) and (
            until_on is None or until_on >= self.from_on
        )


def _refuse_taken(model: type, field: str, value: str, but: int | None, message: str) -> None:
    if model.objects.filter(**{f"{field}__iexact": value}).exclude(pk=but).exists():
        raise RuleBroken({field: message})


@transaction.atomic
def save_unit(
    unit: Unit | None,
    *,
    code: str,
    name: str,
    purpose: str = "",
    parent: Unit | None = None,
    order: int = 100,
    expected: str | None = None,
    by: Person,
) -> Unit:
    """Create a unit, or change `unit`, which was as `expected` (state_of) when it was read.

    Raises PermissionDenied, StaleEdit, or RuleBroken if the code is taken, `parent` is
    retired or hangs from the unit itself.
    """
    require(by, Perm.MANAGE_ORGANISATION)
    unit = Unit.objects.select_for_update().get(pk=unit.pk) if unit else Unit()
    if unit.pk:
        refuse_stale(unit, UNIT_FIELDS, expected)
    _refuse_taken(Unit, "code", code, unit.pk, _("Ya hay otra unidad con ese código."))
    if parent is not None and not parent.is_active and parent.pk != unit.parent_id:
        raise RuleBroken({"parent": _("Esa unidad ya no está activa.")})
    if unit.pk and parent is not None:
        below = Unit.objects.with_tree_fields().descendants(unit, include_self=True)
        if below.filter(pk=parent.pk).exists():
            raise RuleBroken({"parent": _("Una unidad no puede depender de sí misma.")})
    unit.code, unit.name, unit.purpose = code, name, purpose
    unit.parent, unit.order = parent, order
    with acting(by):
        unit.save()
    return unit


@transaction.atomic
def retire_unit(unit: Unit, *, by: Person) -> Unit:
    """Take a unit out of use. Raises RuleBroken while positions or units hang from it."""
    require(by, Perm.MANAGE_ORGANISATION)
    unit = Unit.objects.select_for_update().get(pk=unit.pk)
    if unit.children.filter(is_active=True).exists():
        raise RuleBroken(_("De esta unidad dependen otras: muévalas antes."))
    if unit.positions.filter(is_active=True).exists():
        raise RuleBroken(_("Esta unidad tiene cargos vigentes: retírelos o muévalos antes."))
    unit.is_active = False
    with acting(by):
        unit.save(update_fields=["is_active"])
    return unit


@transaction.atomic
def save_position(
    position: Position | None,
    *,
    key: str,
    title: str,
    unit: Unit,
    reports_to: Position | None = None,
    purpose: str = "",
    duties: list[str] | None = None,
    seats: int = 1,
    expected: str | None = None,
    by: Person,
) -> Position:
    """Create a position, or change `position`, which was as `expected` when it was read.

    Raises PermissionDenied, StaleEdit, or RuleBroken if the key is taken, the unit is retired
    or the line of command would go in a circle.
    """
    require(by, Perm.MANAGE_ORGANISATION)
    position = Position.objects.select_for_update().get(pk=position.pk) if position else Position()
    if position.pk:
        refuse_stale(position, POSITION_FIELDS, expected)
    _refuse_taken(Position, "key", key, position.pk, _("Ya hay otro cargo con esa clave."))
    if not unit.is_active:
        raise RuleBroken({"unit": _("Esa unidad ya no está activa.")})
    above, steps = reports_to, 0
    while above is not None and position.pk:
        if above.pk == position.pk:
            raise RuleBroken({"reports_to": _("Un cargo no puede depender de sí mismo.")})
        above, steps = above.reports_to, steps + 1
        if steps > 50:
            raise RuleBroken({"reports_to": _("La línea de mando da vueltas.")})
    position.key, position.title, position.unit = key, title, unit
    position.reports_to, position.purpose = reports_to, purpose
    position.duties, position.seats = duties or [], seats
    with acting(by):
        position.save()
    return position


@transaction.atomic
def retire_position(position: Position, *, by: Person) -> Position:
    """Take a position out of use. Raises RuleBroken while somebody holds it."""
    require(by, Perm.MANAGE_ORGANISATION)
    position = Position.objects.select_for_update().get(pk=position.pk)
    if position.holdings.current(timezone.localdate()).exists():
        raise RuleBroken(_("Alguien ocupa este cargo: termine antes su titularidad."))
    position.is_active = False
    with acting(by):
        position.save(update_fields=["is_active"])
    return position


@transaction.atomic
def assign_position(
    person: Person,
    position: Position,
    *,
    from_on: date,
    until_on: date | None = None,
    by: Person,
) -> Holding:
    """Let `person` hold `position` between two calendar days, both included.

    Raises RuleBroken if the person is not active, the position is retired, the days are in
    the wrong order or the person holds it already on one of them.
    """
    return assign_positions([Assignment(person, position, from_on, until_on)], by=by)[0]


@transaction.atomic
def assign_positions(assignments: Sequence[Assignment], *, by: Person) -> list[Holding]:
    """`assign_position` for many, in as few statements as for one; all or none."""
    require(by, Perm.MANAGE_ORGANISATION)
    keys = {assignment.position.pk for assignment in assignments}
    # Locked in one order, so that two such changes wait for each other and never both.
    positions = Position.objects.select_for_update().filter(pk__in=keys).order_by("pk").in_bulk()
    taken: dict[tuple[int, int], list[tuple[date, date | None]]] = defaultdict(list)
    people = {assignment.person.pk for assignment in assignments}
    for row in Holding.objects.filter(position__in=keys, person__in=people):
        taken[row.person_id, row.position_id].append((row.from_on, row.until_on))
    holdings = []
    for assignment in assignments:
        person, position = assignment.person, positions[assignment.position.pk]
        from_on, until_on = assignment.from_on, assignment.until_on
        if not person.is_active or person.is_system:
            raise RuleBroken({"person": _("Esa persona no está activa.")})
        if not position.is_active:
            raise RuleBroken({"position": _("Ese cargo ya no está vigente.")})
        if until_on is not None and until_on < from_on:
            raise RuleBroken({"until_on": _("La fecha final es anterior a la inicial.")})
        days = taken[person.pk, position.pk]
        if any(assignment.meets(*those) for those in days):
            raise RuleBroken(_("Ya ocupa ese cargo en alguno de esos días."))
        days.append((from_on, until_on))
        holdings.append(
            Holding(person=person, position=position, from_on=from_on, until_on=until_on)
        )
    with acting(by):
        return create_all(holdings)


@transaction.atomic
def end_holding(holding: Holding, *, until_on: date, by: Person) -> Holding:
    """Set the last day of a holding. Raises RuleBroken if it is before the first."""
    require(by, Perm.MANAGE_ORGANISATION)
    holding = Holding.objects.select_for_update().get(pk=holding.pk)
    if until_on < holding.from_on:
        raise RuleBroken({"until_on": _("La fecha final es anterior a la inicial.")})
    holding.until_on = until_on
    with acting(by):
        holding.save(update_fields=["until_on"])
    return holding


@transaction.atomic
def record_absence(
    person: Person, *, substitute: Person, from_on: date, to_on: date, reason: str = "", by: Person
) -> Absence:
    """Note that `substitute` stands in for `person` on those calendar days, both included.

    People record their own; others' need `manage_people`. Raises RuleBroken if the days are
    in the wrong order or overlap another absence of the person, or the substitute is the
    same person, not active, or absent on one of those days.
    """
    if by.pk != person.pk:
        require(by, Perm.MANAGE_PEOPLE)
    Person.objects.select_for_update().get(pk=person.pk)
    if to_on < from_on:
        raise RuleBroken({"to_on": _("La fecha final es anterior a la inicial.")})
    if substitute.pk == person.pk:
        raise RuleBroken({"substitute": _("Nadie puede sustituirse a sí mismo.")})
    if not substitute.is_active or substitute.is_system:
        raise RuleBroken({"substitute": _("Esa persona no está activa.")})
    those_days = Absence.objects.filter(from_on__lte=to_on, to_on__gte=from_on)
    if those_days.filter(person=person).exists():
        raise RuleBroken(_("Ya hay otra ausencia en alguno de esos días."))
    if those_days.filter(person=substitute).exists():
        raise RuleBroken(
            {"substitute": _("Esa persona también está ausente en alguno de esos días.")}
        )
    with acting(by):
        return Absence.objects.create(
            person=person, substitute=substitute, from_on=from_on, to_on=to_on, reason=reason
        )


@transaction.atomic
def cancel_absence(absence: Absence, *, by: Person) -> None:
    """Remove an absence: one's own, or anyone's with `manage_people`."""
    if by.pk != absence.person_id:
        require(by, Perm.MANAGE_PEOPLE)
    with acting(by):
        absence.delete()


def substitutes_of(person: Person, on: date) -> Person | None:
    """Who stands in for `person` on the calendar day `on`, or None."""
    absence = Absence.objects.current(on).filter(person=person).select_related("substitute").first()
    return absence.substitute if absence else None
