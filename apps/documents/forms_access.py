"""Shape of what people choose about who reads a document."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from apps.accounts.forms import DATE, named
from apps.accounts.models import Holding, Person, Role, Unit
from apps.core.access import Level
from apps.core.forms import HouseForm
from apps.documents.querysets import descendants_too
from apps.documents.readers import Readers, title_of

PEOPLE_MAX = 50


class ReadersFilter(forms.Form):
    """Which people to list."""

    q = forms.CharField(label=_("Buscar personas"), required=False, max_length=100)
    unidad = forms.TypedChoiceField(label=_("Unidad"), required=False, coerce=int, empty_value=None)
    rol = forms.TypedChoiceField(label=_("Rol"), required=False, coerce=int, empty_value=None)
    ver = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, readers: Readers, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._readers = readers
        units = sorted(readers.units.values(), key=lambda unit: unit.name)
        self.fields["unidad"].choices = [("", _("Todas")), *((u.pk, u.name) for u in units)]
        roles = [(pk, title_of(group)) for pk, group in readers.groups.items()]
        self.fields["rol"].choices = [("", _("Todos")), *roles]
        self.fields["q"].widget.attrs["placeholder"] = _("Nombre, apellido o correo")

    def narrow(self, people: QuerySet[Person]) -> QuerySet[Person]:
        """`people` (with the keys of their units and groups) that pass the filters."""
        self.is_valid()
        chosen = self.cleaned_data
        if chosen.get("q"):
            people = named(people, chosen["q"])
        if chosen.get("unidad"):
            held = Holding.objects.current(self._readers.on)
            held = held.filter(position__unit__in=self._below(chosen["unidad"]))
            people = people.filter(pk__in=held.values("person_id"))
        if chosen.get("rol"):
            people = people.filter(groups=chosen["rol"])
        return people

    def _below(self, pk: int) -> set[int]:
        found, units = {pk}, list(self._readers.units.values())
        while more := {unit.pk for unit in units if unit.parent_id in found} - found:
            found |= more
        return found


class ExceptionForm(HouseForm):
    """To whom a document is opened, or from whom it is hidden."""

    people = forms.CharField(
        label=_("Personas"),
        required=False,
        max_length=5000,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("Sus correos, uno por línea."),
    )
    roles = forms.ModelMultipleChoiceField(
        label=_("Roles"),
        queryset=Role.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    units = forms.ModelMultipleChoiceField(
        label=_("Unidades"),
        queryset=Unit.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Cada una con todas las que dependen de ella."),
    )
    until_on = forms.DateField(
        label=_("Hasta"),
        required=False,
        widget=DATE,
        help_text=_("Ese día incluido. Vacío si no tiene final."),
    )
    reason = forms.CharField(
        label=_("Motivo"),
        max_length=1000,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("Al menos 20 caracteres. Queda en el registro y lo leen quienes lo revisan."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["roles"].queryset = Role.objects.select_related("group")
        self.fields["units"].queryset = Unit.objects.filter(is_active=True).order_by("name")

    def clean_people(self) -> list[Person]:
        """The people of those e-mails."""
        wanted = {
            mail.lower() for mail in re.split(r"[\s,;]+", self.cleaned_data["people"]) if mail
        }
        if len(wanted) > PEOPLE_MAX:
            raise forms.ValidationError(
                _("Nombre a %(most)s personas a lo más; para más, use un rol o una unidad."),
                params={"most": PEOPLE_MAX},
            )
        found = {
            person.email: person
            for person in Person.objects.filter(email__in=wanted, is_active=True, is_system=False)
        }
        if unknown := sorted(wanted - found.keys()):
            raise forms.ValidationError(
                _("No hay nadie activo con el correo: %(mails)s."),
                params={"mails": ", ".join(unknown)},
            )
        return list(found.values())


class AudienceForm(HouseForm):
    """The units a document is addressed to."""

    units = forms.ModelMultipleChoiceField(
        label=_("Unidades destinatarias"),
        queryset=Unit.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "Cada una con todas las que dependen de ella. Sin ninguna, es para todo el personal."
        ),
    )
    expected = forms.CharField(required=False, max_length=8000, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["units"].queryset = Unit.objects.filter(is_active=True).order_by("name")

    def clean_expected(self) -> list[int]:
        """Keys of the units it was addressed to when the form was drawn."""
        return [int(key) for key in self.cleaned_data["expected"].split(",") if key.isdigit()]

    def wanted(self) -> list[int]:
        """Keys of the units chosen and of all below them."""
        return descendants_too(self.cleaned_data["units"])


class ChargeForm(HouseForm):
    """Who answers for a document, whose it is, how it is classified."""

    owner = forms.ModelChoiceField(label=_("Responsable"), queryset=Person.objects.none())
    unit = forms.ModelChoiceField(label=_("Unidad"), queryset=Unit.objects.order_by("name"))
    classification = forms.TypedChoiceField(label=_("Clasificación"), coerce=int)
    until_on = forms.DateField(
        label=_("Hasta cuándo sigue abierto a quienes lo tienen sin fecha"),
        required=False,
        widget=DATE,
        help_text=_("Solo si pasa a confidencial: desde hoy y un año a lo más."),
    )
    reason = forms.CharField(
        label=_("Motivo"),
        max_length=1000,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("Al menos 20 caracteres. Queda en el registro de actividad."),
    )
    expected = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, level: Level, endless: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = Person.objects.active().filter(is_system=False)
        self.fields["owner"].queryset = people.order_by("last_name", "first_name", "pk")
        self.fields["classification"].choices = [
            (value, label) for value, label in Level.choices if value <= level
        ]
        if not endless:
            del self.fields["until_on"]
