"""What can happen to a governed document."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any

from dateutil.relativedelta import relativedelta
from django.db import connection, transaction
from django.db.models import Max
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person, Unit
from apps.core.access import Level, require
from apps.core.registry import Registry
from apps.core.richtext import sanitise
from apps.core.rules import RuleBroken
from apps.documents.markup import faults_of
from apps.documents.models import Document, Relation, Version
from apps.documents.permissions import Perm
from apps.documents.querysets import descendants_too

# Rooms above attach structure to a version (steps, criteria). Each hands over a function that
# returns it as plain data, so that the hash covers the whole text.
content_parts: Registry[Callable[[Version], Any]] = Registry("content part")

# Rooms above hand over the rich texts they attach to a version, to be checked at submission.
attached_texts: Registry[Callable[[Version], Iterable[str]]] = Registry("attached texts")

# Sent inside the transaction, with `version` (the one that came into force) and `imported`
# (whether it is history brought in from outside, of which nobody needs a notice).
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
def open_document(
    *,
    kind: Document.Kind,
    code: str,
    title: str,
    owner: Person,
    unit: Unit,
    by: Person,
    classification: Level = Level.INTERNAL,
    review_months: int = 12,
) -> Document:
    """Register a document without any version yet.

    Raises PermissionDenied unless `by` may write documents, RuleBroken if the code is taken
    or the review interval is not between 1 and 36 months.
    """
    require(by, Perm.WRITE)
    if not 1 <= review_months <= 36:
        raise RuleBroken(_("La revisión se hace cada 1 a 36 meses."))
    if Document.objects.filter(code=code).exists():
        raise RuleBroken(_("Ya hay un documento con el código %(code)s."), params={"code": code})
    return Document.objects.create(
        kind=kind,
        code=code,
        title=title,
        owner=owner,
        unit=unit,
        classification=classification,
        review_months=review_months,
    )


@transaction.atomic
def set_audience(document: Document, units: Iterable[Unit], *, by: Person) -> None:
    """Address `document` to `units` and everything below them; to everyone if there are none.

    Raises PermissionDenied unless `by` may write documents and the document exists for them.
    """
    require(by, Perm.WRITE, document)
    document.audience.set(descendants_too(list(units)))


@transaction.atomic
def relate(document: Document, others: Iterable[Document], *, by: Person) -> None:
    """Make `others` the documents worth reading beside `document`.

    Raises PermissionDenied unless `by` may write documents and all of them exist for them,
    RuleBroken if `document` is among `others`.
    """
    require(by, Perm.WRITE, document)
    wanted = {other.pk: other for other in others}
    if document.pk in wanted:
        raise RuleBroken(_("Un documento no se relaciona consigo mismo."))
    for other in wanted.values():
        require(by, Perm.WRITE, other)
    for relation in document.relations.all():
        if relation.related_id not in wanted:
            relation.delete()
        wanted.pop(relation.related_id, None)
    for other in wanted.values():
        Relation.objects.create(document=document, related=other)


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
    _check_reason(justification)
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
    """Send a draft to review.

    Raises RuleBroken unless it is a draft (S9), or if a text in it has an image without
    alternative text or a heading that skips a level (M25).
    """
    require(by, Perm.WRITE)
    version = Version.objects.select_for_update().get(pk=version.pk)
    if version.state != Version.State.DRAFT:
        raise RuleBroken(_("Solo un borrador se puede enviar a revisión."))
    texts = [version.body, *(text for _key, part in attached_texts for text in part(version))]
    if faults := [fault for text in texts for fault in faults_of(text)]:
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


@transaction.atomic
def bring_into_force(version: Version) -> Version:
    """Make an approved version the one in force; the former becomes superseded (M9).

    Called by `approve` and by the daily job; doing it twice changes nothing. Earlier
    versions that still wait for their turn take it first. Raises RuleBroken if the version
    is not approved or its day has not come.
    """
    document = Document.objects.select_for_update().get(pk=version.document_id)
    version = Version.objects.select_for_update().get(pk=version.pk)
    if version.state in (Version.State.IN_FORCE, Version.State.SUPERSEDED):
        return version
    if version.state != Version.State.APPROVED or version.effective_on is None:
        raise RuleBroken(_("Solo entra en vigor una versión aprobada."))
    if version.effective_on > timezone.localdate():
        raise RuleBroken(_("Todavía no llega su fecha de entrada en vigor."))
    waiting = document.versions.filter(state=Version.State.APPROVED, number__lt=version.number)
    for earlier in waiting.order_by("number"):
        _put_in_force(document, earlier, imported=False)
    return _put_in_force(document, version, imported=False)


def _put_in_force(document: Document, version: Version, *, imported: bool) -> Version:
    """The change of hands between two versions; both rows are locked by the caller."""
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
    _check_reason(justification)
    last = document.versions.order_by("-number").first()
    if last is not None and not last.is_published:
        raise RuleBroken(_("Ya hay un borrador abierto de este documento."))
    if number != (last.number if last else 0) + 1:
        raise RuleBroken(_("Las versiones se traen en orden y sin huecos."))
    if last is not None and effective_on < last.effective_on:
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
        version = _put_in_force(document, version, imported=True)
    return version


def _check_reason(justification: str) -> None:
    if len(justification.strip()) < JUSTIFICATION_MIN:
        raise RuleBroken(
            _("Explique el motivo del cambio con al menos %(least)s caracteres."),
            params={"least": JUSTIFICATION_MIN},
        )


def remember_reading(document_id: int, number: int, *, by: Person) -> None:
    """Note that `by` opened version `number` today (calendar day), in one statement.

    Call it once a day and version: what they had read before is kept as `previous_number`.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO documents_lastreading AS kept"
            " (person_id, document_id, number, since_on, read_on)"
            " VALUES (%(person)s, %(document)s, %(number)s, %(today)s, %(today)s)"
            " ON CONFLICT (person_id, document_id) DO UPDATE SET"
            " previous_number = CASE WHEN kept.number = EXCLUDED.number"
            "   THEN kept.previous_number ELSE kept.number END,"
            " since_on = CASE WHEN kept.number = EXCLUDED.number"
            "   THEN kept.since_on ELSE EXCLUDED.since_on END,"
            " number = EXCLUDED.number, read_on = EXCLUDED.read_on",
            {
                "person": by.pk,
                "document": document_id,
                "number": number,
                "today": timezone.localdate(),
            },
        )
