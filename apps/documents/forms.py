"""Shape of what people choose and type in the room of documents."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person, Unit
from apps.core.filters import FilterForm
from apps.core.forms import HouseForm
from apps.core.rules import RuleBroken
from apps.documents.models import Document, Version

# How many people can be asked to approve on the page, and in how many turns.
APPROVERS = 5
State = Version.State


def tell(form: forms.Form, rule: RuleBroken, **fields: str) -> None:
    """Put what a service refused at its field of `form`, or at the form as a whole.

    `fields` names the field of the form where it differs from the service's.
    """
    if not hasattr(rule, "error_dict"):
        form.add_error(None, rule)
        return
    for told, faults in rule.error_dict.items():
        name = fields.get(told, told)
        form.add_error(name if name in form.fields else None, ValidationError(faults))


def day_field(label: str, **kwargs: Any) -> forms.DateField:
    """A calendar day, chosen in the browser's own way."""
    return forms.DateField(
        label=label,
        widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"),
        error_messages={"invalid": _("Escriba una fecha. Por ejemplo: 2026-12-01.")},
        **kwargs,
    )


def reason_field(label: str, **kwargs: Any) -> forms.CharField:
    """A reason, of which the service asks at least 20 characters."""
    return forms.CharField(
        label=label, max_length=2000, widget=forms.Textarea({"rows": 3}), **kwargs
    )


class ListFilter(FilterForm):
    """Which documents to list, and in what order."""

    STATES = [
        ("", _("Todos")),
        ("en-vigor", _("En vigor")),
        ("borrador", _("Con un borrador")),
        ("revision", _("En revisión")),
        ("con-fecha", _("Con una versión por entrar en vigor")),
        ("sin-regir", _("Todavía no rigen")),
        ("emergencia", _("Publicados de emergencia, por ratificar")),
        ("no-ratificado", _("Publicados de emergencia, no ratificados")),
        ("retirado", _("Retirados")),
    ]
    ORDERS = {"codigo": ("code",), "titulo": ("title", "id"), "reciente": ("-touched_at", "-id")}

    q = forms.CharField(label=_("Código o título"), required=False, max_length=100)
    clase = forms.ChoiceField(
        label=_("Clase"), choices=[("", _("Todas")), *Document.Kind.choices], required=False
    )
    estado = forms.ChoiceField(label=_("Estado"), choices=STATES, required=False)
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
    espera = forms.ChoiceField(
        label=_("Espera por mí"), choices=[("1", _("Sí"))], required=False, widget=forms.HiddenInput
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

    def narrow(self, documents: QuerySet[Document]) -> QuerySet[Document]:
        """`documents` (of `selectors.documents_for`) that pass the filters."""
        if words := self.chosen("q"):
            documents = documents.filter(Q(code__icontains=words) | Q(title__icontains=words))
        if kind := self.chosen("clase"):
            documents = documents.filter(kind=kind)
        if unit := self.chosen("unidad"):
            documents = documents.filter(unit=unit)
        if owner := self.chosen("duena"):
            documents = documents.filter(owner=owner)
        if self.chosen("espera"):
            documents = documents.filter(waits_for_me=True)
        match self.chosen("estado"):
            case "en-vigor":
                documents = documents.in_force()
            case "borrador":
                documents = documents.filter(draft__state=State.DRAFT)
            case "revision":
                documents = documents.filter(draft__state=State.IN_REVIEW)
            case "con-fecha":
                documents = documents.filter(coming__isnull=False)
            case "sin-regir":
                documents = documents.filter(current=None, retired_on=None)
            case "emergencia":
                documents = documents.filter(current__ratified_at=None, current__objected_at=None)
                documents = documents.exclude(current__emergency_reason="").in_force()
            case "no-ratificado":
                documents = documents.filter(current__objected_at__isnull=False).in_force()
            case "retirado":
                documents = documents.filter(retired_on__isnull=False)
        return documents


class SubmitForm(HouseForm):
    """Sending a draft to review: what changes and why, who approves, from when."""

    change = forms.ChoiceField(label=_("Tipo de cambio"))
    justification = reason_field(
        _("Por qué cambia"),
        help_text=_("Lo leerán quienes aprueban y quienes siguen el documento."),
    )
    wanted_on = day_field(
        _("Fecha propuesta para entrar en vigor"),
        required=False,
        help_text=_("Si la deja vacía, rige al aprobarse."),
    )
    asks_acknowledgement = forms.BooleanField(
        label=_("Pedir a sus destinatarios que la lean y la acepten"), required=False
    )
    note = forms.CharField(
        label=_("Mensaje para quienes aprueban"),
        required=False,
        max_length=2000,
        widget=forms.Textarea({"rows": 3}),
    )

    def __init__(
        self, *args: Any, version: Version, people: Iterable[Person], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        is_first = version.number == 1
        self.fields["change"].choices = [
            choice
            for choice in Version.Change.choices
            if (choice[0] == Version.Change.FIRST) == is_first
        ]
        self.people = {str(person.pk): person for person in people}
        choices = [("", _("Nadie")), *((key, str(one)) for key, one in self.people.items())]
        turns = [(str(n), str(n)) for n in range(1, APPROVERS + 1)]
        for n in range(1, APPROVERS + 1):
            self.fields[f"approver_{n}"] = forms.ChoiceField(
                label=_("Persona %(n)s") % {"n": n}, choices=choices, required=False
            )
            self.fields[f"turn_{n}"] = forms.ChoiceField(
                label=_("Turno de la persona %(n)s") % {"n": n},
                choices=turns,
                required=False,
                initial="1",
            )

    @property
    def rows(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """Pairs of fields: a person and their turn."""
        return [(self[f"approver_{n}"], self[f"turn_{n}"]) for n in range(1, APPROVERS + 1)]

    @property
    def plain(self) -> list[forms.BoundField]:
        """The other fields that are seen."""
        return [self[name] for name in ("change", "justification", "wanted_on")]

    @property
    def approvers(self) -> list[tuple[int, Person]]:
        """Who was chosen, with their turn."""
        chosen = []
        for n in range(1, APPROVERS + 1):
            if person := self.people.get(self.cleaned_data.get(f"approver_{n}", "")):
                chosen.append((int(self.cleaned_data.get(f"turn_{n}") or 1), person))
        return chosen

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not any(cleaned.get(f"approver_{n}") for n in range(1, APPROVERS + 1)):
            self.add_error("approver_1", _("Elija al menos a una persona que apruebe."))
        return cleaned

    @property
    def payload(self) -> dict[str, Any]:
        """What `services.submit` takes."""
        names = ("change", "justification", "wanted_on", "asks_acknowledgement", "note")
        return {name: self.cleaned_data[name] for name in names} | {"approvers": self.approvers}


class ApproveForm(HouseForm):
    """A yes. `seen` is the hash of the text that was read."""

    effective_on = day_field(_("Entra en vigor el"))
    note = forms.CharField(
        label=_("Comentario"), required=False, max_length=2000, widget=forms.Textarea({"rows": 2})
    )
    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, default_day: date, is_last: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["effective_on"].initial = default_day
        if not is_last:
            self.fields["effective_on"].label = _("Fecha que propone")
            self.fields["effective_on"].required = False


class ReturnForm(HouseForm):
    """Asking for changes."""

    note = reason_field(_("Qué debe cambiar"))


class CommentForm(HouseForm):
    """A remark on a passage."""

    part = forms.ChoiceField(label=_("Sobre qué"), required=False)
    quote = forms.CharField(
        label=_("Pasaje"),
        required=False,
        max_length=500,
        help_text=_("Copie aquí las palabras a las que se refiere, si son pocas."),
    )
    text = forms.CharField(
        label=_("Comentario"), max_length=5000, widget=forms.Textarea({"rows": 3})
    )

    def __init__(self, *args: Any, passages: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["part"].choices = [(key, one.title) for key, one in passages.items()]


class AnswerForm(HouseForm):
    """An answer to a remark."""

    text = forms.CharField(
        label=_("Respuesta"), max_length=5000, widget=forms.Textarea({"rows": 2})
    )


class ReasonForm(HouseForm):
    """Why something out of the ordinary is done."""

    reason = reason_field(_("Motivo"), help_text=_("Al menos 20 caracteres."))


class ObjectionForm(ReasonForm):
    """Why something published in an emergency is not stood by, and what then."""

    then = forms.ChoiceField(label=_("Qué pasa ahora"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, former: Version | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("keep", _("Sigue en vigor, con la advertencia, hasta que otra la reemplace"))]
        if former is not None:
            words = _("Vuelve a regir hoy lo que decía la versión %(n)s") % {"n": former.number}
            choices.append(("back", words))
        self.fields["then"].choices = choices
        self.fields["then"].initial = choices[0][0]

    @property
    def payload(self) -> dict[str, Any]:
        """What `services.object_to` takes."""
        return {
            "reason": self.cleaned_data["reason"],
            "bring_back": self.cleaned_data["then"] == "back",
        }


class RetireForm(ReasonForm):
    """Taking a document out of use."""

    replaced_by = forms.ModelChoiceField(
        label=_("Lo reemplaza"),
        queryset=Document.objects.none(),
        to_field_name="code",
        required=False,
        empty_label=_("Ningún documento"),
    )

    def __init__(self, *args: Any, others: QuerySet[Document], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["replaced_by"].queryset = others


class ConfirmForm(HouseForm):
    """An act that needs nothing but a yes."""
