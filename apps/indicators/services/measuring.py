"""Entering measurements. Nothing is overwritten: a correction is one more entry (CIC-09)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.audit import create_all
from apps.accounts.models import Person
from apps.core.access import require
from apps.core.models import StoredFile
from apps.core.rules import RuleBroken
from apps.indicators import rights, selectors
from apps.indicators.judging import standing_under
from apps.indicators.models import Definition, Indicator, Measurement
from apps.indicators.periods import Period, period_of
from apps.indicators.permissions import Perm
from apps.indicators.services import detecting

Origin = Measurement.Origin
DIGITS = Decimal("0.000001")
LARGEST = Decimal(10) ** 13


@dataclass(frozen=True)
class Reading:
    """What is entered for the period that contains `day`: a value, or how many of how many."""

    day: date
    value: Decimal | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    note: str = ""
    # When it was entered, where that is not now: history that is brought in.
    at: datetime | None = None


@transaction.atomic
def record_measurement(
    indicator: Indicator,
    reading: Reading,
    *,
    by: Person,
    origin: str = Origin.HAND,
    evidence: StoredFile | None = None,
) -> Measurement:
    """Enter the first measurement of a period, and look for signals.

    Raises PermissionDenied unless `by` enters its measurements (`rights.may_record`), and
    RuleBroken if the period is not over or already has an entry, the indicator is retired or
    fed by the portal, or the value is not one it can have.
    """
    (row,) = record_many(indicator, [reading], by=by, origin=origin, evidence=evidence)
    return row


@transaction.atomic
def record_many(
    indicator: Indicator,
    readings: Sequence[Reading],
    *,
    by: Person,
    origin: str = Origin.HAND,
    evidence: StoredFile | None = None,
) -> list[Measurement]:
    """As `record_measurement` for several periods of one indicator, all or none."""
    require(by, Perm.VIEW, indicator)
    indicator = locked(indicator)
    if not rights.may_record(by, indicator.current):
        raise PermissionDenied
    if indicator.current.feed == Definition.Feed.METRIC:
        raise RuleBroken(
            _("Este indicador se alimenta del portal. Corrija la medición si está mal.")
        )
    return enter(indicator, readings, by=by, origin=origin, evidence=evidence)


def enter(
    indicator: Indicator,
    readings: Sequence[Reading],
    *,
    by: Person | None,
    origin: str,
    evidence: StoredFile | None = None,
) -> list[Measurement]:
    """Write first entries of periods of a locked indicator. Asks no permission.

    Raises RuleBroken as `record_measurement`.
    """
    if indicator.is_retired:
        raise RuleBroken(_("El indicador está retirado: ya no se mide."))
    definitions = selectors.definitions_of(indicator)
    taken = list(indicator.measurements.values_list("period_start", "period_end").distinct())
    today, rows = timezone.localdate(), []
    for reading in readings:
        definition = selectors.definition_on(
            definitions, period_of(reading.day, indicator.current.frequency).start
        )
        period = period_of(reading.day, definition.frequency)
        hold_period(period, taken, today)
        taken.append((period.start, period.end))
        value, numerator, denominator = worked_out(definition, reading)
        rows.append(
            Measurement(
                indicator=indicator,
                definition=definition,
                period_start=period.start,
                period_end=period.end,
                value=value,
                numerator=numerator,
                denominator=denominator,
                standing=standing_under(definition, value),
                origin=origin,
                note=reading.note.strip(),
                evidence=evidence,
                entered_by=by,
                entered_at=reading.at or timezone.now(),
            )
        )
    rows = create_all(rows)
    follow(indicator)
    return rows


@transaction.atomic
def correct_measurement(
    measurement: Measurement,
    reading: Reading,
    *,
    reason: str,
    by: Person,
    evidence: StoredFile | None = None,
) -> Measurement:
    """Put a new entry in the place of one that is wrong; the wrong one is kept.

    Raises PermissionDenied as recording does; RuleBroken without a reason, if the value is not
    one it can have or is the same, or if somebody corrected that entry already.
    """
    indicator, definition = _to_correct(measurement, reason, by)
    value, numerator, denominator = worked_out(definition, reading)
    same = (value, numerator, denominator) == (
        measurement.value,
        measurement.numerator,
        measurement.denominator,
    )
    if same and not evidence and reading.note.strip() == measurement.note:
        raise RuleBroken(_("No cambió nada: la medición ya dice eso."))
    return _corrected(
        indicator,
        measurement,
        value=value,
        numerator=numerator,
        denominator=denominator,
        note=reading.note.strip(),
        evidence=evidence or measurement.evidence,
        reason=reason,
        by=by,
        at=reading.at,
    )


@transaction.atomic
def withdraw_measurement(measurement: Measurement, *, reason: str, by: Person) -> Measurement:
    """Say that a period has no valid measurement after all; the entry is kept.

    Raises as `correct_measurement`.
    """
    indicator, _definition = _to_correct(measurement, reason, by)
    if measurement.value is None:
        raise RuleBroken(_("Esa medición ya está anulada."))
    return _corrected(
        indicator,
        measurement,
        value=None,
        numerator=None,
        denominator=None,
        note="",
        evidence=None,
        reason=reason,
        by=by,
        at=None,
    )


def _to_correct(measurement: Measurement, reason: str, by: Person) -> tuple[Indicator, Definition]:
    require(by, Perm.VIEW, measurement.indicator)
    indicator = locked(measurement.indicator)
    if not rights.may_record(by, indicator.current):
        raise PermissionDenied
    if not reason.strip():
        raise RuleBroken({"reason": _("Escriba por qué se corrige.")})
    if Measurement.objects.filter(corrects=measurement.pk).exists():
        raise RuleBroken(
            _("Otra persona ya corrigió esta medición. Abra la más reciente para corregirla.")
        )
    return indicator, measurement.definition


def _corrected(
    indicator: Indicator,
    measurement: Measurement,
    *,
    reason: str,
    by: Person,
    at: datetime | None,
    **fields: object,
) -> Measurement:
    row = Measurement.objects.create(
        indicator=indicator,
        definition=measurement.definition,
        period_start=measurement.period_start,
        period_end=measurement.period_end,
        number=measurement.number + 1,
        standing=standing_under(measurement.definition, fields["value"]),
        origin=Origin.HAND,
        corrects=measurement,
        reason=reason.strip(),
        entered_by=by,
        entered_at=at or timezone.now(),
        **fields,
    )
    follow(indicator, corrected=True)
    return row


def locked(indicator: Indicator) -> Indicator:
    """The indicator as it is now; nobody else changes it until the transaction ends."""
    return (
        Indicator.objects.select_for_update(of=("self",))
        .select_related("current__owner", "current__unit")
        .get(pk=indicator.pk)
    )


def hold_period(period: Period, taken: list[tuple[date, date]], today: date) -> None:
    """Raise RuleBroken if the period is not over yet or already has an entry."""
    if period.end > today:
        raise RuleBroken(
            {
                "day": _("%(period)s no ha terminado: se mide desde el %(day)s.")
                % {
                    "period": period.label[:1].upper() + period.label[1:],
                    "day": period.end.strftime("%d/%m/%Y"),
                }
            }
        )
    if any(start <= period.end and end >= period.start for start, end in taken):
        raise RuleBroken(
            {
                "day": _("%(period)s ya tiene una medición: corríjala si está mal.")
                % {"period": period.label[:1].upper() + period.label[1:]}
            }
        )


def worked_out(
    definition: Definition, reading: Reading
) -> tuple[Decimal, Decimal | None, Decimal | None]:
    """Value, numerator and denominator as they are kept.

    Raises RuleBroken by field if something is missing, or cannot be under that definition.
    """
    numerator, denominator = reading.numerator, reading.denominator
    if definition.has_parts:
        if numerator is None:
            raise RuleBroken({"numerator": _("Escriba el numerador.")})
        if denominator is None:
            raise RuleBroken({"denominator": _("Escriba el denominador.")})
        if denominator <= 0:
            raise RuleBroken({"denominator": _("El denominador debe ser mayor que cero.")})
        if numerator < 0:
            raise RuleBroken({"numerator": _("El numerador no puede ser negativo.")})
        if definition.shape == Definition.Shape.PROPORTION and numerator > denominator:
            raise RuleBroken({"numerator": _("No puede ser mayor que el denominador.")})
        value = numerator / denominator * definition.factor
    elif reading.value is None:
        raise RuleBroken({"value": _("Escriba el valor.")})
    else:
        value, numerator, denominator = reading.value, None, None
    named = {"value": value, "numerator": numerator, "denominator": denominator}
    for name, number in named.items():
        if number is not None and (not number.is_finite() or abs(number) >= LARGEST):
            raise RuleBroken({name: _("Ese número es demasiado grande.")})
    hold_range(definition, value)
    kept = [None if n is None else n.quantize(DIGITS) for n in named.values()]
    return kept[0], kept[1], kept[2]


def hold_range(definition: Definition, value: Decimal) -> None:
    """Raise RuleBroken if the indicator cannot have that value."""
    for bound, wrong, said in (
        (definition.lowest, definition.lowest is not None and value < definition.lowest,
         _("El valor no puede ser menor que %(bound)s %(measure)s.")),
        (definition.highest, definition.highest is not None and value > definition.highest,
         _("El valor no puede ser mayor que %(bound)s %(measure)s.")),
    ):  # fmt: skip
        if wrong:
            words = {"bound": f"{bound.normalize():f}", "measure": definition.measure}
            raise RuleBroken({"value": said % words})


def follow(indicator: Indicator, *, corrected: bool = False) -> None:
    """Bring what the indicator shows of its last period up to date, and look for signals."""
    rows = Measurement.objects.standing_entries().filter(indicator=indicator.pk)
    latest = rows.order_by("-period_start").first()
    indicator.latest = latest
    indicator.standing = latest.standing if latest else standing_under(indicator.current, None)
    indicator.save(update_fields=["latest", "standing"])
    detecting.look(indicator, withdraw=corrected)
