"""Shape of what people type about findings, actions and good practices."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person, Unit
from apps.core.access import Level
from apps.core.forms import HouseForm
from apps.documents.forms import day_field, reason_field
from apps.documents.models import Document, Version
from apps.improvement.forms.filters import cause_choices
from apps.improvement.models import (
    READ_BY,
    Action,
    Cause,
    CauseKind,
    Check,
    Finding,
)
from apps.indicators.models import Indicator

LONGEST = 4000


def _text(label: str, *, rows: int = 4, required: bool = True, **kwargs: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=LONGEST,
        required=required,
        widget=forms.Textarea({"rows": rows}),
        **kwargs,
    )


def _people() -> QuerySet[Person]:
    return Person.objects.active().filter(is_system=False)


def _person(label: str, *, empty: str | None = None, **kwargs: Any) -> forms.ModelChoiceField:
    return forms.ModelChoiceField(
        label=label,
        queryset=_people(),
        required=empty is None,
        empty_label=empty or _("Elija"),
        **kwargs,
    )


def _unit(label: str = _("Unidad")) -> forms.ModelChoiceField:
    units = Unit.objects.filter(is_active=True).order_by("name")
    return forms.ModelChoiceField(label=label, queryset=units, empty_label=_("Elija"))


def _levels(most: int) -> list[tuple[int, str]]:
    return [(level.value, level.label) for level in Level if level <= most]


def _file() -> forms.FileField:
    return forms.FileField(
        label=_("Archivo"),
        required=False,
        help_text=_("PDF, imagen, documento u hoja de cálculo. Es opcional."),
    )


class MoneyField(forms.CharField):
    """An amount as people write it: 150000, 150.000 or 1.200,50. Decimal, None when empty."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    grouped = re.compile(r"\d{1,3}(\.\d{3})+(,\d{1,2})?")
    simple = re.compile(r"\d{1,12}([.,]\d{1,2})?")

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, max_length=30, **options)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, Decimal):
            return f"{value:f}".removesuffix(".00").replace(".", ",")
        return value

    def clean(self, value: Any) -> Decimal | None:
        text = super().clean(value).removeprefix("$").replace(" ", "")
        if not text:
            return None
        if self.grouped.fullmatch(text):
            text = text.replace(".", "")
        elif not self.simple.fullmatch(text):
            raise ValidationError(_("Escriba una cantidad. Por ejemplo: 150.000."))
        amount = Decimal(text.replace(",", "."))
        if amount >= Decimal("1e12"):
            raise ValidationError(_("Escriba una cantidad menor que un billón."))
        return amount


class FindingForm(HouseForm):
    """Noting what was seen, and correcting it. `most` is the highest level on offer."""

    kind = forms.ChoiceField(label=_("Clase"), choices=Finding.Kind.choices)
    title = forms.CharField(label=_("Título"), max_length=200)
    text = _text(_("Qué pasó"), help_text=_("Qué se vio, dónde y cuándo. Sin datos de clientes."))
    weight = forms.ChoiceField(
        label=_("Importancia"), choices=Finding.Weight.choices, initial=Finding.Weight.MEDIUM
    )
    unit = _unit()
    found_on = day_field(_("Se vio el"))
    classification = forms.TypedChoiceField(label=_("Quién puede verlo"), coerce=int)
    owner = _person(_("Responsable de tratarlo"), empty=_("Todavía nadie"))
    expected = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, most: int, may_assign: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["classification"].choices = _levels(most)
        self.fields["classification"].initial = Level.INTERNAL
        if not may_assign:
            del self.fields["owner"]


class CauseForm(HouseForm):
    """A reason why."""

    text = forms.CharField(label=_("¿Por qué?"), max_length=300)
    kind = forms.ModelChoiceField(label=_("Clase de causa"), queryset=CauseKind.objects.none())
    why_of = forms.ModelChoiceField(
        label=_("Explica"),
        queryset=Cause.objects.none(),
        required=False,
        empty_label=_("El hallazgo mismo"),
    )
    is_root = forms.BooleanField(label=_("Es una causa raíz"), required=False)

    def __init__(self, *args: Any, finding: Finding, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = CauseKind.objects.filter(is_active=True)
        self.fields["kind"].queryset = kinds
        self.fields["kind"].choices = [("", _("Elija")), *cause_choices(kinds)]
        self.fields["why_of"].queryset = finding.causes.all()


class AnalysisForm(HouseForm):
    """The conclusion of the analysis."""

    root_cause = _text(
        _("La causa raíz, en sus palabras"),
        help_text=_("Lo que, si cambia, evita que vuelva a pasar. Al menos 20 caracteres."),
    )


class CloseForm(HouseForm):
    """How a finding ended."""

    resolution = forms.ChoiceField(
        label=_("Cómo se resolvió"),
        choices=Finding.Resolution.choices,
        widget=forms.RadioSelect,
    )
    conclusion = _text(
        _("Conclusión"), help_text=_("Al menos 20 caracteres. La leerá todo el mundo.")
    )


class ActionForm(HouseForm):
    """What will be done, by whom and by when."""

    kind = forms.ChoiceField(label=_("Clase"), choices=Action.Kind.choices)
    title = forms.CharField(label=_("Qué se hará"), max_length=200)
    text = _text(_("Cómo"), required=False)
    aim = _text(
        _("Qué debe cambiar"),
        rows=2,
        required=False,
        help_text=_("Lo que se mirará al verificar si funcionó."),
    )
    owner = _person(_("Responsable"))
    unit = _unit()
    due_on = day_field(_("Vence el"))
    checker = _person(
        _("Verifica si funcionó"),
        empty=_("Cualquiera de quienes verifican"),
        help_text=_("Otra persona, no quien la hace."),
    )
    check_days = forms.IntegerField(
        label=_("Días que se esperan antes de verificar"), min_value=1, max_value=365, initial=30
    )
    indicator = forms.ModelChoiceField(
        label=_("Indicador que debe moverse"),
        queryset=Indicator.objects.none(),
        required=False,
        empty_label=_("Ninguno"),
        help_text=_("Al verificar se comparan sus cifras de antes y de después."),
    )
    planned_cost = MoneyField(label=_("Costo previsto"))
    expected = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, indicators: QuerySet[Indicator], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["indicator"].queryset = indicators


class StepForm(HouseForm):
    """A part of an action."""

    text = forms.CharField(label=_("Paso"), max_length=300)
    person = _person(_("Lo hace"), empty=_("Quien responde por la acción"))
    due_on = day_field(_("Para el"), required=False)


class ProgressForm(HouseForm):
    """How far it is."""

    percent = forms.IntegerField(label=_("Avance, en porcentaje"), min_value=0, max_value=100)
    text = _text(_("Qué se hizo"), rows=3)


class EvidenceForm(HouseForm):
    """What shows that it was done."""

    text = forms.CharField(label=_("Qué muestra"), max_length=500)
    uploaded = _file()


class FinishForm(HouseForm):
    """It is done."""

    real_cost = MoneyField(label=_("Costo real"), help_text=_("Si no costó nada, déjelo vacío."))


class CheckForm(HouseForm):
    """Whether it worked."""

    outcome = forms.ChoiceField(
        label=_("¿Funcionó?"), choices=Check.Outcome.choices, widget=forms.RadioSelect
    )
    conclusion = _text(
        _("Qué comprobó"), help_text=_("Qué miró y qué encontró. Al menos 20 caracteres.")
    )


class ChangeForm(HouseForm):
    """Asking that a document be changed."""

    document = forms.ModelChoiceField(
        label=_("Documento"), queryset=Document.objects.none(), empty_label=_("Elija")
    )
    text = _text(_("Qué debe cambiar"), help_text=_("Al menos 20 caracteres."))
    read_by = forms.IntegerField(
        label=_("Lo habrá leído y aceptado, en porcentaje"),
        min_value=1,
        max_value=100,
        initial=READ_BY,
        help_text=_("El hallazgo no se cierra antes."),
    )

    def __init__(self, *args: Any, documents: QuerySet[Document], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["document"].queryset = documents


class DecideForm(HouseForm):
    """A yes or a no to a change."""

    accept = forms.TypedChoiceField(
        label=_("¿Se cambia?"),
        choices=[("1", _("Sí, se cambiará")), ("0", _("No"))],
        coerce=lambda value: value == "1",
        widget=forms.RadioSelect,
    )
    decision = _text(
        _("Motivo"),
        rows=3,
        required=False,
        help_text=_("Si la respuesta es no, al menos 20 caracteres."),
    )


class LinkForm(HouseForm):
    """Which version makes the change."""

    version = forms.ModelChoiceField(
        label=_("La versión que lo cambia"), queryset=Version.objects.none(), empty_label=_("Elija")
    )

    def __init__(self, *args: Any, versions: QuerySet[Version], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["version"]
        field.queryset = versions
        field.label_from_instance = lambda one: (
            _("Versión %(n)s, %(state)s")
            % {
                "n": one.number,
                "state": one.get_state_display().lower(),
            }
        )


class PracticeForm(HouseForm):
    """Proposing a way of working."""

    title = forms.CharField(label=_("Título"), max_length=200)
    text = _text(_("Qué se hace"), help_text=_("Para que otra unidad pueda hacerlo igual."))
    benefit = _text(_("Qué se gana"), rows=3)
    unit = _unit(_("Unidad de donde viene"))
    classification = forms.TypedChoiceField(label=_("Quién puede verla"), coerce=int)

    def __init__(self, *args: Any, most: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["classification"].choices = _levels(most)
        self.fields["classification"].initial = Level.INTERNAL


class ValidateForm(HouseForm):
    """Until when a validation holds."""

    valid_until = day_field(_("Vale hasta el"), help_text=_("Un año como máximo."))

    def __init__(self, *args: Any, default_day: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["valid_until"].initial = default_day


class AdoptForm(HouseForm):
    """A team works that way now."""

    unit = _unit()
    note_text = forms.CharField(
        label=_("Cómo la adaptaron"),
        max_length=500,
        required=False,
        widget=forms.Textarea({"rows": 3}),
    )

    def __init__(self, *args: Any, units: QuerySet[Unit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units


class RetireForm(HouseForm):
    """Why something out of the ordinary is done."""

    reason = reason_field(_("Motivo"), help_text=_("Al menos 20 caracteres."))


class CauseKindForm(HouseForm):
    """A kind of cause."""

    branch = forms.ChoiceField(label=_("Rama"), choices=CauseKind.Branch.choices)
    title = forms.CharField(label=_("Nombre"), max_length=80)
    example = forms.CharField(label=_("Ejemplo"), max_length=200, required=False)
    order = forms.IntegerField(
        label=_("Orden dentro de su rama"), min_value=1, max_value=999, initial=100
    )
    is_active = forms.BooleanField(label=_("Se ofrece al analizar"), required=False, initial=True)
    expected = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)


class ViewForm(HouseForm):
    """A name for filters."""

    name = forms.CharField(label=_("Nombre de la vista"), max_length=40)


class TogetherForm(HouseForm):
    """Changing several actions at once. `accion` holds their codes."""

    owner = _person(_("Nuevo responsable"), empty=_("El que tiene cada una"))
    due_on = day_field(_("Nueva fecha"), required=False)
    reason = reason_field(_("Motivo"), help_text=_("Al menos 20 caracteres."))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not self.errors and not (cleaned.get("owner") or cleaned.get("due_on")):
            self.add_error("owner", _("Elija un responsable o una fecha."))
        return cleaned
