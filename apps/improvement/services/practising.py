"""Good practices: proposed, validated with evidence, published, adopted by teams (CIC-18)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person, Unit
from apps.core import origins
from apps.core.access import clearance, require
from apps.core.files import store_upload
from apps.core.rules import RuleBroken
from apps.improvement.models import Adoption, Event, Evidence, Finding, GoodPractice
from apps.improvement.permissions import Perm
from apps.improvement.services import telling
from apps.improvement.services.records import locked, new_code, note, said

State = GoodPractice.State
# A validation holds for a year at most.
LONGEST = timedelta(days=366)


@transaction.atomic
def propose(
    *,
    title: str,
    text: str,
    benefit: str,
    unit: Unit,
    by: Person,
    finding: Finding | None = None,
    **fields: Any,
) -> GoodPractice:
    """Propose that others work that way too.

    `fields`: classification, origin_kind, origin_key. Raises RuleBroken for a finding or an
    origin that does not exist for `by`, or a level above what they may see.
    """
    require(by, Perm.REPORT)
    if finding is not None:
        require(by, Perm.VIEW, finding)
        fields.setdefault("classification", finding.classification)
    kind, key = fields.get("origin_kind", ""), fields.get("origin_key")
    if kind and origins.place(by, kind, key) is None:
        raise RuleBroken(_("Eso de donde viene ya no existe o usted no lo ve."))
    practice = GoodPractice(
        code=new_code("B"),
        title=title.strip(),
        text=text.strip(),
        benefit=benefit.strip(),
        unit=unit,
        finding=finding,
        proposed_by=by,
        **fields,
    )
    if practice.classification > clearance(by):
        raise RuleBroken({"classification": _("Usted no vería lo que clasifica así.")})
    practice.save()
    note(Event.What.PROPOSED, by, practice=practice, finding=finding)
    telling.practice_proposed(practice, by)
    return practice


@transaction.atomic
def prove(
    practice: GoodPractice, *, text: str, by: Person, uploaded: UploadedFile | None = None
) -> Evidence:
    """Keep what shows that it works. By who proposed it, or who validates."""
    require(by, Perm.VIEW, practice)
    if practice.proposed_by_id != by.pk:
        require(by, Perm.VALIDATE)
    practice = locked(practice)
    if practice.state == State.RETIRED:
        raise RuleBroken(_("Esta práctica está retirada."))
    stored = store_upload(uploaded, by=by) if uploaded else None
    row = Evidence.objects.create(practice=practice, text=text.strip(), file=stored, added_by=by)
    note(Event.What.EVIDENCED, by, row.text, practice=practice)
    return row


@transaction.atomic
def validate(practice: GoodPractice, *, valid_until: date, by: Person) -> GoodPractice:
    """Say that it works, by its evidence; again before or after it expired.

    Raises RuleBroken without evidence newer than the last validation, if `by` proposed it,
    or for a day that has passed or lies more than a year ahead.
    """
    require(by, Perm.VALIDATE, practice)
    practice = locked(practice)
    if practice.state == State.RETIRED:
        raise RuleBroken(_("Esta práctica está retirada."))
    if practice.proposed_by_id == by.pk:
        raise RuleBroken(_("La valida otra persona: usted la propuso."))
    shown = practice.evidence.all()
    if practice.validated_at is not None:
        shown = shown.filter(added_at__gt=practice.validated_at)
    if not shown.exists():
        raise RuleBroken(_("Añada antes la evidencia de que funciona, posterior a la anterior."))
    today = timezone.localdate()
    if not today < valid_until <= today + LONGEST:
        raise RuleBroken({"valid_until": _("Elija un día por venir, dentro de un año.")})
    practice.validated_by, practice.validated_at = by, timezone.now()
    practice.valid_until = valid_until
    if practice.state == State.PROPOSED:
        practice.state = State.VALIDATED
    elif practice.state == State.EXPIRED:
        practice.state = State.PUBLISHED
    practice.save()
    note(Event.What.VALIDATED, by, practice=practice)
    telling.practice_moved(practice, by)
    return practice


@transaction.atomic
def publish(practice: GoodPractice, *, by: Person) -> GoodPractice:
    """Let everybody see and adopt a validated practice."""
    require(by, Perm.VALIDATE, practice)
    practice = locked(practice)
    if practice.state != State.VALIDATED:
        raise RuleBroken(_("Se publica lo que está validado."))
    practice.state, practice.published_at = State.PUBLISHED, timezone.now()
    practice.save(update_fields=["state", "published_at"])
    note(Event.What.PUBLISHED, by, practice=practice)
    telling.practice_moved(practice, by)
    return practice


@transaction.atomic
def adopt(practice: GoodPractice, *, unit: Unit, by: Person, note_text: str = "") -> Adoption:
    """Say that a team works that way now.

    Raises RuleBroken unless it is published, the team adopted it already, or `by` neither
    belongs to the team nor manages actions.
    """
    require(by, Perm.VIEW, practice)
    practice = locked(practice)
    if practice.state != State.PUBLISHED:
        raise RuleBroken(_("Se adopta lo que está publicado y vigente."))
    if unit.pk not in by.access().unit_ids and not by.has_perm(Perm.MANAGE):
        raise RuleBroken({"unit": _("Elija una unidad a la que usted pertenece.")})
    row, created = Adoption.objects.get_or_create(
        practice=practice, unit=unit, defaults={"adopted_by": by, "note": note_text.strip()}
    )
    if not created:
        raise RuleBroken({"unit": _("Esa unidad ya la adoptó.")})
    note(Event.What.ADOPTED, by, unit.name, practice=practice)
    return row


@transaction.atomic
def retire_practice(practice: GoodPractice, *, reason: str, by: Person) -> GoodPractice:
    """Take a practice back, and say why. Who proposed it may, until it is validated."""
    require(by, Perm.VIEW, practice)
    practice = locked(practice)
    if practice.proposed_by_id != by.pk or practice.state != State.PROPOSED:
        require(by, Perm.VALIDATE)
    if practice.state == State.RETIRED:
        raise RuleBroken(_("Esta práctica ya está retirada."))
    practice.retired_reason = said(reason, "reason")
    practice.state = State.RETIRED
    practice.save(update_fields=["state", "retired_reason"])
    note(Event.What.RETIRED, by, practice.retired_reason, practice=practice)
    telling.practice_moved(practice, by)
    return practice


@transaction.atomic
def expire_practices(today: date) -> int:
    """Published practices whose validation ended before `today` expire; how many did."""
    past = GoodPractice.objects.select_for_update(of=("self",)).filter(
        state=State.PUBLISHED, valid_until__lt=today
    )
    count = 0
    for practice in past.order_by("pk"):
        practice.state = State.EXPIRED
        practice.save(update_fields=["state"])
        note(Event.What.EXPIRED, None, practice=practice)
        telling.practice_expired(practice)
        count += 1
    return count
