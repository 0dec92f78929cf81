"""Publishing without approval when it cannot wait, and standing by it afterwards (M7)."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.audit import note
from apps.accounts.models import Person
from apps.core.access import require
from apps.core.rules import RuleBroken
from apps.documents.events import Event
from apps.documents.models import Approval, Document, Version
from apps.documents.permissions import Perm
from apps.documents.services import telling
from apps.documents.services.approving import check_words, seal
from apps.documents.services.content import check_reason
from apps.documents.services.force import bring_into_force
from apps.documents.services.locking import locked
from apps.documents.services.writing import open_again
from apps.documents.turns import approvers_for, writers_of

WHY = _("Diga por qué no puede esperar, con al menos %(least)s caracteres.")


@transaction.atomic
def publish_emergency(version: Version, *, reason: str, by: Person) -> Version:
    """Put a draft, or a version in review, in force today without anybody's approval.

    Its author may do it. The version is marked for ever, an entry in the activity log says
    who and why, and somebody else is asked to ratify it. Raises PermissionDenied unless `by`
    may publish in an emergency and the version exists for them, RuleBroken if the reason has
    less than 20 characters, it is not being written or decided on, its own words are not
    ready (M6, M25), or another version already waits for a later day.
    """
    require(by, Perm.EMERGENCY, version)
    document, version = locked(version)
    if not version.is_open:
        raise RuleBroken(_("Esta versión ya se publicó o se canceló."))
    check_reason(
        reason, "reason", _("Diga por qué no puede esperar, con al menos %(least)s caracteres.")
    )
    check_words(version)
    now = timezone.now()
    for row in version.approvals.standing().filter(decision=Approval.Decision.PENDING):
        row.voided_at = now
        row.save(update_fields=["voided_at"])
    version.emergency_reason = reason.strip()
    version = seal(document, version, by=by, effective_on=timezone.localdate(now), now=now)
    version = bring_into_force(version, scheduled=False)
    note(Event.EMERGENCY_PUBLISHED, version, by=by, version=version.number)
    telling.tell_approved(version, by=by)
    telling.ask_ratification(version, approvers_for(version).exclude(pk=by.pk))
    return version


@transaction.atomic
def ratify(version: Version, *, by: Person) -> Version:
    """Stand by what others published in an emergency.

    Raises PermissionDenied unless `by` may approve documents and this one exists for them,
    RuleBroken if it was not published in an emergency, somebody decided about it already, or
    `by` wrote or published it.
    """
    _document, version = _to_decide(version, by)
    version.ratified_by, version.ratified_at = by, timezone.now()
    version.save(update_fields=["ratified_by", "ratified_at"])
    note(Event.RATIFIED, version, by=by, version=version.number)
    return version


@transaction.atomic
def object_to(
    version: Version, *, reason: str, bring_back: bool = False, by: Person
) -> Version | None:
    """Refuse to stand by what others published in an emergency, and say why.

    It stays in force, marked as not ratified, until another version takes its place; with
    `bring_back` the one before it rules again today, as a new version that `by` approves and
    that is returned. Whoever wrote or published it, and its owner, learn of it. Raises as
    `ratify` does, and RuleBroken if the reason has less than 20 characters or nothing can be
    brought back (see `former_of`).
    """
    document, version = _to_decide(version, by)
    check_reason(reason, "reason", _("Diga por qué no, con al menos %(least)s caracteres."))
    version.objected_by, version.objected_at = by, timezone.now()
    version.objection = reason.strip()
    version.save(update_fields=["objected_by", "objected_at", "objection"])
    note(Event.NOT_RATIFIED, version, by=by, version=version.number)
    back = _bring_back(document, version, by) if bring_back else None
    telling.tell_objection(version, back)
    return back


def former_of(version: Version, by: Person) -> Version | None:
    """The version that `by` may bring back in the place of an emergency; None if there is none,
    `by` wrote it (M7), or another one is being written or waits for its day."""
    if version.state != Version.State.IN_FORCE:
        return None
    others = Version.objects.filter(document=version.document_id)
    if others.filter(number__gt=version.number).exists():
        return None
    former = others.filter(state=Version.State.SUPERSEDED).order_by("-number").first()
    return None if former is None or by.pk in writers_of(former) else former


def _to_decide(version: Version, by: Person) -> tuple[Document, Version]:
    require(by, Perm.APPROVE, version)
    document, version = locked(version)
    if not version.emergency_reason:
        raise RuleBroken(_("Esta versión se aprobó como las demás: no hay nada que ratificar."))
    if not version.awaits_ratification:
        raise RuleBroken(_("Otra persona ya decidió si la ratificaba."))
    if by.pk == version.approver_id or by.pk in writers_of(version):
        raise RuleBroken(_("La ratifica alguien que no la redactó ni la publicó."))
    return document, version


def _bring_back(document: Document, version: Version, by: Person) -> Version:
    former = former_of(version, by)
    if former is None:
        raise RuleBroken(
            {"bring_back": _("No se puede volver a la versión anterior: elija la otra opción.")}
        )
    reason = _("No se ratificó la versión %(n)s: %(why)s") % {
        "n": version.number,
        "why": version.objection,
    }
    # The words are those of who wrote them; whoever brings them back answers for approving them.
    again = open_again(
        document, former, change=Version.Change.MINOR, reason=reason, by=former.author
    )
    again = seal(
        document,
        again,
        by=by,
        effective_on=timezone.localdate(version.objected_at),
        now=version.objected_at,
    )
    return bring_into_force(again, scheduled=False)
