"""What people look for among standards and services."""

from __future__ import annotations

from datetime import date

from django import forms
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Unit
from apps.core.filters import FilterForm
from apps.documents.models import Document
from apps.standards.models import Service


def _unit_field() -> forms.ModelChoiceField:
    return forms.ModelChoiceField(
        label=_("Unidad"),
        queryset=Unit.objects.order_by("name"),
        to_field_name="code",
        required=False,
        empty_label=_("Todas"),
    )


class ListFilter(FilterForm):
    """Which standards to list, and in what order."""

    RESULTS = [
        ("", _("Todos")),
        ("cumplen", _("Cumplen todo")),
        ("no-cumplen", _("No cumplen algo")),
        ("sin-datos", _("Sin resultados")),
    ]
    STATES = [
        ("", _("En vigor")),
        ("borrador", _("Sin entrar en vigor")),
        ("retirado", _("Retirados")),
        ("revision", _("Con la revisión vencida")),
    ]
    ORDERS = {
        "codigo": ("code",),
        "nombre": ("title", "id"),
        "resultado": ("-missed", "-id"),
        "revision": ("next_review_on", "id"),
    }

    q = forms.CharField(label=_("Código o nombre"), required=False, max_length=100)
    servicio = forms.ModelChoiceField(
        label=_("Servicio"),
        queryset=Service.objects.all(),
        to_field_name="code",
        required=False,
        empty_label=_("Todos"),
    )
    unidad = _unit_field()
    resultado = forms.ChoiceField(label=_("Resultado"), choices=RESULTS, required=False)
    estado = forms.ChoiceField(label=_("Estado"), choices=STATES, required=False)
    orden = forms.ChoiceField(
        choices=[(name, name) for name in ORDERS], required=False, widget=forms.HiddenInput
    )

    @property
    def order(self) -> tuple[str, ...]:
        """By review only where every row has its day."""
        wanted = self.chosen("orden") or "codigo"
        if wanted == "revision" and self.chosen("estado") in ("borrador", "retirado"):
            wanted = "codigo"
        return self.ORDERS[wanted]

    def narrow(self, rows: QuerySet[Document], today: date) -> QuerySet[Document]:
        """`rows` (of `selectors.listed`) that pass the filters."""
        match self.chosen("estado"):
            case "borrador":
                rows = rows.filter(current=None, retired_on=None)
            case "retirado":
                rows = rows.exclude(retired_on=None)
            case "revision":
                rows = rows.filter(retired_on=None).review_overdue(today)
            case _other:
                rows = rows.in_force().filter(retired_on=None)
        if words := self.chosen("q"):
            rows = rows.filter(Q(code__icontains=words) | Q(title__icontains=words))
        if service := self.chosen("servicio"):
            rows = rows.filter(service_id=service.pk)
        if unit := self.chosen("unidad"):
            rows = rows.filter(unit=unit)
        match self.chosen("resultado"):
            case "cumplen":
                rows = rows.filter(kept__gt=0, kept=F("criteria_count"))
            case "no-cumplen":
                rows = rows.filter(missed__gt=0)
            case "sin-datos":
                rows = rows.filter(kept=0, missed=0)
        return rows


class ServiceFilter(FilterForm):
    """Which services to list."""

    q = forms.CharField(label=_("Código o nombre"), required=False, max_length=100)
    unidad = _unit_field()
    estado = forms.ChoiceField(
        label=_("Estado"),
        choices=[("", _("Se prestan")), ("retirado", _("Retirados"))],
        required=False,
    )

    def narrow(self, rows: QuerySet[Service]) -> QuerySet[Service]:
        """`rows` that pass the filters."""
        gone = self.chosen("estado") == "retirado"
        rows = rows.exclude(retired_on=None) if gone else rows.offered()
        if words := self.chosen("q"):
            rows = rows.filter(Q(code__icontains=words) | Q(name__icontains=words))
        if unit := self.chosen("unidad"):
            rows = rows.filter(unit=unit)
        return rows
