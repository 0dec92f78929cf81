"""The register of regulations: what each asks of the documents, and what came of it (1.5.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from dateutil.relativedelta import relativedelta
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person
from apps.accounts.services.editing import refuse_stale
from apps.core.access import require
from apps.core.rules import RuleBroken
from apps.documents.models import Document, Impact, Regulation, Version
from apps.documents.permissions import Perm
from apps.notifications.services import Tiding, notify_each

FIELDS = (
    "code",
    "title",
    "jurisdiction",
    "published_on",
    "effective_on",
    "summary",
    "source_url",
)
REASON_MIN = 20
EARLIEST = date(1800, 1, 1)
YEARS_AHEAD = 20


@dataclass(frozen=True)
class Affected:
    """A document that a regulation affects, how much, and what has to be adapted."""

    document: Document
    weight: Impact.Weight
    note: str = ""


@transaction.atomic
def register_regulation(
    *,
    code: str,
    title: str,
    jurisdiction: str,
    effective_on: date,
    summary: str,
    by: Person,
    published_on: date | None = None,
    source_url: str = "",
    affects: Sequence[Affected] = (),
) -> Regulation:
    """Register a norm, and open a review of each document it affects (4.5.2).

    Raises PermissionDenied unless `by` keeps the register and the documents exist for them;
    RuleBroken if the code is taken (in whatever case), the dates run backwards or lie outside
    1800 to 20 years from now, or a document is named twice.
    """
    require(by, Perm.MANAGE_REGULATIONS)
    code = " ".join(code.split())
    _check(code, published_on, effective_on)
    regulation = Regulation.objects.create(
        code=code,
        title=title.strip(),
        jurisdiction=jurisdiction.strip(),
        published_on=published_on,
        effective_on=effective_on,
        summary=summary.strip(),
        source_url=source_url,
        registered_by=by,
    )
    _affect(regulation, affects, by)
    return regulation


@transaction.atomic
def edit_regulation(
    regulation: Regulation,
    *,
    code: str,
    title: str,
    jurisdiction: str,
    effective_on: date,
    summary: str,
    by: Person,
    published_on: date | None = None,
    source_url: str = "",
    expected: str = "",
) -> Regulation:
    """Correct what is registered. If the norm takes effect earlier, reviews move up with it.

    Raises as `register_regulation`, and StaleEdit if it is not as `expected`.
    """
    require(by, Perm.MANAGE_REGULATIONS)
    regulation = Regulation.objects.select_for_update().get(pk=regulation.pk)
    refuse_stale(regulation, FIELDS, expected)
    code = " ".join(code.split())
    _check(code, published_on, effective_on, but=regulation.pk)
    regulation.code, regulation.title = code, title.strip()
    regulation.jurisdiction, regulation.summary = jurisdiction.strip(), summary.strip()
    regulation.published_on, regulation.effective_on = published_on, effective_on
    regulation.source_url = source_url
    regulation.save()
    waiting = regulation.impacts.pending().values_list("document_id", flat=True)
    for document in _locked(waiting):
        _open_review(document, effective_on)
    return regulation


@transaction.atomic
def add_impacts(regulation: Regulation, affects: Sequence[Affected], *, by: Person) -> list[Impact]:
    """Note further documents that a regulation affects, and open their reviews.

    Raises PermissionDenied unless `by` keeps the register and the documents exist for them;
    RuleBroken if one is already noted or named twice.
    """
    require(by, Perm.MANAGE_REGULATIONS)
    regulation = Regulation.objects.select_for_update().get(pk=regulation.pk)
    return _affect(regulation, affects, by)


@transaction.atomic
def remove_impact(impact: Impact, *, by: Person) -> None:
    """Take back that a regulation affects a document: it was noted by mistake.

    Raises PermissionDenied, RuleBroken once it was decided: what was decided is kept.
    """
    require(by, Perm.MANAGE_REGULATIONS, impact.document)
    impact = Impact.objects.select_for_update().get(pk=impact.pk)
    if impact.state != Impact.State.PENDING:
        raise RuleBroken(_("Lo que ya se decidió se conserva: no se puede quitar."))
    impact.delete()


@transaction.atomic
def decide_impact(
    impact: Impact,
    *,
    state: Impact.State,
    decision: str = "",
    version: Version | None = None,
    by: Person,
) -> Impact:
    """Say that a document was adapted to a regulation, or that it does not affect it.

    «Adaptado» names a version of that document that came into force since the norm was
    registered; «No le afecta» says why in at least 20 characters; «Por adaptar» takes an
    earlier decision back, and says why too. Raises PermissionDenied unless `by` keeps the
    register and the document exists for them, RuleBroken otherwise.
    """
    require(by, Perm.MANAGE_REGULATIONS, impact.document)
    impact = (
        Impact.objects.select_for_update(of=("self",))
        .select_related("regulation", "document")
        .get(pk=impact.pk)
    )
    decision = decision.strip()
    if state == Impact.State.ADAPTED:
        if version is None or not versions_that_adapt(impact).filter(pk=version.pk).exists():
            raise RuleBroken(
                {
                    "version": _(
                        "Elija una versión que entró en vigor desde que se registró la norma."
                    )
                }
            )
    elif len(decision) < REASON_MIN:
        raise RuleBroken(
            {
                "decision": RuleBroken(
                    _("Explique por qué con al menos %(least)s caracteres."),
                    params={"least": REASON_MIN},
                )
            }
        )
    if state == Impact.State.PENDING and impact.state == Impact.State.PENDING:
        raise RuleBroken(_("Este documento ya está por adaptar."))
    impact.state = state
    impact.version = version if state == Impact.State.ADAPTED else None
    impact.decision = decision
    impact.decided_by, impact.decided_at = by, timezone.now()
    impact.save()
    if state == Impact.State.PENDING:
        for document in _locked([impact.document_id]):
            _open_review(document, impact.regulation.effective_on)
    return impact


def versions_that_adapt(impact: Impact):
    """Versions of the affected document that came into force since the norm was registered."""
    since = timezone.localdate(impact.regulation.registered_at)
    return Version.objects.filter(
        document=impact.document_id,
        state__in=[Version.State.IN_FORCE, Version.State.SUPERSEDED],
        effective_on__gte=since,
    ).order_by("-number")


def _check(code: str, published_on: date | None, effective_on: date, *, but: int = 0) -> None:
    faults = {}
    if Regulation.objects.filter(code__iexact=code).exclude(pk=but).exists():
        faults["code"] = _("Esa norma ya está en el registro.")
    latest = timezone.localdate() + relativedelta(years=YEARS_AHEAD)
    if published_on is not None and published_on > effective_on:
        faults["effective_on"] = _("No puede regir antes de publicarse.")
    for name, day in (("published_on", published_on), ("effective_on", effective_on)):
        if day is not None and not EARLIEST <= day <= latest:
            faults[name] = _("Revise el año: no parece el de esta norma.")
    if faults:
        raise RuleBroken(faults)


def _affect(regulation: Regulation, affects: Sequence[Affected], by: Person) -> list[Impact]:
    wanted = {one.document.pk: one for one in affects}
    if len(wanted) != len(affects):
        raise RuleBroken({"documents": _("Un documento está dos veces.")})
    seen = Document.objects.visible_to(by).filter(pk__in=wanted).values_list("pk", flat=True)
    if set(seen) != set(wanted):
        raise RuleBroken({"documents": _("Uno de los documentos no existe.")})
    if noted := regulation.impacts.filter(document__in=wanted).select_related("document").first():
        raise RuleBroken(
            {
                "documents": RuleBroken(
                    _("%(code)s ya está entre los documentos afectados."),
                    params={"code": noted.document.code},
                )
            }
        )
    made, tidings = [], []
    for document in _locked(wanted):
        one = wanted[document.pk]
        made.append(
            Impact.objects.create(
                regulation=regulation,
                document=document,
                weight=one.weight,
                note=one.note.strip(),
            )
        )
        _open_review(document, regulation.effective_on)
        tidings += _tidings(regulation, document)
    notify_each("regulation_review", tidings)
    return made


def _locked(documents) -> list[Document]:
    """Rows of `documents` (keys), locked in the order of their keys, with who reviews them."""
    keys = sorted(documents)
    list(Document.objects.select_for_update().filter(pk__in=keys).order_by("pk").values("pk"))
    today = timezone.localdate()
    return list(Document.objects.with_reviewer(today).filter(pk__in=keys).order_by("pk"))


def _open_review(document: Document, effective_on: date) -> None:
    """Bring the review forward to the day the norm takes effect; to today if it already did."""
    if document.current_id is None or document.retired_on is not None:
        return
    day = max(effective_on, timezone.localdate())
    if document.next_review_on is None or day < document.next_review_on:
        document.next_review_on = day
        document.save(update_fields=["next_review_on"])


def _tidings(regulation: Regulation, document: Document) -> list[Tiding]:
    person = document.acting_id
    reader = Person.objects.filter(pk=person).first()
    if reader is None or not Document.objects.visible_to(reader).filter(pk=document.pk).exists():
        person = document.charged_id
    if person is None:
        return []
    return [
        Tiding(
            person,
            key=f"regulation:{regulation.pk}:{document.pk}",
            title=gettext("%(norm)s afecta %(code)s, %(title)s: revíselo")
            % {"norm": regulation.code, "code": document.code, "title": document.title},
            text=gettext("La norma rige desde el %(on)s. %(name)s")
            % {"on": date_format(regulation.effective_on), "name": regulation.title},
            url=reverse("reviews:review", args=[document.code]),
        )
    ]
