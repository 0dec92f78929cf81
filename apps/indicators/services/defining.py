"""Saying what an indicator is, and saying it anew."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import Person, Unit
from apps.core.access import require
from apps.core.registry import metrics
from apps.core.rules import RuleBroken, StaleEdit
from apps.core.search import indexing
from apps.indicators.judging import standing_under
from apps.indicators.models import Definition, Indicator
from apps.indicators.periods import period_of
from apps.indicators.permissions import Perm

CODE = re.compile(r"[A-Z0-9][A-Z0-9.-]{0,19}")
RUN_LENGTHS = range(6, 13)
Shape, Direction, Feed = Definition.Shape, Definition.Direction, Definition.Feed


@dataclass(frozen=True)
class Wanted:
    """What a definition says. See `models.Definition`, whose names these are."""

    name: str
    purpose: str
    formula: str
    shape: str
    measure: str
    direction: str
    frequency: str
    source: str
    unit: Unit
    owner: Person
    effective_on: date
    decimals: int = 1
    per: int = 1
    lowest: Decimal | None = None
    highest: Decimal | None = None
    target: Decimal | None = None
    tolerance: Decimal = Decimal(0)
    warning_at: Decimal | None = None
    critical_at: Decimal | None = None
    grace_days: int = 10
    feed: str = Feed.HAND
    metric: str = ""
    process: str = ""
    run_length: int = 8
    is_comparable: bool = True


@transaction.atomic
def create_indicator(
    code: str, wanted: Wanted, *, by: Person, at: datetime | None = None
) -> Indicator:
    """A new indicator with its first definition, written `at` where that is not now.

    Raises PermissionDenied, or RuleBroken by field when the code is taken or malformed or the
    definition contradicts itself (`checked`).
    """
    require(by, Perm.DEFINE)
    code = code.strip().upper()
    if not CODE.fullmatch(code):
        raise RuleBroken({"code": _("Use letras sin acento, números, puntos y guiones: IND-01.")})
    if Indicator.objects.filter(code=code).exists():
        raise RuleBroken({"code": _("Ya hay un indicador con ese código.")})
    fields = checked(wanted)
    indicator = Indicator.objects.create(code=code)
    return _put_in(indicator, 1, fields, reason="", by=by, at=at)


@transaction.atomic
def redefine(
    indicator: Indicator,
    wanted: Wanted,
    *,
    reason: str,
    seen: int,
    by: Person,
    at: datetime | None = None,
) -> Indicator:
    """Put a new definition in the place of number `seen`, from the day it says.

    Measurements keep the definition they were made under. What changes the values themselves
    (shape, unit of measure, per so many) is not comparable with what was measured before.
    Raises PermissionDenied; StaleEdit if there is a newer definition; RuleBroken by field if
    it contradicts itself, changes nothing, or would rule periods already measured.
    """
    require(by, Perm.DEFINE, indicator)
    indicator = _locked(indicator)
    now = indicator.current
    if now.number != seen:
        raise StaleEdit(
            _("Otra persona cambió la definición mientras usted escribía. Compare y decida."),
            newer=now,
        )
    if not reason.strip():
        raise RuleBroken({"reason": _("Escriba por qué cambia la definición.")})
    fields = checked(wanted)
    if not _differences(now, fields):
        raise RuleBroken(_("No cambió nada: la definición sigue igual."))
    if any(fields[name] != getattr(now, name) for name in ("shape", "measure", "per")):
        fields["is_comparable"] = False
    _hold_beginning(indicator, fields)
    return _put_in(indicator, now.number + 1, fields, reason=reason.strip(), by=by, at=at)


@transaction.atomic
def retire(indicator: Indicator, *, reason: str, by: Person) -> Indicator:
    """Measure it no more; what was measured stays. Raises RuleBroken without a reason."""
    require(by, Perm.DEFINE, indicator)
    indicator = _locked(indicator)
    if not reason.strip():
        raise RuleBroken({"reason": _("Escriba por qué se retira.")})
    if not indicator.is_retired:
        indicator.retired_on, indicator.retirement_reason = timezone.localdate(), reason.strip()
        indicator.save(update_fields=["retired_on", "retirement_reason"])
        indexing.index("indicator", Indicator.objects.filter(pk=indicator.pk))
    return indicator


@transaction.atomic
def bring_back(indicator: Indicator, *, by: Person) -> Indicator:
    """Measure a retired indicator again."""
    require(by, Perm.DEFINE, indicator)
    indicator = _locked(indicator)
    indicator.retired_on, indicator.retirement_reason = None, ""
    indicator.save(update_fields=["retired_on", "retirement_reason"])
    indexing.index("indicator", Indicator.objects.filter(pk=indicator.pk))
    return indicator


def checked(wanted: Wanted) -> dict[str, object]:
    """The fields of a definition, made whole. Raises RuleBroken by field if they contradict."""
    fields = {name: getattr(wanted, name) for name in names_of_wanted()}
    faults: dict[str, str] = {}
    if fields["shape"] == Shape.PROPORTION:
        fields |= {"measure": "%", "per": 1, "lowest": Decimal(0), "highest": Decimal(100)}
    elif fields["shape"] == Shape.RATE and fields["lowest"] is None:
        fields["lowest"] = Decimal(0)
    if fields["shape"] != Shape.RATE:
        fields["per"] = 1
    if not fields["measure"]:
        faults["measure"] = _("Escriba la unidad de medida: días, minutos, pesos.")
    if not fields["owner"].is_active:
        faults["owner"] = _("Esa persona está desactivada.")
    if fields["run_length"] and fields["run_length"] not in RUN_LENGTHS:
        faults["run_length"] = _("Elija entre 6 y 12, o 0 para no usar esta regla.")
    faults |= _metric_faults(fields) | _range_faults(fields)
    if not faults:  # thresholds are only worth checking against a right target
        faults |= _threshold_faults(fields)
    if faults:
        raise RuleBroken(faults)
    return fields


def names_of_wanted() -> list[str]:
    """Names of what a definition says."""
    return list(Wanted.__dataclass_fields__)


def _metric_faults(fields: dict) -> dict[str, str]:
    if fields["feed"] != Feed.METRIC:
        fields["metric"] = ""
        return {}
    if fields["metric"] not in metrics:
        return {"metric": _("Elija la medida del portal.")}
    if metrics.get(fields["metric"]).shape != fields["shape"]:
        return {"metric": _("Esa medida tiene otra forma: cambie la forma o la medida.")}
    return {}


def _range_faults(fields: dict) -> dict[str, str]:
    lowest, highest, target = fields["lowest"], fields["highest"], fields["target"]
    if lowest is not None and highest is not None and lowest >= highest:
        return {"highest": _("El máximo posible debe ser mayor que el mínimo.")}
    faults = {}
    if target is not None and not _within(target, lowest, highest):
        faults["target"] = _("La meta está fuera de los valores posibles.")
    if fields["tolerance"] < 0:
        faults["tolerance"] = _("La tolerancia no puede ser negativa.")
    if target is None:
        if fields["tolerance"]:
            faults["tolerance"] = _("Sin meta no hay tolerancia: escriba la meta.")
        for name in ("warning_at", "critical_at"):
            if fields[name] is not None:
                faults[name] = _("Sin meta no hay umbrales: escriba la meta.")
    elif fields["direction"] != Direction.NEAR:
        for name in ("warning_at", "critical_at"):
            if fields[name] is not None and not _within(fields[name], lowest, highest):
                faults[name] = _("El umbral está fuera de los valores posibles.")
    return faults


def _within(value: Decimal, lowest: Decimal | None, highest: Decimal | None) -> bool:
    return (lowest is None or value >= lowest) and (highest is None or value <= highest)


def _threshold_faults(fields: dict) -> dict[str, str]:
    """Thresholds lie on the bad side of the target and its tolerance, the critical one last."""
    if fields["target"] is None:
        return {}
    faults = {}
    if fields["direction"] == Direction.NEAR:
        bound, turn = fields["tolerance"], 1
        said = _("Es una distancia a la meta: debe ser mayor o igual que la tolerancia.")
    elif fields["direction"] == Direction.HIGHER:
        bound, turn = fields["target"] - fields["tolerance"], -1
        said = _("Si más es mejor, el umbral va por debajo de la meta menos la tolerancia.")
    else:
        bound, turn = fields["target"] + fields["tolerance"], 1
        said = _("Si menos es mejor, el umbral va por encima de la meta más la tolerancia.")
    warning, critical = fields["warning_at"], fields["critical_at"]
    for name in ("warning_at", "critical_at"):
        if fields[name] is not None and turn * fields[name] < turn * bound:
            faults[name] = said
    if not faults and None not in (warning, critical) and turn * critical < turn * warning:
        faults["critical_at"] = _("El umbral crítico va más lejos de la meta que el de alerta.")
    return faults


def _hold_beginning(indicator: Indicator, fields: dict) -> None:
    start = fields["effective_on"]
    period = period_of(start, fields["frequency"])
    if period.start != start:
        raise RuleBroken(
            {
                "effective_on": _("Debe ser el primer día de un período: %(day)s.")
                % {"day": period.next().start.strftime("%d/%m/%Y")}
            }
        )
    if start < indicator.current.effective_on:
        raise RuleBroken({"effective_on": _("La definición anterior rige desde una fecha mayor.")})
    last = indicator.measurements.order_by("-period_end").first()
    if last is not None and start <= last.period_end:
        raise RuleBroken(
            {
                "effective_on": _(
                    "Ya hay mediciones hasta el %(day)s: puede regir desde el día siguiente."
                )
                % {"day": last.period_end.strftime("%d/%m/%Y")}
            }
        )


def _differences(now: Definition, fields: dict) -> list[str]:
    return [
        name
        for name, value in fields.items()
        if name not in ("effective_on", "is_comparable") and getattr(now, name) != value
    ]


def _locked(indicator: Indicator) -> Indicator:
    return (
        Indicator.objects.select_for_update(of=("self",))
        .select_related("current")
        .get(pk=indicator.pk)
    )


def _put_in(
    indicator: Indicator,
    number: int,
    fields: dict,
    *,
    reason: str,
    by: Person,
    at: datetime | None,
) -> Indicator:
    definition = Definition.objects.create(
        indicator=indicator,
        number=number,
        reason=reason,
        written_by=by,
        written_at=at or timezone.now(),
        **fields,
    )
    indicator.current = definition
    if indicator.latest_id is None:
        indicator.standing = standing_under(definition, None)
    indicator.save(update_fields=["current", "standing"])
    indexing.index("indicator", Indicator.objects.filter(pk=indicator.pk))
    return indicator
