"""How criteria are shown: a row in words, and the chart of what came of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.indicators.models import Standing
from apps.indicators.periods import label_of, short_label_of
from apps.indicators.showing import Tag, standing_tag
from apps.standards.models import ComplianceResult
from apps.standards.selectors import KEPT, Kept
from apps.standards.words import amount, number, target_words, tolerance_words

CHART_MOST = 36


def period_words(result: ComplianceResult) -> str:
    """The period of a result in words."""
    return label_of(result.period_start, result.period_end)


def customer_tag(standing: str) -> Tag:
    """How a result stands, as a customer reads it."""
    if standing == Standing.MET:
        return Tag(_("Cumplimos"), "ok", "check-circle-fill")
    if standing == Standing.TOLERATED:
        return Tag(_("Por poco: dentro de la tolerancia"), "warn", "dash-circle-fill")
    if standing == Standing.MISSED:
        return Tag(_("No cumplimos"), "danger", "x-circle-fill")
    return Tag(_("Todavía sin medir"), "", "hourglass-split")


def rows_of(kept: Sequence[Kept], *, public: bool = False) -> list[dict[str, Any]]:
    """Each criterion in words: target, last result, how it stands."""
    found = []
    for row in kept:
        last, criterion = row.last, row.criterion
        found.append(
            {
                "criterion": criterion,
                "indicator": criterion.indicator,
                "target": target_words(criterion),
                "tolerance": tolerance_words(criterion),
                "value": amount(last.value, last.criterion) if last else "",
                "period": period_words(last) if last else "",
                "tag": customer_tag(row.standing) if public else standing_tag(row.standing),
                "record": record_words(row.results, public=public),
                "lapses": row.lapses,
            }
        )
    return found


def record_words(results: Sequence[ComplianceResult], *, public: bool = False) -> str:
    """«Se cumplió en 10 de los últimos 12 períodos.»; nothing without results.

    In public, what is within the tolerance is not called kept.
    """
    last = results[-12:]
    if not last:
        return ""
    kept = (Standing.MET,) if public else KEPT
    met = sum(row.standing in kept for row in last)
    return ngettext(
        "Se cumplió en %(met)s de %(n)s período.",
        "Se cumplió en %(met)s de los últimos %(n)s períodos.",
        len(last),
    ) % {"met": met, "n": len(last)}


def chart(kept: Kept, *, public: bool = False) -> dict[str, Any] | None:
    """What `components/_chart.html` takes; None without results."""
    results, criterion = kept.results[-CHART_MOST:], kept.criterion
    if not results:
        return None
    last = results[-1]
    tag = customer_tag if public else standing_tag
    words = {
        "period": period_words(last),
        "value": amount(last.value, last.criterion),
        "target": target_words(criterion),
        "record": record_words(results, public=public),
    }
    said = _("En %(period)s: %(value)s. Meta: %(target)s. %(record)s") % words
    missed = [at for at, row in enumerate(results) if row.standing == Standing.MISSED]
    if missed:
        said += " " + _("Los períodos sin cumplir llevan un triángulo.")
    return {
        "id": f"criterio-{criterion.pk}",
        "title": criterion.title,
        "summary": said,
        "config": {
            "type": "control",
            "x": [short_label_of(row.period_start, row.period_end) for row in results],
            "unit": criterion.measure,
            "decimals": criterion.decimals,
            "series": [{"name": _("Resultado"), "data": [float(row.value) for row in results]}],
            "target": float(criterion.target),
            "out": missed,
            "scale": True,
        },
        "columns": [_("Período"), _("Resultado"), _("Meta de entonces"), _("Cumplimiento")],
        "rows": [
            [
                period_words(row),
                amount(row.value, row.criterion),
                number(row.criterion.target, row.criterion),
                tag(row.standing).text,
            ]
            for row in reversed(results)
        ],
    }
