"""Every formula against the vectors of the house and against another implementation."""

from __future__ import annotations

import math
import random
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.indicators import judging
from apps.indicators.formulas import charts, intervals
from apps.indicators.judging import Point, Rule
from apps.indicators.models import Baseline
from apps.indicators.periods import months_after, period_of
from tests.indicators import independent

near = pytest.approx
FINE = 1e-6
XMR = [80, 82, 79, 85, 78, 81, 83, 80, 77, 84]
quick = settings(max_examples=30, deadline=None)

totals = st.integers(1, 5000)
shares = totals.flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total)))
values = st.lists(st.integers(-10_000, 10_000).map(lambda n: n / 4), min_size=2, max_size=60)
counts = st.lists(
    st.integers(1, 2000).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))),
    min_size=2,
    max_size=40,
)


# Intervals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("successes", "total", "low", "high"),
    [(8, 10, 0.4902, 0.9433), (0, 10, 0, 0.2775), (10, 10, 0.7225, 1), (80, 100, 0.7112, 0.8666)],
)
def test_wilson_as_the_house_has_it(successes, total, low, high):
    found = intervals.wilson(successes, total)
    assert (found.low, found.high) == near((low, high), abs=5e-5)


@quick
@given(shares)
def test_wilson_as_another_finds_it_contains_the_share_and_is_symmetric(share):
    successes, total = share
    found = intervals.wilson(successes, total)
    assert (found.low, found.high) == near(independent.score_interval(*share), abs=FINE)
    assert 0 <= found.low <= found.value <= found.high <= 1
    mirrored = intervals.wilson(total - successes, total)
    assert (mirrored.low, mirrored.high) == near((1 - found.high, 1 - found.low), abs=1e-9)


@quick
@given(shares, st.integers(2, 50))
def test_wilson_narrows_with_more_of_the_same(share, times):
    one = intervals.wilson(*share)
    more = intervals.wilson(share[0] * times, share[1] * times)
    assert more.high - more.low < one.high - one.low


@pytest.mark.parametrize("share", [(1, 0), (-1, 5), (6, 5)])
def test_no_share_of_nothing(share):
    with pytest.raises(ValueError, match="share"):
        intervals.wilson(*share)


@pytest.mark.parametrize(
    ("answers", "low", "high"),
    [((50, 30, 20), 14.05, 44.20), ((5, 3, 2), -19.05, 65.20), ((10, 0, 0), 47.50, 100)],
)
def test_net_promoter_as_the_house_has_it(answers, low, high):
    found = intervals.net_promoter(*answers)
    assert (found.low, found.high) == near((low, high), abs=0.011)
    if answers == (50, 30, 20):
        assert found.value == near(30)
        assert (found.low + found.high) / 2 == near(29.13, abs=5e-3)


@quick
@given(st.tuples(*[st.integers(0, 800)] * 3).filter(any))
def test_net_promoter_as_another_finds_it_within_the_scale_and_symmetric(answers):
    found = intervals.net_promoter(*answers)
    assert (found.low, found.high) == near(independent.promoter_interval(*answers), abs=FINE)
    assert -100 <= found.low <= found.high <= 100
    mirrored = intervals.net_promoter(*reversed(answers))
    assert (mirrored.low, mirrored.high) == near((-found.high, -found.low), abs=1e-9)


def test_a_difference_of_two_scores_may_prove_nothing():
    found = intervals.net_promoter_difference((50, 30, 20), (60, 25, 15))
    assert (found.value, found.half_width) == near((15, 21.1), abs=0.02)
    assert not found.is_conclusive
    expected = independent.promoter_half_width((50, 30, 20), (60, 25, 15))
    assert found.half_width == near(expected, abs=FINE)
    assert intervals.net_promoter_difference((10, 0, 90), (90, 0, 10)).is_conclusive


@pytest.mark.parametrize("freedom", [1, 2, 3, 9, 29, 200])
def test_student_as_another_finds_it(freedom):
    quantile = intervals.student_quantile(0.975, freedom)
    assert independent.student_below(quantile, freedom) == near(0.975, abs=FINE)


def test_a_mean_and_what_it_may_be():
    found = intervals.mean([5, 6, 7, 6, 5, 7])
    half = 2.570582 * math.sqrt(0.8) / math.sqrt(6)
    assert (found.low, found.value, found.high) == near((6 - half, 6, 6 + half), abs=FINE)
    assert intervals.mean([4]).high == math.inf
    with pytest.raises(ValueError, match="values"):
        intervals.mean([])


# Charts ---------------------------------------------------------------------------------------


def test_cic10_individual_values_as_the_house_has_them():
    spread = charts.mean_range(XMR)
    found = charts.individual_limits(sum(XMR) / 10, spread)
    assert (found.lower, found.centre, found.upper) == near((70.26, 80.9, 91.54), abs=FINE)
    assert (spread, charts.range_limit(spread)) == near((4.0, 13.068), abs=FINE)


@quick
@given(values)
def test_cic10_individual_limits_contain_the_mean_and_mirror(series):
    spread, centre = charts.mean_range(series), sum(series) / len(series)
    assert spread == near(independent.ranges(series), abs=FINE)
    found = charts.individual_limits(centre, spread)
    assert found.lower <= centre <= found.upper
    assert found.upper - centre == near(centre - found.lower, abs=FINE)
    assert charts.mean_range(series[::-1]) == near(spread, abs=FINE)


def test_cic10_proportions_as_the_house_has_them():
    found = charts.proportion_limits(0.85, 200)
    assert (found.lower, found.upper) == near((0.7743, 0.9257), abs=5e-5)


@quick
@given(st.floats(0.001, 0.999), st.integers(1, 5000), st.floats(1, 5))
def test_cic10_proportions_within_0_and_1_narrower_with_more_and_symmetric(centre, size, sigma):
    found = charts.proportion_limits(centre, size, sigma)
    half = 3 * sigma * (centre * (1 - centre) / size) ** 0.5
    assert found.lower == near(max(0, centre - half), abs=FINE)
    assert found.upper == near(min(1, centre + half), abs=FINE)
    more = charts.proportion_limits(centre, size * 4, sigma)
    assert more.lower >= found.lower
    assert more.upper <= found.upper
    other = charts.proportion_limits(1 - centre, size, sigma)
    assert other.upper == near(1 - found.lower, abs=FINE)


@quick
@given(st.floats(0.001, 50), st.floats(0.5, 5000), st.floats(1, 5))
def test_cic10_rates_never_below_0_and_narrower_with_more(centre, size, sigma):
    found = charts.rate_limits(centre, size, sigma)
    half = 3 * sigma * (centre / size) ** 0.5
    assert (found.lower, found.upper) == near((max(0, centre - half), centre + half), abs=FINE)
    more = charts.rate_limits(centre, size * 4, sigma)
    assert found.lower <= more.lower <= centre <= more.upper <= found.upper


@quick
@given(counts)
def test_cic10_laney_as_another_finds_it_and_never_narrows(found):
    part, of = sum(a for a, _n in found), sum(n for _a, n in found)
    if 0 < part < of:
        sigma = charts.laney(charts.proportion_scores(found))
        assert sigma == near(independent.laney(found, poisson=False), abs=FINE)
        assert sigma >= 1
    if part:
        sigma = charts.laney(charts.rate_scores(found))
        assert sigma == near(independent.laney(found, poisson=True), abs=FINE)


def test_cic10_what_never_happens_has_no_scores():
    assert charts.proportion_scores([(0, 5), (0, 9)]) == [0, 0]
    assert charts.proportion_scores([(5, 5), (9, 9)]) == [0, 0]
    assert charts.rate_scores([(0, 5), (0, 9)]) == [0, 0]


@pytest.mark.parametrize(
    ("points", "longest", "crossings"), [(12, 7, 3), (20, 7, 6), (24, 8, 8), (52, 9, 20)]
)
def test_cic10_run_rules_as_the_house_has_them(points, longest, crossings):
    assert charts.longest_expected_run(points) == longest
    assert charts.fewest_expected_crossings(points) == crossings


@pytest.mark.parametrize("points", [2, 12, 13, 30, 77, 150])
def test_cic10_expected_crossings_as_another_finds_them(points):
    assert charts.fewest_expected_crossings(points) == independent.binomial_quantile(points - 1)


@quick
@given(st.lists(st.integers(-3, 3), max_size=60))
def test_cic10_runs_as_another_finds_them(series):
    found = list(charts.runs(series, 0))
    assert [(run.side, run.length) for run in found] == independent.sides(series, 0)
    assert all(series[run.start] and series[run.end] for run in found)


# Signals of chance ----------------------------------------------------------------------------


def points_of(series: list, *, start: date = date(2020, 1, 1)) -> list[Point]:
    """Points month by month, of values or of pairs of numerator and denominator."""
    found = []
    for at, one in enumerate(series):
        period = period_of(months_after(start, at), "month")
        part, of = one if isinstance(one, tuple) else (None, None)
        value = Decimal(part) / Decimal(of) * 100 if of else Decimal(str(one))
        found.append(Point(at, 1, 1, period.start, period.end, value, part, of, "no_target", False))
    return found


def reference(points: list[Point], chart: str, factor: float = 1) -> judging.Reference:
    centre, spread = judging.worked_out(points, chart)
    return judging.Reference(
        chart, centre, spread, factor, 1, points[0].period_start, points[-1].period_end
    )


def struck(series: list, chart: str, factor: float = 1) -> int:
    """How many of 36 points lie outside limits frozen on the first 20."""
    points = points_of(series)
    found = judging.findings(points, reference(points[:20], chart, factor), 0)
    return sum(one.rule == Rule.LIMIT for one in found)


@pytest.mark.parametrize("chart", [Baseline.Chart.XMR, Baseline.Chart.P, Baseline.Chart.U])
def test_cic10_chance_alone_gives_less_than_one_false_signal_in_a_hundred(chart):
    """1,000 simulated series in control: 36 points, limits on the first 20."""
    chance = random.Random(10)  # noqa: S311
    false = 0
    for _series in range(1000):
        if chart == Baseline.Chart.XMR:
            series: list = [round(chance.gauss(80, 5), 4) for _at in range(36)]
        else:
            # A binomial of 200 at 85 %, a Poisson of 12 on average: both by their normal likeness.
            mean, deviation = (170, 5.05) if chart == Baseline.Chart.P else (12, 3.46)
            top = 200 if chart == Baseline.Chart.P else 60
            series = [
                (min(top, max(0, round(chance.gauss(mean, deviation)))), 200) for _at in range(36)
            ]
        false += struck(series, chart, 1 if chart == Baseline.Chart.XMR else 100)
    assert false / 36_000 < 0.01


def test_cic10_a_real_change_is_found():
    series = [80, 82, 79, 81, 78, 83, 80, 77, 84, 80, 81, 79] * 2
    assert struck([*series[:20], 80, 120], Baseline.Chart.XMR) == 1
