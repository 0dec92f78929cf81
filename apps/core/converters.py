"""Pieces of addresses that several rooms use; importing this module registers them."""

from __future__ import annotations

from datetime import date

from django.urls import register_converter


class CodeConverter:
    """Code of a document, place or form: `ATC-02.3`. Says nothing of whether it exists."""

    regex = r"[A-Za-z0-9][A-Za-z0-9.-]{0,39}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class NumberConverter:
    """Number of a version, small enough for its column."""

    regex = r"[1-9][0-9]{0,3}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


class DayConverter:
    """A calendar day: `2026-03-01`. What is no day of the calendar is no address."""

    regex = r"[12][0-9]{3}-[01][0-9]-[0-3][0-9]"

    def to_python(self, value: str) -> date:
        return date.fromisoformat(value)

    def to_url(self, value: date | str) -> str:
        return str(value)


register_converter(CodeConverter, "code")
register_converter(NumberConverter, "number")
register_converter(DayConverter, "day")
