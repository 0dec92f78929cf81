"""What is still not adapted to the regulations, at any time (1.5.3, 4.5.2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, F, Q

from apps.documents.models import Impact


@dataclass(frozen=True)
class Statement:
    """How many documents are not adapted, to how many norms; `late`: the norm already rules."""

    on: date
    impacts: int
    documents: int
    regulations: int
    late: int
    late_regulations: int


def statement_for(actor: Any, on: date) -> Statement:
    """What is not adapted on the calendar day `on`, among what exists for `actor`. One query."""
    ruling = Q(regulation__effective_on__lte=on)
    counts = (
        Impact.objects.visible_to(actor)
        .pending()
        .aggregate(
            impacts=Count("pk"),
            documents=Count("document", distinct=True),
            regulations=Count("regulation", distinct=True),
            late=Count("pk", filter=ruling),
            late_regulations=Count("regulation", filter=ruling, distinct=True),
        )
    )
    return Statement(on=on, **counts)


def norms_pending(document_id: int) -> list[dict[str, Any]]:
    """Norms a document is not adapted to (norm, its key; code; effective_on), first to rule
    first, five at most."""
    waiting = Impact.objects.pending().filter(document=document_id)
    return list(
        waiting.order_by("regulation__effective_on", "pk").values(
            norm=F("regulation__pk"),
            code=F("regulation__code"),
            effective_on=F("regulation__effective_on"),
        )[:5]
    )
