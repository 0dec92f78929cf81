"""Reading standards: how each is kept now, and how it was."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404

from apps.documents.models import Document, Version
from apps.indicators.models import Standing
from apps.standards.models import ComplianceResult, Criterion, Lapse, Promise, Service
from apps.standards.querysets import standards_for

KEPT = (Standing.MET, Standing.TOLERATED)


def last_results() -> QuerySet[ComplianceResult]:
    """The last result of each criterion of the versions in force."""
    later = ComplianceResult.objects.filter(
        document=OuterRef("document"), key=OuterRef("key"),
        period_start__gt=OuterRef("period_start"),
    )  # fmt: skip
    current = Criterion.objects.filter(
        version=OuterRef("document__current_id"), key=OuterRef("key")
    )
    return ComplianceResult.objects.filter(~Exists(later), Exists(current))


def _counted(rows: QuerySet[ComplianceResult]) -> Coalesce:
    counts = rows.filter(document=OuterRef("pk")).order_by().values("document")
    return Coalesce(Subquery(counts.annotate(n=Count("pk")).values("n")), 0)


def listed(actor: Any) -> QuerySet[Document]:
    """Standards that exist for `actor`, with `kept`, `missed` (criteria by their last result),
    `criteria_count` and `service_id` of the version in force."""
    promise = Promise.objects.filter(version=OuterRef("current_id"))
    rows = Criterion.objects.filter(version=OuterRef("current_id")).order_by().values("version")
    return (
        standards_for(actor)
        .select_related("unit", "owner", "current")
        .defer("current__body", "current__justification")
        .annotate(
            kept=_counted(last_results().filter(standing__in=KEPT)),
            missed=_counted(last_results().filter(standing=Standing.MISSED)),
            criteria_count=Coalesce(Subquery(rows.annotate(n=Count("pk")).values("n")), 0),
            service_id=Subquery(promise.values("service_id")[:1]),
        )
    )


def document_for(actor: Any, code: str) -> Document:
    """The standard of that code, published or not, as far as it exists for `actor`."""
    rows = standards_for(actor).select_related("current", "unit", "owner", "reviewer")
    found = rows.filter(code=code).first()
    if found is None:
        raise Http404
    return found


def open_version(document: Document) -> Version | None:
    """The version being written or in review; or None."""
    states = [Version.State.DRAFT, Version.State.IN_REVIEW]
    rows = Version.objects.filter(document=document, state__in=states)
    version = rows.select_related("author").first()
    if version is not None:
        version.document = document
    return version


@dataclass
class Kept:
    """A criterion in force, its results (oldest first) and its runs of misses."""

    criterion: Criterion
    results: list[ComplianceResult] = field(default_factory=list)
    lapses: list[Lapse] = field(default_factory=list)

    @property
    def last(self) -> ComplianceResult | None:
        return self.results[-1] if self.results else None

    @property
    def standing(self) -> str:
        """How its last result stands."""
        return self.last.standing if self.last else Standing.NO_DATA


def kept_of(documents: Iterable[Document]) -> dict[int, list[Kept]]:
    """Criteria in force of `documents`, by the document's key, with all results. Three queries."""
    versions = {row.current_id: row.pk for row in documents if row.current_id}
    criteria = Criterion.objects.filter(version__in=versions).select_related("indicator__current")
    found: dict[int, dict[str, Kept]] = defaultdict(dict)
    for row in criteria.order_by("version_id", "number"):
        found[versions[row.version_id]][row.key] = Kept(row)
    keys = list(versions.values())
    results = ComplianceResult.objects.filter(document__in=keys).order_by("period_start")
    for result in results.select_related("criterion"):
        if kept := found[result.document_id].get(result.key):
            kept.results.append(result)
    for lapse in Lapse.objects.filter(document__in=keys).select_related("finding"):
        if kept := found[lapse.document_id].get(lapse.key):
            kept.lapses.append(lapse)
    return {pk: list(rows.values()) for pk, rows in found.items()}


def promised(documents: QuerySet[Document]) -> list[Promise]:
    """Promises in force of `documents`, in the order of their services."""
    return list(
        Promise.objects.filter(version__current_of__in=documents, service__retired_on=None)
        .select_related("service__unit", "version__document")
        .defer("version__body", "version__justification")
        .order_by("service__order", "service__code", "version__document__code")
    )


@dataclass
class ServiceCharter:
    """A service as the public charter shows it: its promises, each with its criteria."""

    service: Service
    promises: list[tuple[Promise, list[Kept]]]

    @property
    def criteria(self) -> list[Kept]:
        return [row for _promise, rows in self.promises for row in rows]


def charter(code: str | None = None) -> list[ServiceCharter]:
    """What anyone may read: services given today with what is promised of them. Four queries."""
    rows = promised(Document.objects.open_to_customers().filter(kind=Document.Kind.STANDARD))
    rows = [row for row in rows if code is None or row.service.code == code]
    for row in rows:
        row.version.document.current_id = row.version_id
    kept = kept_of([row.version.document for row in rows])
    found: dict[int, ServiceCharter] = {}
    for row in rows:
        entry = found.setdefault(row.service_id, ServiceCharter(row.service, []))
        entry.promises.append((row, kept.get(row.version.document_id, [])))
    return list(found.values())
