"""Shape of what people choose and type about regulations."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from apps.core.forms import HouseForm
from apps.documents.forms_reviews import day_input
from apps.documents.models import Document, Impact, Regulation, Version
from apps.documents.services.regulating import Affected

DAYS_SOON = 90
MOST_DOCUMENTS = 200


class RegulationsFilter(forms.Form):
    """Which regulations to list."""

    STATES = [
        ("", _("Todas")),
        ("pendientes", _("Con documentos por adaptar")),
        ("adaptadas", _("Adaptadas del todo")),
        ("pronto", _("Rigen en los próximos 90 días")),
    ]

    q = forms.CharField(label=_("Norma o título"), required=False, max_length=100)
    estado = forms.ChoiceField(label=_("Estado"), choices=STATES, required=False)
    ambito = forms.CharField(label=_("Ámbito"), required=False, max_length=120)

    def chosen(self, name: str) -> Any:
        """Value of a filter that is on and right, else None."""
        self.is_valid()
        return self.cleaned_data.get(name) or None

    def narrow(self, regulations: QuerySet[Regulation], today: date) -> QuerySet[Regulation]:
        """`regulations` (with their counts) that pass the filters."""
        if words := self.chosen("q"):
            regulations = regulations.filter(Q(code__icontains=words) | Q(title__icontains=words))
        if place := self.chosen("ambito"):
            regulations = regulations.filter(jurisdiction__icontains=place)
        match self.chosen("estado"):
            case "pendientes":
                regulations = regulations.filter(pending__gt=0)
            case "adaptadas":
                regulations = regulations.filter(affected__gt=0, pending=0)
            case "pronto":
                ahead = (today, today + timedelta(days=DAYS_SOON))
                regulations = regulations.filter(effective_on__range=ahead)
        return regulations


class RegulationForm(HouseForm):
    """A norm as it is registered."""

    code = forms.CharField(
        label=_("Norma"),
        max_length=80,
        help_text=_("Como se la nombra. Por ejemplo: Ley 1581 de 2012."),
    )
    title = forms.CharField(label=_("Título"), max_length=300)
    jurisdiction = forms.CharField(
        label=_("Ámbito"), max_length=120, help_text=_("Quién la dicta y dónde rige.")
    )
    published_on = forms.DateField(label=_("Publicada el"), required=False, widget=day_input())
    effective_on = forms.DateField(label=_("Rige desde"), widget=day_input())
    summary = forms.CharField(
        label=_("Qué cambia"),
        max_length=5000,
        widget=forms.Textarea({"rows": 5}),
        help_text=_("En palabras llanas: qué pide y a quién."),
    )
    source_url = forms.URLField(
        label=_("Dónde se lee"), required=False, max_length=200, assume_scheme="https"
    )
    expected = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)


class AffectsForm(HouseForm):
    """Documents that a regulation affects, and how much."""

    documents = forms.ModelMultipleChoiceField(
        label=_("Documentos"),
        queryset=Document.objects.none(),
        to_field_name="code",
        widget=forms.CheckboxSelectMultiple,
    )
    weight = forms.ChoiceField(
        label=_("Impacto"),
        choices=Impact.Weight.choices,
        initial=Impact.Weight.MEDIUM,
        widget=forms.RadioSelect,
    )
    note = forms.CharField(
        label=_("Qué hay que adaptar"),
        required=False,
        max_length=1000,
        widget=forms.Textarea({"rows": 3}),
    )

    def __init__(self, *args: Any, documents: QuerySet[Document], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["documents"].queryset = documents

    def clean_documents(self) -> QuerySet[Document]:
        chosen = self.cleaned_data["documents"]
        if len(chosen) > MOST_DOCUMENTS:
            raise forms.ValidationError(
                _("Elija %(most)s documentos como máximo de una vez."),
                params={"most": MOST_DOCUMENTS},
            )
        return chosen

    @property
    def affected(self) -> list[Affected]:
        """What the service takes."""
        data = self.cleaned_data
        weight = Impact.Weight(data["weight"])
        return [Affected(document, weight, data["note"]) for document in data["documents"]]


class DecideForm(HouseForm):
    """What came of an affected document."""

    state = forms.ChoiceField(label=_("¿Qué se decidió?"), widget=forms.RadioSelect)
    version = forms.ModelChoiceField(
        label=_("Versión que lo adapta"),
        queryset=Version.objects.none(),
        required=False,
        empty_label=_("Elija una versión"),
        help_text=_("Las que entraron en vigor desde que se registró la norma."),
    )
    decision = forms.CharField(
        label=_("Cómo se decidió"),
        required=False,
        max_length=2000,
        widget=forms.Textarea({"rows": 4}),
        help_text=_("Si no le afecta, explique por qué con al menos 20 caracteres."),
    )

    def __init__(
        self, *args: Any, impact: Impact, versions: QuerySet[Version], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["state"].choices = [
            choice for choice in Impact.State.choices if choice[0] != impact.state
        ]
        self.fields["version"].queryset = versions
        self.fields["version"].label_from_instance = _name_of


def _name_of(version: Version) -> str:
    return _("Versión %(n)s, en vigor desde el %(on)s") % {
        "n": version.number,
        "on": date_format(version.effective_on, "j b Y"),
    }
