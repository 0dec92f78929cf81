"""Signals: found by rules alone, told to the owner, answered once; and the limits (CIC-10)."""

from __future__ import annotations

from datetime import date, datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import Person
from apps.core.access import require
from apps.core.rules import RuleBroken
from apps.indicators import rights, selectors
from apps.indicators.judging import (
    CHARTS,
    FEWEST_POINTS,
    MOST_POINTS,
    Finding,
    findings,
    is_favourable,
    worked_out,
)
from apps.indicators.models import Baseline, Indicator, Signal
from apps.indicators.permissions import Perm
from apps.indicators.words import sentence_of
from apps.notifications.services import notify


@transaction.atomic
def detect(indicator: Indicator) -> int:
    """Look at the indicator's chart once more; how many signals are new. Twice finds nothing."""
    indicator = (
        Indicator.objects.select_for_update(of=("self",))
        .select_related("current__owner")
        .get(pk=indicator.pk)
    )
    return len(look(indicator))


def look(indicator: Indicator, *, withdraw: bool = False, why: str = "") -> list[Signal]:
    """New signals of a locked indicator, told to its owner.

    With `withdraw`, signals that nobody explained yet and no rule gives any more are withdrawn:
    only after a correction or new limits. Freezes limits once there are 20 measurements.
    """
    definitions = selectors.definitions_of(indicator)
    points = selectors.series(indicator)
    now = selectors.judged(points, definitions, selectors.baselines_of(indicator))
    if now.reference is None:
        return _withdrawn(indicator, set(), date.min, why) if withdraw else []
    if not now.reference.is_frozen and len(now.points) >= MOST_POINTS:
        _freeze(
            indicator,
            now.points[:MOST_POINTS],
            reason=_("Las primeras %(n)s mediciones, fijadas por el portal.") % {"n": MOST_POINTS},
            by=None,
        )
        now = selectors.judged(points, definitions, selectors.baselines_of(indicator))
    found = findings(now.judged, now.reference, indicator.current.run_length)
    if withdraw:
        _withdrawn(indicator, {row.key for row in found}, now.reference.from_on, why)
    known = set(indicator.signals.values_list("key", flat=True))
    signals = [_signal(indicator, now, row) for row in found if row.key not in known]
    for signal in signals:
        signal.save()
        _tell(indicator, signal)
    return signals


def _signal(indicator: Indicator, now: selectors.Judged, row: Finding) -> Signal:
    point = now.judged[row.at]
    return Signal(
        indicator=indicator,
        measurement_id=point.measurement_id,
        baseline_id=now.reference.baseline_id,
        rule=row.rule,
        side=row.side,
        key=row.key,
        period_start=point.period_start,
        is_favourable=is_favourable(row.side, indicator.current.direction),
        limit=row.limit,
        counted=row.counted,
        expected=row.expected,
    )


def _tell(indicator: Indicator, signal: Signal) -> None:
    notify(
        "indicator_signal",
        to=[indicator.current.owner],
        key=f"signal:{signal.pk}",
        title=_("Señal en %(code)s, %(name)s")
        % {"code": indicator.code, "name": indicator.current.name},
        text=sentence_of(signal, indicator.current),
        url=reverse("indicators:signal", args=[signal.pk]),
    )


def _withdrawn(indicator: Indicator, keys: set[str], since: date, why: str) -> list[Signal]:
    why = why or _("La medición se corrigió y la regla ya no se cumple.")
    for signal in indicator.signals.to_explain().filter(period_start__gte=since):
        if signal.key not in keys:
            signal.state, signal.withdrawn_at = Signal.State.WITHDRAWN, timezone.now()
            signal.withdrawal_reason = why[:300]
            signal.save(update_fields=["state", "withdrawn_at", "withdrawal_reason"])
    return []


@transaction.atomic
def set_baseline(
    indicator: Indicator,
    *,
    from_on: date,
    until_on: date,
    reason: str,
    by: Person,
    at: datetime | None = None,
) -> Baseline:
    """Freeze limits on the measurements between two days; they judge from the first on.

    `at`: when that was, where it is not now.

    Raises PermissionDenied unless `by` may set its limits, RuleBroken without a reason or
    unless 12 to 20 measurements that can be compared with those of now lie there.
    """
    require(by, Perm.VIEW, indicator)
    indicator = (
        Indicator.objects.select_for_update(of=("self",))
        .select_related("current__owner")
        .get(pk=indicator.pk)
    )
    if not rights.may_set_limits(by, indicator.current):
        raise PermissionDenied
    if not reason.strip():
        raise RuleBroken({"reason": _("Escriba por qué se fijan los límites.")})
    since = selectors.comparable_since(selectors.definitions_of(indicator))
    points = [
        point
        for point in selectors.series(indicator, from_on, until_on)
        if point.period_start >= since
    ]
    if not FEWEST_POINTS <= len(points) <= MOST_POINTS:
        raise RuleBroken(
            _("Hay %(n)s mediciones comparables entre esos períodos; se necesitan de 12 a 20.")
            % {"n": len(points)}
        )
    baseline = _freeze(indicator, points, reason=reason.strip(), by=by, at=at)
    look(
        indicator,
        withdraw=True,
        why=_("Se fijaron límites nuevos: %(reason)s") % {"reason": baseline.reason},
    )
    return baseline


def _freeze(
    indicator: Indicator,
    points: list[selectors.Point],
    *,
    reason: str,
    by: Person | None,
    at: datetime | None = None,
) -> Baseline:
    chart = CHARTS[indicator.current.shape]
    centre, spread = worked_out(points, chart)
    return Baseline.objects.create(
        indicator=indicator,
        chart=chart,
        from_on=points[0].period_start,
        until_on=points[-1].period_end,
        points=len(points),
        centre=centre,
        spread=spread,
        reason=reason,
        set_by=by,
        set_at=at or timezone.now(),
    )


@transaction.atomic
def answer_signal(
    signal: Signal, *, cause: str, response: str, by: Person, at: datetime | None = None
) -> Signal:
    """Say what caused a signal and what was done; that closes it. `at`: when, if not now.

    Raises PermissionDenied unless `by` answers for the indicator or defines indicators,
    RuleBroken if something is missing or it no longer waits.
    """
    require(by, Perm.VIEW, signal)
    signal = (
        Signal.objects.select_for_update(of=("self",))
        .select_related("indicator__current")
        .get(pk=signal.pk)
    )
    if not (by.has_perm(Perm.DEFINE) or rights.may_answer(by, signal.indicator.current)):
        raise PermissionDenied
    if signal.state != Signal.State.OPEN:
        raise RuleBroken(_("Esta señal ya no espera una explicación."))
    faults = {}
    if not cause.strip():
        faults["cause"] = _("Escriba qué la causó; si no se sabe, dígalo.")
    if not response.strip():
        faults["response"] = _("Escriba qué se hizo; si nada, dígalo y por qué.")
    if faults:
        raise RuleBroken(faults)
    signal.cause, signal.response = cause.strip(), response.strip()
    signal.state, signal.answered_by, signal.answered_at = (
        Signal.State.ANSWERED, by, at or timezone.now(),
    )  # fmt: skip
    signal.save(update_fields=["cause", "response", "state", "answered_by", "answered_at"])
    return signal
