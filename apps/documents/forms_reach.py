"""Shape of what readers accept, say and answer, and of the filters of those lists."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Position, Role, Unit
from apps.core.filters import FilterForm
from apps.core.forms import HouseForm
from apps.core.options import Option
from apps.documents.models import Document, Feedback, Obligation, Version
from apps.documents.querysets import descendants_too
from apps.documents.services.listening import CUSTOMER_TEXT_MAX, REASON_MIN, TEXT_MAX

KINDS = [
    (
        Feedback.Kind.UNCLEAR,
        Option(_("No se entiende"), hint=_("Hay que leerlo dos veces o falta algo.")),
    ),
    (
        Feedback.Kind.WRONG,
        Option(_("Está equivocado"), hint=_("No se hace así, o el dato ya cambió.")),
    ),
    (
        Feedback.Kind.IDEA,
        Option(_("Tengo una idea"), hint=_("Se puede hacer mejor de otra manera.")),
    ),
]


class AcceptForm(HouseForm):
    """«Leído y comprendido». `marca` is the sealed record of when the page was opened; `vistas`
    names the parts that passed before the reader's eyes, filled by the browser."""

    marca = forms.CharField(max_length=4000, required=False, widget=forms.HiddenInput)
    vistas = forms.CharField(
        max_length=2000, required=False, widget=forms.HiddenInput({"data-seen-parts": "texto"})
    )
    entendido = forms.BooleanField(
        error_messages={"required": _("Marque la casilla para aceptar, o vuelva más tarde.")}
    )

    def __init__(self, *args: Any, sentence: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["entendido"].label = sentence


class AddresseesForm(HouseForm):
    """Whom a document asks to accept its versions."""

    units = forms.ModelMultipleChoiceField(
        label=_("Unidades, con todo lo que depende de ellas"),
        queryset=Unit.objects.filter(is_active=True).order_by("name"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    positions = forms.ModelMultipleChoiceField(
        label=_("Cargos"),
        queryset=Position.objects.filter(is_active=True).order_by("title"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    roles = forms.ModelMultipleChoiceField(
        label=_("Roles"),
        queryset=Role.objects.all(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )


class VoteForm(HouseForm):
    """Whether it helped."""

    sirvio = forms.TypedChoiceField(
        choices=[("si", _("Sí, me sirvió")), ("no", _("No del todo"))],
        coerce=lambda value: value == "si",
    )


class CommentForm(HouseForm):
    """What a member of staff would change in a document, a step or a passage."""

    kind = forms.ChoiceField(
        label=_("¿Qué pasa?"),
        choices=KINDS,
        widget=forms.RadioSelect({"class": "choices"}),
        error_messages={"required": _("Elija qué pasa.")},
    )
    quote = forms.CharField(
        label=_("Frase a la que se refiere"),
        help_text=_("Cópiela del texto, si es una en particular."),
        required=False,
        max_length=500,
        widget=forms.Textarea({"rows": 2}),
    )
    text = forms.CharField(
        label=_("Su comentario"),
        help_text=_("Diga qué leyó, qué pasa en la práctica y qué propone."),
        max_length=TEXT_MAX,
        widget=forms.Textarea({"rows": 5}),
        error_messages={"required": _("Escriba su comentario.")},
    )
    is_private = forms.BooleanField(
        label=_("Que solo lo vea quien responde por el documento"), required=False
    )


class CustomerCommentForm(HouseForm):
    """What a customer says of a public page, without who they are."""

    kind = forms.ChoiceField(
        label=_("¿Qué pasa?"),
        choices=Feedback.Kind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Elija qué pasa.")},
    )
    text = forms.CharField(
        label=_("Su comentario"),
        help_text=_("No escriba nombres, teléfonos ni números de cuenta."),
        max_length=CUSTOMER_TEXT_MAX,
        widget=forms.Textarea({"rows": 3}),
        error_messages={"required": _("Escriba su comentario.")},
    )


class _Solution(forms.ModelChoiceField):
    def label_from_instance(self, obj: Version) -> str:
        return _("Versión %(n)s, %(state)s") % {
            "n": obj.number,
            "state": obj.get_state_display().lower(),
        }


class SolutionForm(HouseForm):
    """Which version solves an accepted comment."""

    solved_by = _Solution(
        label=_("Versión que lo resuelve"),
        queryset=Version.objects.none(),
        empty_label=_("Elija una versión"),
        error_messages={"required": _("Elija una versión.")},
    )

    def __init__(self, *args: Any, feedback: Feedback, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["solved_by"].queryset = Version.objects.filter(
            document=feedback.document_id, number__gt=feedback.version.number
        ).order_by("-number")


class AnswerForm(SolutionForm):
    """The answer to a comment."""

    accept = forms.TypedChoiceField(
        label=_("¿Qué decide?"),
        choices=[
            ("si", Option(_("Aceptar"), hint=_("El documento va a cambiar por esto."))),
            ("no", Option(_("No aplicar"), hint=_("Queda como está, y usted explica por qué."))),
        ],
        coerce=lambda value: value == "si",
        widget=forms.RadioSelect({"class": "choices"}),
        error_messages={"required": _("Elija qué decide.")},
    )
    reason = forms.CharField(
        label=_("Su respuesta"),
        help_text=_("La lee quien comentó. Al menos 20 caracteres."),
        min_length=REASON_MIN,
        max_length=TEXT_MAX,
        widget=forms.Textarea({"rows": 4}),
        error_messages={
            "required": _("Escriba su respuesta."),
            "min_length": _(
                "Explique su respuesta: escribió %(show_value)s caracteres y necesitamos "
                "al menos %(limit_value)s."
            ),
        },
    )
    field_order = ("accept", "reason", "solved_by")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["solved_by"]
        field.required, field.empty_label = False, _("Todavía ninguna")


class FeedbackFilter(FilterForm):
    """Which comments to list."""

    q = forms.CharField(label=_("Documento"), required=False, max_length=100)
    estado = forms.ChoiceField(
        label=_("Estado"), choices=[("", _("Todos")), *Feedback.State.choices], required=False
    )
    clase = forms.ChoiceField(
        label=_("Clase"), choices=[("", _("Todas")), *Feedback.Kind.choices], required=False
    )
    de = forms.ChoiceField(
        label=_("De quién"),
        choices=[
            ("", _("Todos")),
            ("mios", _("Los que yo envié")),
            ("a-mi", _("Sobre mis documentos")),
            ("clientes", _("De clientes")),
        ],
        required=False,
    )

    def narrow(self, rows: QuerySet[Feedback], person: Any) -> QuerySet[Feedback]:
        """`rows` that pass the filters; `person` is who looks."""
        if words := self.chosen("q"):
            rows = rows.filter(
                Q(document__code__icontains=words) | Q(document__title__icontains=words)
            )
        if state := self.chosen("estado"):
            rows = rows.filter(state=state)
        if kind := self.chosen("clase"):
            rows = rows.filter(kind=kind)
        match self.chosen("de"):
            case "mios":
                rows = rows.filter(author_id=person.pk)
            case "a-mi":
                rows = rows.filter(document__owner_id=person.pk)
            case "clientes":
                rows = rows.filter(author=None)
        return rows


class ReachFilter(FilterForm):
    """Whose reach to show: which documents, and of which unit's people."""

    q = forms.CharField(label=_("Código o título"), required=False, max_length=100)
    unidad = forms.ModelChoiceField(
        label=_("Personas de"),
        queryset=Unit.objects.order_by("name"),
        to_field_name="code",
        required=False,
        empty_label=_("Toda la organización"),
    )
    estado = forms.ChoiceField(
        label=_("Estado"),
        choices=[("", _("Todos")), ("faltan", _("Falta alguien")), ("tarde", _("Con atraso"))],
        required=False,
    )

    def units(self) -> list[int] | None:
        """Keys of the unit that is chosen and of all below it; None for everybody."""
        unit = self.chosen("unidad")
        return descendants_too(Unit.objects.filter(pk=unit.pk)) if unit else None

    def narrow(
        self, documents: QuerySet[Document], units: list[int] | None, today: date
    ) -> QuerySet[Document]:
        """`documents` that pass the filters."""
        if words := self.chosen("q"):
            documents = documents.filter(Q(code__icontains=words) | Q(title__icontains=words))
        if state := self.chosen("estado"):
            owed = Obligation.objects.still_open().filter(version__document=OuterRef("pk"))
            if units is not None:
                owed = owed.filter(unit__in=units)
            if state == "tarde":
                owed = owed.filter(due_on__lt=today)
            documents = documents.filter(Exists(owed))
        return documents
