"""Indicators: definition, measurements, limits and signals."""

from auditlog.registry import auditlog

from apps.indicators.models.base import Definition, Indicator, Standing
from apps.indicators.models.importing import SheetImport
from apps.indicators.models.measuring import Baseline, Measurement, Signal

__all__ = [
    "Baseline",
    "Definition",
    "Indicator",
    "Measurement",
    "SheetImport",
    "Signal",
    "Standing",
]

auditlog.register(
    Indicator, exclude_fields=["latest", "standing", "fed_at", "feed_trouble", "created_at"]
)
# What points back at a row is no field of it: asking for it costs a query per row.
auditlog.register(Definition, exclude_fields=["current_of"])
auditlog.register(Measurement, exclude_fields=["correction", "latest_of"])
for model in (Baseline, Signal):
    auditlog.register(model)
auditlog.register(SheetImport, exclude_fields=["sealed"])
