"""What can happen to a governed document."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Any

from dateutil.relativedelta import relativedelta
from django.db import transaction
from django.db.models import Max
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person
from apps.core.access import require
from apps.core.registry import Registry
from apps.core.richtext import sanitise
from apps.core.rules import RuleBroken
from apps.documents.models import Document, LastReading, Version
from apps.documents.permissions import Perm

# Rooms above attach structure to a version (steps, criteria). Each hands over a function that
# returns it as plain data, so that the hash covers the whole text.
content_parts: Registry[Any] = Registry("content part")

# Sent inside the transaction, with `version`: the version that came into force.
came_into_force = Signal()

JUSTIFICATION_MIN = 20


def content_of(version: Version) -> dict[str, Any]:
    """The whole content of `version` as plain data, parts of other rooms included."""
    content: dict[str, Any] = {"title": version.title, "body": version.body}
    for key, part in content_parts:
        content[key] = part(version)
    return content


def hash_of(version: Version) -> str:
    """SHA-256 (hex) over the canonical JSON of `content_of(version)` (M11)."""
    canonical = json.dumps(
        content_of(version), ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    return hashlib.sha256(canonical.encode()).hexdigest()


@transaction.atomic
def start_version(
    document: Document,
    *,
    title: str,
    body: str,
    change: Version.Change,
    justification: str,
    by: Person,
) -> Version:
    """Open a draft with the next number. `body` is rich text and is sanitised here.

    Raises PermissionDenied unless `by` may write documents, RuleBroken if another draft is
    open or the reason of change is shorter than 20 characters (M6).
    """
    require(by, Perm.WRITE)
    Document.objects.select_for_update().get(pk=document.pk)
    if document.versions.filter(state__in=[Version.State.DRAFT, Version.State.IN_REVIEW]).exists():
        raise RuleBroken(_("Ya hay un borrador abierto de este documento."))
    if len(justification.strip()) < JUSTIFICATION_MIN:
        raise RuleBroken(
            _("Explique el motivo del cambio con al menos %(least)s caracteres."),
            params={"least": JUSTIFICATION_MIN},
        )
    last = document.versions.aggregate(last=Max("number"))["last"] or 0
    return Version.objects.create(
        document=document,
        number=last + 1,
        title=title,
        body=sanitise(body),
        change=change,
        justification=justification.strip(),
        author=by,
    )


@transaction.atomic
def submit(version: Version, *, by: Person) -> Version:
    """Send a draft to review. Raises RuleBroken unless it is a draft (S9)."""
    require(by, Perm.WRITE)
    version = Version.objects.select_for_update().get(pk=version.pk)
    if version.state != Version.State.DRAFT:
        raise RuleBroken(_("Solo un borrador se puede enviar a revisión."))
    version.state = Version.State.IN_REVIEW
    version.save(update_fields=["state"])
    return version


@transaction.atomic
def approve(version: Version, *, effective_on: date, by: Person) -> Version:
    """Approve a version in review; it comes into force on `effective_on` (M7, M9).

    The text is hashed now and never changes again. If the day has come, it is put in force
    at once. Raises PermissionDenied unless `by` may approve, RuleBroken if `by` wrote it,
    if it is not in review (S9) or if the day is past.
    """
    require(by, Perm.APPROVE)
    version = Version.objects.select_for_update().select_related("document").get(pk=version.pk)
    if version.author_id == by.pk:
        raise RuleBroken(_("Quien redacta una versión no puede aprobarla."))
    if version.state != Version.State.IN_REVIEW:
        raise RuleBroken(_("Solo se aprueba una versión que está en revisión."))
    if effective_on < timezone.localdate():
        raise RuleBroken(_("La fecha de entrada en vigor ya pasó."))
    version.approver = by
    version.approved_at = timezone.now()
    version.effective_on = effective_on
    version.content_hash = hash_of(version)
    version.state = Version.State.APPROVED
    version.save()
    if effective_on <= timezone.localdate():
        version = bring_into_force(version)
    return version


@transaction.atomic
def bring_into_force(version: Version) -> Version:
    """Make an approved version the one in force; the former becomes superseded (M9).

    Called by `approve` and by the daily job; doing it twice changes nothing. Raises
    RuleBroken if the version is not approved or its day has not come.
    """
    document = Document.objects.select_for_update().get(pk=version.document_id)
    version = Version.objects.select_for_update().get(pk=version.pk)
    if version.state == Version.State.IN_FORCE:
        return version
    if version.state != Version.State.APPROVED or version.effective_on is None:
        raise RuleBroken(_("Solo entra en vigor una versión aprobada."))
    if version.effective_on > timezone.localdate():
        raise RuleBroken(_("Todavía no llega su fecha de entrada en vigor."))
    for former in document.versions.filter(state=Version.State.IN_FORCE):
        former.state = Version.State.SUPERSEDED
        former.superseded_on = version.effective_on
        former.save(update_fields=["state", "superseded_on"])
    version.state = Version.State.IN_FORCE
    version.save(update_fields=["state"])
    document.current = version
    document.title = version.title
    document.next_review_on = version.effective_on + relativedelta(months=document.review_months)
    document.save(update_fields=["current", "title", "next_review_on"])
    came_into_force.send(sender=Version, version=version)
    return version


def remember_reading(document: Document, number: int, *, by: Person) -> None:
    """Note that `by` opened version `number` today. Writes at most once a day and version."""
    LastReading.objects.bulk_create(
        [LastReading(person=by, document=document, number=number)],
        update_conflicts=True,
        unique_fields=["person", "document"],
        update_fields=["number", "read_on"],
    )
