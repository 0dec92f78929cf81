"""How far a figure from a sample may be from the truth: 95 % intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean, stdev

Z95 = NormalDist().inv_cdf(0.975)  # 1.959964
# The published tables of the net promoter score are worked out with the rounded one.
Z95_ROUNDED = 1.96


@dataclass(frozen=True)
class Interval:
    """A figure and what it may really be, in the same unit."""

    value: float
    low: float
    high: float


def wilson(successes: float, total: float, z: float = Z95) -> Interval:
    """Share of successes, 0 to 1, with Wilson's score interval (Wilson 1927, without continuity).

    Raises ValueError unless 0 ≤ successes ≤ total and total > 0.
    """
    if total <= 0 or not 0 <= successes <= total:
        raise ValueError("a share needs 0 ≤ successes ≤ total, and somebody in the total")
    share = successes / total
    wide = z * z / total
    middle = (share + wide / 2) / (1 + wide)
    half = z / (1 + wide) * math.sqrt(share * (1 - share) / total + wide / (4 * total))
    # Without successes the lower end is 0 by algebra, not by floating point; so above.
    low = 0.0 if successes == 0 else max(0.0, middle - half)
    high = 1.0 if successes == total else min(1.0, middle + half)
    return Interval(share, low, high)


def net_promoter(promoters: int, passives: int, detractors: int) -> Interval:
    """Net promoter score, −100 to 100, with the adjusted Wald interval (Rocks 2016).

    `value` is the score as observed; the interval's middle is that of the adjusted counts.
    Raises ValueError without answers or with negative counts.
    """
    total = promoters + passives + detractors
    if total <= 0 or min(promoters, passives, detractors) < 0:
        raise ValueError("a score needs answers")
    share, against = (promoters + 0.75) / (total + 3), (detractors + 0.75) / (total + 3)
    half = Z95_ROUNDED * math.sqrt((share + against - (share - against) ** 2) / (total + 3))
    middle = share - against
    return Interval(
        100 * (promoters - detractors) / total,
        max(-100.0, 100 * (middle - half)),
        min(100.0, 100 * (middle + half)),
    )


@dataclass(frozen=True)
class Difference:
    """How much one figure is above another, and half the width of its interval."""

    value: float
    half_width: float

    @property
    def is_conclusive(self) -> bool:
        """Whether the interval leaves out that there is no difference."""
        return abs(self.value) > self.half_width


def net_promoter_difference(
    before: tuple[int, int, int], after: tuple[int, int, int]
) -> Difference:
    """How much the score of `after` is above that of `before` (promoters, passives, detractors).

    Two independent samples, plain standard errors. Raises ValueError without answers.
    """
    (score_before, error_before), (score_after, error_after) = map(_plain, (before, after))
    half = Z95_ROUNDED * 100 * math.sqrt(error_before**2 + error_after**2)
    return Difference(score_after - score_before, half)


def _plain(counts: tuple[int, int, int]) -> tuple[float, float]:
    promoters, _passives, detractors = counts
    total = sum(counts)
    if total <= 0 or min(counts) < 0:
        raise ValueError("a score needs answers")
    share, against = promoters / total, detractors / total
    return 100 * (share - against), math.sqrt((share + against - (share - against) ** 2) / total)


def mean(values: Sequence[float]) -> Interval:
    """Mean with Student's interval; from minus to plus infinity for a single value.

    Raises ValueError without values.
    """
    if not values:
        raise ValueError("a mean needs values")
    middle = fmean(values)
    if len(values) == 1:
        return Interval(middle, -math.inf, math.inf)
    half = student_quantile(0.975, len(values) - 1) * stdev(values) / math.sqrt(len(values))
    return Interval(middle, middle - half, middle + half)


def student_quantile(probability: float, freedom: int) -> float:
    """The value that Student's t with so many degrees of freedom stays below so often.

    `probability` between 0.5 and 1, both excluded of the upper end.
    """
    low, high = 0.0, 1.0
    while _student_below(high, freedom) < probability:
        low, high = high, high * 2
    for _step in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if _student_below(middle, freedom) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _student_below(t: float, freedom: int) -> float:
    return 1 - _incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t * t)) / 2


def _incomplete_beta(a: float, b: float, x: float) -> float:
    """Regularised incomplete beta function by its continued fraction (Lentz; DLMF 8.17.22)."""
    if x in (0.0, 1.0):
        return x
    if x > (a + 1) / (a + b + 2):
        return 1 - _incomplete_beta(b, a, 1 - x)
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )
    tiny = 1e-300
    c, d = 1.0, 1 / ((1 - (a + b) * x / (a + 1)) or tiny)
    fraction = d
    for m in range(1, 500):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        before = fraction
        for step in (even, odd):
            d = 1 / ((1 + step * d) or tiny)
            c = (1 + step / c) or tiny
            fraction *= c * d
        if abs(fraction - before) < 1e-15 * abs(fraction):
            break
    return front * fraction / a
