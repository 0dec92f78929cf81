"""Who answers for a document, whose it is, and how closely it is kept."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.audit import acting, note
from apps.accounts.models import Person, Unit
from apps.accounts.services.editing import refuse_stale
from apps.core.access import Level, clearance, require
from apps.core.rules import RuleBroken
from apps.documents.events import Event
from apps.documents.following import document_changed
from apps.documents.models import Document
from apps.documents.permissions import Perm
from apps.documents.services.content import check_reason
from apps.documents.services.sharing import CONFIDENTIAL_FOR, GIVEN, Exception_
from apps.documents.sight import OPENED_UP_TO, sees_by_itself
from apps.notifications.services import notify

FIELDS = ("owner_id", "unit_id", "classification")


@transaction.atomic
def set_charge(
    document: Document,
    *,
    owner: Person,
    unit: Unit,
    classification: Level,
    reason: str,
    until_on: date | None = None,
    expected: str = "",
    by: Person,
) -> Document:
    """Say who answers for `document`, which unit it belongs to and how it is classified.

    Raised to CONFIDENTIAL, what is open to somebody without an end, or for over a year, ends
    on `until_on` (included); raised to RESERVED, it ends now. A new owner is told.

    Raises PermissionDenied unless `by` may govern documents and this one exists for them;
    StaleEdit if it is not as `expected`; RuleBroken if the reason is under 20 characters, the
    owner may not enter or not read what is classified so, `by` would keep it from themself or
    make it theirs while seeing it by an exception only (S7), it becomes public while hidden
    from somebody, or an end is needed and `until_on` is none within a year.
    """
    require(by, Perm.GOVERN, document)
    document = Document.objects.select_for_update(of=("self",)).get(pk=document.pk)
    refuse_stale(document, FIELDS, expected)
    check_reason(reason, "reason", _("Explique el motivo con al menos %(least)s caracteres."))
    level = Level(classification)
    new_owner = owner.pk != document.owner_id
    if new_owner or level != document.classification:
        _check_owner(document, owner, level, by)
    if level > clearance(by):
        raise RuleBroken({"classification": _("Usted dejaría de verlo: pídalo a otra persona.")})
    if level != document.classification:
        _fit_exceptions(document, level, until_on, by)
    before = int(document.classification)
    document.owner, document.unit, document.classification = owner, unit, level
    with acting(by):
        document.save(update_fields=["owner", "unit", "classification"])
    note(Event.CHARGED, document, by=by, reason=reason.strip(), before=before, now=int(level))
    document_changed(document)
    if new_owner and owner.pk != by.pk:
        notify(
            "document_changed_state",
            to=[owner],
            key=f"charged:{document.pk}:{owner.pk}:{timezone.now().isoformat()}",
            title=_("Usted responde ahora por %(code)s, %(title)s")
            % {"code": document.code, "title": document.title},
            text=reason.strip(),
            url=document.get_absolute_url(),
        )
    return document


def endless(document: Document) -> list[Exception_]:
    """Openings of `document` that have no end, or one over a year away."""
    latest = timezone.localdate() + CONFIDENTIAL_FOR
    rows = [row for model in GIVEN for row in model.objects.filter(content_object=document)]
    return [row for row in rows if not row.hides and (row.until_on or date.max) > latest]


def _check_owner(document: Document, owner: Person, level: Level, by: Person) -> None:
    if not owner.is_active or owner.is_system:
        raise RuleBroken({"owner": _("Esa persona ya no está activa: elija otra.")})
    known = Person.objects.with_access().get(pk=owner.pk)
    if not known.has_perm(Perm.VIEW) or clearance(known) < level:
        raise RuleBroken({"owner": _("Su rol no le deja leer un documento con esa clasificación.")})
    is_new = owner.pk != document.owner_id
    if is_new and owner.pk == by.pk and not sees_by_itself(document, by):
        raise RuleBroken(
            {"owner": _("Usted lo ve por una excepción: que otra persona se lo encargue.")}
        )


def _fit_exceptions(document: Document, level: Level, until_on: date | None, by: Person) -> None:
    rows = [row for model in GIVEN for row in model.objects.filter(content_object=document)]
    today = timezone.localdate()
    if level == Level.PUBLIC:
        if any(row.hides and (row.until_on is None or row.until_on >= today) for row in rows):
            raise RuleBroken(
                {"classification": _("Está oculto a alguien: retire antes esas excepciones.")}
            )
        return
    if level > OPENED_UP_TO:
        with acting(by):
            for row in rows:
                if not row.hides:
                    row.delete()
        return
    if level == Level.CONFIDENTIAL and (open_ended := endless(document)):
        if until_on is None or not today <= until_on <= today + CONFIDENTIAL_FOR:
            raise RuleBroken(
                {
                    "until_on": _(
                        "Indique hasta cuándo sigue abierto a quienes lo tienen sin fecha: "
                        "desde hoy y un año a lo más."
                    )
                }
            )
        with acting(by):
            for row in open_ended:
                row.until_on = until_on
                row.save(update_fields=["until_on"])
