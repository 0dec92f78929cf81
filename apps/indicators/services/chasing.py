"""Asking for measurements that are late: on the day they are due and each week after."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import Absence
from apps.indicators import selectors
from apps.indicators.models import Definition, Indicator
from apps.indicators.periods import Period
from apps.notifications.services import Tiding, notify_each

MOST_WEEKS = 8


@transaction.atomic
def chase(now: datetime) -> int:
    """Tell owners of measurements that people owe and whose time ran out; how many were told.

    Once for each indicator, period and week of delay, up to eight, however often this runs;
    who stands in for an absent owner is told instead.
    """
    today = timezone.localdate(now)
    rows = list(
        Indicator.objects.in_use()
        .filter(current__feed=Definition.Feed.HAND, current__owner__is_active=True)
        .select_related("current")
        .order_by("pk")
    )
    owed = selectors.missing_of(rows, today)
    acting = dict(Absence.objects.current(today).values_list("person_id", "substitute_id"))
    tidings = []
    for row in rows:
        late = [period for period in owed[row.pk] if due_on(period, row.current) < today]
        if not late:
            continue
        weeks = (today - due_on(late[-1], row.current)).days // 7
        if weeks <= MOST_WEEKS:
            owner = acting.get(row.current.owner_id, row.current.owner_id)
            tidings.append(_tiding(row, owner, late, weeks))
    return notify_each("measurement_missing", tidings)


def due_on(period: Period, definition: Definition) -> date:
    """The last day on which the period is measured in time."""
    return period.end + timedelta(days=definition.grace_days)


def _tiding(row: Indicator, owner: int, late: list[Period], weeks: int) -> Tiding:
    return Tiding(
        person_id=owner,
        key=f"missing:{row.pk}:{late[-1].start.isoformat()}:{weeks}",
        title=_("Falta la medición de %(code)s, %(name)s")
        % {"code": row.code, "name": row.current.name},
        text=_("Sin registrar: %(periods)s.")
        % {"periods": ", ".join(period.label for period in late[-6:])},
        url=reverse("indicators:record", args=[row.code]),
    )
