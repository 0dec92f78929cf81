"""Measurements the portal takes of its own records, and those people still owe."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.registry import metrics
from apps.core.rules import RuleBroken
from apps.indicators import selectors
from apps.indicators.models import Definition, Indicator, Measurement
from apps.indicators.services.measuring import Reading, enter, locked

# A portal that was away that long catches up; older periods are asked for by nobody.
PERIODS_BACK = 24


def feed_all(today: date) -> int:
    """Take what is wanting of every indicator fed by the portal; how many measurements are new.

    One indicator in trouble does not stop the others.
    """
    rows = Indicator.objects.in_use().filter(current__feed=Definition.Feed.METRIC)
    return sum(len(feed(row, today)) for row in rows.order_by("pk"))


@transaction.atomic
def feed(indicator: Indicator, today: date) -> list[Measurement]:
    """Ask the indicator's metric for each period that ended and was not measured.

    What the records say nothing of stays without measurement, and the page says so. Twice
    takes nothing more.
    """
    indicator = locked(indicator)
    definition = indicator.current
    if indicator.is_retired or definition.feed != Definition.Feed.METRIC:
        return []
    if definition.metric not in metrics:
        return _noted(indicator, [], _("La medida «%s» ya no existe.") % definition.metric)
    metric = metrics.get(definition.metric)
    measured = indicator.measurements.values_list("period_start", "period_end").distinct()
    wanting = selectors.missing(selectors.definitions_of(indicator), measured, today)
    readings, silent = [], []
    for period in wanting[-PERIODS_BACK:]:
        if period.start < definition.effective_on:
            continue
        found = metric.measure(period.start, period.end)
        if found is None or (definition.has_parts and not found.denominator):
            silent.append(period.label)
        else:
            readings.append(Reading(period.start, found.value, found.numerator, found.denominator))
    trouble = ""
    if silent:
        trouble = _("El portal no tiene datos de: %(periods)s.") % {"periods": ", ".join(silent)}
    try:
        with transaction.atomic():
            rows = enter(indicator, readings, by=None, origin=Measurement.Origin.METRIC)
    except RuleBroken as rule:
        return _noted(indicator, [], " ".join(rule.messages))
    return _noted(indicator, rows, trouble)


def _noted(indicator: Indicator, rows: list[Measurement], trouble: str) -> list[Measurement]:
    indicator.fed_at, indicator.feed_trouble = timezone.now(), trouble[:300]
    indicator.save(update_fields=["fed_at", "feed_trouble"])
    return rows
