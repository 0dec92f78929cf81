"""How far what was asked has reached: sums of `Reach`, which triggers keep to the row (M19).

A document counts from its latest version that asks: who accepted that one or a later one
counts as reached, whoever still owes it as missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, QuerySet, Subquery, Sum

from apps.documents.models import Asking, Document, Obligation, Reach, Version

PUBLISHED = (Version.State.APPROVED, Version.State.IN_FORCE, Version.State.SUPERSEDED)


@dataclass
class Figures:
    """Asked and accepted, and how many of those who miss are late."""

    asked: int = 0
    accepted: int = 0
    late: int = 0

    @property
    def missing(self) -> int:
        return self.asked - self.accepted

    @property
    def percent(self) -> int | None:
        """Whole percent, rounded down: 100 means everybody. None while nobody is asked."""
        return self.accepted * 100 // self.asked if self.asked else None


def _since(document: str) -> Subquery:
    rows = Asking.objects.filter(
        asks=True, version__document=OuterRef(document), version__state__in=PUBLISHED
    )
    return Subquery(rows.order_by("-version__number").values("version__number")[:1])


def asking_documents(actor: Any) -> QuerySet[Document]:
    """Documents in use that exist for `actor` and ask to be accepted."""
    live = Version.objects.filter(
        document=OuterRef("pk"), state__in=(Version.State.APPROVED, Version.State.IN_FORCE)
    )
    return (
        Document.objects.visible_to(actor)
        .filter(Exists(live))
        .annotate(since=_since("pk"))
        .exclude(since=None)
    )


def counting_versions(documents: QuerySet[Document] | list[int]) -> QuerySet[Version]:
    """Versions of `documents` that count: from the latest one that asks on."""
    wanted = documents if isinstance(documents, list) else documents.order_by().values("pk")
    return (
        Version.objects.filter(document__in=wanted, state__in=PUBLISHED)
        .annotate(since=_since("document_id"))
        .filter(number__gte=F("since"))
    )


def by_document(
    documents: list[int], today: date, units: list[int] | None = None
) -> dict[int, Figures]:
    """Figures of each of `documents` (keys), of the people of `units` or of all. Two queries."""
    found = {pk: Figures() for pk in documents}
    versions = counting_versions(documents).values("pk")
    sums = Reach.objects.filter(version__in=versions)
    late = Obligation.objects.still_open().filter(version__in=versions, due_on__lt=today)
    if units is not None:
        sums, late = sums.filter(unit__in=units), late.filter(unit__in=units)
    rows = sums.values("version__document_id").annotate(asked=Sum("asked"), done=Sum("accepted"))
    for row in rows:
        figures = found[row["version__document_id"]]
        figures.asked, figures.accepted = row["asked"], row["done"]
    for row in late.values("version__document_id").annotate(count=Count("pk")):
        found[row["version__document_id"]].late = row["count"]
    return found


def by_unit(documents: QuerySet[Document] | list[int]) -> list[tuple[dict[str, Any], Figures]]:
    """Figures of each unit over `documents`, in the order of names; people without a post last.

    One query. The unit is a dictionary: code and name, None for people without a post.
    """
    rows = (
        Reach.objects.filter(version__in=counting_versions(documents).values("pk"))
        .values("unit__code", "unit__name")
        .annotate(total=Sum("asked"), done=Sum("accepted"))
        .filter(total__gt=0)
        .order_by(F("unit__name").asc(nulls_last=True), "unit__code")
    )
    return [
        (
            {"code": row["unit__code"], "name": row["unit__name"]},
            Figures(asked=row["total"], accepted=row["done"]),
        )
        for row in rows
    ]


def missing(documents: list[int]) -> QuerySet[Obligation]:
    """What is still owed of `documents` (keys), with person, unit and version."""
    return (
        Obligation.objects.still_open()
        .filter(version__in=counting_versions(documents).values("pk"))
        .select_related("person", "unit", "version")
        .defer("version__body", "version__justification")
    )
