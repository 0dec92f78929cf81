"""People and units can be found by name, and by the positions held or there.

Their entries follow a change after its commit, gathered: an import of a thousand people writes
the index once. What exists for whom is asked of the tables themselves at each search.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import models, transaction
from django.db.models import Prefetch, Q
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Holding, Person, Position, Unit
from apps.core.models import UpToDate
from apps.core.registry import SearchDocument, SearchKind, search_kinds
from apps.core.search import indexing
from apps.core.search.gathering import gathered

PERSON, UNIT = "person", "unit"


# People --------------------------------------------------------------------------------------


def _people() -> models.QuerySet[Person]:
    return Person.objects.active().filter(is_system=False)


def _person_documents(rows: models.QuerySet[Person]) -> Iterable[SearchDocument]:
    today = Holding.objects.current(timezone.localdate()).select_related("position__unit")
    people = rows.filter(is_active=True, is_system=False)
    for person in people.prefetch_related(Prefetch("holdings", today, to_attr="held")):
        positions = [holding.position for holding in person.held]
        yield SearchDocument(
            object_id=person.pk,
            title=person.get_full_name(),
            body=". ".join(f"{position.title}, {position.unit.name}" for position in positions),
            context=positions[0].unit.name if positions else "",
            url=person.get_absolute_url(),
        )


search_kinds.add(
    PERSON,
    SearchKind(
        label=_("Persona"),
        plural=_("Personas"),
        icon="person",
        model=Person,
        visible=Person.objects.visible_to,
        rows=_people,
        documents=_person_documents,
    ),
)


# Units ---------------------------------------------------------------------------------------


def _units() -> models.QuerySet[Unit]:
    return Unit.objects.filter(is_active=True)


def _unit_documents(rows: models.QuerySet[Unit]) -> Iterable[SearchDocument]:
    there = Position.objects.filter(is_active=True)
    units = rows.filter(is_active=True).select_related("parent")
    for unit in units.prefetch_related(Prefetch("positions", there, to_attr="there")):
        titles = ", ".join(position.title for position in unit.there)
        yield SearchDocument(
            object_id=unit.pk,
            code=unit.code,
            title=unit.name,
            body=". ".join(part for part in (unit.purpose, titles) if part),
            context=unit.parent.name if unit.parent else "",
            url=unit.get_absolute_url(),
        )


search_kinds.add(
    UNIT,
    SearchKind(
        label=_("Unidad"),
        plural=_("Unidades"),
        icon="diagram-3",
        model=Unit,
        visible=Unit.objects.visible_to,
        rows=_units,
        documents=_unit_documents,
    ),
)


# Following changes ---------------------------------------------------------------------------


@receiver(post_save, sender=Person, dispatch_uid="search-person")
@receiver(post_delete, sender=Person, dispatch_uid="search-person-gone")
def _person_changed(sender: type, instance: Person, **kwargs: Any) -> None:
    # A sign-in writes only its time.
    if set(kwargs.get("update_fields") or ["all"]) - {"last_login", "theme", "session_epoch"}:
        gathered.add(PERSON, [instance.pk])


@receiver(post_save, sender=Holding, dispatch_uid="search-holding")
@receiver(post_delete, sender=Holding, dispatch_uid="search-holding-gone")
def _holding_changed(sender: type, instance: Holding, **kwargs: Any) -> None:
    gathered.add(PERSON, [instance.person_id])


@receiver(post_save, sender=Position, dispatch_uid="search-position")
@receiver(post_delete, sender=Position, dispatch_uid="search-position-gone")
def _position_changed(sender: type, instance: Position, **kwargs: Any) -> None:
    gathered.add(UNIT, [instance.unit_id])
    if not kwargs.get("created"):
        holders = Holding.objects.filter(position=instance).values_list("person_id", flat=True)
        gathered.add(PERSON, holders)


@receiver(post_save, sender=Unit, dispatch_uid="search-unit")
@receiver(post_delete, sender=Unit, dispatch_uid="search-unit-gone")
def _unit_changed(sender: type, instance: Unit, **kwargs: Any) -> None:
    gathered.add(UNIT, [instance.pk])
    if not kwargs.get("created"):
        there = Holding.objects.filter(position__unit=instance)
        gathered.add(PERSON, there.values_list("person_id", flat=True))


# Following the calendar ----------------------------------------------------------------------

JOB = "people-in-search"


@transaction.atomic
def follow_calendar(today: date) -> int:
    """Write the entries of people whose holding began or ended since the last time; how many.

    Nothing is written on the day a holding begins or ends by its date. Days on which this did
    not run are made up for; the second time on a day there is nothing to do.
    """
    mark, _new = UpToDate.objects.select_for_update().get_or_create(
        job=JOB, defaults={"on": date.min}
    )
    if mark.on >= today:
        return 0
    began = Q(from_on__gt=mark.on, from_on__lte=today)
    ended = Q(until_on__gte=mark.on, until_on__lt=today)  # the last day is held too
    people = Person.objects.filter(pk__in=Holding.objects.filter(began | ended).values("person"))
    count = indexing.index(PERSON, people)
    mark.on = today
    mark.save(update_fields=["on"])
    return count
