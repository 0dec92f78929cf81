"""Reading indicators and what was measured."""

from __future__ import annotations

from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q

from apps.accounts.models import Absence
from apps.core.access import visible
from apps.indicators.permissions import Perm


class IndicatorQuerySet(models.QuerySet):
    def visible_to(self, actor: Any) -> Self:
        """Indicators that exist for `actor`: every one, with the permission."""
        return visible(self, actor, Perm.VIEW)

    def in_use(self) -> Self:
        """Indicators that are still measured."""
        return self.filter(retired_on=None)

    def owned_by(self, person: Any, on: date) -> Self:
        """Indicators `person` answers for on that day, themselves or standing in for another."""
        away = Absence.objects.current(on).filter(
            substitute=person.pk, person=OuterRef("current__owner_id")
        )
        return self.filter(Q(current__owner=person.pk) | Q(Exists(away)))


class MeasurementQuerySet(models.QuerySet):
    def standing_entries(self) -> Self:
        """The entry that stands for each period; not those corrected, nor withdrawn periods."""
        return self.filter(correction=None, value__isnull=False)


class SignalQuerySet(models.QuerySet):
    def visible_to(self, actor: Any) -> Self:
        """Signals of indicators that exist for `actor`."""
        return visible(self, actor, Perm.VIEW)

    def to_explain(self) -> Self:
        """Signals that wait for their owner's word."""
        return self.filter(state="open")
