"""Changes asked of documents, decided by who answers for them (M21)."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person
from apps.core.access import require
from apps.core.rules import RuleBroken
from apps.documents import reach
from apps.documents.models import Document, Version
from apps.documents.permissions import Perm as DocumentPerm
from apps.improvement.models import READ_BY, ChangeRequest, Event, Finding
from apps.improvement.permissions import Perm
from apps.improvement.services import telling
from apps.improvement.services.records import (
    locked,
    note,
    refuse_ended,
    require_treater,
    said,
)

IN_FORCE = (Version.State.IN_FORCE, Version.State.SUPERSEDED)


@dataclass(frozen=True)
class Reading:
    """How far the version that changes a document has come: in force, and read by whom."""

    in_force: bool
    asked: int
    accepted: int
    percent: int | None


def reading_of(change: ChangeRequest) -> Reading:
    """How far the linked version has come; the figures are those of acknowledgement."""
    version = change.version
    if version is None or version.state not in IN_FORCE:
        return Reading(False, 0, 0, None)
    sums = version.reach.all()
    asked, accepted = sum(row.asked for row in sums), sum(row.accepted for row in sums)
    if version.state == Version.State.SUPERSEDED:
        # A later version that asks to be read counts for it: who accepted that read the change.
        figures = reach.by_document([change.document_id], timezone.localdate())
        later = figures[change.document_id]
        asked, accepted = later.asked, later.accepted
    return Reading(True, asked, accepted, accepted * 100 // asked if asked else None)


def lacks(change: ChangeRequest) -> str:
    """What the change still waits for, in words; empty when it is there (M21)."""
    code = change.document.code
    if change.state == ChangeRequest.State.ASKED:
        return gettext("Falta decidir si se cambia %(code)s.") % {"code": code}
    if change.state == ChangeRequest.State.REJECTED:
        return ""
    reading = reading_of(change)
    if not reading.in_force:
        return gettext("La versión que cambia %(code)s todavía no está en vigor.") % {"code": code}
    if reading.percent is None:
        return gettext(
            "Nadie tiene que leer y aceptar la versión que cambia %(code)s: publique una que lo"
            " pida."
        ) % {"code": code}
    if reading.percent < change.read_by:
        return gettext(
            "%(code)s: la ha leído y aceptado el %(percent)s %% y hace falta el %(target)s %%."
        ) % {"code": code, "percent": reading.percent, "target": change.read_by}
    return ""


@transaction.atomic
def ask_change(
    finding: Finding, *, document: Document, text: str, by: Person, read_by: int = READ_BY
) -> ChangeRequest:
    """Ask who answers for `document` to change it because of `finding`.

    Raises PermissionDenied unless both exist for `by`, RuleBroken if the finding is closed, the
    document is retired, a request for it is still open, or the text has under 20 characters.
    """
    require_treater(finding, by)
    require(by, DocumentPerm.VIEW, document)
    finding = locked(finding)
    refuse_ended(finding)
    text = said(text, "text")
    if document.retired_on is not None:
        raise RuleBroken({"document": _("Ese documento está retirado.")})
    if finding.changes.filter(document=document).standing().exists():
        raise RuleBroken({"document": _("Este hallazgo ya pidió cambiar ese documento.")})
    change = ChangeRequest.objects.create(
        finding=finding, document=document, text=text, read_by=read_by, asked_by=by
    )
    note(Event.What.CHANGE_ASKED, by, f"{document.code}: {text}", finding=finding)
    telling.change_asked(change, by)
    return change


def decides(change: ChangeRequest, by: Person) -> bool:
    """Whether `by` answers for the document."""
    return change.document.owner_id == by.pk or by.has_perm(DocumentPerm.GOVERN)


@transaction.atomic
def decide_change(
    change: ChangeRequest, *, accept: bool, decision: str, by: Person
) -> ChangeRequest:
    """Accept or reject a change, with the reason. By the document's owner or who governs it.

    Raises RuleBroken if it was decided or a rejection has under 20 characters of reason.
    """
    change = _locked(change, by)
    if change.state != ChangeRequest.State.ASKED:
        raise RuleBroken(_("Sobre este cambio ya se decidió."))
    decision = decision.strip() if accept else said(decision, "decision")
    change.state = ChangeRequest.State.ACCEPTED if accept else ChangeRequest.State.REJECTED
    change.decision, change.decided_by, change.decided_at = decision, by, timezone.now()
    change.save(update_fields=["state", "decision", "decided_by", "decided_at"])
    words = gettext("%(code)s: %(state)s. %(why)s") % {
        "code": change.document.code,
        "state": change.get_state_display(),
        "why": decision,
    }
    note(Event.What.CHANGE_DECIDED, by, words.strip(), finding=change.finding)
    telling.change_decided(change, by)
    return change


@transaction.atomic
def link_version(change: ChangeRequest, *, version: Version, by: Person) -> ChangeRequest:
    """Say which version makes the change.

    Raises RuleBroken if the change was not accepted, or the version is of another document, was
    made before the change was asked for, or was retired.
    """
    change = _locked(change, by)
    refuse_ended(change.finding)
    if change.state != ChangeRequest.State.ACCEPTED:
        raise RuleBroken({"version": _("Primero acepte el cambio.")})
    if version.document_id != change.document_id or version.state == Version.State.RETIRED:
        raise RuleBroken({"version": _("Elija una versión de este documento.")})
    published = version.approved_at
    if published is not None and published < change.asked_at:
        raise RuleBroken({"version": _("Esa versión se aprobó antes de que se pidiera el cambio.")})
    change.version = version
    change.save(update_fields=["version"])
    note(Event.What.CHANGE_LINKED, by, str(version), finding=change.finding)
    return change


def _locked(change: ChangeRequest, by: Person) -> ChangeRequest:
    require(by, Perm.VIEW, change.finding)
    require(by, DocumentPerm.VIEW, change.document)
    if change.document.owner_id != by.pk:
        require(by, DocumentPerm.GOVERN)
    locked(change.finding)
    rows = ChangeRequest.objects.select_related("document", "finding", "version")
    return rows.select_for_update(of=("self",)).get(pk=change.pk)
