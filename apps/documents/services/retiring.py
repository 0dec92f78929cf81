"""What ends: a version cancelled before its day, a document taken out of use."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as gettext_now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person
from apps.core.access import require
from apps.core.rules import RuleBroken
from apps.documents.following import document_changed
from apps.documents.models import Approval, Document, Version
from apps.documents.permissions import Perm
from apps.documents.services import telling
from apps.documents.services.content import check_reason, left_force
from apps.documents.services.locking import locked
from apps.documents.turns import writers_of

WHY = _("Diga por qué, con al menos %(least)s caracteres.")


@transaction.atomic
def cancel_scheduled(version: Version, *, reason: str, by: Person) -> Version:
    """Cancel an approved version before its day; it is kept, marked as retired.

    Raises PermissionDenied unless `by` may approve documents, or governs them, and this one
    exists for them; RuleBroken if it is not waiting for its day or the reason is too short.
    """
    require(by, Perm.GOVERN if by.has_perm(Perm.GOVERN) else Perm.APPROVE, version)
    document, version = locked(version)
    if version.state != Version.State.APPROVED:
        raise RuleBroken(_("Solo se cancela una versión aprobada que espera su fecha."))
    check_reason(reason, "reason", WHY)
    end(version, reason=reason, by=by, now=timezone.now())
    telling.tell_ended(
        document,
        gettext_now("Se canceló la versión %(n)s de %(code)s, %(title)s")
        % telling.name_of(version),
        key=f"cancelled:{version.pk}",
        people=writers_of(version) | {document.owner_id, version.approver_id},
        by=by,
    )
    return version


@transaction.atomic
def retire(
    document: Document, *, reason: str, by: Person, replaced_by: Document | None = None
) -> Document:
    """Take a document out of use today: nothing of it is in force any more.

    Its versions are kept and read from its own page by those who write or approve. What
    waited for its day is cancelled, what was in review becomes a draft. Raises
    PermissionDenied unless `by` governs documents and both exist for them, RuleBroken if it
    is retired already, nothing of it was ever in force, the reason is too short or
    `replaced_by` is itself or not in force.
    """
    require(by, Perm.GOVERN, document)
    if replaced_by is not None:
        require(by, Perm.VIEW, replaced_by)
    document = Document.objects.select_for_update(of=("self",)).get(pk=document.pk)
    if document.retired_on is not None:
        raise RuleBroken(_("Este documento ya está retirado."))
    if document.current_id is None:
        raise RuleBroken(_("Este documento no está en vigor: no hay nada que retirar."))
    check_reason(reason, "reason", WHY)
    others = Document.objects.in_force().exclude(pk=document.pk)
    if replaced_by is not None and not others.filter(pk=replaced_by.pk).exists():
        raise RuleBroken({"replaced_by": _("Elija otro documento que esté en vigor.")})
    now = timezone.now()
    people = {document.owner_id}
    document.current = None
    document.next_review_on = None
    document.retired_on = timezone.localdate(now)
    document.retirement_reason = reason.strip()
    document.replaced_by = replaced_by
    document.save()
    for version in document.versions.select_for_update(of=("self",)).order_by("number"):
        if version.state in (Version.State.APPROVED, Version.State.IN_FORCE):
            end(version, reason=reason, by=by, now=now)
            people.add(version.author_id)
        elif version.state == Version.State.IN_REVIEW:
            _back_to_draft(version, now)
            people.add(version.author_id)
    left_force.send(sender=Document, document=document)
    telling.tell_ended(
        document,
        gettext_now("Se retiró %(code)s, %(title)s")
        % {"code": document.code, "title": document.title},
        key=f"retired:{document.pk}",
        people=people,
        by=by,
    )
    return document


def end(version: Version, *, reason: str, by: Person, now: datetime) -> None:
    """Mark a published version as retired; the caller holds its lock."""
    if version.state == Version.State.IN_FORCE:
        version.superseded_on = timezone.localdate(now)
    version.state = Version.State.RETIRED
    version.retired_at, version.retired_by = now, by
    version.retirement_reason = reason.strip()
    version.save()
    document_changed(version.document)


def _back_to_draft(version: Version, now: datetime) -> None:
    for row in version.approvals.standing().filter(decision=Approval.Decision.PENDING):
        row.voided_at = now
        row.save(update_fields=["voided_at"])
    version.state = Version.State.DRAFT
    version.submitted_at = None
    version.save(update_fields=["state", "submitted_at"])
