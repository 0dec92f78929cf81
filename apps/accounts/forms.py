"""Shape of what people type about people, units, positions and roles."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import django_filters
from auditlog.models import LogEntry
from django import forms
from django.db.models import Exists, Func, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.functions import Concat, Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.activity import ACTIONS, kinds
from apps.accounts.models import Holding, Person, Position, Role, Unit
from apps.accounts.permissions import Perm
from apps.accounts.services import imports
from apps.core.forms import HouseForm
from apps.core.sheets import fold

DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class UnitForm(HouseForm):
    code = forms.CharField(label=_("Código"), max_length=20)
    name = forms.CharField(label=_("Nombre"), max_length=120)
    parent = forms.ModelChoiceField(
        label=_("Depende de"),
        queryset=Unit.objects.none(),
        required=False,
        empty_label=_("Ninguna: es la raíz"),
    )
    purpose = forms.CharField(
        label=_("Para qué está"),
        required=False,
        max_length=1000,
        widget=forms.Textarea({"rows": 3}),
    )
    order = forms.IntegerField(
        label=_("Orden"),
        min_value=0,
        max_value=30000,
        initial=100,
        help_text=_("Las unidades hermanas se muestran de menor a mayor."),
    )
    expected = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["parent"].queryset = Unit.objects.filter(is_active=True).order_by("name")


class PositionForm(HouseForm):
    title = forms.CharField(label=_("Cargo"), max_length=120)
    key = forms.SlugField(
        label=_("Clave"),
        max_length=60,
        help_text=_("Nombre corto para importar y enlazar: jefatura-facturacion."),
    )
    unit = forms.ModelChoiceField(
        label=_("Unidad"), queryset=Unit.objects.none(), empty_label=_("Elija una unidad")
    )
    reports_to = forms.ModelChoiceField(
        label=_("Depende de"),
        queryset=Position.objects.none(),
        required=False,
        empty_label=_("De nadie"),
    )
    purpose = forms.CharField(
        label=_("Propósito"), required=False, max_length=1000, widget=forms.Textarea({"rows": 3})
    )
    duties = forms.CharField(
        label=_("Funciones"),
        required=False,
        max_length=4000,
        help_text=_("Una por línea."),
        widget=forms.Textarea({"rows": 5}),
    )
    seats = forms.IntegerField(label=_("Plazas"), min_value=1, max_value=500, initial=1)
    expected = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = Unit.objects.filter(is_active=True).order_by("name")
        self.fields["reports_to"].queryset = Position.objects.filter(is_active=True)

    def clean_duties(self) -> list[str]:
        """Lines without blanks."""
        lines = (line.strip() for line in self.cleaned_data["duties"].splitlines())
        return [line for line in lines if line]


class AssignForm(HouseForm):
    person = forms.ModelChoiceField(
        label=_("Persona"), queryset=Person.objects.none(), empty_label=_("Elija a una persona")
    )
    from_on = forms.DateField(label=_("Desde"), widget=DATE, initial=timezone.localdate)
    until_on = forms.DateField(
        label=_("Hasta"), widget=DATE, required=False, help_text=_("Vacío si no tiene final.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = Person.objects.active().filter(is_system=False)


class EndHoldingForm(HouseForm):
    until_on = forms.DateField(label=_("Último día"), widget=DATE, initial=timezone.localdate)


class AbsenceForm(HouseForm):
    from_on = forms.DateField(label=_("Primer día"), widget=DATE, initial=timezone.localdate)
    to_on = forms.DateField(label=_("Último día"), widget=DATE)
    substitute = forms.ModelChoiceField(
        label=_("Le reemplaza"),
        queryset=Person.objects.none(),
        empty_label=_("Elija a una persona"),
    )
    reason = forms.CharField(
        label=_("Motivo"),
        max_length=120,
        required=False,
        help_text=_("Lo verá todo el personal: no escriba datos de salud."),
    )

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Person.objects.active().filter(is_system=False).exclude(pk=person.pk)
        self.fields["substitute"].queryset = others


class PersonForm(HouseForm):
    first_name = forms.CharField(label=_("Nombre"), max_length=80)
    last_name = forms.CharField(label=_("Apellidos"), max_length=80)
    email = forms.EmailField(label=_("Correo"), max_length=254)
    phone = forms.CharField(label=_("Teléfono interno"), max_length=40, required=False)
    expected = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)


class InvitationForm(HouseForm):
    email = forms.EmailField(label=_("Correo"), max_length=254)
    first_name = forms.CharField(label=_("Nombre"), max_length=80)
    last_name = forms.CharField(label=_("Apellidos"), max_length=80)
    position = forms.ModelChoiceField(
        label=_("Cargo"),
        queryset=Position.objects.none(),
        required=False,
        empty_label=_("Sin cargo por ahora"),
    )
    roles = forms.ModelMultipleChoiceField(
        label=_("Roles"),
        queryset=Role.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["position"].queryset = Position.objects.filter(is_active=True)
        self.fields["roles"].queryset = Role.objects.all()


class PersonRolesForm(HouseForm):
    roles = forms.ModelMultipleChoiceField(
        label=_("Roles"),
        queryset=Role.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    expected = forms.CharField(required=False, max_length=500, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["roles"].queryset = Role.objects.select_related("group")

    def clean_expected(self) -> list[str]:
        """Role keys that were shown when the edit began."""
        return [key for key in self.cleaned_data["expected"].split(",") if key]


class ReasonForm(HouseForm):
    reason = forms.CharField(
        label=_("Motivo"),
        min_length=20,
        max_length=300,
        widget=forms.Textarea({"rows": 3}),
        error_messages={"min_length": _("Explique el motivo con al menos 20 caracteres.")},
    )


class RoleForm(HouseForm):
    title = forms.CharField(label=_("Nombre"), max_length=80)
    description = forms.CharField(
        label=_("Para qué"), max_length=500, required=False, widget=forms.Textarea({"rows": 2})
    )
    is_sensitive = forms.BooleanField(
        label=_("Ve datos sensibles"),
        required=False,
        help_text=_("Sus sesiones se cierran a los 30 minutos sin uso."),
    )


class RolePermissionsForm(HouseForm):
    """The rows of one role in the matrix; names are checked by the service."""

    permissions = forms.MultipleChoiceField(
        required=False, widget=forms.CheckboxSelectMultiple, label=_("Permisos")
    )
    expected = forms.CharField(required=False, max_length=8000, widget=forms.HiddenInput)
    reviewed = forms.CharField(required=False, max_length=8000, widget=forms.HiddenInput)

    def __init__(self, *args: Any, titles: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["permissions"].choices = list(titles.items())

    def clean_expected(self) -> list[str]:
        """Permissions that were shown when the edit began."""
        return [perm for perm in self.cleaned_data["expected"].split(",") if perm]


class ImportForm(HouseForm):
    kind = forms.ChoiceField(
        label=_("Qué contiene"),
        choices=list(imports.KIND_TITLES.items()),
        widget=forms.RadioSelect,
        initial="people",
    )
    sheet = forms.FileField(
        label=_("Archivo"),
        help_text=_("CSV o XLSX de hasta 2 MB y 2.000 filas, con los títulos en la primera."),
        max_length=200,
        error_messages={"required": _("Elija el archivo que quiere importar.")},
    )


class PeopleFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label=_("Buscar personas"), method="by_words")
    unit = django_filters.ModelChoiceFilter(
        label=_("Unidad"),
        queryset=Unit.objects.filter(is_active=True),
        method="by_unit",
        empty_label=_("Todas"),
    )
    role = django_filters.ModelChoiceFilter(
        label=_("Rol"), queryset=Role.objects.all(), method="by_role", empty_label=_("Todos")
    )
    state = django_filters.ChoiceFilter(
        label=_("Estado"),
        choices=[
            ("active", _("Activas")),
            ("invited", _("Invitadas sin entrar")),
            ("inactive", _("Desactivadas")),
        ],
        method="by_state",
        empty_label=_("Todas"),
    )
    orden = django_filters.CharFilter(method="as_it_is", widget=forms.HiddenInput)

    class Meta:
        model = Person
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.request.user.has_perm(Perm.MANAGE_PEOPLE):
            # SECURITY: a filter tells as much as a column.
            del self.filters["role"], self.filters["state"]
        box = self.form.fields["q"]
        box.max_length = 100
        box.widget.attrs["placeholder"] = _("Nombre, apellido o correo")

    def by_words(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        """Every word in the name or the e-mail, with or without its accents."""
        return named(queryset, value)

    def by_unit(self, queryset: QuerySet, name: str, unit: Unit) -> QuerySet:
        """People with a position today in the unit or below it."""
        below = Unit.objects.with_tree_fields().descendants(unit, include_self=True)
        today = timezone.localdate()
        held = Holding.objects.filter(
            Q(until_on=None) | Q(until_on__gte=today),
            person=OuterRef("pk"),
            from_on__lte=today,
            position__unit__in=[row.pk for row in below],
        )
        return queryset.filter(Exists(held))

    def by_role(self, queryset: QuerySet, name: str, role: Role) -> QuerySet:
        """People who hold the role."""
        return queryset.filter(groups__role=role)

    def by_state(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        """Active, invited only, or not any more."""
        if value == "invited":
            return queryset.with_open_invitation().filter(is_active=True, is_invited=True)
        return queryset.filter(is_active=value == "active")

    def as_it_is(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        """The order of the list, carried along; the view reads it."""
        return queryset


class ActivityFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label=_("Quién"), method="by_words")
    kind = django_filters.ChoiceFilter(
        label=_("Sobre qué"), field_name="content_type_id", empty_label=_("Todo")
    )
    action = django_filters.ChoiceFilter(
        label=_("Acción"), choices=list(ACTIONS.items()), empty_label=_("Todas")
    )
    since = django_filters.DateFilter(label=_("Desde"), method="from_day", widget=DATE)
    until = django_filters.DateFilter(label=_("Hasta"), method="to_day", widget=DATE)
    person = django_filters.ModelChoiceFilter(
        label=_("Persona"),
        field_name="actor",
        queryset=Person.objects.all(),
        widget=forms.HiddenInput,
    )

    class Meta:
        model = LogEntry
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["kind"].extra["choices"] = list(kinds().items())
        box = self.form.fields["q"]
        box.max_length = 100
        box.widget.attrs["placeholder"] = _("Nombre, apellido o correo")

    def by_words(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        """What people did whose name or e-mail has every word."""
        return queryset.filter(actor__in=named(Person.objects.all(), value))

    def from_day(self, queryset: QuerySet, name: str, value: date) -> QuerySet:
        """From the first instant of a calendar day here."""
        return queryset.filter(timestamp__gte=first_instant(value))

    def to_day(self, queryset: QuerySet, name: str, value: date) -> QuerySet:
        """Until the last instant of a calendar day here."""
        return queryset.filter(timestamp__lt=first_instant(value + timedelta(days=1)))


def first_instant(day: date) -> datetime:
    """Where a calendar day begins here (aware); the index of the log knows instants only."""
    return timezone.make_aware(datetime.combine(day, time.min))


def named(people: QuerySet[Person], words: str) -> QuerySet[Person]:
    """People with every word in the name or the e-mail, with or without accents."""
    whole = Concat(
        "first_name", Value(" "), "last_name", Value(" "), "email", output_field=TextField()
    )
    plain = Func(
        Lower(whole),
        Value("áéíóúü"),
        Value("aeiouu"),
        function="translate",
        output_field=TextField(),
    )
    people = people.alias(plain=plain)
    for word in words[:100].split()[:6]:
        people = people.filter(plain__contains=fold(word))
    return people
