"""Shape of what people choose and type in the manual."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person, Unit
from apps.core.access import Level
from apps.core.filters import FilterForm
from apps.core.forms import HouseForm
from apps.documents.models import Document, Version
from apps.manual.models import Node

DAYS_SOON = 30


class ChapterField(forms.ModelChoiceField):
    """A chapter of the manual, chosen by its code."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Capítulo"))
        super().__init__(
            queryset=Node.objects.filter(parent=None).order_by("order", "pk"),
            to_field_name="code",
            required=False,
            empty_label=_("Todos"),
            **kwargs,
        )


class ChangesFilter(FilterForm):
    """Which changes to list."""

    capitulo = ChapterField()
    cambio = forms.ChoiceField(
        label=_("Tipo de cambio"),
        choices=[("", _("Todos")), *Version.Change.choices],
        required=False,
    )
    desde = forms.DateField(
        label=_("Desde"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    hasta = forms.DateField(
        label=_("Hasta"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )

    def narrow(self, versions: QuerySet[Version]) -> QuerySet[Version]:
        """`versions` that pass the filters."""
        if chapter := self.chosen("capitulo"):
            versions = versions.filter(document__node__in=below(chapter))
        if change := self.chosen("cambio"):
            versions = versions.filter(change=change)
        if since := self.chosen("desde"):
            versions = versions.filter(effective_on__gte=since)
        if until := self.chosen("hasta"):
            versions = versions.filter(effective_on__lte=until)
        return versions


class ListFilter(FilterForm):
    """Which procedures to list, and in what order."""

    REVIEWS = [
        ("", _("Todas")),
        ("vencida", _("Vencida")),
        ("pronto", _("Vence en 30 días")),
        ("al-dia", _("Al día")),
    ]
    ORDERS = {"codigo": ("code",), "titulo": ("title", "id"), "revision": ("next_review_on", "id")}

    q = forms.CharField(label=_("Código o título"), required=False, max_length=100)
    capitulo = ChapterField()
    unidad = forms.ModelChoiceField(
        label=_("Unidad"),
        queryset=Unit.objects.order_by("name"),
        to_field_name="code",
        required=False,
        empty_label=_("Todas"),
    )
    duena = forms.ModelChoiceField(
        label=_("Responsable"),
        queryset=Person.objects.none(),
        required=False,
        empty_label=_("Cualquiera"),
    )
    revision = forms.ChoiceField(label=_("Revisión"), choices=REVIEWS, required=False)
    nivel = forms.TypedChoiceField(
        label=_("Clasificación"),
        choices=[("", _("Todas")), *Level.choices],
        coerce=int,
        empty_value=None,
        required=False,
    )
    orden = forms.ChoiceField(
        choices=[(name, name) for name in ORDERS], required=False, widget=forms.HiddenInput
    )

    def __init__(self, *args: Any, owners: QuerySet[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["duena"].queryset = owners

    @property
    def order(self) -> tuple[str, ...]:
        return self.ORDERS[self.chosen("orden") or "codigo"]

    def chosen(self, name: str) -> Any:
        """As in every filter; the public level counts although its number is 0."""
        value = super().chosen(name)
        if name == "nivel" and value is None:
            value = getattr(self, "cleaned_data", {}).get("nivel")
        return value

    def narrow(self, documents: QuerySet[Document]) -> QuerySet[Document]:
        """`documents` that pass the filters."""
        today = timezone.localdate()
        if words := self.chosen("q"):
            documents = documents.filter(Q(code__icontains=words) | Q(title__icontains=words))
        if chapter := self.chosen("capitulo"):
            documents = documents.filter(node__in=below(chapter))
        if unit := self.chosen("unidad"):
            documents = documents.filter(unit=unit)
        if owner := self.chosen("duena"):
            documents = documents.filter(owner=owner)
        if (level := self.chosen("nivel")) is not None:
            documents = documents.filter(classification=level)
        match self.chosen("revision"):
            case "vencida":
                documents = documents.filter(next_review_on__lt=today)
            case "pronto":
                soon = (today, today + timedelta(days=DAYS_SOON))
                documents = documents.filter(next_review_on__range=soon)
            case "al-dia":
                documents = documents.filter(next_review_on__gte=today)
        return documents


class FormsFilter(FilterForm):
    """Which forms and templates to list."""

    q = forms.CharField(label=_("Código o título"), required=False, max_length=100)


class CompareForm(forms.Form):
    """Two versions of one document, by number."""

    de = forms.TypedChoiceField(label=_("De la versión"), coerce=int)
    a = forms.TypedChoiceField(label=_("A la versión"), coerce=int)

    def __init__(self, *args: Any, numbers: list[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("de", "a"):
            self.fields[name].choices = [(number, str(number)) for number in numbers]


class HeadingForm(HouseForm):
    """A heading of the manual."""

    code = forms.RegexField(
        label=_("Código"),
        regex=r"^[A-Z0-9][A-Z0-9.-]{0,38}[A-Z0-9]$",
        max_length=40,
        error_messages={
            "invalid": _("Use mayúsculas, cifras, puntos y guiones. Por ejemplo: ATC-02.3.")
        },
        help_text=_("Es también su dirección y no cambia después. Por ejemplo: ATC-02.3."),
    )
    title = forms.CharField(label=_("Título"), max_length=200)
    summary = forms.CharField(
        label=_("Resumen"), required=False, max_length=1000, widget=forms.Textarea({"rows": 3})
    )


class RenameForm(HouseForm):
    """Another title and summary of a heading."""

    title = forms.CharField(label=_("Título"), max_length=200)
    summary = forms.CharField(
        label=_("Resumen"), required=False, max_length=1000, widget=forms.Textarea({"rows": 3})
    )


class MoveForm(HouseForm):
    """Where a place of the manual goes. `place` counts from 1; empty is the last one."""

    parent = forms.ModelChoiceField(
        label=_("Dentro de"),
        queryset=Node.objects.none(),
        to_field_name="code",
        required=False,
        empty_label=_("El primer nivel del manual"),
    )
    place = forms.IntegerField(
        label=_("Lugar"),
        required=False,
        min_value=1,
        max_value=9999,
        help_text=_("1 es el primero. Si lo deja vacío, queda de último."),
    )

    def __init__(self, *args: Any, headings: QuerySet[Node], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["parent"].queryset = headings


class FormForm(HouseForm):
    """A form or template that steps may ask for."""

    code = forms.RegexField(
        label=_("Código"),
        regex=r"^[A-Z]{2,4}-[0-9]{1,5}$",
        max_length=20,
        error_messages={"invalid": _("Escriba letras, un guion y un número. Por ejemplo: FO-012.")},
    )
    title = forms.CharField(label=_("Título"), max_length=160)
    purpose = forms.CharField(
        label=_("Para qué sirve"),
        required=False,
        max_length=1000,
        widget=forms.Textarea({"rows": 3}),
    )
    unit = forms.ModelChoiceField(
        label=_("Unidad que lo cuida"), queryset=Unit.objects.order_by("name")
    )


class EditionForm(HouseForm):
    """The file of a form's next edition."""

    uploaded = forms.FileField(label=_("Archivo"))
    note = forms.CharField(label=_("Qué cambió"), required=False, max_length=200)


def below(node: Node) -> list[int]:
    """Primary keys of `node` and of all places below it."""
    tree = Node.objects.descendants(node, include_self=True)
    return list(tree.values_list("pk", flat=True))
