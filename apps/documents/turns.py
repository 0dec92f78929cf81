"""Whose turn it is: who may be asked to approve a version, who decides now, and for whom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.db.models import QuerySet
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from apps.accounts.models import Absence, Person
from apps.core.access import SEE_CONFIDENTIAL, SEE_RESERVED, Level
from apps.core.prepared import Prepared, run
from apps.core.rules import RuleBroken
from apps.documents.models import Approval, Version
from apps.documents.permissions import Perm

# Who is to approve: groups asked one after the other, the people of one group together; or
# the same as pairs of turn and person.
Approvers = Sequence[tuple[int, Person] | Iterable[Person] | Person]


EDITORS = "SELECT person_id FROM documents_version_editors WHERE version_id = %s"


def _standing_rows(_actor: None, version: int) -> QuerySet[Approval]:
    rows = Approval.objects.standing().filter(version=version)
    return rows.select_related("person", "decided_by").order_by("order", "pk")


_standing = Prepared(_standing_rows)


@dataclass(frozen=True)
class Right:
    """Whether a person may decide on a version now. `refusal` says why not, or is empty.

    `approval` is the one they would decide, None where nobody was named; its person is
    somebody else when they stand in for them. `is_last` tells whether a yes approves the
    version.
    """

    refusal: str = ""
    approval: Approval | None = None
    is_last: bool = False

    @property
    def may_decide(self) -> bool:
        return not self.refusal


def writers_of(version: Version) -> set[int]:
    """Keys of those who wrote `version`: they never decide on it (M7)."""
    with connection.cursor() as cursor:
        run(cursor, EDITORS, [("bigint", version.pk)])
        return {version.author_id, *(pk for (pk,) in cursor.fetchall())}


def away_for(person: Person, on: date) -> set[int]:
    """Keys of the people for whom `person` stands in on the calendar day `on`."""
    away = Absence.objects.current(on).filter(substitute=person, person__is_active=True)
    return set(away.values_list("person_id", flat=True))


def approvers_for(version: Version) -> QuerySet[Person]:
    """People who may be asked to approve `version`: they may, may read it, and wrote none."""
    people = Person.objects.may_enter().holding(Perm.APPROVE)
    level = version.document.classification
    if level >= Level.RESERVED:
        people = people.holding(SEE_RESERVED)
    elif level >= Level.CONFIDENTIAL:
        people = people.holding(SEE_CONFIDENTIAL) | people.holding(SEE_RESERVED)
    return people.exclude(pk__in=writers_of(version))


def in_turns(approvers: Approvers) -> list[tuple[int, Person]]:
    """Pairs of turn (1, 2, … without gaps) and person, in that order.

    Raises RuleBroken if a person is named twice.
    """
    pairs: list[tuple[int, Person]] = []
    for place, entry in enumerate(approvers, start=1):
        if isinstance(entry, Person):
            pairs.append((place, entry))
        elif isinstance(entry, tuple) and len(entry) == 2 and isinstance(entry[0], int):
            pairs.append(entry)
        else:
            pairs.extend((place, person) for person in entry)
    if len({person.pk for _place, person in pairs}) < len(pairs):
        raise RuleBroken({"approvers": _("Eligió dos veces a la misma persona.")})
    places = sorted({place for place, _person in pairs})
    numbered = [(places.index(place) + 1, person) for place, person in pairs]
    return sorted(numbered, key=lambda pair: pair[0])


def standing_of(version: Version) -> list[Approval]:
    """Approvals of `version` that count, in the order of their turns."""
    rows = _standing(None, version=version.pk)
    for row in rows:
        row.version = version
    return rows


def turn_of(rows: list[Approval]) -> list[Approval]:
    """Of standing approvals, those that are to be decided now."""
    pending = [row for row in rows if row.decision == Approval.Decision.PENDING]
    return [row for row in pending if row.order == pending[0].order]


def right_of(version: Version, by: Person, on: date, rows: list[Approval] | None = None) -> Right:
    """What `by` may decide on `version` on the calendar day `on`, with the rows known already."""
    rows = standing_of(version) if rows is None else rows
    if by.pk in writers_of(version):
        return Right(_("Quien redacta una versión no puede aprobarla."))
    if version.state != Version.State.IN_REVIEW:
        return Right(_("Solo se aprueba una versión que está en revisión."))
    may_approve = by.has_perm(Perm.APPROVE)
    if not rows:
        if may_approve:
            return Right(is_last=True)
        return Right(_("Usted no aprueba documentos."))
    if any(row.decided_by_id == by.pk for row in rows):
        # Two names are asked for so that two people look: one does not speak for both.
        return Right(_("Usted ya decidió sobre esta versión. La otra decisión es de otra persona."))
    now = turn_of(rows)
    own = [row for row in now if row.person_id == by.pk and may_approve]
    away = away_for(by, on) if not own else set()
    for_others = [row for row in now if row.person_id in away]
    if not (own or for_others):
        return Right(_not_now(rows, now, {by.pk} | away))
    pending = [row for row in rows if row.decision == Approval.Decision.PENDING]
    return Right(approval=(own or for_others)[0], is_last=len(pending) == 1)


def _not_now(rows: list[Approval], now: list[Approval], asked: set[int]) -> str:
    later = [row for row in rows if row not in now and row.person_id in asked]
    if any(row.decision == Approval.Decision.PENDING for row in later):
        names = get_text_list([str(row.person) for row in now], _("y"))
        return _("Todavía no es su turno. Antes decide: %(names)s.") % {"names": names}
    return _("A usted no se le pidió aprobar esta versión.")
