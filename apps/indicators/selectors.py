"""Reading what was measured: series, limits, what is missing, before and after."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import QuerySet

from apps.indicators.formulas.intervals import Interval, wilson
from apps.indicators.judging import (
    FEWEST_POINTS,
    Point,
    Reference,
    provisional,
    reference_of,
    standing_under,
)
from apps.indicators.models import Baseline, Definition, Indicator, Measurement
from apps.indicators.periods import Period, period_of

POINT_FIELDS = (
    "pk", "indicator_id", "definition_id", "period_start", "period_end", "value", "numerator",
    "denominator", "standing", "number",
)  # fmt: skip


def series(indicator: Indicator, start: date | None = None, end: date | None = None) -> list[Point]:
    """What stands for each measured period between two calendar days, oldest first. One query.

    A period belongs to the days it lies in whole; None leaves that end open.
    """
    return series_of([indicator], start, end)[indicator.pk]


def series_of(
    indicators: Iterable[Indicator], start: date | None = None, end: date | None = None
) -> dict[int, list[Point]]:
    """As `series` for many indicators, by their key; one query for all."""
    keys = [indicator.pk for indicator in indicators]
    rows = Measurement.objects.standing_entries().filter(indicator__in=keys)
    if start is not None:
        rows = rows.filter(period_start__gte=start)
    if end is not None:
        rows = rows.filter(period_end__lte=end)
    found: dict[int, list[Point]] = {key: [] for key in keys}
    for row in rows.order_by("period_start").values_list(*POINT_FIELDS):
        *fields, number = row
        found[row[1]].append(Point(*fields, is_corrected=number > 1))
    return found


def current(indicator: Indicator) -> Measurement | None:
    """The measurement that stands for the last measured period, if there is any."""
    return indicator.latest


def definitions_of(indicator: Indicator) -> list[Definition]:
    """Its definitions, oldest first."""
    return list(indicator.definitions.select_related("owner", "unit").order_by("number"))


def definition_on(definitions: list[Definition], day: date) -> Definition:
    """Of definitions, oldest first, the one that rules a period which begins on `day`.

    What began before the first definition was brought in later: the first rules it.
    """
    ruling = definitions[0]
    for definition in definitions:
        if definition.effective_on <= day:
            ruling = definition
    return ruling


def comparable_since(definitions: list[Definition]) -> date:
    """The day from which all measurements can be compared with those of now."""
    breaks = [row.effective_on for row in definitions[1:] if not row.is_comparable]
    return max(breaks, default=date.min)


@dataclass(frozen=True)
class Judged:
    """The points that can be compared with those of now, and what the last ones are judged by.

    `judged` are the points the reference rules; without one there are too few.
    """

    points: list[Point]
    reference: Reference | None
    judged: list[Point]

    @property
    def wanting(self) -> int:
        """How many measurements are wanting until there are limits."""
        return max(0, FEWEST_POINTS - len(self.points)) if self.reference is None else 0


def judged(
    points: list[Point], definitions: list[Definition], baselines: Iterable[Baseline]
) -> Judged:
    """What judges the newest of `points`, oldest first. `baselines` newest first; no queries."""
    since = comparable_since(definitions)
    points = [point for point in points if point.period_start >= since]
    definition = definitions[-1]
    for baseline in baselines:
        if baseline.from_on >= since:
            ruled = [point for point in points if point.period_start >= baseline.from_on]
            return Judged(points, reference_of(baseline, definition), ruled)
    return Judged(points, provisional(points, definition), points)


def missing(
    definitions: list[Definition], measured: Iterable[tuple[date, date]], until: date
) -> list[Period]:
    """Periods that ended before `until` and have no entry, oldest first. No queries.

    Counted from the first measured period, or from the day the first definition rules where
    nothing was. `measured`: starts and ends.
    """
    ends = dict(measured)
    begun = min(min(ends, default=date.max), definitions[0].effective_on)
    found, day = [], begun
    while True:
        if day in ends:
            day = _after(ends[day])
            continue
        period = period_of(day, definition_on(definitions, day).frequency)
        if period.end >= until:
            return found
        if period.start >= begun and not any(
            start <= period.end and end >= period.start for start, end in ends.items()
        ):
            found.append(period)
        day = _after(period.end)


def missing_of(indicators: Iterable[Indicator], until: date) -> dict[int, list[Period]]:
    """As `missing` for many indicators, by their key; two queries for all."""
    keys = [indicator.pk for indicator in indicators]
    definitions: dict[int, list[Definition]] = defaultdict(list)
    for definition in Definition.objects.filter(indicator__in=keys).order_by("number"):
        definitions[definition.indicator_id].append(definition)
    measured: dict[int, list[tuple[date, date]]] = defaultdict(list)
    rows = Measurement.objects.filter(indicator__in=keys, number=1)
    for key, start, end in rows.values_list("indicator", "period_start", "period_end"):
        measured[key].append((start, end))
    return {key: missing(definitions[key], measured[key], until) for key in keys}


def _after(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)


@dataclass(frozen=True)
class Span:
    """Some periods together: their value, what it may really be, and how it stands."""

    points: list[Point]
    value: Decimal | None
    interval: Interval | None
    standing: str


@dataclass(frozen=True)
class BeforeAfter:
    """An indicator before and after a day. `difference`: after minus before, in its unit."""

    before: Span
    after: Span
    difference: Decimal | None
    # True towards what is better, False towards what is worse, None where it cannot be said.
    is_better: bool | None
    is_conclusive: bool


def before_after(indicator: Indicator, on: date, *, periods: int = 6) -> BeforeAfter:
    """The last `periods` measured periods that ended before `on`, and the first that began then
    or later. Two queries.

    It is conclusive when the intervals of two shares do not overlap, or when every value on one
    side is beyond every value on the other.
    """
    definition = indicator.current
    points = series(indicator)
    before = _span([p for p in points if p.period_end < on][-periods:], definition)
    after = _span([p for p in points if p.period_start >= on][:periods], definition)
    if before.value is None or after.value is None:
        return BeforeAfter(before, after, None, None, is_conclusive=False)
    difference = after.value - before.value
    return BeforeAfter(
        before,
        after,
        difference,
        _is_better(before.value, after.value, definition),
        is_conclusive=_apart(before, after),
    )


def _span(points: list[Point], definition: Definition) -> Span:
    if not points:
        return Span([], None, None, standing_under(definition, None))
    interval = None
    counts = [(p.numerator, p.denominator) for p in points if p.denominator]
    if definition.has_parts and len(counts) == len(points):
        part, of = sum(part for part, _of in counts), sum(of for _part, of in counts)
        value = part / of * definition.factor
        if definition.shape == Definition.Shape.PROPORTION:
            share = wilson(float(part), float(of))
            interval = Interval(float(value), share.low * 100, share.high * 100)
    else:
        value = sum(p.value for p in points) / len(points)
    return Span(points, value, interval, standing_under(definition, value))


def _is_better(before: Decimal, after: Decimal, definition: Definition) -> bool | None:
    if before == after:
        return None
    match definition.direction:
        case Definition.Direction.HIGHER:
            return after > before
        case Definition.Direction.LOWER:
            return after < before
    if definition.target is None:
        return None
    return abs(after - definition.target) < abs(before - definition.target)


def _apart(before: Span, after: Span) -> bool:
    if before.interval and after.interval:
        one, other = before.interval, after.interval
        return one.high < other.low or other.high < one.low
    if len(before.points) < 3 or len(after.points) < 3:
        return False
    old, new = [p.value for p in before.points], [p.value for p in after.points]
    return max(old) < min(new) or max(new) < min(old)


def baselines_of(indicator: Indicator) -> QuerySet[Baseline]:
    """Its baselines, newest first."""
    return indicator.baselines.select_related("set_by").order_by("-set_at", "-pk")


def entries_by_period(indicator: Indicator) -> dict[date, list[Measurement]]:
    """Every entry of every period, newest period first; of a period the standing one first."""
    found: dict[date, list[Measurement]] = defaultdict(list)
    rows = indicator.measurements.select_related("entered_by", "evidence")
    for row in rows.order_by("-period_start", "-number"):
        found[row.period_start].append(row)
    return dict(found)
