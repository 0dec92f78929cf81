"""Reviews: concluding them, who does them and when, and the rules they begin with (M13)."""

from __future__ import annotations

from datetime import date

from dateutil.relativedelta import relativedelta
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Min
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Absence, Person
from apps.accounts.services.editing import refuse_stale
from apps.core.access import require
from apps.core.rules import RuleBroken, StaleEdit
from apps.documents.models import Document, Impact, KindRules, Review, ReviewChange
from apps.documents.permissions import Perm
from apps.documents.services.content import check_reason
from apps.notifications.services import notify

CONCLUSION_MIN = 20
MONTHS_MAX = 36
KIND_RULES_FIELDS = ("review_months", "acknowledgement_days", "escalation_days")


def rules_of(kind: str) -> KindRules:
    """Rules of that kind of document; the house's own where nobody set any (not saved)."""
    return KindRules.objects.filter(kind=kind).first() or KindRules(kind=kind)


def may_review(document: Document, person: Person, on: date) -> bool:
    """Whether `person` may conclude a review of `document` on the calendar day `on`.

    Its reviewer and owner may, whoever stands in for them that day, and those who govern
    documents. That the document exists for them is asked elsewhere.
    """
    charged = {document.owner_id, document.reviewer_id} - {None}
    if person.pk in charged or person.has_perm(Perm.GOVERN):
        return True
    absences = Absence.objects.current(on).filter(person__in=charged, substitute=person)
    return absences.exists()


@transaction.atomic
def conclude_review(
    document: Document,
    *,
    outcome: Review.Outcome,
    conclusion: str,
    by: Person,
    next_review_on: date | None = None,
    version: int | None = None,
    due_on: date | None = None,
) -> Review:
    """Record what a review of the version in force concluded (M13).

    «Sigue siendo correcto» sets the next date, by default the document's interval from today,
    never later than a regulation that still asks for an adaptation; no version is made.
    «Necesita cambios» leaves the date as it is: only a new version moves it on.
    `version` and `due_on` are what `by` had before them. Raises PermissionDenied unless `by`
    may review it (`may_review`); StaleEdit if another version is in force by now or somebody
    concluded this review meanwhile; RuleBroken if nothing is in force, the conclusion has
    fewer than 20 characters, or the next date is past, beyond 36 months or too late.
    """
    require(by, Perm.VIEW, document)
    document = Document.objects.select_for_update(of=("self",)).get(pk=document.pk)
    today = timezone.localdate()
    if not may_review(document, by, today):
        raise PermissionDenied
    if document.current_id is None or document.retired_on is not None:
        raise RuleBroken(_("Solo se revisa un documento en vigor."))
    if version is not None and version != document.current.number:
        raise StaleEdit(_("Mientras usted revisaba entró en vigor otra versión. Revise esa."))
    if due_on is not None and due_on != document.next_review_on:
        raise StaleEdit(_("Otra persona ya concluyó esta revisión o cambió su fecha."))
    conclusion = conclusion.strip()
    if len(conclusion) < CONCLUSION_MIN:
        raise RuleBroken(
            {
                "conclusion": RuleBroken(
                    _("Escriba la conclusión con al menos %(least)s caracteres."),
                    params={"least": CONCLUSION_MIN},
                )
            }
        )
    was_due_on = document.next_review_on
    if outcome == Review.Outcome.NO_CHANGE:
        document.next_review_on = _next_date(document, next_review_on, today)
        document.save(update_fields=["next_review_on"])
    return Review.objects.create(
        document=document,
        version=document.current,
        due_on=was_due_on,
        outcome=outcome,
        conclusion=conclusion,
        reviewed_by=by,
        next_review_on=document.next_review_on,
    )


def next_review_after(document: Document, day: date) -> date:
    """When `document` is reviewed again if all is well on `day`: its interval later, or the
    day on which a regulation it is not adapted to takes effect, whichever comes first."""
    usual = day + relativedelta(months=document.review_months)
    limit = _regulated_on(document, day)
    return min(usual, limit) if limit else usual


def _regulated_on(document: Document, day: date) -> date | None:
    ahead = Impact.objects.pending().filter(document=document, regulation__effective_on__gt=day)
    return ahead.aggregate(first=Min("regulation__effective_on"))["first"]


def _next_date(document: Document, wanted: date | None, today: date) -> date:
    if wanted is None:
        return next_review_after(document, today)
    _check_date(wanted, today, field="next_review_on")
    limit = _regulated_on(document, today)
    if limit and wanted > limit:
        raise RuleBroken(
            {
                "next_review_on": RuleBroken(
                    _("Falta adaptarlo a una norma que rige el %(on)s: revíselo antes."),
                    params={"on": date_format(limit)},
                )
            }
        )
    return wanted


def _check_date(on: date, today: date, *, field: str) -> None:
    if on <= today:
        raise RuleBroken({field: _("La próxima revisión tiene que ser después de hoy.")})
    if on > today + relativedelta(months=MONTHS_MAX):
        raise RuleBroken({field: _("Ningún documento pasa más de 36 meses sin revisión.")})


@transaction.atomic
def set_reviewer(
    document: Document, *, reviewer: Person | None, reason: str, by: Person
) -> Document:
    """Say who reviews `document`; None gives it back to its owner. They are told.

    Raises PermissionDenied unless `by` governs documents; RuleBroken if the reason has fewer
    than 20 characters, or the person is not active or cannot read the document.
    """
    require(by, Perm.GOVERN, document)
    document = Document.objects.select_for_update(of=("self",)).get(pk=document.pk)
    reason = _reasoned(reason)
    if reviewer is not None:
        if not reviewer.is_active or reviewer.is_system:
            raise RuleBroken({"reviewer": _("Esa persona no está activa.")})
        if not Document.objects.visible_to(reviewer).filter(pk=document.pk).exists():
            raise RuleBroken({"reviewer": _("Esa persona no puede leer este documento.")})
    if (reviewer.pk if reviewer else None) == document.reviewer_id:
        return document
    before = document.reviewer
    document.reviewer = reviewer
    document.save(update_fields=["reviewer"])
    change = ReviewChange.objects.create(
        document=document,
        what=ReviewChange.What.REVIEWER,
        before=str(before or "")[:200],
        after=str(reviewer or "")[:200],
        reason=reason,
        changed_by=by,
    )
    if reviewer is not None and reviewer.pk != by.pk and document.next_review_on:
        notify(
            "review_due",
            to=[reviewer],
            key=f"reviewer:{change.pk}",
            title=gettext("Usted revisa ahora %(code)s, %(title)s")
            % {"code": document.code, "title": document.title},
            text=gettext("La próxima revisión toca el %(on)s.")
            % {"on": date_format(document.next_review_on)},
            url=reverse("reviews:review", args=[document.code]),
        )
    return document


@transaction.atomic
def set_review_date(document: Document, *, on: date, reason: str, by: Person) -> Document:
    """Move the next review of `document` to the calendar day `on`.

    Raises PermissionDenied unless `by` governs documents; RuleBroken if the reason has fewer
    than 20 characters, nothing is in force, or the day is not after today, beyond 36 months
    or later than a regulation it is not adapted to.
    """
    require(by, Perm.GOVERN, document)
    document = Document.objects.select_for_update(of=("self",)).get(pk=document.pk)
    reason = _reasoned(reason)
    if document.current_id is None or document.retired_on is not None:
        raise RuleBroken(_("Solo se revisa un documento en vigor."))
    before, on = document.next_review_on, _next_date(document, on, timezone.localdate())
    if before == on:
        return document
    document.next_review_on = on
    document.save(update_fields=["next_review_on"])
    ReviewChange.objects.create(
        document=document,
        what=ReviewChange.What.DATE,
        before=before.isoformat(),
        after=on.isoformat(),
        reason=reason,
        changed_by=by,
    )
    return document


def _reasoned(reason: str) -> str:
    try:
        check_reason(reason)
    except RuleBroken as rule:
        raise RuleBroken({"reason": rule}) from rule
    return reason.strip()


@transaction.atomic
def set_kind_rules(
    kind: str,
    *,
    review_months: int,
    acknowledgement_days: int,
    escalation_days: int,
    by: Person,
    expected: str = "",
) -> KindRules:
    """Set the rules with which documents of a kind begin; those there are keep their interval.

    Raises PermissionDenied unless `by` governs documents; RuleBroken if the interval is not
    1 to 36 months, a number of days not 1 to 365, or there is no such kind; StaleEdit if they
    are not as `expected` (`editing.state_of`).
    """
    require(by, Perm.GOVERN)
    if kind not in Document.Kind.values:
        raise RuleBroken(_("No existe esa clase de documento."))
    if not 1 <= review_months <= MONTHS_MAX:
        raise RuleBroken({"review_months": _("La revisión se hace cada 1 a 36 meses.")})
    for name, days in (
        ("acknowledgement_days", acknowledgement_days),
        ("escalation_days", escalation_days),
    ):
        if not 1 <= days <= 365:
            raise RuleBroken({name: _("Escriba entre 1 y 365 días.")})
    rules, _made = KindRules.objects.select_for_update().get_or_create(kind=kind)
    refuse_stale(rules, KIND_RULES_FIELDS, expected)
    rules.review_months = review_months
    rules.acknowledgement_days = acknowledgement_days
    rules.escalation_days = escalation_days
    rules.save()
    return rules
