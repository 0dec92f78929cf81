"""What waits for a person among indicators: signals to explain, measurements to record."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import Person
from apps.core.registry import HomeTask, home_tasks
from apps.indicators import selectors, services
from apps.indicators.models import Definition, Indicator, Signal

AT_MOST = 30


def signal_tasks(person: Person) -> Iterable[HomeTask]:
    """Signals of their indicators that nobody explained yet, newest first. One query."""
    mine = Indicator.objects.in_use().owned_by(person, timezone.localdate())
    rows = Signal.objects.visible_to(person).to_explain().filter(indicator__in=mine)
    rows = rows.select_related("indicator__current", "measurement")
    for signal in rows.order_by("-period_start", "-pk")[:AT_MOST]:
        indicator = signal.indicator
        yield HomeTask(
            title=_("Explicar una señal de %(code)s, %(name)s")
            % {"code": indicator.code, "name": indicator.current.name},
            note=_("%(rule)s en %(period)s.")
            % {"rule": signal.get_rule_display(), "period": signal.measurement.period_label},
            url=signal.get_absolute_url(),
            icon="activity",
        )


def measurement_tasks(person: Person) -> Iterable[HomeTask]:
    """Periods that ended and wait for their measurement. Three queries."""
    today = timezone.localdate()
    rows = list(
        Indicator.objects.visible_to(person)
        .in_use()
        .owned_by(person, today)
        .filter(current__feed=Definition.Feed.HAND)
        .select_related("current")
        .order_by("code")
    )
    if not rows:
        return
    owed = selectors.missing_of(rows, today)
    found = [(services.due_on(period, row.current), row, period) for row in rows
             for period in owed[row.pk]]  # fmt: skip
    for due_on, row, period in sorted(found, key=lambda one: (one[0], one[1].code))[:AT_MOST]:
        yield HomeTask(
            title=_("Registrar %(code)s, %(name)s") % {"code": row.code, "name": row.current.name},
            note=_("La medición de %(period)s.") % {"period": period.label},
            url=f"{reverse('indicators:record', args=[row.code])}?periodo={period.start}",
            icon="graph-up",
            due_at=timezone.make_aware(datetime.combine(due_on, time(18))),
        )


home_tasks.add("signals", signal_tasks)
home_tasks.add("measurements", measurement_tasks)
