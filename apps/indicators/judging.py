"""What a value is worth: against what was wanted of it, and against chance (CIC-10). No queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from statistics import fmean, median

from apps.indicators.formulas import charts
from apps.indicators.formulas.intervals import Interval, wilson
from apps.indicators.models import Baseline, Definition, Signal, Standing
from apps.indicators.periods import label_of, short_label_of

# Fewer points say too little of what chance does; with 20 the limits are frozen.
FEWEST_POINTS = 12
MOST_POINTS = 20

Rule, Side, Chart = Signal.Rule, Signal.Side, Baseline.Chart
CHARTS = {
    Definition.Shape.VALUE: Chart.XMR,
    Definition.Shape.PROPORTION: Chart.P,
    Definition.Shape.RATE: Chart.U,
}


@dataclass(frozen=True)
class Point:
    """What stands for one period of an indicator. `is_corrected`: it is not the first entry."""

    measurement_id: int
    indicator_id: int
    definition_id: int
    period_start: date
    period_end: date
    value: Decimal
    numerator: Decimal | None
    denominator: Decimal | None
    standing: str
    is_corrected: bool

    @property
    def label(self) -> str:
        """The period in words."""
        return label_of(self.period_start, self.period_end)

    @property
    def short_label(self) -> str:
        """The period as an axis names it."""
        return short_label_of(self.period_start, self.period_end)


def standing_of(
    value: Decimal | None,
    *,
    direction: str,
    target: Decimal | None,
    tolerance: Decimal = Decimal(0),
    warning_at: Decimal | None = None,
    critical_at: Decimal | None = None,
) -> Standing:
    """How `value` stands against a target; what is exactly on a limit is still on its good side.

    Thresholds are values; where near is better they, like the tolerance, are distances.
    """
    if value is None:
        return Standing.NO_DATA
    if target is None:
        return Standing.NO_TARGET
    near = direction == Definition.Direction.NEAR
    # Turned so that less is better, whatever the direction.
    turn = -1 if direction == Definition.Direction.HIGHER else 1
    amount, wanted = (abs(value - target), tolerance) if near else (turn * value, turn * target)
    threshold = 1 if near else turn
    if critical_at is not None and amount > threshold * critical_at:
        return Standing.CRITICAL
    if warning_at is not None and amount > threshold * warning_at:
        return Standing.WARNING
    if amount <= wanted:
        return Standing.MET
    if not near and amount <= wanted + tolerance:
        return Standing.TOLERATED
    return Standing.MISSED


def standing_under(definition: Definition, value: Decimal | None) -> Standing:
    """How `value` stands against what `definition` wants."""
    return standing_of(
        value,
        direction=definition.direction,
        target=definition.target,
        tolerance=definition.tolerance,
        warning_at=definition.warning_at,
        critical_at=definition.critical_at,
    )


def interval_of(definition: Definition, point: Point) -> Interval | None:
    """What the value may really be, in its unit: for shares of a whole number of cases."""
    if definition.shape != Definition.Shape.PROPORTION or not point.denominator:
        return None
    share = wilson(float(point.numerator), float(point.denominator))
    return Interval(float(point.value), 100 * share.low, 100 * share.high)


@dataclass(frozen=True)
class Reference:
    """What points are judged by: a frozen baseline, or limits of those there are so far."""

    chart: str
    centre: float
    spread: float
    factor: float
    baseline_id: int | None
    from_on: date
    until_on: date

    @property
    def is_frozen(self) -> bool:
        """Whether the limits no longer follow the points."""
        return self.baseline_id is not None

    @property
    def middle(self) -> float:
        """The centre in the unit of the values."""
        return self.centre * self.factor

    def limits_of(self, point: Point) -> charts.Limits:
        """Limits for one point, in the unit of its value; those of p and u follow its size."""
        if self.chart == Chart.XMR:
            return charts.individual_limits(self.centre, self.spread)
        make = charts.proportion_limits if self.chart == Chart.P else charts.rate_limits
        found = make(self.centre, float(point.denominator or 1), self.spread)
        return charts.Limits(
            found.lower * self.factor, found.centre * self.factor, found.upper * self.factor
        )


def worked_out(points: Sequence[Point], chart: str) -> tuple[float, float]:
    """Centre and spread of these points, for a `Baseline` of that chart.

    Raises ValueError for fewer than two.
    """
    if chart == Chart.XMR:
        values = [float(point.value) for point in points]
        return fmean(values), charts.mean_range(values)
    counts = [(float(point.numerator), float(point.denominator)) for point in points]
    scores = charts.proportion_scores if chart == Chart.P else charts.rate_scores
    return charts.pooled(counts), charts.laney(scores(counts))


def reference_of(baseline: Baseline, definition: Definition) -> Reference:
    """A frozen baseline as points are judged by it."""
    return Reference(
        chart=baseline.chart,
        centre=baseline.centre,
        spread=baseline.spread,
        factor=1 if baseline.chart == Chart.XMR else definition.factor,
        baseline_id=baseline.pk,
        from_on=baseline.from_on,
        until_on=baseline.until_on,
    )


def provisional(points: Sequence[Point], definition: Definition) -> Reference | None:
    """Limits of the points there are so far; None while there are fewer than 12."""
    if len(points) < FEWEST_POINTS:
        return None
    chart = CHARTS[definition.shape]
    centre, spread = worked_out(points, chart)
    return Reference(
        chart=chart,
        centre=centre,
        spread=spread,
        factor=1 if chart == Chart.XMR else definition.factor,
        baseline_id=None,
        from_on=points[0].period_start,
        until_on=points[-1].period_end,
    )


@dataclass(frozen=True)
class Finding:
    """A rule struck at `points[at]`. See `Signal`, whose `key` it carries."""

    rule: str
    key: str
    at: int
    side: str
    limit: float | None = None
    counted: int | None = None
    expected: int | None = None


def findings(points: Sequence[Point], reference: Reference, run_length: int) -> list[Finding]:
    """What the rules pick out of `points`, all of which `reference` judges.

    Beyond a limit; `run_length` in a row on one side of the centre (0: not asked); and, of 12
    points or more and where no such run tells of a change already, the run rules of Anhøj.
    """
    if not points:
        return []
    values, runs = [float(point.value) for point in points], []
    if run_length:
        for run in charts.runs(values, reference.middle):
            if run.length >= run_length:
                at = _reached(values, reference.middle, run, run_length)
                key = f"run:{_name(run.side)}:{points[run.start].period_start.isoformat()}"
                runs.append(Finding(Rule.RUN, key, at, _name(run.side), counted=run_length))
    return [*_beyond(points, reference), *(runs or _by_chance(points, values, reference))]


def _beyond(points: Sequence[Point], reference: Reference) -> list[Finding]:
    found = []
    for at, point in enumerate(points):
        limits = reference.limits_of(point)
        if side := limits.side_of(float(point.value)):
            key = f"limit:{point.period_start.isoformat()}"
            limit = limits.upper if side > 0 else limits.lower
            found.append(Finding(Rule.LIMIT, key, at, _name(side), limit=limit))
    return found


def _by_chance(points: Sequence[Point], values: list[float], reference: Reference) -> list[Finding]:
    """The run rules of Anhøj, about the median: a run too long; failing that, few crossings."""
    middle = median(values)
    useful = sum(value != middle for value in values)
    if useful < FEWEST_POINTS:
        return []
    expected, found = charts.longest_expected_run(useful), []
    all_runs = list(charts.runs(values, middle))
    for run in all_runs:
        if run.length > expected:
            at = _reached(values, middle, run, expected + 1)
            key = f"long:{_name(run.side)}:{points[run.start].period_start.isoformat()}"
            found.append(
                Finding(
                    Rule.LONG_RUN, key, at, _name(run.side), counted=run.length, expected=expected
                )
            )
    crossed, fewest = len(all_runs) - 1, charts.fewest_expected_crossings(useful)
    if crossed < fewest and not found:
        key = f"crossings:{reference.baseline_id or 0}:{points[0].period_start.isoformat()}"
        at = len(points) - 1
        found.append(
            Finding(Rule.CROSSINGS, key, at, Side.NEITHER, counted=crossed, expected=fewest)
        )
    return found


def _reached(values: list[float], middle: float, run: charts.Run, length: int) -> int:
    """At which point the run had that length."""
    counted = 0
    for at in range(run.start, run.end + 1):
        counted += values[at] != middle
        if counted == length:
            return at
    return run.end


def _name(side: int) -> str:
    return Side.ABOVE if side > 0 else Side.BELOW


def is_favourable(side: str, direction: str) -> bool | None:
    """Whether a signal on that side is towards what is better; None where neither is."""
    if side == Side.NEITHER or direction == Definition.Direction.NEAR:
        return None
    return (side == Side.ABOVE) == (direction == Definition.Direction.HIGHER)
