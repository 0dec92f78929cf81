"""Labels of choices that carry a second line."""

from __future__ import annotations

from typing import Self


class Option(str):
    """A choice's label with a hint under it, as the field templates draw it.

    Used with a widget of class "choices": `RadioSelect(attrs={"class": "choices"})`.
    """

    hint: str
    __slots__ = ("hint",)

    def __new__(cls, label: str, hint: str = "") -> Self:
        option = super().__new__(cls, label)
        option.hint = hint
        return option
