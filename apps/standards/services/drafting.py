"""Writing a standard on a draft of its document, each edit from the revision it began at (F14)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person, Unit
from apps.core.access import Level, require
from apps.core.rules import RuleBroken
from apps.documents import services as documents
from apps.documents.models import Document, Version
from apps.documents.permissions import Perm
from apps.indicators.models import Definition, Indicator
from apps.indicators.periods import Frequency
from apps.standards.models import Criterion, Promise, Service

CRITERIA_MOST = 12
# From the shortest to the longest.
LENGTHS = list(Frequency.values)


@dataclass(frozen=True)
class PromiseInput:
    """What a standard promises. `commitment` is in the customer's words."""

    service: Service
    commitment: str = ""
    scope: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class CriterionInput:
    """One criterion as written; unit and direction are its indicator's."""

    title: str
    indicator: Indicator
    target: Decimal
    sampling: str
    period: str
    tolerance: Decimal = Decimal(0)
    key: str = ""


@transaction.atomic
def create_standard(
    *,
    code: str,
    title: str,
    service: Service,
    owner: Person,
    unit: Unit,
    by: Person,
    classification: int = Level.INTERNAL,
) -> Version:
    """Register a standard and open its first draft. Readers see neither until it is in force.

    Raises as `documents.services.open_document` does.
    """
    require(by, Perm.WRITE)
    if Document.objects.filter(code=code).exists():
        raise RuleBroken({"code": _("Ya hay un documento con ese código.")})
    document = documents.open_document(
        kind=Document.Kind.STANDARD, code=code, title=title, owner=owner, unit=unit,
        classification=classification, by=by,
    )  # fmt: skip
    draft = documents.start_version(document, change=Version.Change.FIRST, title=title, by=by)
    Promise.objects.create(version=draft, service=service)
    return draft


def save_standard(
    version: Version, *, revision: int, promise: PromiseInput, by: Person, **draft: Any
) -> Version:
    """Save title, reason and promise of a draft in one edit; the free text stays.

    `draft` is what `documents.services.save_draft` takes besides the text; raises as it does.
    """

    def attach(saved: Version) -> None:
        _write_promise(saved, promise)

    return documents.save_draft(
        version, revision=revision, by=by, attach=attach, body=version.body, **draft
    )


def add_criterion(
    version: Version, *, revision: int, criterion: CriterionInput, by: Person
) -> Criterion:
    """Add a criterion to a draft. Its `version` has the new revision.

    Raises as `documents.services.editing` does, RuleBroken by field if it contradicts its
    indicator (`_checked`), or beyond 12.
    """
    with documents.editing(version, revision=revision, by=by) as draft:
        rows = list(draft.criteria.all())
        if len(rows) >= CRITERIA_MOST:
            raise RuleBroken(_("Un estándar tiene como máximo 12 criterios."))
        key = criterion.key or _free_key(criterion.title, {row.key for row in rows})
        made = Criterion(version=draft, key=key, number=len(rows) + 1)
        _write(made, criterion)
    return made


def edit_criterion(
    version: Version, key: str, *, revision: int, criterion: CriterionInput, by: Person
) -> Criterion:
    """Write a criterion anew under the same key. Raises as `add_criterion` does."""
    with documents.editing(version, revision=revision, by=by) as draft:
        found = _find(draft, key)
        _write(found, criterion)
    return found


def remove_criterion(version: Version, key: str, *, revision: int, by: Person) -> Version:
    """Take a criterion out of a draft and number the others again."""
    with documents.editing(version, revision=revision, by=by) as draft:
        _find(draft, key).delete()
        for number, row in enumerate(draft.criteria.order_by("number"), start=1):
            if row.number != number:
                row.number = number
                row.save(update_fields=["number"])
    return draft


def record_standard(
    document: Document,
    *,
    promise: PromiseInput,
    criteria: list[CriterionInput],
    by: Person,
    **version: Any,
) -> Version:
    """Bring in a published version of a standard from an existing register, oldest first.

    `version` is what `documents.services.record_published` takes. Raises as it does.
    """

    def attach(draft: Version) -> None:
        _write_promise(draft, promise)
        taken: set[str] = set()
        for number, given in enumerate(criteria, start=1):
            key = given.key or _free_key(given.title, taken)
            taken.add(key)
            _write(Criterion(version=draft, key=key, number=number), given)

    return documents.record_published(document, by=by, attach=attach, **version)


def carry(source: Version, draft: Version) -> None:
    """Copy promise and criteria of `source` into a new draft, keys kept (registered carrier)."""
    rows = [
        *Promise.objects.filter(version=source),
        *Criterion.objects.filter(version=source).order_by("number"),
    ]
    for row in rows:
        row.pk = None
        row._state.adding = True
        row.version = draft
        row.save()


def _write_promise(draft: Version, given: PromiseInput) -> None:
    Promise.objects.update_or_create(
        version=draft,
        defaults={
            "service": given.service,
            "commitment": given.commitment.strip(),
            "scope": given.scope.strip(),
            "remedy": given.remedy.strip(),
        },
    )


def _write(row: Criterion, given: CriterionInput) -> None:
    definition = _checked(given)
    row.title, row.sampling = given.title.strip(), given.sampling.strip()
    row.indicator, row.period = given.indicator, given.period
    row.target, row.tolerance = given.target, given.tolerance
    row.measure, row.shape = definition.measure, definition.shape
    row.factor = definition.factor if definition.has_parts else 1
    row.decimals, row.direction = definition.decimals, definition.direction
    row.save()


def _checked(given: CriterionInput) -> Definition:
    """The indicator's definition, if the criterion goes with it; RuleBroken by field if not."""
    definition = given.indicator.current
    if definition is None or given.indicator.is_retired:
        raise RuleBroken({"indicator": _("Ese indicador ya no se mide: elija otro.")})
    low, high = definition.lowest, definition.highest
    if (low is not None and given.target < low) or (high is not None and given.target > high):
        raise RuleBroken({"target": _("La meta está fuera de lo que el indicador puede dar.")})
    if given.tolerance < 0:
        raise RuleBroken({"tolerance": _("La tolerancia no es negativa.")})
    often = definition.frequency
    fits = LENGTHS.index(given.period) >= LENGTHS.index(often)
    # Weeks do not add up to months.
    if not fits or (often == Frequency.WEEK and given.period != Frequency.WEEK):
        raise RuleBroken(
            {
                "period": RuleBroken(
                    _("El indicador se mide %(often)s: elija un período que junte mediciones"
                      " enteras."),
                    params={"often": definition.get_frequency_display().lower()},
                )
            }
        )  # fmt: skip
    return definition


def _find(draft: Version, key: str) -> Criterion:
    found = draft.criteria.filter(key=key).first()
    if found is None:
        raise RuleBroken(_("El criterio ya no existe: otra persona lo quitó."))
    return found


def _free_key(title: str, taken: set[str]) -> str:
    base = slugify(title)[:72] or "criterio"
    key, count = base, 1
    while key in taken:
        count += 1
        key = f"{base}-{count}"
    return key
