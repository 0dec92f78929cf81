"""Loads the services of Aguas del Valle, what is expected of them, and their standards."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from apps.core.search import indexing
from apps.documents import services as documents
from apps.documents.models import Document
from apps.indicators.models import Indicator
from apps.portal.demo.organisation import Cast, ago
from apps.standards import services
from apps.standards.models import Service
from apps.standards.services import CriterionInput, PromiseInput

# In force before the first of the eighteen months that were measured.
SINCE_DAYS = 600
REASON = "Primera versión, acordada con las áreas y con lo que esperan las personas."


def load_standards(data: dict[str, Any], cast: Cast) -> None:
    """Everything that standards.yaml tells, through the services people use."""
    by = cast.account("calidad")
    catalogue = {entry["code"]: _service(entry, cast) for entry in data["services"]}
    indicators = {row.code: row for row in Indicator.objects.select_related("current")}
    papers = {row.code: row for row in Document.objects.all()}
    for entry in data["standards"]:
        _standard(entry, cast, catalogue, indicators, papers)
    indexing.index("service", Service.objects.all())
    services.recompute(timezone.localdate())
    for entry in data["standards"]:
        if entry.get("draft"):
            documents.start_version(
                Document.objects.get(code=entry["code"]), change="minor",
                justification=entry["draft"], by=by,
            )  # fmt: skip


def _service(entry: dict[str, Any], cast: Cast) -> Service:
    by = cast.account("calidad")
    fields = {name: entry[name] for name in ("code", "name", "summary", "audience", "hours")}
    service = services.save_service(
        None, **fields, channels="\n".join(entry["channels"]),
        unit=cast.units[entry["unit"]], order=entry["order"], by=by,
    )  # fmt: skip
    for told in entry["expectations"]:
        services.add_expectation(
            service, text=told["text"], source=told["source"], detail=told["detail"],
            known_on=ago(told["ago"]), by=by,
        )  # fmt: skip
    return service


def _standard(
    entry: dict[str, Any],
    cast: Cast,
    catalogue: dict[str, Service],
    indicators: dict[str, Indicator],
    papers: dict[str, Document],
) -> None:
    by, author = cast.account("calidad"), cast.account(entry["owner"])
    document = documents.open_document(
        kind=Document.Kind.STANDARD, code=entry["code"], title=entry["title"], owner=author,
        unit=cast.units[entry["unit"]], classification=entry.get("classification", 0), by=by,
    )  # fmt: skip
    since = ago(SINCE_DAYS)
    at = timezone.make_aware(datetime.combine(since, time(10)))
    services.record_standard(
        document,
        promise=PromiseInput(
            catalogue[entry["service"]], entry["commitment"], entry.get("scope", ""),
            entry["remedy"],
        ),
        criteria=[
            CriterionInput(
                title=told["title"],
                indicator=indicators[told["indicator"]],
                target=Decimal(str(told["target"])),
                tolerance=Decimal(str(told.get("tolerance", 0))),
                period=told.get("period", "month"),
                sampling=told["sampling"],
            )
            for told in entry["criteria"]
        ],
        number=1, title=entry["title"], body="", change="first", justification=REASON,
        author=author, approver=cast.account("direccion"), approved_at=at - timedelta(days=3),
        effective_on=since, by=by,
    )  # fmt: skip
    # Reviewed since; some on purpose not in time.
    document.refresh_from_db()
    document.next_review_on = ago(-entry.get("review_in", 200))
    document.save(update_fields=["next_review_on"])
    documents.relate(document, [papers[code] for code in entry["rests_on"]], by=by)
