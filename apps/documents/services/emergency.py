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
from apps.documents.models import Approval, Version
from apps.documents.permissions import Perm
from apps.documents.services import telling
from apps.documents.services.approving import check_words, seal
from apps.documents.services.content import check_reason
from apps.documents.services.force import bring_into_force
from apps.documents.services.locking import locked
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
    RuleBroken if it was not published in an emergency, was ratified already, or `by` wrote or
    published it.
    """
    require(by, Perm.APPROVE, version)
    _document, version = locked(version)
    if not version.emergency_reason:
        raise RuleBroken(_("Esta versión se aprobó como las demás: no hay nada que ratificar."))
    if version.ratified_at is not None:
        raise RuleBroken(_("Otra persona ya la ratificó."))
    if by.pk == version.approver_id or by.pk in writers_of(version):
        raise RuleBroken(_("La ratifica alguien que no la redactó ni la publicó."))
    version.ratified_by, version.ratified_at = by, timezone.now()
    version.save(update_fields=["ratified_by", "ratified_at"])
    note(Event.RATIFIED, version, by=by, version=version.number)
    return version
