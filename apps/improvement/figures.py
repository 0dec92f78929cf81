"""What the indicator of an action said before it was done, and since (CIC-16)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.improvement.models import Action
from apps.indicators import selectors
from apps.indicators.judging import Point
from apps.indicators.models import Definition, Indicator
from apps.indicators.periods import label_of
from apps.indicators.selectors import BeforeAfter
from apps.indicators.words import amount

SHOWN = 24
BEFORE, MEANWHILE, AFTER = "before", "meanwhile", "after"


def turning_day(action: Action) -> date | None:
    """The calendar day that parts before from after: when it was done, or failing that begun."""
    at = action.done_at or action.started_at
    return timezone.localdate(at) if at else None


def before_and_after(action: Action) -> BeforeAfter | None:
    """Up to six periods before `action` was done, and since; None without an indicator."""
    day = turning_day(action)
    if action.indicator_id is None or day is None:
        return None
    return selectors.before_after(action.indicator, day)


def kept(seen: BeforeAfter | None) -> dict[str, Any]:
    """What a check keeps of the figures."""
    if seen is None:
        return {}
    return {
        "before_value": seen.before.value,
        "after_value": seen.after.value,
        "is_better": seen.is_better,
        "is_conclusive": seen.is_conclusive,
    }


@dataclass(frozen=True)
class Told:
    """Figures in words: two amounts, what they say together, and the chart."""

    indicator: Indicator
    before: str
    after: str
    before_note: str
    after_note: str
    sentence: str
    tone: str
    chart: dict[str, Any] | None


def told(action: Action, actor: Any) -> Told | None:
    """The figures of `action` for a page, if its indicator exists for `actor`. Three queries."""
    if action.indicator_id is None:
        return None
    indicator = (
        Indicator.objects.visible_to(actor)
        .select_related("current")
        .filter(pk=action.indicator_id)
        .first()
    )
    if indicator is None:
        return None
    definition, day = indicator.current, turning_day(action)
    seen = selectors.before_after(indicator, day) if day else None
    check = getattr(action, "check_made", None)
    if check is not None:  # what was seen when it was judged stays
        words = _in_words(check.before_value, check.after_value, definition)
        sentence, tone = _says(check.is_better, check.is_conclusive, words[1] != "")
        sentence = _("Al verificar: %(said)s") % {"said": sentence}
    elif seen is not None:
        words = _in_words(seen.before.value, seen.after.value, definition)
        sentence, tone = _says(seen.is_better, seen.is_conclusive, words[1] != "")
    else:
        words, sentence, tone = ("", ""), _("Las cifras se comparan desde que se hace."), ""
    return Told(
        indicator=indicator,
        before=words[0],
        after=words[1],
        before_note=_periods(len(seen.before.points)) if seen else "",
        after_note=_periods(len(seen.after.points)) if seen else "",
        sentence=sentence,
        tone=tone,
        chart=_chart(indicator, definition, day),
    )


def _in_words(before: Any, after: Any, definition: Definition) -> tuple[str, str]:
    return amount(before, definition), amount(after, definition)


def _says(is_better: bool | None, is_conclusive: bool, has_after: bool) -> tuple[str, str]:
    if not has_after:
        return _("Todavía no hay mediciones de después."), ""
    if is_better is None:
        return _("No se ve diferencia."), ""
    if is_better:
        if is_conclusive:
            return _("Mejoró, y más de lo que explica el azar."), "ok"
        return _("Mejoró, pero podría ser azar: hacen falta más mediciones."), ""
    if is_conclusive:
        return _("Empeoró, y más de lo que explica el azar."), "danger"
    return _("Empeoró, pero podría ser azar: hacen falta más mediciones."), "warn"


def _periods(n: int) -> str:
    return ngettext("%(n)s período", "%(n)s períodos", n) % {"n": n} if n else ""


def _side(point: Point, day: date | None) -> str:
    """Where a period lies, as `selectors.before_after` parts them."""
    if day is None or point.period_end < day:
        return BEFORE
    return AFTER if point.period_start >= day else MEANWHILE


def _chart(indicator: Indicator, definition: Definition, day: date | None) -> dict[str, Any] | None:
    """The last measurements, those before and after as two lines; for components/_chart.html."""
    points = selectors.series(indicator)[-SHOWN:]
    if len(points) < 2:
        return None
    labels = [label_of(point.period_start, point.period_end) for point in points]
    sides = [_side(point, day) for point in points]
    values = [float(point.value) for point in points]
    old = [v if side != AFTER else None for v, side in zip(values, sides, strict=True)]
    new = [v if side == AFTER else None for v, side in zip(values, sides, strict=True)]
    words = {BEFORE: _("Antes"), MEANWHILE: _("Mientras se hacía"), AFTER: _("Después")}
    config: dict[str, Any] = {
        "type": "line",
        "x": labels,
        "unit": definition.measure,
        "decimals": definition.decimals,
        "series": [{"name": _("Antes"), "data": old}],
    }
    if AFTER in sides:
        config["series"].append({"name": _("Después"), "data": new})
    if definition.target is not None:
        config["target"] = float(definition.target)
        config["target_name"] = _("Meta")
    last = amount(points[-1].value, definition)
    summary = ngettext(
        "%(n)s medición; la última, de %(label)s, es %(last)s.",
        "%(n)s mediciones; la última, de %(label)s, es %(last)s.",
        len(points),
    ) % {"n": len(points), "label": labels[-1], "last": last}
    return {
        "id": "indicador",
        "title": Truncator(definition.name).chars(80),
        "summary": summary,
        "config": config,
        "columns": [_("Período"), _("Valor"), _("Antes o después")],
        "rows": [
            [label, amount(point.value, definition), words[side]]
            for label, point, side in zip(labels, points, sides, strict=True)
        ],
    }
