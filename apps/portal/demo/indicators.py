"""Loads the indicators of Aguas del Valle: definitions, 18 months of measurements, signals."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from django.utils import timezone

from apps.accounts.models import Person
from apps.indicators import services
from apps.indicators.models import Definition, Indicator, Signal
from apps.indicators.periods import Period, period_of
from apps.indicators.services import Reading, Wanted
from apps.portal.demo.organisation import Cast

MONTHS = 18
PERIODS = {"month": MONTHS, "quarter": MONTHS // 3}
NUMBERS = ("target", "tolerance", "warning_at", "critical_at")
WORDS = ("name", "purpose", "formula", "source", "shape", "direction", "process")


def load_indicators(entries: list[dict[str, Any]], cast: Cast) -> None:
    """Everything that indicators.yaml tells, through the services people use."""
    account = cache(cast.account)
    loaded = [_Loading(entry, cast, account) for entry in entries]
    for one in loaded:
        one.load()
    services.feed_all(timezone.localdate())
    for one in loaded:
        one.explain_signals()


class _Loading:
    """One indicator on its way in."""

    def __init__(self, entry: dict[str, Any], cast: Cast, account: Callable[[str], Person]) -> None:
        self.entry, self.cast, self.account = entry, cast, account
        self.by = account("calidad")
        self.chance = random.Random(entry["code"])  # noqa: S311  (the same demo each time)
        frequency = entry.get("frequency", "month")
        periods = [period_of(timezone.localdate(), frequency).previous()]
        while len(periods) < PERIODS[frequency]:
            periods.append(periods[-1].previous())
        # ago → period
        self.periods: dict[int, Period] = dict(enumerate(periods, start=1))
        self.owner = self._owner()

    def load(self) -> None:
        indicator = services.create_indicator(
            self.entry["code"],
            self._wanted(effective_on=self.periods[max(self.periods)].start),
            by=self.by,
            at=self._after(max(self.periods), -40),
        )
        changes = {told["ago"]: told for told in self.entry.get("redefined", [])}
        fed = self.entry.get("fed")
        first_fed = fed["ago"] if fed else 0
        fixed = max(self.periods) - 12 if self.entry.get("baseline") else None
        readings: list[Reading] = []
        for ago in sorted(self.periods, reverse=True):
            if ago in changes:
                readings = self._enter(indicator, readings)
                self._redefine(indicator, changes[ago])
            if ago > first_fed and ago not in self.entry.get("missing", []):
                readings.append(self._reading(ago))
            if fixed is not None and ago == fixed + 1:
                readings = self._enter(indicator, readings)
                services.set_baseline(
                    indicator,
                    from_on=self.periods[max(self.periods)].start,
                    until_on=self.periods[ago].end,
                    reason=self.entry["baseline"],
                    by=self.by,
                    at=self._after(ago, 12),
                )
        self._enter(indicator, readings)
        self._correct(indicator)
        if fed:
            self._feed(indicator, fed)

    def _owner(self) -> Person:
        named = self.entry["owner"]
        if isinstance(named, dict):
            return self.cast.holder(named["position"])
        return self.account(named)

    def _wanted(self, **changes: Any) -> Wanted:
        fields: dict[str, Any] = {name: self.entry[name] for name in WORDS}
        fields |= {name: Decimal(str(self.entry[name])) for name in NUMBERS if name in self.entry}
        fields |= {
            "measure": self.entry.get("measure", "%"),
            "per": self.entry.get("per", 1),
            "decimals": self.entry.get("decimals", 1),
            "frequency": self.entry.get("frequency", "month"),
            "unit": self.cast.units[self.entry["unit"]],
            "owner": self.owner,
        }
        return Wanted(**(fields | changes))

    def _enter(self, indicator: Indicator, readings: list[Reading]) -> list[Reading]:
        if readings:
            services.record_many(indicator, readings, by=self.account(self._recorder()))
        return []

    def _recorder(self) -> str:
        named = self.entry["owner"]
        return "calidad" if isinstance(named, dict) else named

    def _reading(self, ago: int) -> Reading:
        wrong = next((one for one in self.entry.get("corrected", []) if one["ago"] == ago), None)
        level = self._level(ago)
        return self._made(ago, wrong["wrong"] if wrong else level, exactly=wrong is not None)

    def _level(self, ago: int) -> float:
        level = self.entry["level"] + self.entry.get("drift", 0) * (MONTHS - ago)
        shift = self.entry.get("shift")
        if shift and ago <= shift["ago"]:
            level = shift["level"]
        events = {one["ago"]: one["level"] for one in self.entry.get("events", [])}
        return events.get(ago, level)

    def _made(self, ago: int, level: float, *, exactly: bool = False) -> Reading:
        """A reading about `level`, varied as chance would."""
        period, at = self.periods[ago], self._after(ago, self.chance.randint(2, 8))
        if self.entry["shape"] == "value":
            value = level if exactly else self.chance.gauss(level, self.entry["sd"])
            return Reading(period.start, value=Decimal(f"{value:.2f}"), at=at)
        of = round(self.entry["of"] * self.chance.uniform(0.92, 1.08))
        factor = 100 if self.entry["shape"] == "proportion" else self.entry["per"]
        share = level / factor
        spread = (share * (1 - share) / of) ** 0.5 * self.entry.get("extra", 1)
        drawn = share if exactly else self.chance.gauss(share, spread)
        part = max(0, min(of, round(of * drawn)))
        return Reading(period.start, numerator=Decimal(part), denominator=Decimal(of), at=at)

    def _after(self, ago: int, days: int) -> datetime:
        """Mid-morning, so many days after the period ended; never in the future."""
        on: date = self.periods[ago].end + timedelta(days=days)
        at = timezone.make_aware(datetime.combine(on, time(9 + days % 7, 20)))
        return min(at, timezone.now())

    def _redefine(self, indicator: Indicator, told: dict[str, Any]) -> None:
        changes = {name: Decimal(str(told[name])) for name in NUMBERS if name in told}
        services.redefine(
            indicator,
            self._wanted(**changes, effective_on=self.periods[told["ago"]].start),
            reason=told["reason"],
            seen=1,
            by=self.by,
            at=self._after(told["ago"] + 1, 5),
        )

    def _correct(self, indicator: Indicator) -> None:
        for told in self.entry.get("corrected", []):
            ago = told["ago"]
            right = self._made(ago, self._level(ago))
            entry = indicator.measurements.select_related("indicator", "definition").get(
                period_start=self.periods[ago].start
            )
            services.correct_measurement(
                entry,
                Reading(
                    right.day,
                    right.value,
                    right.numerator,
                    entry.denominator and right.denominator,
                    at=self._after(ago, 16),
                ),
                reason=told["reason"],
                by=self.account(told["by"]),
            )

    def explain_signals(self) -> None:
        """Signals were given the day their measurement came in; some are explained since."""
        told_of = self.entry.get("answers", [])
        answers = {self.periods[one["ago"]].start: one for one in told_of if "ago" in one}
        by_rule = {one["rule"]: one for one in told_of if "rule" in one}
        signals = Signal.objects.filter(indicator__code=self.entry["code"])
        for signal in signals.select_related("measurement"):
            came = signal.measurement.entered_at
            Signal.objects.filter(pk=signal.pk).update(detected_at=came)
            told = by_rule.get(signal.rule) or answers.get(signal.period_start)
            if told and signal.state == Signal.State.OPEN:
                services.answer_signal(
                    signal,
                    cause=told["cause"],
                    response=told["response"],
                    by=self.account(self._recorder()),
                    at=min(came + timedelta(days=3), timezone.now()),
                )

    def _feed(self, indicator: Indicator, told: dict[str, Any]) -> None:
        """From a period on the portal measures it by itself."""
        services.redefine(
            indicator,
            self._wanted(
                feed=Definition.Feed.METRIC,
                metric=told["metric"],
                source=told["source"],
                effective_on=self.periods[told["ago"]].start,
            ),
            reason=told["reason"],
            seen=1,
            by=self.by,
            at=self._after(told["ago"] + 1, 3),
        )
