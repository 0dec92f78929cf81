"""What the records of the manual can measure by themselves, for indicators."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from apps.core.registry import Measure, Metric, metrics
from apps.documents.models import Document, Version


def procedures_changed(start: date, end: date) -> Measure | None:
    """Versions of procedures that came into force between two days; None before the first."""
    rows = Version.objects.standing().filter(document__kind=Document.Kind.PROCEDURE)
    if not rows.filter(effective_on__lte=end).exists():
        return None
    return Measure(value=Decimal(rows.filter(effective_on__range=(start, end)).count()))


metrics.add(
    "manual.procedures_changed",
    Metric(
        label=_("Procedimientos que cambiaron"),
        formula=_("Versiones de procedimientos que entraron en vigor en el período."),
        source=_("Versiones en vigor, en el Manual."),
        shape="value",
        unit=_("versiones"),
        measure=procedures_changed,
    ),
)
