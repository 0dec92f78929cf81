"""How an indicator is shown: tags, gauge, trend, and the chart with all it says in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.indicators.judging import Point, Reference
from apps.indicators.models import Definition, Indicator, Signal, Standing
from apps.indicators.periods import Period, short_label_of
from apps.indicators.selectors import Judged
from apps.indicators.words import amount, difference, number, sentence_of

TONES = {
    Standing.MET: ("ok", "check-circle-fill"),
    Standing.TOLERATED: ("warn", "dash-circle-fill"),
    Standing.MISSED: ("danger", "x-circle-fill"),
    Standing.WARNING: ("danger", "exclamation-triangle-fill"),
    Standing.CRITICAL: ("danger", "exclamation-octagon-fill"),
    Standing.NO_TARGET: ("", "dash-lg"),
    Standing.NO_DATA: ("", "question-circle"),
}
SPARK_WIDTH, SPARK_HEIGHT = 100, 24
# What a definition says, as its history and comparisons name it.
FIELDS = [
    ("name", gettext_lazy("Nombre")),
    ("purpose", gettext_lazy("Para qué se mide")),
    ("formula", gettext_lazy("Cómo se calcula")),
    ("source", gettext_lazy("De dónde sale el dato")),
    ("shape", gettext_lazy("Forma")),
    ("measure", gettext_lazy("Unidad de medida")),
    ("per", gettext_lazy("Por cada")),
    ("direction", gettext_lazy("Sentido")),
    ("target", gettext_lazy("Meta")),
    ("tolerance", gettext_lazy("Tolerancia")),
    ("warning_at", gettext_lazy("Umbral de alerta")),
    ("critical_at", gettext_lazy("Umbral crítico")),
    ("frequency", gettext_lazy("Frecuencia")),
    ("grace_days", gettext_lazy("Plazo para registrar, en días")),
    ("unit", gettext_lazy("Unidad")),
    ("process", gettext_lazy("Proceso")),
    ("owner", gettext_lazy("Responsable")),
    ("feed", gettext_lazy("Cómo se alimenta")),
    ("run_length", gettext_lazy("Seguidas del mismo lado")),
]


@dataclass(frozen=True)
class Tag:
    """A state in a word, with its icon."""

    text: str
    tone: str
    icon: str


def standing_tag(standing: str) -> Tag:
    """How a value stands, as a tag."""
    tone, icon = TONES[Standing(standing)]
    return Tag(str(Standing(standing).label), tone, icon)


def target_words(definition: Definition) -> str:
    """«Meta: 90 % o más», with its tolerance."""
    if definition.target is None:
        return _("Sin meta")
    wanted = amount(definition.target, definition)
    match definition.direction:
        case Definition.Direction.HIGHER:
            words = _("Meta: %(target)s o más") % {"target": wanted}
        case Definition.Direction.LOWER:
            words = _("Meta: %(target)s o menos") % {"target": wanted}
        case _other:
            words = _("Meta: %(target)s") % {"target": wanted}
    if definition.tolerance:
        words += _(", con %(tolerance)s de tolerancia") % {
            "tolerance": difference(definition.tolerance, definition)
        }
    return words


def change_words(points: Sequence[Point], definition: Definition) -> str:
    """What the last point did since the one before, in words; nothing for a single one."""
    if len(points) < 2:
        return ""
    before, now = points[-2], points[-1]
    words = {
        "by": difference(abs(now.value - before.value), definition),
        "period": before.label,
    }
    shown_now, shown_before = number(now.value, definition), number(before.value, definition)
    if shown_now == shown_before:
        return _("Igual que en %(period)s") % words
    if now.value > before.value:
        return _("Subió %(by)s desde %(period)s") % words
    return _("Bajó %(by)s desde %(period)s") % words


def spark(points: Sequence[Point]) -> str:
    """Points of a small trend line, for an SVG of 100 by 24; nothing for fewer than two."""
    if len(points) < 2:
        return ""
    values = [float(point.value) for point in points]
    low, high = min(values), max(values)
    step, room = SPARK_WIDTH / (len(values) - 1), (high - low) or 1
    return " ".join(
        f"{at * step:.1f},{2 + (SPARK_HEIGHT - 4) * (1 - (value - low) / room):.1f}"
        for at, value in enumerate(values)
    )


def gauge(indicator: Indicator, points: Sequence[Point]) -> dict[str, Any]:
    """What `components/_gauge.html` takes. Reads `current` and `latest`."""
    now, last = indicator.current, indicator.latest
    tag = standing_tag(indicator.standing)
    if last is None:
        return {
            "name": now.name,
            "value": "—",
            "note": f"{target_words(now)}.",
            "clock": tag.text,
            "tone": "off",
            "icon": tag.icon,
        }
    note = f"{target_words(now)}. {last.period_label[:1].upper()}{last.period_label[1:]}."
    return {
        "name": now.name,
        "value": amount(last.value, now),
        "note": note,
        "percent": _percent(last.value, now),
        "target": _percent(now.target, now),
        "clock": tag.text,
        "tone": tag.tone,
        "icon": tag.icon,
        "change": change_words(points, now),
    }


def _percent(value: Any, definition: Definition) -> float | None:
    """Where the value lies between the lowest and the highest it can be, 0 to 100."""
    low, high = definition.lowest, definition.highest
    if value is None or low is None or high is None:
        return None
    return round(min(100.0, max(0.0, float((value - low) / (high - low) * 100))), 1)


@dataclass(frozen=True)
class Mark:
    """A day to be marked on a chart, and what happened then: «Acción AC-12 terminada»."""

    on: date
    text: str


def chart(
    indicator: Indicator,
    points: Sequence[Point],
    now: Judged,
    *,
    signals: Iterable[Signal] = (),
    missing: Iterable[Period] = (),
    marks: Iterable[Mark] = (),
    title: str = "",
    key: str = "tendencia",
) -> dict[str, Any]:
    """What `components/_chart.html` takes: values, target, limits, signals, gaps and marks.

    `now` says which limits rule (`selectors.judged`). Everything the picture says stands in its
    summary, its table and `reading` (sentences for a list beside it).
    """
    definition = indicator.current
    signals = [signal for signal in signals if signal.state != Signal.State.WITHDRAWN]
    struck = {signal.period_start for signal in signals}
    slots = sorted(
        [(point.period_start, point.period_end, point) for point in points]
        + [(period.start, period.end, None) for period in missing],
        key=lambda slot: slot[0],
    )
    slots = _within(slots, points)
    limits = [_limits(point, now) for _start, _end, point in slots]
    config: dict[str, Any] = {
        "type": "control",
        "x": [short_label_of(start, end) for start, end, _point in slots],
        "unit": definition.measure,
        "decimals": definition.decimals,
        "series": [
            {
                "name": _("Valor"),
                "data": [float(point.value) if point else None for *_days, point in slots],
            }
        ],
        "out": [at for at, (start, *_rest) in enumerate(slots) if start in struck],
        "marks": _marks(slots, marks),
        "scale": True,
    }
    if definition.target is not None:
        config["target"] = float(definition.target)
    if now.reference is not None:
        for name in ("upper", "centre", "lower"):
            config["mean" if name == "centre" else name] = [
                getattr(one, name) if one else None for one in limits
            ]
    return {
        "id": key,
        "title": title or definition.name,
        "summary": _summary(points, definition, signals),
        "config": config,
        "columns": _columns(definition, now.reference),
        "rows": [
            _row(slot, limit, definition, now.reference, slot[0] in struck)
            for slot, limit in zip(slots, limits, strict=True)
        ],
        "reading": reading(points, now, definition, signals, missing, marks),
    }


def _within(slots: list[tuple], points: Sequence[Point]) -> list[tuple]:
    """Without the gaps before the first point shown."""
    if not points:
        return slots
    return [slot for slot in slots if slot[2] or slot[0] >= points[0].period_start]


def _limits(point: Point | None, now: Judged) -> Any:
    rules = now.judged and point is not None and point.period_start >= now.judged[0].period_start
    return now.reference.limits_of(point) if now.reference and rules else None


def _marks(slots: list[tuple], marks: Iterable[Mark]) -> list[dict[str, Any]]:
    found = []
    for mark in marks:
        for at, (_start, end, _point) in enumerate(slots):
            if end >= mark.on:
                found.append({"at": at, "name": mark.text})
                break
    return found


def _columns(definition: Definition, reference: Reference | None) -> list[str]:
    columns = [_("Período"), _("Valor")]
    if definition.has_parts:
        columns += [_("Numerador"), _("Denominador")]
    columns.append(_("Resultado"))
    if reference:
        columns += [_("Límite inferior"), _("Centro"), _("Límite superior")]
    return [*columns, _("Señal")]


def _row(
    slot: tuple, limits: Any, definition: Definition, reference: Reference | None, struck: bool
) -> list[str]:
    start, end, point = slot
    cells = [short_label_of(start, end)]
    if point is None:
        cells += [_("Sin medición")] + [""] * (3 if definition.has_parts else 1)
    else:
        cells.append(number(point.value, definition))
        if definition.has_parts:
            cells += [f"{part.normalize():f}" for part in (point.numerator, point.denominator)]
        cells.append(str(Standing(point.standing).label))
    if reference:
        if limits:
            cells += [
                number(value, definition) for value in (limits.lower, limits.centre, limits.upper)
            ]
        else:
            cells += ["", "", ""]
    return [*cells, _("Sí") if struck else ""]


def _summary(points: Sequence[Point], definition: Definition, signals: Sequence[Signal]) -> str:
    if not points:
        return _("Todavía no hay mediciones.")
    last = points[-1]
    words = {
        "period": last.label,
        "value": amount(last.value, definition),
        "standing": str(Standing(last.standing).label).lower(),
    }
    if definition.target is None:
        said = _("En %(period)s fue %(value)s.") % words
    else:
        said = _("En %(period)s fue %(value)s: %(standing)s.") % words
    count = len(signals)
    if not count:
        return said
    return (
        said
        + " "
        + ngettext(
            "Hay %(n)s señal marcada con un triángulo.",
            "Hay %(n)s señales marcadas con un triángulo.",
            count,
        )
        % {"n": count}
    )


def reading(
    points: Sequence[Point],
    now: Judged,
    definition: Definition,
    signals: Sequence[Signal],
    missing: Iterable[Period],
    marks: Iterable[Mark] = (),
) -> list[str]:
    """What a chart says, sentence by sentence, newest first where there is an order."""
    said = []
    if change := change_words(points, definition):
        said.append(f"{change}.")
    if points and definition.target is not None:
        met = sum(point.standing == Standing.MET for point in points)
        said.append(
            ngettext(
                "Cumplió la meta en %(met)s de %(n)s período.",
                "Cumplió la meta en %(met)s de %(n)s períodos.",
                len(points),
            )
            % {"met": met, "n": len(points)}
        )
    said.append(limits_words(now, definition))
    said += [sentence_of(signal, definition) for signal in signals]
    if now.reference and not signals:
        said.append(
            _("No hay señales: lo que sube y baja dentro de los límites es lo normal y no pide"
              " hacer nada.")
        )  # fmt: skip
    gaps = [period.label for period in missing]
    if gaps:
        said.append(_("Sin medición: %(periods)s.") % {"periods": ", ".join(gaps)})
    said += [f"{mark.on:%d/%m/%Y}: {mark.text}." for mark in marks]
    return said


def limits_words(now: Judged, definition: Definition) -> str:
    """Between what the values move by chance, in a sentence."""
    reference = now.reference
    if reference is None:
        return ngettext(
            "Falta %(n)s medición para calcular límites: se necesitan 12.",
            "Faltan %(n)s mediciones para calcular límites: se necesitan 12.",
            now.wanting,
        ) % {"n": now.wanting}
    limits = reference.limits_of(now.judged[-1])
    words = {
        "lower": amount(limits.lower, definition),
        "upper": amount(limits.upper, definition),
        "centre": amount(reference.middle, definition),
    }
    if reference.is_frozen:
        return (
            _(
                "Por azar se mueve entre %(lower)s y %(upper)s, alrededor de %(centre)s;"
                " los límites están fijados."
            )
            % words
        )
    return (
        _(
            "Por azar se mueve entre %(lower)s y %(upper)s, alrededor de %(centre)s;"
            " los límites son provisionales hasta tener 20 mediciones."
        )
        % words
    )


def said(definition: Definition, name: str) -> str:
    """A field as it is read."""
    value = getattr(definition, name)
    if value is None or value == "":
        return "—"
    if name in ("target", "tolerance", "warning_at", "critical_at"):
        return amount(value, definition)
    display = getattr(definition, f"get_{name}_display", None)
    return str(display() if display else value)
