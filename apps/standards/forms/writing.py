"""Shape of services, expectations, standards and their criteria."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person, Unit
from apps.core.access import Level
from apps.core.forms import HouseForm
from apps.documents.models import Document, Version
from apps.indicators.models import Indicator
from apps.indicators.numbers import NumberField
from apps.indicators.periods import Frequency
from apps.standards.models import Expectation, Service
from apps.standards.services import CriterionInput, PromiseInput

CHANGES = [
    (Version.Change.CORRECTION, _("Corrección: una falta o un dato, sin cambiar qué se promete")),
    (Version.Change.MINOR, _("Cambio menor: cambia cómo se mide o se explica")),
    (Version.Change.MAJOR, _("Cambio mayor: quienes lo cumplen deben leerlo y aceptarlo")),
]


def _text(label: Any, *, rows: int = 3, most: int = 2000, **options: Any) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=most, widget=forms.Textarea({"rows": rows}), **options
    )


def _unit(label: Any) -> forms.ModelChoiceField:
    return forms.ModelChoiceField(
        label=label,
        queryset=Unit.objects.order_by("name"),
        to_field_name="code",
        empty_label=_("Elija una unidad"),
    )


class ServiceForm(HouseForm):
    """A service of the catalogue. `expected` is the state the edit began from."""

    code = forms.CharField(
        label=_("Código"), max_length=20, help_text=_("Por ejemplo: SRV-01. No cambia después.")
    )
    name = forms.CharField(label=_("Nombre"), max_length=120)
    summary = _text(
        _("Qué es"), help_text=_("En dos o tres frases, como se lo diría a un cliente.")
    )
    audience = forms.CharField(label=_("Para quién"), max_length=300)
    channels = _text(_("Por dónde se pide"), help_text=_("Un canal por línea."))
    hours = forms.CharField(label=_("Horario"), max_length=300)
    unit = _unit(_("Unidad que lo presta"))
    order = forms.IntegerField(
        label=_("Orden en la carta"), min_value=1, max_value=999, initial=100
    )
    expected = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, is_new: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        del self.fields["expected" if is_new else "code"]


class ExpectationForm(HouseForm):
    """What customers expect, and how it is known."""

    text = forms.CharField(
        label=_("Qué esperan"),
        max_length=300,
        help_text=_("Con las palabras de quienes usan el servicio."),
    )
    source = forms.ChoiceField(label=_("Fuente"), choices=Expectation.Source.choices)
    detail = forms.CharField(
        label=_("De dónde se sabe"),
        max_length=300,
        help_text=_("Por ejemplo: encuesta de marzo, 412 respuestas."),
    )
    known_on = forms.DateField(
        label=_("Se sabe desde"),
        initial=timezone.localdate,
        widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"),
    )


class StandardForm(HouseForm):
    """A new standard, before its draft is written."""

    code = forms.RegexField(
        label=_("Código"),
        regex=r"^[A-Za-z0-9][A-Za-z0-9.-]{0,39}$",
        error_messages={"invalid": _("Use letras sin acento, números, puntos y guiones.")},
    )
    title = forms.CharField(label=_("Título"), max_length=200)
    service = forms.ModelChoiceField(
        label=_("Servicio"),
        queryset=Service.objects.offered(),
        to_field_name="code",
        empty_label=_("Elija un servicio"),
    )
    owner = forms.ModelChoiceField(
        label=_("Responsable"), queryset=Person.objects.active().filter(is_system=False)
    )
    unit = _unit(_("Unidad"))
    classification = forms.TypedChoiceField(
        label=_("Clasificación"),
        choices=Level.choices,
        coerce=int,
        help_text=_("Los públicos salen en la carta de servicios."),
    )

    def __init__(self, *args: Any, clearance: int, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["classification"].choices = [
            (value, label) for value, label in Level.choices if value <= clearance
        ]


class StartForm(HouseForm):
    """What kind of change a new version will be."""

    change = forms.ChoiceField(label=_("Tipo de cambio"), choices=CHANGES, widget=forms.RadioSelect)
    justification = _text(_("Por qué cambia"), rows=2, required=False)


class DraftForm(HouseForm):
    """Everything of a standard's draft but its criteria. `revision`: where the edit began."""

    revision = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)
    title = forms.CharField(label=_("Título"), max_length=200)
    service = forms.ModelChoiceField(
        label=_("Servicio"),
        queryset=Service.objects.offered(),
        to_field_name="code",
        empty_label=_("Elija un servicio"),
    )
    commitment = _text(
        _("Compromiso"),
        required=False,
        help_text=_("Lo que recibe la persona, con sus palabras: «Le respondemos en 15 días»."),
    )
    scope = _text(_("A qué se aplica"), rows=2, required=False)
    remedy = _text(
        _("Qué hacemos si fallamos"),
        required=False,
        help_text=_("Disculpa, explicación, compensación: lo que la persona puede esperar."),
    )
    change = forms.ChoiceField(label=_("Tipo de cambio"), choices=CHANGES, widget=forms.RadioSelect)
    justification = _text(
        _("Por qué cambia"),
        rows=2,
        required=False,
        help_text=_("Lo leen quienes aprueban y queda en el historial. Al menos 20 caracteres."),
    )

    def __init__(self, *args: Any, version: Version, **options: Any) -> None:
        super().__init__(*args, **options)
        self.version = version
        if version.number == 1:
            del self.fields["change"]
            self.fields["justification"].label = _("Por qué hace falta este estándar")

    @property
    def draft(self) -> dict[str, Any]:
        """What `services.save_standard` takes besides version and person."""
        data = self.payload
        promise = PromiseInput(
            **{name: data.pop(name) for name in ("service", "commitment", "scope", "remedy")}
        )
        data.setdefault("change", self.version.change)
        kept = {name: getattr(self.version, name) for name in ("wanted_on", "asks_acknowledgement")}
        return data | kept | {"promise": promise}


class CriterionForm(HouseForm):
    """One criterion; unit and direction come from its indicator."""

    revision = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)
    title = forms.CharField(
        label=_("Criterio"),
        max_length=200,
        help_text=_("Qué tiene que pasar: «Respondemos en 15 días hábiles o menos»."),
    )
    indicator = forms.ModelChoiceField(
        label=_("Indicador"),
        queryset=Indicator.objects.none(),
        to_field_name="code",
        empty_label=_("Elija un indicador"),
        help_text=_("De él salen la unidad, el sentido y los resultados."),
    )
    target = NumberField(label=_("Meta"))
    tolerance = NumberField(
        label=_("Tolerancia"), required=False, help_text=_("Cuánto puede faltar sin incumplir.")
    )
    period = forms.ChoiceField(
        label=_("Se mira"), choices=Frequency.choices, initial=Frequency.MONTH
    )
    sampling = forms.CharField(
        label=_("Muestreo"),
        max_length=300,
        help_text=_("Qué casos cuentan: todos, o cuántos y cómo se eligen."),
    )

    def __init__(self, *args: Any, indicators: QuerySet[Indicator], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["indicator"].queryset = indicators
        self.fields["indicator"].label_from_instance = lambda row: (
            f"{row} ({row.current.measure}, {row.current.get_frequency_display().lower()})"
        )

    @property
    def criterion(self) -> CriterionInput:
        """What the services take."""
        data = {name: value for name, value in self.payload.items() if name != "revision"}
        data["tolerance"] = data["tolerance"] or 0
        return CriterionInput(**data)


class LinksForm(HouseForm):
    """Procedures and policies that a standard rests on (2.1.3)."""

    others = forms.ModelMultipleChoiceField(
        label=_("Procedimientos y políticas"),
        queryset=Document.objects.none(),
        to_field_name="code",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, documents: QuerySet[Document], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["others"].queryset = documents
