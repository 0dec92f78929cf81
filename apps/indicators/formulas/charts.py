"""Control charts and run rules: what tells a change from chance (CIC-10)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean

# Three sigma by the mean moving range of two points: 3 / d2, with d2 = 1.128 (Wheeler).
INDIVIDUAL = 2.66
RANGE_UPPER = 3.267  # D4 for ranges of two
D2 = 1.128
CROSSING_RISK = 0.05


@dataclass(frozen=True)
class Limits:
    """What a point may be by chance: between `lower` and `upper`, around `centre`."""

    lower: float
    centre: float
    upper: float

    def side_of(self, value: float) -> int:
        """1 above the upper limit, −1 below the lower one, 0 within them."""
        return (value > self.upper) - (value < self.lower)


def mean_range(values: Sequence[float]) -> float:
    """Mean of the distances between neighbours. Raises ValueError for fewer than two values."""
    if len(values) < 2:
        raise ValueError("a moving range needs two values")
    return fmean(abs(after - before) for before, after in zip(values, values[1:], strict=False))


def individual_limits(centre: float, mean_moving_range: float) -> Limits:
    """Limits of a chart of individual values (XmR): centre ± 2.66 mean moving ranges."""
    half = INDIVIDUAL * mean_moving_range
    return Limits(centre - half, centre, centre + half)


def range_limit(mean_moving_range: float) -> float:
    """The largest moving range that chance gives: 3.267 mean moving ranges."""
    return RANGE_UPPER * mean_moving_range


def pooled(counts: Sequence[tuple[float, float]]) -> float:
    """Centre of a p or u chart: all numerators over all denominators."""
    return math.fsum(part for part, _of in counts) / math.fsum(of for _part, of in counts)


def proportion_error(centre: float, size: float) -> float:
    """Standard error of a share (0 to 1) of a sample of that size."""
    return math.sqrt(centre * (1 - centre) / size)


def rate_error(centre: float, size: float) -> float:
    """Standard error of a rate per unit over so many units (Poisson)."""
    return math.sqrt(centre / size)


def proportion_limits(centre: float, size: float, sigma_z: float = 1.0) -> Limits:
    """p chart, p′ with Laney's `sigma_z`: centre ± 3 errors, within 0 and 1."""
    half = 3 * sigma_z * proportion_error(centre, size)
    return Limits(max(0.0, centre - half), centre, min(1.0, centre + half))


def rate_limits(centre: float, size: float, sigma_z: float = 1.0) -> Limits:
    """u chart, u′ with Laney's `sigma_z`: centre ± 3 errors, not below 0."""
    half = 3 * sigma_z * rate_error(centre, size)
    return Limits(max(0.0, centre - half), centre, centre + half)


def laney(scores: Sequence[float]) -> float:
    """How much more the points vary than chance alone: mean moving range of z over 1.128.

    At least 1, so that it widens limits and never narrows them (Laney 2002).
    """
    return max(1.0, mean_range(scores) / D2)


def proportion_scores(counts: Sequence[tuple[float, float]]) -> list[float]:
    """z of each share of a p chart; all 0 where the centre leaves no room for chance."""
    centre = pooled(counts)
    if not 0 < centre < 1:
        return [0.0] * len(counts)
    return [(part / of - centre) / proportion_error(centre, of) for part, of in counts]


def rate_scores(counts: Sequence[tuple[float, float]]) -> list[float]:
    """z of each rate of a u chart; all 0 where nothing was counted."""
    centre = pooled(counts)
    if centre <= 0:
        return [0.0] * len(counts)
    return [(part / of - centre) / rate_error(centre, of) for part, of in counts]


@dataclass(frozen=True)
class Run:
    """Points from `start` to `end`, both included, on one `side` (1 or −1) of the centre.

    Points on the centre neither break a run nor count; `length` counts the others.
    """

    start: int
    end: int
    side: int
    length: int


def runs(values: Sequence[float], centre: float) -> Iterator[Run]:
    """Runs of `values` on one side of the centre, in order."""
    start = end = side = length = 0
    for at, value in enumerate(values):
        now = (value > centre) - (value < centre)
        if now == 0:
            continue
        if now != side and length:
            yield Run(start, end, side, length)
            length = 0
        if length == 0:
            start, side = at, now
        end, length = at, length + 1
    if length:
        yield Run(start, end, side, length)


def longest_expected_run(useful: int) -> int:
    """Longest run among so many useful points that chance gives (Anhøj 2014)."""
    return round(math.log2(useful) + 3)


def fewest_expected_crossings(useful: int) -> int:
    """Fewest times that chance crosses the centre with so many useful points (Anhøj 2014).

    The 5 % quantile of a binomial of `useful` − 1 tries at one half.
    """
    tries, below = useful - 1, 0
    for crossed in range(tries + 1):
        below += math.comb(tries, crossed)
        # Whole numbers: exact however many points there are.
        if below * 20 >= 2**tries:
            return crossed
    return tries
