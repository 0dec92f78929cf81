"""Numbers and signals said in words."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from apps.indicators.models import Definition, Signal
from apps.indicators.numbers import shown
from apps.indicators.periods import label_of


def amount(value: Decimal | float | None, definition: Definition) -> str:
    """«87,5 %», «3,2 días»; nothing for no value."""
    if value is None:
        return ""
    return f"{number(value, definition)} {definition.measure}"


def difference(value: Decimal | float, definition: Definition) -> str:
    """How far two values are apart: «5,4 puntos» for percentages, else as an amount."""
    if definition.measure == "%":
        return _("%(n)s puntos") % {"n": number(value, definition)}
    return amount(value, definition)


def number(value: Decimal | float, definition: Definition) -> str:
    """The value with the decimals its definition shows."""
    return shown(value, definition.decimals)


def sentence_of(signal: Signal, definition: Definition) -> str:
    """What a signal says, in one sentence. Reads `signal.measurement`."""
    row = signal.measurement
    words = {
        "period": label_of(row.period_start, row.period_end),
        "value": amount(row.value, definition),
        "limit": amount(signal.limit, definition),
        "n": signal.counted,
        "expected": signal.expected,
    }
    above = signal.side == Signal.Side.ABOVE
    match signal.rule:
        case Signal.Rule.LIMIT if above:
            said = _(
                "En %(period)s el valor, %(value)s, superó el límite superior de %(limit)s: es"
                " más de lo que explica el azar."
            )
        case Signal.Rule.LIMIT:
            said = _(
                "En %(period)s el valor, %(value)s, quedó bajo el límite inferior de %(limit)s:"
                " es menos de lo que explica el azar."
            )
        case Signal.Rule.RUN if above:
            said = _(
                "Hasta %(period)s hubo %(n)s mediciones seguidas por encima de la media: el nivel"
                " parece haber subido."
            )
        case Signal.Rule.RUN:
            said = _(
                "Hasta %(period)s hubo %(n)s mediciones seguidas por debajo de la media: el nivel"
                " parece haber bajado."
            )
        case Signal.Rule.LONG_RUN if above:
            said = _(
                "Hubo %(n)s mediciones seguidas por encima de la mediana; por azar se esperan"
                " %(expected)s como mucho."
            )
        case Signal.Rule.LONG_RUN:
            said = _(
                "Hubo %(n)s mediciones seguidas por debajo de la mediana; por azar se esperan"
                " %(expected)s como mucho."
            )
        case _other:
            said = _(
                "La serie cruzó la mediana %(n)s veces; por azar se esperan al menos %(expected)s:"
                " hay una tendencia o un cambio de nivel."
            )
    return said % words
