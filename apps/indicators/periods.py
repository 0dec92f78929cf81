"""Periods a measurement is of: days, weeks, months, quarters, halves and years of the calendar."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import models
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12}


class Frequency(models.TextChoices):
    """How often something is measured. Weeks begin on Monday (ISO 8601)."""

    DAY = "day", gettext_lazy("Cada día")
    WEEK = "week", gettext_lazy("Cada semana")
    MONTH = "month", gettext_lazy("Cada mes")
    QUARTER = "quarter", gettext_lazy("Cada trimestre")
    HALF = "half", gettext_lazy("Cada semestre")
    YEAR = "year", gettext_lazy("Cada año")


@dataclass(frozen=True, order=True)
class Period:
    """Calendar days from `start` to `end`, both included, of one frequency."""

    start: date
    end: date
    frequency: str

    def next(self) -> Period:
        """The period that follows."""
        return period_of(self.end + timedelta(days=1), self.frequency)

    def previous(self) -> Period:
        """The period before."""
        return period_of(self.start - timedelta(days=1), self.frequency)

    @property
    def label(self) -> str:
        """«marzo de 2026», «2.º trimestre de 2026», «semana 12 de 2026»."""
        return label_of(self.start, self.end)

    @property
    def code(self) -> str:
        """How a file names it: 2026-03-14, 2026-W12, 2026-03, 2026-T2, 2026-S1, 2026."""
        year, week, _day = self.start.isocalendar()
        return {
            "day": self.start.isoformat(),
            "week": f"{year}-W{week:02d}",
            "month": f"{self.start:%Y-%m}",
            "quarter": f"{self.start.year}-T{(self.start.month + 2) // 3}",
            "half": f"{self.start.year}-S{1 if self.start.month < 7 else 2}",
            "year": str(self.start.year),
        }[self.frequency]


def period_of(day: date, frequency: str) -> Period:
    """The period of that frequency which contains `day`."""
    if frequency == Frequency.DAY:
        return Period(day, day, frequency)
    if frequency == Frequency.WEEK:
        start = day - timedelta(days=day.weekday())
        return Period(start, start + timedelta(days=6), frequency)
    size = MONTHS[frequency]
    start = date(day.year, (day.month - 1) // size * size + 1, 1)
    return Period(start, months_after(start, size) - timedelta(days=1), frequency)


def months_after(first: date, count: int) -> date:
    """First of the month so many months after the month of `first`."""
    months = first.year * 12 + first.month - 1 + count
    return date(months // 12, months % 12 + 1, 1)


def periods_between(start: date, end: date, frequency: str) -> Iterator[Period]:
    """Whole periods that begin on or after `start` and end on or before `end`."""
    period = period_of(start, frequency)
    if period.start < start:
        period = period.next()
    while period.end <= end:
        yield period
        period = period.next()


def frequency_of(start: date, end: date) -> str:
    """Which frequency has a period with those ends; "" if none has."""
    for frequency in Frequency.values:
        if period_of(start, frequency) == Period(start, end, frequency):
            return frequency
    return ""


def label_of(start: date, end: date) -> str:
    """The period between two days in words; two dates where it is no period of the calendar."""
    names = {"year": start.year, "month": date_format(start, "F")}
    match frequency_of(start, end):
        case Frequency.DAY:
            return date_format(start, "j \\d\\e F \\d\\e Y")
        case Frequency.WEEK:
            year, week, _day = start.isocalendar()
            return _("semana %(n)s de %(year)s") % {"n": week, "year": year}
        case Frequency.MONTH:
            return _("%(month)s de %(year)s") % names
        case Frequency.QUARTER:
            return _("%(n)s.º trimestre de %(year)s") % (names | {"n": (start.month + 2) // 3})
        case Frequency.HALF:
            return _("%(n)s.º semestre de %(year)s") % (names | {"n": 1 if start.month < 7 else 2})
        case Frequency.YEAR:
            return str(start.year)
    days = {"from": date_format(start, "j b Y"), "to": date_format(end, "j b Y")}
    return _("%(from)s a %(to)s") % days


def short_label_of(start: date, end: date) -> str:
    """The period as an axis names it: «mar 26», «T2 26», «s12 26»."""
    year = f"{start:%y}"
    match frequency_of(start, end):
        case Frequency.WEEK:
            iso_year, week, _day = start.isocalendar()
            return f"s{week} {iso_year % 100:02d}"
        case Frequency.MONTH:
            return f"{date_format(start, 'b')} {year}"
        case Frequency.QUARTER:
            return f"T{(start.month + 2) // 3} {year}"
        case Frequency.HALF:
            return f"S{1 if start.month < 7 else 2} {year}"
        case Frequency.YEAR:
            return str(start.year)
    return date_format(start, "j b")


_SHAPES = (
    (re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})"), Frequency.DAY),
    (re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})"), Frequency.DAY),
    (re.compile(r"(\d{4})-?[wW](\d{1,2})"), Frequency.WEEK),
    (re.compile(r"(\d{4})-?[tTqQ]([1-4])"), Frequency.QUARTER),
    (re.compile(r"(\d{4})-?[sS]([12])"), Frequency.HALF),
    (re.compile(r"(\d{4})[-/](\d{1,2})"), Frequency.MONTH),
    (re.compile(r"(\d{1,2})[-/](\d{4})"), Frequency.MONTH),
    (re.compile(r"(\d{4})"), Frequency.YEAR),
)


def read_period(text: str, frequency: str) -> Period | None:
    """The period that `text` names (see `Period.code`), None if it names none of `frequency`.

    A whole date means the period that contains it.
    """
    for shape, kind in _SHAPES:
        if found := shape.fullmatch(text.strip()):
            numbers = [int(group) for group in found.groups()]
            try:
                day = _first_day(kind, numbers)
            except ValueError:
                return None
            if not 1990 <= day.year <= 2100:
                return None
            return period_of(day, frequency) if kind in (Frequency.DAY, frequency) else None
    return None


def _first_day(kind: str, numbers: list[int]) -> date:
    if kind == Frequency.DAY:
        day, month, year = numbers if numbers[2] > 31 else reversed(numbers)
        return date(year, month, day)
    if kind == Frequency.WEEK:
        return date.fromisocalendar(numbers[0], numbers[1], 1)
    if kind == Frequency.MONTH:
        year, month = numbers if numbers[0] > 12 else reversed(numbers)
        return date(year, month, 1)
    if kind == Frequency.YEAR:
        return date(numbers[0], 1, 1)
    months = 3 if kind == Frequency.QUARTER else 6
    return date(numbers[0], (numbers[1] - 1) * months + 1, 1)
