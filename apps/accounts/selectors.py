"""Answers that are not rows of one model: the organigram, its gaps, the role matrix."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import Count, Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import Absence, Holding, Person, Position, Role, Unit
from apps.accounts.roles import default_matrix


@dataclass
class Seat:
    """A position with who holds it today.

    `absent` maps a holder's id to their substitute, None if that one cannot stand in either.
    """

    position: Position
    holders: list[Person] = field(default_factory=list)
    absent: dict[int, Person | None] = field(default_factory=dict)

    @property
    def is_vacant(self) -> bool:
        """Whether nobody active holds the position today."""
        return not self.holders

    def people(self) -> list[str]:
        """Holders in words: «Ana G.», «Luis P. (le reemplaza Rosa T.)», «Sin titular»."""
        return [self._in_words(person) for person in self.holders] or [_("Sin titular")]

    def _in_words(self, person: Person) -> str:
        if person.pk not in self.absent:
            return str(person)
        substitute = self.absent[person.pk]
        if substitute is None:
            return _("%(name)s (hoy no está)") % {"name": person}
        return _("%(name)s (le reemplaza %(substitute)s)") % {
            "name": person,
            "substitute": substitute,
        }


@dataclass
class Branch:
    """A unit of the organigram with its seats and the units below it."""

    unit: Unit
    seats: list[Seat] = field(default_factory=list)
    branches: list[Branch] = field(default_factory=list)

    def as_node(self) -> dict[str, Any]:
        """What components/_org_node.html takes."""
        people = [f"{seat.position.title}: {', '.join(seat.people())}" for seat in self.seats]
        return {
            "title": self.unit.name,
            "url": reverse("accounts:unit", args=[self.unit.pk]),
            "note": self.unit.code,
            "people": people,
            "children": [branch.as_node() for branch in self.branches],
        }


def seats_of(positions: Any, on: date) -> list[Seat]:
    """A seat for each of `positions` (queryset), with its holders on `on`. Three queries."""
    rows = list(positions.select_related("unit"))
    holdings = (
        Holding.objects.current(on)
        .filter(position__in=[row.pk for row in rows])
        .select_related("person")
        .order_by("from_on", "pk")
    )
    stands_in = {
        absence.person_id: absence.substitute
        for absence in Absence.objects.current(on).select_related("substitute")
    }
    absences = {
        away: other if other.is_active and other.pk not in stands_in else None
        for away, other in stands_in.items()
    }
    held: dict[int, list[Person]] = defaultdict(list)
    for holding in holdings:
        if holding.person not in held[holding.position_id]:
            held[holding.position_id].append(holding.person)
    return [
        Seat(
            row,
            held[row.pk],
            {p.pk: absences[p.pk] for p in held[row.pk] if p.pk in absences},
        )
        for row in rows
    ]


def organigram(actor: Person, on: date) -> list[Branch]:
    """The units `actor` may see as trees, with seats and holders on the day `on` (M4)."""
    branches = {
        unit.pk: Branch(unit)
        for unit in Unit.objects.visible_to(actor).filter(is_active=True).order_by("order", "name")
    }
    roots = []
    for branch in branches.values():
        above = branches.get(branch.unit.parent_id)
        (above.branches if above else roots).append(branch)
    positions = Position.objects.visible_to(actor).filter(is_active=True)
    for seat in seats_of(_from_the_top(positions), on):
        if seat.position.unit_id in branches:
            branches[seat.position.unit_id].seats.append(seat)
    return roots


def _from_the_top(positions: Any) -> Any:
    """Who directs first: positions by how many report to them."""
    return positions.annotate(reporting=Count("reports")).order_by("-reporting", "title")


@dataclass
class Gap:
    """A position that lacks people, and why."""

    seat: Seat
    missing: int
    reason: str


def gaps(actor: Person, on: date) -> list[Gap]:
    """Positions with fewer active holders than seats on the day `on` (M4)."""
    found = []
    positions = Position.objects.visible_to(actor).filter(is_active=True).order_by("title")
    for seat in seats_of(positions, on):
        missing = seat.position.seats - len(seat.holders)
        if seat.is_vacant:
            found.append(Gap(seat, seat.position.seats, _("Nadie lo ocupa")))
        elif missing > 0:
            found.append(Gap(seat, missing, _("Faltan personas")))
        elif len(seat.absent) == len(seat.holders):
            covered = any(seat.absent.values())
            reason = _("Hoy no está nadie; hay reemplazo") if covered else _("Hoy no está nadie")
            found.append(Gap(seat, 0 if covered else missing or seat.position.seats, reason))
    return found


def roles_without_people() -> list[Role]:
    """Roles that no active person holds (M4)."""
    held = Person.objects.active().filter(groups__role=OuterRef("pk"))
    return list(Role.objects.filter(~Exists(held)))


@dataclass
class MatrixRow:
    """A permission with, for each role in order, whether it is given."""

    perm: str
    title: str
    cells: list[tuple[Role, bool]]


def role_matrix() -> tuple[list[Role], list[tuple[str, list[MatrixRow]]]]:
    """Roles in order, and the permissions grouped by room. Two queries."""
    people = Count("group__user", filter=Q(group__user__is_active=True), distinct=True)
    roles = list(
        Role.objects.select_related("group")
        .prefetch_related("group__permissions__content_type")
        .annotate(people=people)
    )
    given = {
        role.pk: {
            f"{row.content_type.app_label}.{row.codename}" for row in role.group.permissions.all()
        }
        for role in roles
    }
    groups: dict[str, list[MatrixRow]] = {}
    for perm, title in permission_titles().items():
        room = ROOMS.get(perm.partition(".")[0], perm.partition(".")[0])
        cells = [(role, perm in given[role.pk]) for role in roles]
        groups.setdefault(str(room), []).append(MatrixRow(perm, title, cells))
    return roles, list(groups.items())


ROOMS = {
    "core": gettext_lazy("Información reservada"),
    "accounts": gettext_lazy("Personas y organización"),
    "documents": gettext_lazy("Documentos"),
    "improvement": gettext_lazy("Mejora"),
    "indicators": gettext_lazy("Indicadores"),
    "manual": gettext_lazy("Manual"),
}


def permission_titles() -> dict[str, str]:
    """Each permission of the house with what it lets a person do, in Spanish."""
    known = default_matrix()
    rows = Permission.objects.select_related("content_type").order_by("content_type", "pk")
    titles = {}
    for row in rows:
        perm = f"{row.content_type.app_label}.{row.codename}"
        if perm in known:
            titles[perm] = str(VIEW_TITLES.get(perm) or _(row.name))
    return titles


# Django words its own "view" permissions in English.
VIEW_TITLES = {
    "accounts.view_person": gettext_lazy("Puede ver a las personas"),
    "accounts.view_unit": gettext_lazy("Puede ver el organigrama"),
    "accounts.view_role": gettext_lazy("Puede ver qué permite cada rol"),
    "documents.view_document": gettext_lazy("Puede leer documentos"),
    "improvement.view_finding": gettext_lazy("Puede ver hallazgos, acciones y buenas prácticas"),
    "indicators.view_indicator": gettext_lazy("Puede ver indicadores"),
    "standards.view_service": gettext_lazy("Puede ver servicios y estándares"),
    "manual.view_node": gettext_lazy("Puede leer el manual"),
}
