"""Filters of the lists of the room."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person, Unit
from apps.core.filters import FilterForm
from apps.documents.querysets import descendants_too
from apps.improvement.models import Action, CauseKind, Finding, GoodPractice

DAYS_SOON = 7


def _unit_field() -> forms.ModelChoiceField:
    return forms.ModelChoiceField(
        label=_("Área"),
        queryset=Unit.objects.order_by("name"),
        to_field_name="code",
        required=False,
        empty_label=_("Todas"),
    )


class ActionsFilter(FilterForm):
    """Which actions to show, and in what order."""

    WHEN = [
        ("", _("Cualquier día")),
        ("vencidas", _("Atrasadas")),
        ("pronto", _("En 7 días")),
        ("por-verificar", _("Ya se pueden verificar")),
    ]
    ORDERS = {
        "vence": ("due_on", "id"),
        "codigo": ("-created_at", "-id"),
        "avance": ("progress", "id"),
    }

    q = forms.CharField(label=_("Código o palabras"), required=False, max_length=100)
    estado = forms.ChoiceField(
        label=_("Estado"),
        choices=[("", _("Todos")), ("abiertas", _("Abiertas")), *Action.State.choices],
        required=False,
    )
    responsable = forms.ModelChoiceField(
        label=_("Responsable"),
        queryset=Person.objects.none(),
        required=False,
        empty_label=_("Cualquiera"),
    )
    unidad = _unit_field()
    cuando = forms.ChoiceField(label=_("Vence"), choices=WHEN, required=False)
    clase = forms.ChoiceField(
        label=_("Clase"), choices=[("", _("Todas")), *Action.Kind.choices], required=False
    )
    mias = forms.ChoiceField(
        label=_("Las mías"), choices=[("1", _("Sí"))], required=False, widget=forms.HiddenInput
    )
    dia = forms.DateField(label=_("Día"), required=False, widget=forms.HiddenInput)
    orden = forms.ChoiceField(
        choices=[(name, name) for name in ORDERS], required=False, widget=forms.HiddenInput
    )

    def __init__(
        self, *args: Any, actions: QuerySet[Action], person: Person, today: date, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.actions, self.person, self.today = actions, person, today
        owners = actions.order_by().values("owner_id")
        self.fields["responsable"].queryset = Person.objects.filter(pk__in=owners)

    @property
    def order(self) -> tuple[str, ...]:
        return self.ORDERS[self.chosen("orden") or "vence"]

    def narrowed(self) -> QuerySet[Action]:
        """Actions that pass the filters."""
        rows = self.actions
        if words := self.chosen("q"):
            rows = rows.filter(
                Q(code__icontains=words)
                | Q(title__icontains=words)
                | Q(finding__code__iexact=words)
            )
        if "estado" in self.fields and (state := self.chosen("estado")):
            rows = rows.still_open() if state == "abiertas" else rows.filter(state=state)
        if owner := self.chosen("responsable"):
            rows = rows.filter(owner=owner)
        if unit := self.chosen("unidad"):
            rows = rows.filter(unit__in=descendants_too([unit]))
        if kind := self.chosen("clase"):
            rows = rows.filter(kind=kind)
        if self.chosen("mias"):
            rows = rows.filter(
                Q(owner=self.person.pk) | Q(checker=self.person.pk, state=Action.State.DONE)
            )
        if day := self.chosen("dia"):
            rows = rows.filter(due_on=day)
        match self.chosen("cuando"):
            case "vencidas":
                rows = rows.overdue(self.today)
            case "pronto":
                soon = self.today + timedelta(days=DAYS_SOON)
                rows = rows.to_do().filter(due_on__range=(self.today, soon))
            case "por-verificar":
                rows = rows.to_check(self.today)
        return rows


class FindingsFilter(FilterForm):
    """Which findings to list."""

    q = forms.CharField(label=_("Código o palabras"), required=False, max_length=100)
    clase = forms.ChoiceField(
        label=_("Clase"), choices=[("", _("Todas")), *Finding.Kind.choices], required=False
    )
    estado = forms.ChoiceField(
        label=_("Estado"),
        choices=[
            ("", _("Todos")),
            *Finding.State.choices,
            ("sin-responsable", _("Sin responsable")),
            ("sin-accion", _("Abiertos sin acción")),
        ],
        required=False,
    )
    importancia = forms.ChoiceField(
        label=_("Importancia"), choices=[("", _("Todas")), *Finding.Weight.choices], required=False
    )
    unidad = _unit_field()
    mios = forms.ChoiceField(
        label=_("Los míos"), choices=[("1", _("Sí"))], required=False, widget=forms.HiddenInput
    )

    def narrow(self, rows: QuerySet[Finding], person: Person) -> QuerySet[Finding]:
        """Of `rows` those that pass the filters."""
        if words := self.chosen("q"):
            rows = rows.filter(Q(code__icontains=words) | Q(title__icontains=words))
        if kind := self.chosen("clase"):
            rows = rows.filter(kind=kind)
        if weight := self.chosen("importancia"):
            rows = rows.filter(weight=weight)
        if unit := self.chosen("unidad"):
            rows = rows.filter(unit__in=descendants_too([unit]))
        if self.chosen("mios"):
            rows = rows.filter(Q(owner=person.pk) | Q(reported_by=person.pk))
        match self.chosen("estado"):
            case "sin-responsable":
                rows = rows.still_open().filter(owner=None)
            case "sin-accion":
                rows = rows.still_open().filter(actions=None)
            case str(state):
                rows = rows.filter(state=state)
        return rows


class PracticesFilter(FilterForm):
    """Which good practices to list."""

    q = forms.CharField(label=_("Palabras"), required=False, max_length=100)
    estado = forms.ChoiceField(
        label=_("Estado"), choices=[("", _("Todas")), *GoodPractice.State.choices], required=False
    )
    unidad = _unit_field()

    def narrow(self, rows: QuerySet[GoodPractice]) -> QuerySet[GoodPractice]:
        """Of `rows` those that pass the filters."""
        if words := self.chosen("q"):
            rows = rows.filter(
                Q(code__icontains=words) | Q(title__icontains=words) | Q(text__icontains=words)
            )
        if state := self.chosen("estado"):
            rows = rows.filter(state=state)
        if unit := self.chosen("unidad"):
            rows = rows.filter(unit=unit)
        return rows


def cause_choices(kinds: QuerySet[CauseKind]) -> list[tuple[str, list[tuple[int, str]]]]:
    """Kinds of causes on offer, under the names of their branches."""
    groups: dict[str, list[tuple[int, str]]] = {}
    for kind in kinds:
        words = f"{kind.title} ({kind.example})" if kind.example else kind.title
        groups.setdefault(kind.get_branch_display(), []).append((kind.pk, words))
    return list(groups.items())
