"""Coming into force, and history brought in from outside."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person
from apps.core.access import require
from apps.core.richtext import sanitise
from apps.core.rules import RuleBroken
from apps.documents.models import Document, Version
from apps.documents.permissions import Perm
from apps.documents.services import telling
from apps.documents.services.acknowledging import ask_readers
from apps.documents.services.content import came_into_force, check_reason, hash_of
from apps.documents.services.listening import tell_solved
from apps.documents.services.locking import locked
from apps.documents.services.reviewing import next_review_after


@transaction.atomic
def bring_into_force(version: Version, *, scheduled: bool = True) -> Version:
    """Make an approved version the one in force; the former becomes superseded (M9).

    Called by `approve` and by the daily job; doing it twice changes nothing, nor does it for
    one that was cancelled meanwhile. Earlier versions that still wait for their turn take it
    first. A `scheduled` one is told to its author and owner. Raises RuleBroken if the version
    is not approved or its day has not come.
    """
    document, version = locked(version)
    if version.state in (
        Version.State.IN_FORCE,
        Version.State.SUPERSEDED,
        Version.State.RETIRED,
    ):
        return version
    if version.state != Version.State.APPROVED or version.effective_on is None:
        raise RuleBroken(_("Solo entra en vigor una versión aprobada."))
    if version.effective_on > timezone.localdate():
        raise RuleBroken(_("Todavía no llega su fecha de entrada en vigor."))
    waiting = document.versions.filter(state=Version.State.APPROVED, number__lt=version.number)
    for earlier in waiting.order_by("number"):
        put_in_force(document, earlier, imported=False)
    version = put_in_force(document, version, imported=False)
    if scheduled:
        telling.tell_in_force(version)
    return version


def put_in_force(document: Document, version: Version, *, imported: bool) -> Version:
    """The change of hands between two versions; both rows are locked by the caller."""
    for former in document.versions.filter(state=Version.State.IN_FORCE):
        former.state = Version.State.SUPERSEDED
        former.superseded_on = version.effective_on
        former.save(update_fields=["state", "superseded_on"])
    version.state = Version.State.IN_FORCE
    version.save(update_fields=["state"])
    document.current = version
    document.title = version.title
    document.next_review_on = next_review_after(document, version.effective_on)
    document.save(update_fields=["current", "title", "next_review_on"])
    if not imported:
        ask_readers(version)
        tell_solved(version)
    came_into_force.send(sender=Version, version=version, imported=imported)
    return version


@transaction.atomic
def record_published(
    document: Document,
    *,
    number: int,
    title: str,
    body: str,
    change: Version.Change,
    justification: str,
    author: Person,
    approver: Person,
    approved_at: datetime,
    effective_on: date,
    by: Person,
    attach: Callable[[Version], Any] | None = None,
) -> Version:
    """Bring in a version that was approved elsewhere, oldest first, without notices.

    `attach` writes what rooms above add to it (steps) before the text is sealed. A version
    whose day has come supersedes the former; one with a day to come stays approved.
    Raises PermissionDenied unless `by` may approve, RuleBroken if author and approver are
    one person (S7), the number is not the next one, a draft is open, the dates run backwards
    or the reason of change is too short (M6).
    """
    require(by, Perm.APPROVE)
    document = Document.objects.select_for_update().get(pk=document.pk)
    if author.pk == approver.pk:
        raise RuleBroken(_("Quien redacta una versión no puede aprobarla."))
    check_reason(justification)
    last = document.versions.order_by("-number").first()
    if last is not None and not last.is_published:
        raise RuleBroken(_("Ya hay un borrador abierto de este documento."))
    if number != (last.number if last else 0) + 1:
        raise RuleBroken(_("Las versiones se traen en orden y sin huecos."))
    if document.versions.standing().filter(effective_on__gt=effective_on).exists():
        raise RuleBroken(_("Una versión no puede regir antes que la anterior."))
    if effective_on < timezone.localdate(approved_at) or approved_at > timezone.now():
        raise RuleBroken(_("Una versión rige desde su aprobación o después."))
    version = Version.objects.create(
        document=document,
        number=number,
        title=title,
        body=sanitise(body),
        change=change,
        justification=justification.strip(),
        author=author,
        created_at=approved_at,
    )
    if attach is not None:
        attach(version)
    version.approver = approver
    version.approved_at = approved_at
    version.effective_on = effective_on
    version.content_hash = hash_of(version)
    version.state = Version.State.APPROVED
    version.save()
    if effective_on <= timezone.localdate():
        version = put_in_force(document, version, imported=True)
    return version
