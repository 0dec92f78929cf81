"""Shape of what people choose and type about reviews."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person, Unit
from apps.core.forms import HouseForm
from apps.documents.models import Document, Review
from apps.documents.querysets import descendants_too

DAYS_SOON = 30
LONGEST = 4000


def day_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class ReviewsFilter(forms.Form):
    """Which reviews to show. What is wrong is told at its field and left out."""

    unidad = forms.ModelChoiceField(
        label=_("Área"),
        queryset=Unit.objects.order_by("name"),
        to_field_name="code",
        required=False,
        empty_label=_("Todas"),
    )
    clase = forms.ChoiceField(
        label=_("Clase"), choices=[("", _("Todas")), *Document.Kind.choices], required=False
    )
    revisa = forms.ModelChoiceField(
        label=_("La revisa"),
        queryset=Person.objects.none(),
        required=False,
        empty_label=_("Cualquiera"),
    )
    mias = forms.BooleanField(required=False, widget=forms.HiddenInput)
    mes = forms.CharField(required=False, max_length=7, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, documents: QuerySet[Document], person: Person, today: date, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.documents, self.person, self.today = documents, person, today
        charged = documents.order_by().values(who=Coalesce("reviewer_id", "owner_id"))
        self.fields["revisa"].queryset = Person.objects.filter(pk__in=charged)

    def chosen(self, name: str) -> Any:
        """Value of a filter that is on and right, else None."""
        self.is_valid()
        return self.cleaned_data.get(name) or None

    def narrowed(self) -> QuerySet[Document]:
        """Documents (with who reviews them) that pass the filters."""
        documents, person = self.documents, self.person
        if unit := self.chosen("unidad"):
            documents = documents.filter(unit__in=descendants_too([unit]))
        if kind := self.chosen("clase"):
            documents = documents.filter(kind=kind)
        if who := self.chosen("revisa"):
            documents = documents.filter(Q(charged_id=who.pk) | Q(acting_id=who.pk))
        if self.chosen("mias"):
            documents = documents.filter(Q(charged_id=person.pk) | Q(acting_id=person.pk))
        return documents


class ReviewsListFilter(ReviewsFilter):
    """The same, and when they are due."""

    WHEN = [
        ("", _("Todas")),
        ("vencidas", _("Atrasadas")),
        ("pronto", _("En 30 días")),
        ("despues", _("Más adelante")),
    ]

    q = forms.CharField(label=_("Código o título"), required=False, max_length=100)
    cuando = forms.ChoiceField(label=_("Cuándo toca"), choices=WHEN, required=False)
    dia = forms.DateField(label=_("Día"), required=False, widget=forms.HiddenInput)
    field_order = ("q", "cuando")

    def narrowed(self) -> QuerySet[Document]:
        documents, today = super().narrowed(), self.today
        if words := self.chosen("q"):
            documents = documents.filter(Q(code__icontains=words) | Q(title__icontains=words))
        if day := self.chosen("dia"):
            documents = documents.filter(next_review_on=day)
        soon = today + timedelta(days=DAYS_SOON)
        match self.chosen("cuando"):
            case "vencidas":
                documents = documents.filter(next_review_on__lt=today)
            case "pronto":
                documents = documents.filter(next_review_on__range=(today, soon))
            case "despues":
                documents = documents.filter(next_review_on__gt=soon)
        return documents


class ConcludeForm(HouseForm):
    """What a review concluded."""

    outcome = forms.ChoiceField(
        label=_("¿Qué encontró?"), choices=Review.Outcome.choices, widget=forms.RadioSelect
    )
    conclusion = forms.CharField(
        label=_("Conclusión"),
        max_length=LONGEST,
        widget=forms.Textarea({"rows": 5}),
        help_text=_("Qué comprobó y por qué concluye esto. Al menos 20 caracteres."),
    )
    next_review_on = forms.DateField(
        label=_("Próxima revisión"),
        required=False,
        widget=day_input(),
        help_text=_("Solo si sigue siendo correcto. Si la deja vacía, se calcula."),
    )
    version = forms.IntegerField(min_value=1, max_value=32767, widget=forms.HiddenInput)
    due_on = forms.DateField(widget=forms.HiddenInput(attrs={}))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("outcome") == Review.Outcome.CHANGE:
            data["next_review_on"] = None
        return data


class ReviewerForm(HouseForm):
    """Who reviews a document."""

    reviewer = forms.ModelChoiceField(
        label=_("La revisa"),
        queryset=Person.objects.none(),
        required=False,
        empty_label=_("Quien responde por él"),
    )
    reason = forms.CharField(
        label=_("Motivo"),
        max_length=1000,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("Al menos 20 caracteres. Queda en la historia del documento."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reviewer"].queryset = Person.objects.active().filter(is_system=False)


class ReviewDateForm(HouseForm):
    """On which day a document is reviewed."""

    on = forms.DateField(label=_("Próxima revisión"), widget=day_input())
    reason = forms.CharField(
        label=_("Motivo"),
        max_length=1000,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("Al menos 20 caracteres. Queda en la historia del documento."),
    )


class KindRulesForm(HouseForm):
    """With what documents of a kind begin."""

    review_months = forms.IntegerField(
        label=_("Se revisa cada, en meses"),
        min_value=1,
        max_value=36,
        help_text=_("De 1 a 36. Vale para los documentos que se abran desde ahora."),
    )
    acknowledgement_days = forms.IntegerField(
        label=_("Plazo para leer y aceptar, en días"), min_value=1, max_value=365
    )
    escalation_days = forms.IntegerField(
        label=_("Días de atraso antes de avisar a la jefatura"), min_value=1, max_value=365
    )
    expected = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
