"""Shape of what is written: drafts, steps, new documents, templates."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person, Position, Unit
from apps.core.access import Level
from apps.core.forms import HouseForm
from apps.core.pasted import from_input
from apps.documents.models import Document, Version
from apps.documents.services.content import JUSTIFICATION_MIN
from apps.documents.services.writing import BODY_MAX
from apps.manual.models import Form, Node, Procedure, Step
from apps.manual.services import Facts, StepInput
from apps.manual.services.drafting import FACTS as FACT_NAMES
from apps.manual.services.procedures import STEP_MAX

LISTS = ("inputs", "outputs")
# The form element of the draft's page: its fields stand in several places of it.
DRAFT_FORM = "borrador"
CHANGES = [
    (Version.Change.CORRECTION, _("Corrección: una falta o un dato, sin cambiar qué se hace")),
    (Version.Change.MINOR, _("Cambio menor: cambia cómo se hace algo")),
    (Version.Change.MAJOR, _("Cambio mayor: quienes la usan deben leerla y aceptarla")),
]


class RichField(forms.CharField):
    """Rich text: from the editor, pasted from Word, or plain words in paragraphs."""

    def __init__(self, *, rows: int = 6, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        widget = forms.Textarea({"rows": rows, "data-rich": ""})
        super().__init__(widget=widget, **kwargs)

    def to_python(self, value: Any) -> str:
        return from_input(super().to_python(value))


class LinesField(forms.CharField):
    """A list of short things, one a line."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        kwargs.setdefault("help_text", _("Una por línea."))
        super().__init__(widget=forms.Textarea({"rows": 3}), max_length=4000, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(str, value)) if isinstance(value, list | tuple) else value


def _paragraph(label: Any, rows: int = 2, **kwargs: Any) -> forms.CharField:
    widget = forms.Textarea({"rows": rows})
    return forms.CharField(label=label, required=False, max_length=4000, widget=widget, **kwargs)


def _change_field() -> forms.ChoiceField:
    return forms.ChoiceField(
        label=_("Tipo de cambio"),
        choices=CHANGES,
        widget=forms.RadioSelect,
        error_messages={"required": _("Elija qué tipo de cambio es.")},
    )


def _reason_field(**kwargs: Any) -> forms.CharField:
    return forms.CharField(
        label=_("Por qué cambia"),
        max_length=2000,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("Lo leen quienes aprueban y queda en el historial. Al menos 20 caracteres."),
        **kwargs,
    )


class StartForm(HouseForm):
    """What kind of change a new version will be; the reason may be written later."""

    change = _change_field()
    justification = _reason_field(required=False)


class RestoreForm(HouseForm):
    """Why an older text is to be the next version again."""

    change = _change_field()
    reason = _reason_field(
        min_length=JUSTIFICATION_MIN,
        error_messages={
            "required": _("Explique por qué vuelve a este texto."),
            "min_length": _("Explique el motivo con al menos 20 caracteres."),
        },
    )


class DraftForm(HouseForm):
    """Everything of a draft but its steps. `revision` is where the edit began."""

    revision = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)
    title = forms.CharField(
        label=_("Título"),
        max_length=200,
        error_messages={"required": _("Escriba el título.")},
    )
    change = _change_field()
    justification = _reason_field(required=False)
    wanted_on = forms.DateField(
        label=_("Desde qué día debería regir"),
        required=False,
        widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"),
        help_text=_("Es una propuesta: la fecha la fija quien aprueba."),
    )
    asks_acknowledgement = forms.BooleanField(
        label=_("Pedir lectura y aceptación aunque el cambio sea menor"), required=False
    )
    purpose = _paragraph(_("Para qué sirve"))
    scope = _paragraph(_("Se aplica a"))
    starts_with = _paragraph(_("Empieza con"), 1)
    ends_with = _paragraph(_("Termina con"), 1)
    inputs = LinesField(label=_("Entra"))
    outputs = LinesField(label=_("Sale"))
    standard = forms.CharField(label=_("Estándar"), required=False, max_length=200)
    body = RichField(
        label=_("Texto"),
        rows=12,
        max_length=BODY_MAX,
        error_messages={
            "max_length": _("El texto es demasiado largo. Divídalo en dos documentos.")
        },
    )
    example = RichField(label=_("Ejemplo"), max_length=STEP_MAX)
    notes = RichField(label=_("Casos especiales"), max_length=STEP_MAX)

    def __init__(self, *args: Any, version: Version, has_steps: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.version, self.has_steps = version, has_steps
        if not has_steps:
            for name in FACT_NAMES:
                del self.fields[name]
        if version.number == 1:
            for name in ("change", "asks_acknowledgement"):
                del self.fields[name]
            self.fields["justification"].label = _("Por qué hace falta este documento")
        for field in self.fields.values():
            field.widget.attrs["form"] = DRAFT_FORM

    @property
    def draft(self) -> dict[str, Any]:
        """What `services.save_procedure` takes, besides version and person."""
        data = self.payload
        facts = {name: data.pop(name) for name in FACT_NAMES if name in data}
        for name in LISTS:
            if name in facts:
                facts[name] = tuple(
                    line.strip() for line in facts[name].splitlines() if line.strip()
                )
        data.setdefault("change", self.version.change)
        data.setdefault("asks_acknowledgement", self.version.asks_acknowledgement)
        return data | {"facts": Facts(**facts) if self.has_steps else None}


def draft_values(version: Version, procedure: Procedure | None) -> dict[str, Any]:
    """What the fields of a draft's form hold for `version` as it is saved."""
    names = ("revision", "title", "change", "justification", "wanted_on", "asks_acknowledgement")
    values = {name: getattr(version, name) for name in (*names, "body")}
    if procedure is not None:
        values |= {name: getattr(procedure, name) for name in FACT_NAMES}
        values |= {name: "\n".join(map(str, values[name])) for name in LISTS}
    return values


class StepForm(HouseForm):
    """One step. `revision` is where the edit began."""

    revision = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)
    title = forms.CharField(
        label=_("Qué se hace"),
        max_length=160,
        error_messages={"required": _("Diga en pocas palabras qué se hace.")},
    )
    text = RichField(label=_("Cómo se hace"), rows=5, max_length=STEP_MAX)
    role = forms.ModelChoiceField(
        label=_("Responsable"), queryset=Position.objects.none(), required=False,
        empty_label=_("Sin responsable"),
    )  # fmt: skip
    accountable = forms.ModelChoiceField(
        label=_("Responde por el resultado"), queryset=Position.objects.none(), required=False,
        empty_label=_("Nadie todavía"),
    )  # fmt: skip
    limit_amount = forms.IntegerField(label=_("Plazo"), required=False, min_value=1, max_value=999)
    limit_unit = forms.ChoiceField(
        label=_("Unidad del plazo"),
        required=False,
        choices=[("", _("Sin plazo")), *Step.LimitUnit.choices],
    )
    tool = forms.CharField(label=_("Herramienta"), required=False, max_length=120)
    form = forms.ModelChoiceField(
        label=_("Formulario o plantilla"),
        queryset=Form.objects.order_by("code"),
        required=False,
        empty_label=_("Ninguno"),
    )
    channel = forms.CharField(label=_("Canal"), required=False, max_length=60)
    record = forms.CharField(label=_("Qué queda"), required=False, max_length=160)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        positions = Position.objects.filter(is_active=True).select_related("unit")
        for name in ("role", "accountable"):
            self.fields[name].queryset = positions.order_by("title", "pk")
            self.fields[name].label_from_instance = lambda found: (
                f"{found.title} · {found.unit.name}"
            )

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("limit_amount") and not data.get("limit_unit"):
            self.add_error("limit_unit", _("Diga en qué se mide el plazo."))
        return data

    @property
    def step(self) -> StepInput:
        """What the services of steps take."""
        return StepInput(**{k: v for k, v in self.payload.items() if k != "revision"})


def step_values(step: Step) -> dict[str, Any]:
    """What the fields of a step's form hold for `step` as it is saved."""
    names = ("title", "text", "limit_amount", "limit_unit", "tool", "channel", "record")
    linked = {"role": step.role_id, "accountable": step.accountable_id, "form": step.form_id}
    return {name: getattr(step, name) for name in names} | linked


class DocumentForm(HouseForm):
    """A new document and its place in the manual."""

    kind = forms.ChoiceField(label=_("Clase"), choices=Document.Kind.choices)
    parent = forms.ModelChoiceField(
        label=_("Capítulo o sección"),
        queryset=Node.objects.none(),
        to_field_name="code",
        empty_label=_("Elija dónde va"),
        error_messages={"required": _("Elija en qué capítulo va.")},
    )
    code = forms.RegexField(
        label=_("Código"),
        regex=r"^[A-Z0-9][A-Z0-9.-]{0,38}[A-Z0-9]$",
        max_length=40,
        required=False,
        error_messages={
            "invalid": _("Use mayúsculas, cifras, puntos y guiones. Por ejemplo: ATC-02.3.")
        },
        help_text=_("Vacío, lleva el siguiente del capítulo. Es su dirección y no cambia después."),
    )
    title = forms.CharField(
        label=_("Título"),
        max_length=200,
        error_messages={"required": _("Escriba el título.")},
    )
    unit = forms.ModelChoiceField(
        label=_("Unidad"),
        queryset=Unit.objects.filter(is_active=True).order_by("name"),
        empty_label=_("Elija la unidad"),
        error_messages={"required": _("Elija qué unidad lo cuida.")},
    )
    owner = forms.ModelChoiceField(
        label=_("Responsable"),
        queryset=Person.objects.none(),
        empty_label=_("Elija a quién"),
        error_messages={"required": _("Elija quién responde del documento.")},
    )
    classification = forms.TypedChoiceField(
        label=_("Clasificación"), choices=Level.choices, coerce=int, initial=Level.INTERNAL
    )

    def __init__(
        self,
        *args: Any,
        headings: QuerySet[Node],
        people: QuerySet[Person],
        clearance: Level,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["parent"].queryset = headings
        self.fields["owner"].queryset = people
        # Nobody opens what they could not read afterwards.
        self.fields["classification"].choices = [
            (level, label) for level, label in Level.choices if level <= clearance
        ]


class TemplateForm(HouseForm):
    """What new documents of one kind begin with."""

    body = RichField(label=_("Texto"), rows=12, max_length=BODY_MAX)
    purpose = _paragraph(_("Para qué sirve"))
    scope = _paragraph(_("Se aplica a"))
    steps = forms.CharField(
        label=_("Pasos"),
        required=False,
        max_length=8000,
        widget=forms.Textarea({"rows": 8}),
        help_text=_("Uno por línea: título, una barra vertical y qué hacer."),
    )

    def __init__(self, *args: Any, has_steps: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not has_steps:
            for name in ("purpose", "scope", "steps"):
                del self.fields[name]


class PictureForm(forms.Form):
    """An image for a text."""

    imagen = forms.FileField(
        label=_("Imagen"), error_messages={"required": _("Elija una imagen PNG, JPG o WebP.")}
    )
