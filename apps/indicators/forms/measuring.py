"""Shape of what is measured, corrected, fixed and explained."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.forms import HouseForm
from apps.indicators.forms.defining import text_field
from apps.indicators.models import Definition
from apps.indicators.numbers import NumberField
from apps.indicators.periods import Period
from apps.indicators.services import Reading


class _ValueForm(HouseForm):
    """A value, or how many of how many, as the definition asks."""

    numerator = NumberField(label=_("Numerador"))
    denominator = NumberField(label=_("Denominador"))
    value = NumberField(label=_("Valor"))
    note = text_field(_("Nota"), required=False, help_text=_("Lo que ayude a entender el valor."))
    evidence = forms.FileField(
        label=_("Soporte"),
        required=False,
        max_length=200,
        help_text=_("El informe, la planilla o la foto de donde sale. PDF, imagen u hoja."),
    )

    def __init__(self, *args: Any, definition: Definition, **options: Any) -> None:
        super().__init__(*args, **options)
        unused = ("value",) if definition.has_parts else ("numerator", "denominator")
        for name in unused:
            del self.fields[name]
        if not definition.has_parts:
            self.fields["value"].help_text = _("En %(measure)s.") % {"measure": definition.measure}

    def reading(self, day: date) -> Reading:
        """What was typed, for the period that contains `day`."""
        data = self.cleaned_data
        return Reading(
            day=day,
            value=data.get("value"),
            numerator=data.get("numerator"),
            denominator=data.get("denominator"),
            note=data["note"],
        )


class ReadingForm(_ValueForm):
    """The first measurement of a period."""

    day = forms.TypedChoiceField(
        label=_("Período"),
        coerce=date.fromisoformat,
        error_messages={"invalid_choice": _("Elija un período de la lista.")},
    )
    field_order = ("day",)

    def __init__(self, *args: Any, periods: list[Period], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["day"].choices = [
            (period.start.isoformat(), period.label[:1].upper() + period.label[1:])
            for period in periods
        ]


class CorrectionForm(_ValueForm):
    """An entry that takes the place of another."""

    reason = text_field(
        _("Por qué se corrige"),
        help_text=_("Queda junto a su nombre; lo que había se conserva."),
    )
    # The entry that was seen when the form was opened.
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)


class BaselineForm(HouseForm):
    """Periods whose measurements say what is normal."""

    from_on = forms.TypedChoiceField(label=_("Desde"), coerce=date.fromisoformat)
    until_on = forms.TypedChoiceField(label=_("Hasta"), coerce=date.fromisoformat)
    reason = text_field(
        _("Por qué se fijan"),
        rows=3,
        help_text=_("Qué cambió en el proceso para que lo normal sea otra cosa."),
    )

    def __init__(
        self, *args: Any, starts: list[tuple[str, str]], ends: list[tuple[str, str]], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.fields["from_on"].choices = starts
        self.fields["until_on"].choices = ends


class AnswerForm(HouseForm):
    """What caused a signal and what was done about it."""

    cause = text_field(
        _("Qué la causó"), rows=4, help_text=_("Si todavía no se sabe, dígalo y qué se revisó.")
    )
    response = text_field(
        _("Qué se hizo"), rows=4, help_text=_("Si no hizo falta hacer nada, diga por qué.")
    )


class ImportForm(HouseForm):
    """A sheet of measurements."""

    sheet = forms.FileField(
        label=_("Archivo"),
        help_text=_("CSV o XLSX de hasta 2 MB y 2.000 filas, con los títulos en la primera."),
        max_length=200,
        error_messages={"required": _("Elija el archivo que quiere importar.")},
    )
