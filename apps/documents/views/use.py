"""How much a document is read and whether it helps, by day, without saying by whom (1.5.4)."""

from __future__ import annotations

from datetime import timedelta

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.core.access import requires
from apps.core.filters import FilterForm
from apps.documents.models import DailyUse
from apps.documents.permissions import Perm
from apps.documents.showing import address_of
from apps.documents.views.common import crumbs_of
from apps.documents.views.reach_common import document_for

SPANS = [("30", gettext_lazy("30 días")), ("90", gettext_lazy("90 días"))]


class SpanForm(FilterForm):
    """How many days to show."""

    dias = forms.ChoiceField(label=gettext_lazy("Días"), choices=SPANS, required=False)


@requires(Perm.VIEW)
def use(request: HttpRequest, code: str) -> HttpResponse:
    """Readings and votes by day, for the owner of a document and for quality."""
    document = document_for(request.user, code)
    if document.owner_id != request.user.pk and not request.user.has_perm(Perm.GOVERN):
        raise PermissionDenied
    span = SpanForm(request.GET).chosen("dias") or "30"
    today = timezone.localdate()
    first = today - timedelta(days=int(span) - 1)
    days = [first + timedelta(days=n) for n in range(int(span))]
    found = {
        (row.on, row.readers): row
        for row in DailyUse.objects.filter(document=document.pk, on__gte=first)
    }
    none = DailyUse()
    rows = [
        (
            day,
            found.get((day, DailyUse.Readers.STAFF), none),
            found.get((day, DailyUse.Readers.CUSTOMERS), none),
        )
        for day in days
    ]
    staff = sum(row.readings for _day, row, _other in rows)
    customers = sum(row.readings for _day, _other, row in rows)
    useful = sum(a.useful + b.useful for _day, a, b in rows)
    votes = useful + sum(a.not_useful + b.not_useful for _day, a, b in rows)
    url, address = reverse("reach:use", args=[code]), address_of(document)
    context = {
        "crumbs": crumbs_of(document, (_("Uso"), "")),
        "document": document,
        "address": address,
        "views": [
            {"title": title, "url": f"{url}?dias={key}", "current": key == span}
            for key, title in SPANS
        ],
        "chart": {
            "id": "lecturas",
            "title": _("Lecturas por día"),
            "summary": _summary(staff, customers),
            "config": {
                "type": "stack",
                "x": [date_format(day, "j b") for day in days],
                "decimals": 0,
                "series": [
                    {"name": _("Personal"), "data": [row.readings for _d, row, _o in rows]},
                    {"name": _("Clientes"), "data": [row.readings for _d, _o, row in rows]},
                ],
            },
            "columns": [_("Día"), _("Personal"), _("Clientes"), _("Les sirvió"), _("No del todo")],
            "rows": [
                [
                    date_format(day, "j b Y"),
                    inside.readings,
                    outside.readings,
                    inside.useful + outside.useful,
                    inside.not_useful + outside.not_useful,
                ]
                for day, inside, outside in rows
            ],
        },
        "votes": votes,
        "useful": useful,
        "percent": useful * 100 // votes if votes else None,
    }
    return render(request, "documents/use.html", context)


def _summary(staff: int, customers: int) -> str:
    inside = ngettext("%(n)s lectura del personal", "%(n)s lecturas del personal", staff)
    outside = ngettext("%(n)s visita de clientes", "%(n)s visitas de clientes", customers)
    words = _("%(inside)s y %(outside)s. Cada persona cuenta una vez al día; no se guarda quién.")
    return words % {"inside": inside % {"n": staff}, "outside": outside % {"n": customers}}
