"""Criteria and their results said in words."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from apps.indicators.models import Definition
from apps.indicators.numbers import shown
from apps.standards.models import Criterion


def number(value: Decimal | None, criterion: Criterion) -> str:
    """The value with the decimals of the criterion; nothing for none."""
    return "" if value is None else shown(value, criterion.decimals)


def amount(value: Decimal | None, criterion: Criterion) -> str:
    """«87,5 %», «3,2 días»; nothing for no value."""
    return "" if value is None else f"{number(value, criterion)} {criterion.measure}"


def target_words(criterion: Criterion) -> str:
    """«95,0 % o más»."""
    wanted = {"target": amount(criterion.target, criterion)}
    match criterion.direction:
        case Definition.Direction.HIGHER:
            return _("%(target)s o más") % wanted
        case Definition.Direction.LOWER:
            return _("%(target)s o menos") % wanted
    return wanted["target"]


def tolerance_words(criterion: Criterion) -> str:
    """«2,0 puntos», «1,0 días»; nothing for no tolerance."""
    if not criterion.tolerance:
        return ""
    if criterion.measure == "%":
        return _("%(n)s puntos") % {"n": number(criterion.tolerance, criterion)}
    return amount(criterion.tolerance, criterion)


def sentence_of(criterion: Criterion) -> str:
    """All a criterion says, in one sentence. Reads `criterion.indicator`."""
    said = _("%(title)s: %(target)s, por %(code)s, %(period)s. Muestreo: %(sampling)s") % {
        "title": criterion.title,
        "target": target_words(criterion),
        "code": criterion.indicator.code,
        "period": criterion.get_period_display().lower(),
        "sampling": criterion.sampling,
    }
    if tolerance := tolerance_words(criterion):
        said += " " + _("Tolerancia: %(tolerance)s.") % {"tolerance": tolerance}
    return said
