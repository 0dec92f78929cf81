"""Indicators can be found by code, name, purpose and formula; retired ones too."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.registry import SearchDocument, SearchKind, search_kinds
from apps.indicators.models import Indicator


def _rows() -> models.QuerySet[Indicator]:
    return Indicator.objects.exclude(current=None)


def _documents(rows: models.QuerySet[Indicator]) -> Iterable[SearchDocument]:
    for row in rows.exclude(current=None).select_related("current__unit", "current__owner"):
        now = row.current
        parts = [now.purpose, now.formula, now.source, now.owner.get_full_name()]
        if row.is_retired:
            parts.append(_("Retirado"))
        yield SearchDocument(
            object_id=row.pk,
            code=row.code,
            title=now.name,
            url=row.get_absolute_url(),
            body="\n".join(parts),
            context=now.unit.name,
            changed_on=now.effective_on,
        )


search_kinds.add(
    "indicator",
    SearchKind(
        label=gettext_lazy("Indicador"),
        plural=gettext_lazy("Indicadores"),
        icon="graph-up",
        model=Indicator,
        visible=Indicator.objects.visible_to,
        rows=_rows,
        documents=_documents,
    ),
)
