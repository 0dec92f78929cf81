"""The same figures worked out another way, to check `formulas` against: slow and plain.

Intervals by solving the equation they come from, quantiles by adding up or by quadrature,
standard deviations from their definition. Shares no line with the house's own.
"""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import groupby


def normal_quantile(probability: float) -> float:
    """By bisection on the error function."""
    low, high = -10.0, 10.0
    for _step in range(200):
        middle = (low + high) / 2
        if (1 + math.erf(middle / math.sqrt(2))) / 2 < probability:
            low = middle
        else:
            high = middle
    return low


def score_interval(successes: float, total: float) -> tuple[float, float]:
    """Wilson's by what it means: the shares p with (p̂ − p)² = z² p (1 − p) / n."""
    z, share = normal_quantile(0.975), successes / total

    def is_inside(p: float) -> bool:
        return (share - p) ** 2 <= z * z * p * (1 - p) / total

    def edge(inside: float, outside: float) -> float:
        for _step in range(200):
            middle = (inside + outside) / 2
            if is_inside(middle):
                inside = middle
            else:
                outside = middle
        return inside

    low = 0.0 if successes == 0 else edge(share, 0.0)
    high = 1.0 if successes == total else edge(share, 1.0)
    return low, high


def promoter_interval(promoters: int, passives: int, detractors: int) -> tuple[float, float]:
    """Adjusted Wald as the variance of the scores 1, 0 and −1 with three answers added."""
    weights = {1: promoters + 0.75, 0: passives + 1.5, -1: detractors + 0.75}
    total = sum(weights.values())
    centre = sum(score * weight for score, weight in weights.items()) / total
    variance = sum(weight * (score - centre) ** 2 for score, weight in weights.items()) / total
    half = 1.96 * math.sqrt(variance / total)
    return max(-100.0, 100 * (centre - half)), min(100.0, 100 * (centre + half))


def promoter_half_width(*samples: tuple[int, int, int]) -> float:
    """Half the width of the interval of a difference, from the variance of each sample."""
    variance = 0.0
    for counts in samples:
        scores = [1] * counts[0] + [0] * counts[1] + [-1] * counts[2]
        mean = sum(scores) / len(scores)
        variance += sum((score - mean) ** 2 for score in scores) / len(scores) / len(scores)
    return 100 * 1.96 * math.sqrt(variance)


def student_below(t: float, freedom: int, steps: int = 4000) -> float:
    """Student's distribution by Simpson's rule over its density."""
    scale = math.exp(math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)) / math.sqrt(
        freedom * math.pi
    )

    def density(x: float) -> float:
        return scale * (1 + x * x / freedom) ** (-(freedom + 1) / 2)

    width = t / steps
    total = density(0) + density(t)
    for at in range(1, steps):
        total += density(at * width) * (4 if at % 2 else 2)
    return 0.5 + total * width / 3


def ranges(values: list[float]) -> float:
    """Mean moving range with exact fractions."""
    exact = [Fraction(value) for value in values]
    found = [abs(exact[at] - exact[at - 1]) for at in range(1, len(exact))]
    return float(sum(found) / len(found))


def binomial_quantile(tries: int) -> int:
    """Smallest k with P(X ≤ k) ≥ 5 %, fair coin, by exact fractions built row by row."""
    row = [Fraction(1)]
    for _toss in range(tries):
        row = [(a + b) / 2 for a, b in zip([Fraction(0), *row], [*row, Fraction(0)], strict=True)]
    total, k = Fraction(0), -1
    while total < Fraction(1, 20):
        k += 1
        total += row[k]
    return k


def sides(values: list[float], centre: float) -> list[tuple[int, int]]:
    """Runs as (side, length), by grouping what is off the centre."""
    off = [value > centre for value in values if value != centre]
    return [(1 if above else -1, len(list(group))) for above, group in groupby(off)]


def laney(counts: list[tuple[float, float]], *, poisson: bool) -> float:
    """σz from the definition, never below 1."""
    centre = sum(part for part, _of in counts) / sum(of for _part, of in counts)
    scores = []
    for part, of in counts:
        variance = centre / of if poisson else centre * (1 - centre) / of
        scores.append((part / of - centre) / variance**0.5)
    gaps = [abs(b - a) for a, b in zip(scores, scores[1:], strict=False)]
    return max(1.0, sum(gaps) / len(gaps) / 1.128)
