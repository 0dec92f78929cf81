"""Numbers as people in Spanish write them: with a decimal comma, or with a point."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

NUMBER = re.compile(r"[-−]?\d{1,14}([.,]\d{1,12})?")
# One thousand two hundred, or one and two tenths? Whoever typed it has to say.
AMBIGUOUS = re.compile(r"[-−]?[1-9]\d{0,2}\.\d{3}")
GROUPED = re.compile(r"[-−]?\d{1,3}([.,\s]\d{3})+([.,]\d+)?")

UNREADABLE = _("Escriba un número. Por ejemplo: 87,5.")
WITHOUT_GROUPS = _("Escriba el número sin separador de miles y con coma decimal: 1234,5.")


def read_number(text: str) -> Decimal | None:
    """The number that `text` writes with a decimal comma or point; None if it is none."""
    text = text.strip().removesuffix("%").strip()
    if not NUMBER.fullmatch(text):
        return None
    return Decimal(text.replace(",", ".").replace("−", "-"))


def plain(value: Decimal) -> str:
    """The number as a person would type it: with a comma, without needless zeros."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace(".", ",")


def shown(value: Decimal | float, decimals: int) -> str:
    """The number as it is read: 1.234,5."""
    # Django cuts decimals off; a reader rounds.
    rounded = Decimal(value).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return number_format(rounded, decimal_pos=decimals, force_grouping=True)


class NumberField(forms.CharField):
    """A number typed with a decimal comma or point, as Decimal; None when empty."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=40, **options)

    def prepare_value(self, value: Any) -> Any:
        return plain(value) if isinstance(value, Decimal) else value

    def clean(self, value: Any) -> Decimal | None:
        text = super().clean(value)
        if not text:
            return None
        number = read_number(text)
        if number is not None and not AMBIGUOUS.fullmatch(text):
            return number
        raise ValidationError(WITHOUT_GROUPS if GROUPED.fullmatch(text) else UNREADABLE)
