"""Exceptions: a document opened to, or hidden from, people, roles and units."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from dateutil.relativedelta import relativedelta
from django.contrib.auth.models import Permission
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.accounts.audit import acting
from apps.accounts.models import Holding, Person, Role, Unit
from apps.core.access import Level, require
from apps.core.rules import RuleBroken
from apps.documents.models import (
    Document,
    DocumentGroupPermission,
    DocumentUnitPermission,
    DocumentUnitReach,
    DocumentUserPermission,
)
from apps.documents.permissions import HIDE, OPEN, Perm
from apps.documents.querysets import descendants_too
from apps.documents.readers import Readers
from apps.documents.sight import OPENED_UP_TO, sees_by_itself
from apps.notifications.services import notify

GIVEN = (DocumentUserPermission, DocumentGroupPermission, DocumentUnitPermission)
Exception_ = DocumentUserPermission | DocumentGroupPermission | DocumentUnitPermission
REASON_MIN = 20
CONFIDENTIAL_FOR = relativedelta(years=1)


@transaction.atomic
def open_to(
    document: Document,
    *,
    people: Iterable[Person] = (),
    roles: Iterable[Role] = (),
    units: Iterable[Unit] = (),
    reason: str,
    until_on: date | None = None,
    by: Person,
) -> list[Exception_]:
    """Let them read `document` beyond its audience, and beyond CONFIDENTIAL, until that day.

    The calendar day `until_on` is included; None is without end. A unit stands for all below
    it. What was already open gets the new reason and day. The people named are told, if it has
    a version in force. Raises PermissionDenied unless `by` may govern documents and this one
    exists for them; RuleBroken if nobody is named, the reason is under 20 characters, the day
    is past, the document is RESERVED, or CONFIDENTIAL and the day is missing or over a year
    away, one of those named has it hidden, or `by` would open it to themself (S7).
    """
    document = _locked(document, by)
    people, roles, units = _named(people, roles, units)
    today = timezone.localdate()
    _check(reason, until_on, today)
    if document.classification > OPENED_UP_TO:
        raise RuleBroken(_("Un documento reservado no se abre con excepciones."))
    if document.classification == Level.CONFIDENTIAL:
        if until_on is None:
            raise RuleBroken(
                {"until_on": _("Un documento confidencial se abre hasta una fecha: indíquela.")}
            )
        if until_on > today + CONFIDENTIAL_FOR:
            raise RuleBroken({"until_on": _("Un documento confidencial se abre un año a lo más.")})
    _refuse_opening_to_oneself(document, people, roles, units, by)
    now = timezone.now()
    given = [
        _give(document, whom, hides=False, reason=reason, until_on=until_on, by=by, at=now)
        for whom in (*people, *roles, *units)
    ]
    if people and document.current_id:
        told = _("Le abrieron el documento %(code)s.") % {"code": document.code}
        if until_on:
            told = _("Le abrieron el documento %(code)s hasta el %(day)s.") % {
                "code": document.code,
                "day": date_format(until_on),
            }
        notify(
            "document_opened",
            to=people,
            key=f"document-opened:{document.pk}:{now.isoformat()}",
            title=told,
            url=page_url(document),
        )
    return given


@transaction.atomic
def hide_from(
    document: Document,
    *,
    people: Iterable[Person] = (),
    roles: Iterable[Role] = (),
    units: Iterable[Unit] = (),
    reason: str,
    until_on: date | None = None,
    by: Person,
) -> list[Exception_]:
    """Make `document` not exist for them, whatever audience says, until that day included.

    Its owner always sees it, and so do those to whom it is opened by name when it is hidden
    from their role or unit. Raises PermissionDenied as `open_to` does; RuleBroken if nobody
    is named, the reason is under 20 characters, the day is past, the owner is named, the
    document is public, or nobody who may govern documents would see it any more.
    """
    document = _locked(document, by)
    people, roles, units = _named(people, roles, units)
    _check(reason, until_on, timezone.localdate())
    if document.classification == Level.PUBLIC:
        raise RuleBroken(_("Un documento público lo lee cualquiera: no se puede ocultar."))
    if document.owner_id in {person.pk for person in people}:
        raise RuleBroken({"people": _("Quien responde por un documento siempre lo ve.")})
    now = timezone.now()
    given = [
        _give(document, whom, hides=True, reason=reason, until_on=until_on, by=by, at=now)
        for whom in (*people, *roles, *units)
    ]
    if not Readers(document).sees().filter(groups__permissions__in=_governing()).exists():
        raise RuleBroken(
            _("Nadie que cuide los accesos seguiría viendo el documento: oculte a menos personas.")
        )
    return given


@transaction.atomic
def end_exception(exception: Exception_, *, by: Person) -> None:
    """End an exception now; again changes nothing.

    Raises PermissionDenied as `open_to` does, RuleBroken if it hides the document from `by`,
    who would so open it to themself (S7).
    """
    document = _locked(exception.content_object, by)
    row = type(exception).objects.select_for_update().filter(pk=exception.pk).first()
    if row is None:
        return
    if row.hides and document.owner_id != by.pk and _is_for(row, by):
        raise RuleBroken(_("Le oculta el documento a usted: lo tiene que retirar otra persona."))
    with acting(by):
        row.delete()


@transaction.atomic
def end_past_exceptions(on: date) -> int:
    """Delete the exceptions that ended before the calendar day `on`; returns how many.

    They counted no more. Each leaves its row in the log, of which the portal is the author.
    """
    ended = 0
    for model in GIVEN:
        for row in model.objects.past(on).select_for_update(skip_locked=True, of=("self",)):
            row.delete()
            ended += 1
    return ended


@transaction.atomic
def follow_unit(unit: Unit, *, former_parent_id: int | None) -> None:
    """Let audiences and exceptions reach what `unit` joined, and leave what it left.

    For a unit that is new, or hangs elsewhere than before: with all below it, it belongs to
    the audience and to the exceptions of the unit it hangs from now, and no more to those it
    was in only through the one before.
    """
    if unit.parent_id == former_parent_id:
        return
    below = descendants_too([unit])
    for document in _addressed(unit.parent_id, but=former_parent_id):
        document.audience.add(*below)
    for document in _addressed(former_parent_id, but=unit.parent_id):
        document.audience.remove(*below)
    joined = DocumentUnitReach.objects.filter(unit_id=unit.parent_id).values_list("exception_id")
    left = DocumentUnitReach.objects.filter(unit_id=former_parent_id).values_list("exception_id")
    DocumentUnitReach.objects.filter(
        exception__in=left.difference(joined) if former_parent_id else [], unit__in=below
    ).delete()
    reach([key for (key,) in joined] if unit.parent_id else [], below)


def page_url(document: Document) -> str:
    """Address at which `document` is read."""
    return reverse("documents:document", args=[document.code])


def _locked(document: Document, by: Person) -> Document:
    """`document` read again and locked, if `by` may change who sees it."""
    require(by, Perm.GOVERN, document)
    return Document.objects.select_for_update(of=("self",)).get(pk=document.pk)


def _named(
    people: Iterable[Person], roles: Iterable[Role], units: Iterable[Unit]
) -> tuple[list[Person], list[Role], list[Unit]]:
    found = list(people), list(roles), list(units)
    if not any(found):
        raise RuleBroken(_("Indique al menos una persona, un rol o una unidad."))
    if absent := [person for person in found[0] if not person.is_active or person.is_system]:
        raise RuleBroken(
            {"people": _("%(who)s no está activa.") % {"who": ", ".join(map(str, absent))}}
        )
    return found


def _check(reason: str, until_on: date | None, today: date) -> None:
    if len(reason.strip()) < REASON_MIN:
        raise RuleBroken(
            {
                "reason": _("Explique el motivo con al menos %(least)s caracteres.")
                % {"least": REASON_MIN}
            }
        )
    if until_on is not None and until_on < today:
        raise RuleBroken({"until_on": _("Esa fecha ya pasó.")})


def _refuse_opening_to_oneself(
    document: Document, people: list[Person], roles: list[Role], units: list[Unit], by: Person
) -> None:
    """S7: not by name; nor through a role or unit, to whoever sees it by an exception only."""
    if by.pk in {person.pk for person in people}:
        raise RuleBroken({"people": _("Nadie se abre un documento a sí mismo.")})
    in_role = by.groups.filter(pk__in=[role.group_id for role in roles]).exists()
    in_unit = bool(set(by.access().unit_ids) & set(descendants_too(units)))
    if not (in_role or in_unit):
        return
    if not sees_by_itself(document, by):
        raise RuleBroken(
            _("Usted ve este documento por una excepción: que lo abra otra persona a su grupo.")
        )


def _give(
    document: Document,
    whom: Person | Role | Unit,
    *,
    hides: bool,
    reason: str,
    until_on: date | None,
    by: Person,
    at: Any,
) -> Exception_:
    model, target = _place(whom)
    rows = model.objects.select_for_update(of=("self",)).filter(content_object=document, **target)
    found = {row.hides: row for row in rows}
    opposite = found.get(not hides)
    if opposite is not None and opposite in _current([opposite]):
        said = _("%(who)s ya lo tiene abierto: retire antes esa excepción.")
        if opposite.hides:
            said = _("%(who)s lo tiene oculto: retire antes esa excepción.")
        raise RuleBroken(said % {"who": whom})
    row = found.get(hides) or model(
        content_object=document, permission=permission_of(hides=hides), hides=hides, **target
    )
    row.reason, row.until_on, row.given_by, row.given_at = reason.strip(), until_on, by, at
    with acting(by):
        if opposite is not None:
            opposite.delete()
        row.save()
    if isinstance(whom, Unit):
        reach([row.pk], descendants_too([whom]))
    return row


def _place(whom: Person | Role | Unit) -> tuple[type[Exception_], dict[str, Any]]:
    if isinstance(whom, Person):
        return DocumentUserPermission, {"user": whom}
    if isinstance(whom, Role):
        return DocumentGroupPermission, {"group": whom.group}
    return DocumentUnitPermission, {"unit": whom}


def _current(rows: list[Exception_]) -> list[Exception_]:
    today = timezone.localdate()
    return [row for row in rows if row.until_on is None or row.until_on >= today]


def permission_of(*, hides: bool) -> Permission:
    return Permission.objects.get(
        content_type__app_label="documents", codename=HIDE if hides else OPEN
    )


def _governing() -> Any:
    app, codename = Perm.GOVERN.split(".")
    return Permission.objects.filter(content_type__app_label=app, codename=codename)


def _is_for(row: Exception_, person: Person) -> bool:
    """Whether an exception names `person`, one of their roles or of their units today."""
    if isinstance(row, DocumentUserPermission):
        return row.user_id == person.pk
    if isinstance(row, DocumentGroupPermission):
        return person.groups.filter(pk=row.group_id).exists()
    held = Holding.objects.current(timezone.localdate()).filter(person=person)
    return row.reach.filter(unit__in=held.values("position__unit")).exists()


def _addressed(unit_id: int | None, *, but: int | None) -> list[Document]:
    """Documents addressed to one unit and not to another."""
    if unit_id is None:
        return []
    rows = Document.objects.filter(audience=unit_id)
    return list(rows.exclude(audience=but) if but else rows)


def reach(exceptions: list[int], units: list[int]) -> None:
    DocumentUnitReach.objects.bulk_create(
        [DocumentUnitReach(exception_id=row, unit_id=unit) for row in exceptions for unit in units],
        ignore_conflicts=True,
    )
