"""Reading the register of regulations, as far as its documents exist for the reader."""

from __future__ import annotations

from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import Count, Exists, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce

from apps.core.access import visible
from apps.documents.permissions import Perm


class RegulationQuerySet(models.QuerySet):
    def visible_to(self, actor: Any) -> Self:
        """Regulations that exist for `actor`: all of them for whoever may read documents."""
        return visible(self, actor, Perm.VIEW)

    def with_counts(self, actor: Any) -> Self:
        """Annotate `affected` and `pending`: documents among those that exist for `actor`."""
        from apps.documents.models import Impact

        mine = Impact.objects.visible_to(actor).filter(regulation=OuterRef("pk"))
        return self.annotate(affected=_count(mine), pending=_count(mine.pending()))

    def in_effect(self, on: date) -> Self:
        """Regulations that apply on the calendar day `on`."""
        return self.filter(effective_on__lte=on)


class ImpactQuerySet(models.QuerySet):
    def visible_to(self, actor: Any) -> Self:
        """Impacts on documents that exist for `actor`."""
        from apps.documents.models import Document

        documents = Document.objects.visible_to(actor).filter(pk=OuterRef("document_id"))
        return self.filter(Exists(documents))

    def pending(self) -> Self:
        """Impacts still to be adapted; what was retired needs no adapting."""
        return self.filter(state="pending", document__retired_on=None)


def _count(impacts: models.QuerySet) -> Coalesce:
    counted = impacts.order_by().values("regulation").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
