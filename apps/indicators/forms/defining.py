"""Shape of a definition."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person, Unit
from apps.core.forms import HouseForm
from apps.core.registry import Process, metrics
from apps.indicators.models import Definition
from apps.indicators.numbers import NumberField
from apps.indicators.periods import Frequency
from apps.indicators.services import Wanted

RUNS = [(0, _("No usar esta regla")), *((n, str(n)) for n in range(6, 13))]


def text_field(label: str, *, rows: int = 2, **options: Any) -> forms.CharField:
    """A few lines of text."""
    return forms.CharField(
        label=label, max_length=2000, widget=forms.Textarea({"rows": rows}), **options
    )


class DefinitionForm(HouseForm):
    """What an indicator means. The fields come in the groups of `GROUPS`."""

    GROUPS = (
        (_("Qué se mide"), ("code", "name", "purpose", "formula", "source")),
        (
            _("Cómo es el valor"),
            ("shape", "measure", "per", "decimals", "lowest", "highest"),
        ),
        (
            _("Qué se quiere"),
            ("direction", "target", "tolerance", "warning_at", "critical_at"),
        ),
        (
            _("Quién y cada cuánto"),
            ("unit", "process", "owner", "frequency", "grace_days", "effective_on"),
        ),
        (_("De dónde llega"), ("feed", "metric")),
        (_("Señales"), ("run_length", "is_comparable")),
        (_("Por qué cambia"), ("reason",)),
    )

    code = forms.CharField(
        label=_("Código"), max_length=20, help_text=_("Por ejemplo: IND-01. No cambia después.")
    )
    name = forms.CharField(label=_("Nombre"), max_length=160)
    purpose = text_field(_("Para qué se mide"))
    formula = text_field(
        _("Cómo se calcula"),
        help_text=_("En palabras: qué se cuenta, sobre qué total y qué se deja por fuera."),
    )
    source = forms.CharField(
        label=_("De dónde sale el dato"),
        max_length=300,
        help_text=_("El sistema, el registro o la planilla."),
    )
    shape = forms.ChoiceField(
        label=_("Forma"),
        choices=Definition.Shape.choices,
        widget=forms.RadioSelect,
        help_text=_("Un porcentaje y una tasa se guardan con su numerador y su denominador."),
    )
    measure = forms.CharField(
        label=_("Unidad de medida"),
        max_length=40,
        required=False,
        help_text=_("Días, minutos, pesos. En una proporción es siempre %."),
    )
    per = forms.IntegerField(
        label=_("Por cada"),
        min_value=1,
        max_value=1_000_000,
        initial=1,
        help_text=_("Solo en tasas: 1000 para casos por cada 1.000 llamadas."),
    )
    decimals = forms.IntegerField(
        label=_("Decimales que se muestran"), min_value=0, max_value=4, initial=1
    )
    lowest = NumberField(label=_("Valor mínimo posible"), required=False)
    highest = NumberField(label=_("Valor máximo posible"), required=False)
    direction = forms.ChoiceField(
        label=_("Sentido"), choices=Definition.Direction.choices, widget=forms.RadioSelect
    )
    target = NumberField(label=_("Meta"), required=False)
    tolerance = NumberField(
        label=_("Tolerancia"),
        required=False,
        help_text=_("Cuánto puede alejarse de la meta sin incumplirla."),
    )
    warning_at = NumberField(
        label=_("Umbral de alerta"),
        required=False,
        help_text=_("Si lo mejor es estar cerca de la meta, escriba la distancia a ella."),
    )
    critical_at = NumberField(label=_("Umbral crítico"), required=False)
    unit = forms.ModelChoiceField(
        label=_("Unidad"),
        queryset=Unit.objects.filter(is_active=True).order_by("name"),
        to_field_name="code",
        empty_label=_("Elija una"),
    )
    process = forms.ChoiceField(label=_("Proceso"), required=False)
    owner = forms.ModelChoiceField(
        label=_("Responsable"),
        queryset=Person.objects.active().filter(is_system=False),
        empty_label=_("Elija una persona"),
    )
    frequency = forms.ChoiceField(
        label=_("Frecuencia"), choices=Frequency.choices, initial=Frequency.MONTH
    )
    grace_days = forms.IntegerField(
        label=_("Plazo para registrar, en días"),
        min_value=0,
        max_value=120,
        initial=10,
        help_text=_("Días corridos después de cerrar el período. Luego se avisa a quien responde."),
    )
    effective_on = forms.DateField(
        label=_("Rige desde"),
        widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"),
        help_text=_("El primer día de un período. Lo ya medido conserva su definición."),
        error_messages={"invalid": _("Escriba una fecha. Por ejemplo: 2026-12-01.")},
    )
    feed = forms.ChoiceField(
        label=_("Cómo se alimenta"), choices=Definition.Feed.choices, widget=forms.RadioSelect
    )
    metric = forms.ChoiceField(
        label=_("Medida del portal"),
        required=False,
        help_text=_("Solo si se alimenta del propio portal."),
    )
    run_length = forms.TypedChoiceField(
        label=_("Mediciones seguidas del mismo lado de la media que son una señal"),
        choices=RUNS,
        coerce=int,
        initial=8,
    )
    is_comparable = forms.BooleanField(
        label=_("Se puede comparar con lo medido antes"),
        required=False,
        initial=True,
        help_text=_("Si no, los límites se calculan de nuevo desde esta definición."),
    )
    reason = text_field(_("Por qué cambia la definición"), rows=3)
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, processes: list[Process], is_new: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        choices = [("", _("Ninguno")), *((row.code, row.title) for row in processes)]
        self.fields["process"].choices = choices
        self.fields["metric"].choices = [
            ("", _("Ninguna")),
            *((key, metric.label) for key, metric in metrics),
        ]
        for name in ("reason", "seen", "is_comparable") if is_new else ("code",):
            del self.fields[name]

    @property
    def groups(self) -> list[dict[str, Any]]:
        """The visible fields by group, those with any; texts stand below each other."""
        found = []
        for title, names in self.GROUPS:
            fields = [self[name] for name in names if name in self.fields]
            texts = any(isinstance(one.field.widget, forms.Textarea) for one in fields)
            if fields:
                found.append({"title": title, "fields": fields, "is_dense": not texts})
        return found

    @property
    def wanted(self) -> Wanted:
        """The definition that was typed."""
        data = {
            name: value
            for name, value in self.payload.items()
            if name in Wanted.__dataclass_fields__
        }
        data["tolerance"] = data["tolerance"] or 0
        return Wanted(**data)


class ReasonForm(HouseForm):
    """A reason alone."""

    reason = text_field(_("Por qué"), rows=3)
