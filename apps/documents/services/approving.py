"""From a draft to an approved version: submission and approvals."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person
from apps.core.access import require
from apps.core.rules import RuleBroken
from apps.documents.markup import faults_of
from apps.documents.models import Document, Version
from apps.documents.permissions import Perm
from apps.documents.services.content import attached_texts, check_reason, hash_of, submission_checks
from apps.documents.services.force import bring_into_force


@transaction.atomic
def submit(version: Version, *, by: Person) -> Version:
    """Send a draft to review.

    Raises RuleBroken unless it is a draft (S9) with its reason (M6), or if a text in it has
    an image without alternative text or a heading that skips a level (M25).
    """
    require(by, Perm.WRITE)
    version = Version.objects.select_for_update().get(pk=version.pk)
    if version.state != Version.State.DRAFT:
        raise RuleBroken(_("Solo un borrador se puede enviar a revisión."))
    check_reason(version.justification)
    texts = [version.body, *(text for _key, part in attached_texts for text in part(version))]
    faults = [fault for text in texts for fault in faults_of(text)]
    faults += [fault for _key, check in submission_checks for fault in check(version)]
    if faults:
        raise RuleBroken([RuleBroken(fault) for fault in dict.fromkeys(faults)])
    version.state = Version.State.IN_REVIEW
    version.save(update_fields=["state"])
    return version


@transaction.atomic
def approve(version: Version, *, effective_on: date, by: Person) -> Version:
    """Approve a version in review; it comes into force on `effective_on` (M7, M9).

    The text is hashed now and never changes again. If the day has come, it is put in force
    at once. Raises PermissionDenied unless `by` may approve, RuleBroken if `by` wrote it,
    if it is not in review (S9), or if the day is past or before that of an earlier version.
    """
    require(by, Perm.APPROVE)
    document = Document.objects.select_for_update().get(pk=version.document_id)
    version = Version.objects.select_for_update().get(pk=version.pk)
    if version.author_id == by.pk:
        raise RuleBroken(_("Quien redacta una versión no puede aprobarla."))
    if version.state != Version.State.IN_REVIEW:
        raise RuleBroken(_("Solo se aprueba una versión que está en revisión."))
    if effective_on < timezone.localdate():
        raise RuleBroken(_("La fecha de entrada en vigor ya pasó."))
    if document.versions.published().filter(effective_on__gt=effective_on).exists():
        raise RuleBroken(_("Una versión no puede regir antes que la anterior."))
    version.approver = by
    version.approved_at = timezone.now()
    version.effective_on = effective_on
    version.content_hash = hash_of(version)
    version.state = Version.State.APPROVED
    version.save()
    if effective_on <= timezone.localdate():
        version = bring_into_force(version)
    return version


def void_approvals(version: Version) -> None:
    """What was said of a version is void: its text changes (M8). Part of the caller's edit."""
    for approval in version.approvals.filter(voided_at=None):
        approval.voided_at = timezone.now()
        approval.save(update_fields=["voided_at"])
