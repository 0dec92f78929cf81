"""From a draft to an approved version: submission, turns, yes, changes asked, withdrawal."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person
from apps.core.access import require
from apps.core.rules import RuleBroken, StaleEdit
from apps.documents.markup import faults_of
from apps.documents.models import Approval, Document, Version
from apps.documents.permissions import Perm
from apps.documents.services import telling
from apps.documents.services.acknowledging import ask_readers
from apps.documents.services.content import (
    attached_texts,
    check_reason,
    hash_of,
    submission_checks,
)
from apps.documents.services.force import bring_into_force
from apps.documents.services.locking import locked
from apps.documents.turns import (
    Approvers,
    Right,
    approvers_for,
    in_turns,
    right_of,
    standing_of,
    turn_of,
    writers_of,
)

Decision = Approval.Decision


@transaction.atomic
def submit(
    version: Version,
    *,
    by: Person,
    approvers: Approvers = (),
    wanted_on: date | None = None,
    note: str = "",
    change: Version.Change | None = None,
    justification: str | None = None,
    asks_acknowledgement: bool | None = None,
) -> Version:
    """Send a draft to review, to be approved by `approvers`: those of one turn together, the
    next turn once all of them said yes. Without any, whoever may approve it decides.

    Those who already said yes to this very text are not asked again (M8). `wanted_on` is the
    day proposed for it to come into force; `change`, `justification` and
    `asks_acknowledgement` take the place of what the draft says. Those whose turn it is get
    a notice.

    Raises PermissionDenied unless `by` may write and the document exists for them,
    RuleBroken unless it is a draft (S9), with a reason of 20 characters and a type of change
    (M6), texts that people can read (M25), a day to come, and approvers who may approve it
    and did not write it (M7).
    """
    require(by, Perm.WRITE, version)
    _document, version = locked(version)
    if version.state != Version.State.DRAFT:
        raise RuleBroken(_("Solo un borrador se puede enviar a revisión."))
    if justification is not None:
        version.justification = justification.strip()
    if change is not None:
        version.change = change
    if asks_acknowledgement is not None:
        version.asks_acknowledgement = asks_acknowledgement
    check_words(version)
    if wanted_on is not None and wanted_on < timezone.localdate():
        raise RuleBroken({"wanted_on": _("Esa fecha ya pasó.")})
    now = timezone.now()
    if pairs := in_turns(approvers):
        _check_approvers(version, [person for _turn, person in pairs])
        _ask(version, pairs, now)
    else:
        _void(version.approvals.standing(), now)
    version.wanted_on = wanted_on or version.wanted_on
    version.submission_note = note.strip()
    version.submitted_at = now
    version.state = Version.State.IN_REVIEW
    version.save()
    telling.tell_turn(version, turn_of(standing_of(version)))
    return version


def check_words(version: Version) -> None:
    """Raise RuleBroken unless a version says why and what it changes, and people can read it."""
    check_reason(version.justification, "justification")
    is_first = version.change == Version.Change.FIRST
    if version.change not in Version.Change.values or (is_first and version.number > 1):
        raise RuleBroken({"change": _("Elija qué tipo de cambio es.")})
    texts = [version.body, *(text for _key, part in attached_texts for text in part(version))]
    faults = [fault for text in texts for fault in faults_of(text)]
    faults += [fault for _key, check in submission_checks for fault in check(version)]
    if faults:
        raise RuleBroken([RuleBroken(fault) for fault in dict.fromkeys(faults)])


def _check_approvers(version: Version, people: list[Person]) -> None:
    wrote = writers_of(version)
    today = timezone.localdate()
    fit = set(approvers_for(version).values_list("pk", flat=True))
    for person in people:
        fault = None
        if person.pk in wrote:
            fault = _("%(who)s redactó esta versión y no puede aprobarla.")
        elif person.pk not in fit:
            fault = _("%(who)s no puede aprobar este documento: elija a otra persona.")
        elif wrote & _stand_ins(person, today):
            fault = _("%(who)s no está y le reemplaza quien redactó: elija a otra persona.")
        if fault:
            raise RuleBroken({"approvers": RuleBroken(fault, params={"who": str(person)})})


def _stand_ins(person: Person, on: date) -> set[int]:
    return set(
        person.absences.filter(from_on__lte=on, to_on__gte=on).values_list(
            "substitute_id", flat=True
        )
    )


def _ask(version: Version, pairs: list[tuple[int, Person]], now: datetime) -> None:
    """Rows for those who are to decide; a yes to the present text stays."""
    text = hash_of(version)
    kept = {}
    for row in version.approvals.standing():
        stays = row.decision == Decision.APPROVED and row.content_hash == text
        if stays and row.person_id in {person.pk for _turn, person in pairs}:
            kept[row.person_id] = row
        else:
            _void([row], now)
    if len(kept) == len(pairs):
        raise RuleBroken(
            {
                "approvers": _(
                    "Todas esas personas ya aprobaron este texto. Agregue a quien pidió cambios."
                )
            }
        )
    for turn, person in pairs:
        if row := kept.get(person.pk):
            row.order = turn
            row.save(update_fields=["order"])
        else:
            Approval.objects.create(version=version, order=turn, person=person, asked_at=now)


@transaction.atomic
def approve(
    version: Version,
    *,
    by: Person,
    effective_on: date | None = None,
    note: str = "",
    seen: str = "",
) -> Version:
    """Say yes to a version in review, as the person asked or as who stands in for them today.

    The last yes approves it: its text is hashed and never changes again, and it comes into
    force on `effective_on` (by default the day proposed, or today), at once if that is today
    (M7, M9). Before the last one, `effective_on` is the day proposed to the next. `seen` is
    the hash of the text that was read: if it is another now, StaleEdit is raised.

    Raises PermissionDenied unless `by` may approve it or stands in for somebody asked,
    RuleBroken if they wrote it, it is not in review (S9), it is not their turn or they
    decided already, or if the day is past or before that of another approved version.
    """
    document, version, right, row = _decide(version, by=by, seen=seen, note=note)
    if effective_on is not None and effective_on < timezone.localdate():
        raise RuleBroken({"effective_on": _("La fecha de entrada en vigor ya pasó.")})
    row.decision = Decision.APPROVED
    row.save()
    if not right.is_last:
        if effective_on is not None:
            version.wanted_on = effective_on
            version.save(update_fields=["wanted_on"])
        _next_turn(version, row)
        return version
    version = seal(
        document,
        version,
        by=by,
        effective_on=effective_on or default_day(version),
        now=row.decided_at,
        text=row.content_hash,
    )
    telling.tell_approved(version, by=by)
    if version.effective_on <= timezone.localdate():
        version = bring_into_force(version, scheduled=False)
    return version


def _decide(
    version: Version, *, by: Person, seen: str, note: str
) -> tuple[Document, Version, Right, Approval]:
    """What every decision begins with: locks, right to decide, and the row, not saved yet."""
    today = timezone.localdate()
    require(by, Perm.VIEW, version)
    asked = Approval.objects.asked_of(by, today).filter(version=version.pk)
    if not (by.has_perm(Perm.APPROVE) or asked.exists()):
        raise PermissionDenied
    document, version = locked(version)
    rows = standing_of(version)
    right = right_of(version, by, today, rows)
    if not right.may_decide:
        raise RuleBroken(right.refusal)
    text = hash_of(version)
    if seen and seen != text:
        raise StaleEdit(_("El texto cambió desde que usted lo abrió: léalo otra vez y decida."))
    row = right.approval or Approval(version=version, person=by)
    row.decided_by, row.decided_at = by, timezone.now()
    row.note, row.content_hash = note.strip(), text
    return document, version, right, row


def _next_turn(version: Version, decided: Approval) -> None:
    now = turn_of(standing_of(version))
    if now and now[0].order > decided.order:
        for row in now:
            row.asked_at = decided.decided_at
            row.save(update_fields=["asked_at"])
        telling.tell_turn(version, now)


def default_day(version: Version) -> date:
    """The day `version` would come into force: as proposed, never past, in its turn."""
    others = Version.objects.standing().filter(document=version.document_id)
    last = others.order_by("-effective_on").values_list("effective_on", flat=True).first()
    days = [timezone.localdate(), version.wanted_on, last]
    return max(day for day in days if day is not None)


def seal(
    document: Document,
    version: Version,
    *,
    by: Person,
    effective_on: date,
    now: datetime,
    text: str = "",
) -> Version:
    """Fix text and day of a version for ever; both rows are locked by the caller.

    `text` is the hash of what it says, where the caller has just reckoned it.
    Raises RuleBroken if it would rule before another approved version.
    """
    later = document.versions.standing().filter(effective_on__gt=effective_on)
    if other := later.order_by("-effective_on").first():
        raise RuleBroken(
            {
                "effective_on": RuleBroken(
                    _(
                        "La versión %(n)s rige desde el %(day)s: elija ese día o uno posterior, "
                        "o cancélela antes."
                    ),
                    params={"n": other.number, "day": date_format(other.effective_on)},
                )
            }
        )
    version.approver = by
    version.approved_at = now
    version.effective_on = effective_on
    version.content_hash = text or hash_of(version)
    version.state = Version.State.APPROVED
    version.save()
    ask_readers(version)
    return version


@transaction.atomic
def return_for_changes(approval: Version | Approval, *, note: str, by: Person) -> Version:
    """Ask for changes in a version in review, which becomes a draft again; its writers learn.

    `approval` is the one to answer, or the version itself. The yeses of others stay as long
    as the text does (M8). Raises as `approve` does, and RuleBroken without a note.
    """
    version = approval if isinstance(approval, Version) else approval.version
    _document, version, _right, row = _decide(version, by=by, seen="", note=note)
    if isinstance(approval, Approval) and row.pk != approval.pk:
        raise RuleBroken(_("A usted no se le pidió aprobar esta versión."))
    check_reason(note, "note", _("Diga qué debe cambiar, con al menos %(least)s caracteres."))
    row.decision = Decision.RETURNED
    row.save()
    _void(version.approvals.standing().filter(decision=Decision.PENDING), row.decided_at)
    version.state = Version.State.DRAFT
    version.save(update_fields=["state"])
    telling.tell_returned(version, row)
    return version


@transaction.atomic
def withdraw(version: Version, *, by: Person) -> Version:
    """Take a version in review back to a draft. Yeses stay as long as the text does (M8).

    Raises PermissionDenied unless `by` may write and is one of its writers, or governs
    documents; RuleBroken unless it is in review.
    """
    require(by, Perm.WRITE, version)
    _document, version = locked(version)
    if by.pk not in writers_of(version) and not by.has_perm(Perm.GOVERN):
        raise PermissionDenied
    if version.state != Version.State.IN_REVIEW:
        raise RuleBroken(_("Solo se retoma una versión que está en revisión."))
    _void(version.approvals.standing().filter(decision=Decision.PENDING), timezone.now())
    version.state = Version.State.DRAFT
    version.submitted_at = None
    version.save(update_fields=["state", "submitted_at"])
    return version


def void_approvals(version: Version) -> int:
    """Part of an edit, after writing: what was said of another text is void (M8).

    Returns how many were; those who had said yes learn. A text that is the same keeps them.
    """
    rows = list(version.approvals.standing())
    if not rows:
        return 0
    text = hash_of(version)
    fallen = [row for row in rows if row.content_hash != text]
    _void(fallen, timezone.now())
    telling.tell_voided(version, fallen)
    return len(fallen)


def _void(rows: Iterable[Approval], now: datetime) -> None:
    for row in rows:
        row.voided_at = now
        row.save(update_fields=["voided_at"])


def may_withdraw(version: Version, by: Person) -> bool:
    """Whether `by` may take `version` back now."""
    if version.state != Version.State.IN_REVIEW or not by.has_perm(Perm.WRITE):
        return False
    return by.has_perm(Perm.GOVERN) or by.pk in writers_of(version)
