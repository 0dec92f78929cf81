"""Who can read a document, and why: the rule of `sight`, asked of everybody at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import islice
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.contrib.postgres.aggregates import ArrayAgg
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.accounts.models import Holding, Person, Unit
from apps.core.access import SEE_CONFIDENTIAL, SEE_RESERVED, Level
from apps.documents.models import Document, DocumentUserPermission
from apps.documents.permissions import Perm
from apps.documents.sight import OPENED_UP_TO, combined

DECISIVE = (Perm.VIEW, Perm.APPROVE, SEE_CONFIDENTIAL, SEE_RESERVED)
NOBODY = Q(pk__in=[])
EVERYBODY = ~NOBODY


@dataclass(frozen=True)
class Reason:
    """One reason why a person sees a document or does not; `kind` is for its icon."""

    kind: str
    text: str


@dataclass
class Explained:
    """A person with whether they see a document, and why. `units` are those of today."""

    person: Person
    sees: bool
    units: list[str]
    reasons: list[Reason] = field(default_factory=list)


class Readers:
    """Everybody active as readers of `document` on the calendar day `on` (today).

    `audience` are keys of units to suppose instead of those it is addressed to now.
    """

    def __init__(
        self, document: Document, on: date | None = None, *, audience: Iterable[int] | None = None
    ) -> None:
        self.document = document
        self.on = on or timezone.localdate()
        self._supposed = None if audience is None else set(audience)

    # What the rule looks at, few rows each -----------------------------------------------

    @cached_property
    def units(self) -> dict[int, Unit]:
        """All units by key; `is_addressed` where the document is for them."""
        audience = Document.audience.through.objects
        addressed = audience.filter(document=self.document, unit=OuterRef("pk"))
        return {unit.pk: unit for unit in Unit.objects.annotate(is_addressed=Exists(addressed))}

    @cached_property
    def audience(self) -> set[int]:
        """Keys of the units it is (supposed to be) addressed to; for everyone if none."""
        if self._supposed is not None:
            return self._supposed
        return {pk for pk, unit in self.units.items() if unit.is_addressed}

    @cached_property
    def groups(self) -> dict[int, Group]:
        """All roles' groups by key, with the decisive permissions they `grant`."""
        grants = (
            Permission.objects.filter(group=OuterRef("pk"))
            .annotate(full=Concat(F("content_type__app_label"), Value("."), F("codename")))
            .filter(full__in=[str(perm) for perm in DECISIVE])
        )
        rows = Group.objects.select_related("role").annotate(
            grants=ArraySubquery(grants.values("full"))
        )
        return {group.pk: group for group in rows.order_by("role__position", "pk")}

    @cached_property
    def role_exceptions(self) -> list[Any]:
        """Exceptions of that day for roles."""
        rows = self.document.role_exceptions.current(self.on)
        return list(rows.select_related("given_by", "content_object").order_by("-given_at", "pk"))

    @cached_property
    def unit_exceptions(self) -> list[Any]:
        """Exceptions of that day for units, with the keys of the units they `cover`."""
        rows = self.document.unit_exceptions.current(self.on)
        rows = rows.annotate(cover=ArrayAgg("reach__unit_id"))
        return list(rows.select_related("given_by", "content_object").order_by("-given_at", "pk"))

    # The rule, in SQL --------------------------------------------------------------------

    @cached_property
    def rule(self) -> Q:
        """Condition on people: the document exists for them."""
        level = self.document.classification
        owner = Q(pk=self.document.owner_id)
        base = EVERYBODY
        if level == Level.CONFIDENTIAL:
            base = self._with_perm(SEE_CONFIDENTIAL, SEE_RESERVED)
        elif level == Level.RESERVED:
            base = self._with_perm(SEE_RESERVED)
        if self.audience:
            base &= self._in_units(self.audience) | self._with_perm(Perm.APPROVE) | owner
        return self._with_perm(Perm.VIEW) & combined(
            base=base,
            owner=owner,
            within_reach=EVERYBODY if level <= OPENED_UP_TO else NOBODY,
            opened_by_name=self._named(hides=False),
            opened=self._in_group_or_unit(hides=False),
            hidden_by_name=self._named(hides=True),
            hidden=self._in_group_or_unit(hides=True),
        )

    def people(self) -> QuerySet[Person]:
        """Everybody who may sign in, with the keys of their groups and of today's units."""
        held = self._held().filter(person=OuterRef("pk"))
        groups = Person.groups.through.objects.filter(person=OuterRef("pk"))
        return Person.objects.filter(is_active=True, is_system=False).annotate(
            held_units=ArraySubquery(held.values("position__unit_id").distinct()),
            held_groups=ArraySubquery(groups.values("group_id")),
        )

    def sees(self) -> QuerySet[Person]:
        """Who sees it."""
        return self.people().filter(self.rule)

    def does_not_see(self) -> QuerySet[Person]:
        """Who does not."""
        return self.people().exclude(self.rule)

    def count(self) -> tuple[int, int]:
        """How many see it, and how many do not."""
        people = Person.objects.filter(is_active=True, is_system=False)
        found = people.aggregate(seen=Count("pk", filter=self.rule), everybody=Count("pk"))
        return found["seen"], found["everybody"] - found["seen"]

    def _groups_with(self, *perms: str) -> list[int]:
        wanted = {str(perm) for perm in perms}
        return [pk for pk, group in self.groups.items() if wanted & set(group.grants)]

    def _with_perm(self, *perms: str) -> Q:
        return self._in_groups(self._groups_with(*perms))

    def _in_groups(self, groups: Iterable[int]) -> Q:
        groups = list(groups)
        if not groups:
            return NOBODY
        members = Person.groups.through.objects.filter(group__in=groups)
        return Q(pk__in=members.values("person_id"))

    def _in_units(self, units: Iterable[int]) -> Q:
        units = list(units)
        if not units:
            return NOBODY
        held = self._held().filter(position__unit__in=units)
        return Q(pk__in=held.values("person_id"))

    def _held(self) -> QuerySet[Holding]:
        """Holdings of that day; whether their people are active is asked of the people."""
        day = Q(until_on=None) | Q(until_on__gte=self.on)
        return Holding.objects.filter(day, from_on__lte=self.on)

    def _named(self, *, hides: bool) -> Q:
        rows = self.document.person_exceptions.current(self.on).filter(hides=hides)
        return Q(pk__in=rows.values("user_id"))

    def _in_group_or_unit(self, *, hides: bool) -> Q:
        groups = [row.group_id for row in self.role_exceptions if row.hides == hides]
        units = {unit for row in self.unit_exceptions if row.hides == hides for unit in row.cover}
        return self._in_groups(groups) | self._in_units(units)

    # The rule, in words ------------------------------------------------------------------

    def explained(self, people: Iterable[Person]) -> list[Explained]:
        """Rows of `people()` with why they see it or not. One query for all of them."""
        people = list(people)
        rows = DocumentUserPermission.objects.current(self.on).filter(
            content_object=self.document, user__in=[person.pk for person in people]
        )
        named: dict[int, dict[bool, Any]] = defaultdict(dict)
        for row in rows.select_related("given_by"):
            named[row.user_id][row.hides] = row
        return [self._explained(person, named[person.pk]) for person in people]

    def explained_in_batches(self, people: Iterable[Person]) -> Iterator[Explained]:
        """`explained` for a stream of any length."""
        stream = iter(people)
        while some := list(islice(stream, 500)):
            yield from self.explained(some)

    def _explained(self, person: Person, named: dict[bool, Any]) -> Explained:
        units = [self.units[pk].name for pk in person.held_units if pk in self.units]
        told = Explained(person, sees=False, units=sorted(units))
        groups = [self.groups[pk] for pk in self.groups if pk in person.held_groups]
        grants = {perm for group in groups for perm in group.grants}
        if Perm.VIEW not in grants:
            why = _("Su rol no permite leer documentos.") if groups else _("No tiene ningún rol.")
            told.reasons = [Reason("role", why)]
            return told
        is_owner = person.pk == self.document.owner_id
        is_openable = self.document.classification <= OPENED_UP_TO
        if True in named and not is_owner:
            told.reasons = [self._hidden(named[True], _("Oculto para esta persona"))]
            return told
        by_name = [self._opened(named[False], "")] if False in named and is_openable else []
        shared = self._shared(person)
        hidden = [] if is_owner else [self._of_many(row) for row in shared if row.hides]
        if hidden and not by_name:
            told.reasons = hidden
            return told
        base, missing = self._base(person, groups, grants, is_owner=is_owner)
        opened = [self._of_many(row) for row in shared if not row.hides and is_openable]
        told.reasons = by_name if hidden else [*base, *by_name, *opened]
        told.sees = bool(told.reasons)
        if not told.sees:
            told.reasons = missing
        return told

    def _shared(self, person: Person) -> list[Any]:
        """Exceptions for a role or a unit of `person`."""
        groups, units = set(person.held_groups), set(person.held_units)
        return [row for row in self.role_exceptions if row.group_id in groups] + [
            row for row in self.unit_exceptions if units & set(row.cover)
        ]

    def _base(
        self, person: Person, groups: list[Group], grants: set[str], *, is_owner: bool
    ) -> tuple[list[Reason], list[Reason]]:
        """Why classification and audience let them see it; else why they do not."""
        level = Level(self.document.classification)
        enough = {
            Level.CONFIDENTIAL: {SEE_CONFIDENTIAL, SEE_RESERVED},
            Level.RESERVED: {SEE_RESERVED},
        }.get(level)
        if enough and not enough & grants:
            why = _("Es de nivel «%(level)s» y su rol no llega.") % {"level": level.label}
            return [], [Reason("level", why)]
        found = [Reason("owner", _("Responde por el documento."))] if is_owner else []
        if not self.audience:
            reading = self._titles(groups, Perm.VIEW)
            found.append(Reason("role", _("Es para todo el personal; su rol: %s.") % reading))
        elif addressed := self.audience & set(person.held_units):
            names = ", ".join(sorted(self.units[pk].name for pk in addressed))
            found.append(Reason("unit", _("Su unidad es destinataria: %s.") % names))
        if self.audience and Perm.APPROVE in grants:
            approving = self._titles(groups, Perm.APPROVE)
            found.append(Reason("role", _("Aprueba documentos por su rol: %s.") % approving))
        return found, [Reason("unit", _("Su unidad no está entre los destinatarios."))]

    def _titles(self, groups: list[Group], perm: str) -> str:
        return ", ".join(title_of(group) for group in groups if perm in group.grants)

    def _of_many(self, row: Any) -> Reason:
        """An exception of a role or a unit, in words."""
        if hasattr(row, "group_id"):
            whom = _("rol %s") % title_of(self.groups[row.group_id])
        else:
            whom = _("unidad %s") % self.units[row.unit_id].name
        if row.hides:
            return self._hidden(row, _("Oculto para: %s") % whom)
        return self._opened(row, whom)

    def _hidden(self, row: Any, words: str) -> Reason:
        return Reason("hidden", f"{words}. {given_in_words(row)}")

    def _opened(self, row: Any, whom: str) -> Reason:
        words = _("Abierto para: %s") % whom if whom else _("Abierto para esta persona")
        return Reason("opened", f"{words}. {given_in_words(row)}")


def title_of(group: Group) -> str:
    """Spanish name of a role."""
    role = getattr(group, "role", None)
    return role.title if role else group.name


def given_in_words(row: Any) -> str:
    """By whom an exception was given, until when and why."""
    facts = {
        "by": row.given_by or _("El portal"),
        "until": date_format(row.until_on) if row.until_on else "",
        "reason": row.reason.rstrip("."),
    }
    if row.until_on:
        return _("Lo decidió %(by)s, hasta el %(until)s: «%(reason)s».") % facts
    return _("Lo decidió %(by)s, sin fecha final: «%(reason)s».") % facts
