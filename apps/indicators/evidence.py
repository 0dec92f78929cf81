"""What the records say of the requirements about indicators (1.1.5)."""

from __future__ import annotations

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.registry import Evidence, evidence
from apps.indicators import selectors
from apps.indicators.models import Indicator
from apps.indicators.services.chasing import due_on


def measured_in_time() -> Evidence:
    """1.1.5: every indicator in use has a target, and nothing it owes is late."""
    today = timezone.localdate()
    rows = list(Indicator.objects.in_use().exclude(current=None).select_related("current"))
    owed = selectors.missing_of(rows, today)
    done = sum(
        row.current.target is not None
        and row.latest_id is not None
        and all(due_on(period, row.current) >= today for period in owed[row.pk])
        for row in rows
    )
    total = len(rows)
    words = _("%(done)s de %(total)s indicadores tienen meta y su medición al día.")
    return Evidence(
        state="met" if total and done == total else "late" if done else "unmet",
        sentence=words % {"done": done, "total": total},
        counts={"done": done, "total": total},
        as_of=today,
        links=((_("Indicadores"), reverse("indicators:list")),),
    )


evidence.add("1.1.5", measured_in_time)
