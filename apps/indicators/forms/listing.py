"""What people look for among indicators and signals."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person, Unit
from apps.core.filters import FilterForm
from apps.core.registry import Process
from apps.indicators.models import Indicator, Signal, Standing
from apps.indicators.periods import Frequency


class ListFilter(FilterForm):
    """Which indicators to list, and in what order."""

    STATES = [
        ("", _("Todos")),
        *Standing.choices,
        ("no-cumplen", _("Todos los que no cumplen")),
        ("con-senal", _("Con señales por explicar")),
        ("retirado", _("Retirados")),
    ]
    ORDERS = {
        "codigo": ("code",),
        "nombre": ("current__name", "id"),
        "resultado": ("severity", "id"),
        "senales": ("-open_signals", "-id"),
    }

    q = forms.CharField(label=_("Código o nombre"), required=False, max_length=100)
    resultado = forms.ChoiceField(label=_("Resultado"), choices=STATES, required=False)
    unidad = forms.ModelChoiceField(
        label=_("Unidad"),
        queryset=Unit.objects.order_by("name"),
        to_field_name="code",
        required=False,
        empty_label=_("Todas"),
    )
    proceso = forms.ChoiceField(label=_("Proceso"), required=False)
    responsable = forms.ModelChoiceField(
        label=_("Responsable"),
        queryset=Person.objects.none(),
        required=False,
        empty_label=_("Todos"),
    )
    frecuencia = forms.ChoiceField(
        label=_("Frecuencia"), choices=[("", _("Todas")), *Frequency.choices], required=False
    )
    mios = forms.ChoiceField(
        label=_("A mi cargo"), choices=[("1", _("Sí"))], required=False, widget=forms.HiddenInput
    )
    orden = forms.ChoiceField(
        choices=[(name, name) for name in ORDERS], required=False, widget=forms.HiddenInput
    )

    def __init__(self, *args: Any, processes: list[Process], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["proceso"].choices = [
            ("", _("Todos")),
            *((row.code, row.title) for row in processes),
        ]
        owners = Indicator.objects.exclude(current=None).order_by().values("current__owner")
        self.fields["responsable"].queryset = Person.objects.filter(pk__in=owners)

    @property
    def order(self) -> tuple[str, ...]:
        return self.ORDERS[self.chosen("orden") or "codigo"]

    def narrow(self, rows: QuerySet[Indicator], me: Person) -> QuerySet[Indicator]:
        """`rows` (with `severity` and `open_signals`) that pass the filters."""
        state = self.chosen("resultado")
        rows = rows.exclude(retired_on=None) if state == "retirado" else rows.in_use()
        if words := self.chosen("q"):
            rows = rows.filter(Q(code__icontains=words) | Q(current__name__icontains=words))
        if state == "no-cumplen":
            rows = rows.filter(standing__in=(Standing.MISSED, Standing.WARNING, Standing.CRITICAL))
        elif state == "con-senal":
            rows = rows.filter(open_signals__gt=0)
        elif state in Standing.values:
            rows = rows.filter(standing=state)
        for name, field in (
            ("unidad", "current__unit"),
            ("proceso", "current__process"),
            ("responsable", "current__owner"),
            ("frecuencia", "current__frequency"),
        ):
            if value := self.chosen(name):
                rows = rows.filter(**{field: value})
        if self.chosen("mios"):
            rows = rows.filter(current__owner=me.pk)
        return rows


class SignalFilter(FilterForm):
    """Which signals to list."""

    q = forms.CharField(label=_("Indicador"), required=False, max_length=100)
    estado = forms.ChoiceField(
        label=_("Estado"), choices=[("", _("Todas")), *Signal.State.choices], required=False
    )
    regla = forms.ChoiceField(
        label=_("Regla"), choices=[("", _("Todas")), *Signal.Rule.choices], required=False
    )
    unidad = forms.ModelChoiceField(
        label=_("Unidad"),
        queryset=Unit.objects.order_by("name"),
        to_field_name="code",
        required=False,
        empty_label=_("Todas"),
    )

    def narrow(self, rows: QuerySet[Signal]) -> QuerySet[Signal]:
        """`rows` that pass the filters."""
        if words := self.chosen("q"):
            rows = rows.filter(
                Q(indicator__code__icontains=words) | Q(indicator__current__name__icontains=words)
            )
        if state := self.chosen("estado"):
            rows = rows.filter(state=state)
        if rule := self.chosen("regla"):
            rows = rows.filter(rule=rule)
        if unit := self.chosen("unidad"):
            rows = rows.filter(indicator__current__unit=unit)
        return rows
