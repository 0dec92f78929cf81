"""What a version of a procedure says, as plain data: to be hashed, compared and shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.documents.models import Version
from apps.documents.services import attached_texts, carriers, content_parts
from apps.manual.models import Procedure, Step
from apps.manual.services import carry

# Facts of a procedure in the order they are read: field, label.
FACTS = (
    ("scope", gettext_lazy("Se aplica a")),
    ("starts_with", gettext_lazy("Empieza con")),
    ("ends_with", gettext_lazy("Termina con")),
    ("inputs", gettext_lazy("Entra")),
    ("outputs", gettext_lazy("Sale")),
    ("standard", gettext_lazy("Estándar")),
)
LISTS = ("inputs", "outputs")


@dataclass(frozen=True)
class StepContent:
    """A step in words. `text` is sanitised rich text; form_code and form_title name its form."""

    key: str
    number: int
    title: str
    text: str
    role: str
    accountable: str = ""
    limit: str = ""
    tool: str = ""
    channel: str = ""
    form_code: str = ""
    form_title: str = ""
    record: str = ""

    @property
    def form(self) -> str:
        return f"{self.form_code} {self.form_title}".strip()


@dataclass(frozen=True)
class Content:
    """The whole text of one version. Rich text: `body`, `example`, `notes` and steps' texts."""

    number: int
    title: str
    body: str
    purpose: str = ""
    facts: dict[str, str] = field(default_factory=dict)
    example: str = ""
    notes: str = ""
    steps: tuple[StepContent, ...] = ()


def limit_in_words(amount: int | None, unit: str) -> str:
    """«2 días hábiles», «El mismo día», or nothing."""
    if unit == Step.LimitUnit.SAME_DAY:
        return _("El mismo día")
    if amount is None:
        return ""
    words = {
        Step.LimitUnit.MINUTES: ngettext("%(n)s minuto", "%(n)s minutos", amount),
        Step.LimitUnit.HOURS: ngettext("%(n)s hora", "%(n)s horas", amount),
        Step.LimitUnit.DAYS: ngettext("%(n)s día", "%(n)s días", amount),
        Step.LimitUnit.BUSINESS_DAYS: ngettext("%(n)s día hábil", "%(n)s días hábiles", amount),
    }
    return words[Step.LimitUnit(unit)] % {"n": amount}


def content_of(version: Version) -> Content:
    """The text of `version` in words. Two queries."""
    procedure = Procedure.objects.filter(version_id=version.pk).first()
    steps = Step.objects.filter(version_id=version.pk).select_related("role", "accountable", "form")
    facts = {}
    for name, _label in FACTS:
        value = getattr(procedure, name, "")
        facts[name] = "; ".join(map(str, value)) if name in LISTS else value
    return Content(
        number=version.number,
        title=version.title,
        body=version.body,
        purpose=procedure.purpose if procedure else "",
        facts={name: value for name, value in facts.items() if value},
        example=procedure.example if procedure else "",
        notes=procedure.notes if procedure else "",
        steps=tuple(_step_content(step) for step in steps),
    )


def _step_content(step: Step) -> StepContent:
    return StepContent(
        key=step.key,
        number=step.number,
        title=step.title,
        text=step.text,
        role=step.role.title if step.role else "",
        accountable=step.accountable.title if step.accountable else "",
        limit=limit_in_words(step.limit_amount, step.limit_unit),
        tool=step.tool,
        channel=step.channel,
        form_code=step.form.code if step.form else "",
        form_title=step.form.title if step.form else "",
        record=step.record,
    )


def sealed_content(version: Version) -> dict[str, Any] | None:
    """Procedure and steps as plain data, for the version's hash (M11); None without any.

    Positions and forms stand by their keys, so that renaming one breaks no seal.
    """
    procedure = (
        Procedure.objects.filter(version_id=version.pk)
        .values(
            "purpose",
            "scope",
            "starts_with",
            "ends_with",
            "inputs",
            "outputs",
            "standard",
            "example",
            "notes",
        )  # fmt: skip
        .first()
    )
    steps = list(
        Step.objects.filter(version_id=version.pk)
        .order_by("number")
        .values(
            "key",
            "number",
            "title",
            "text",
            "role__key",
            "accountable__key",
            "limit_amount",
            "limit_unit",
            "tool",
            "form__code",
            "channel",
            "record",
        )  # fmt: skip
    )
    return {"procedure": procedure, "steps": steps} if procedure or steps else None


def _rich_texts(version: Version) -> Iterable[str]:
    content = content_of(version)
    yield content.example
    yield content.notes
    for step in content.steps:
        yield step.text


def hand_over() -> None:
    """Register with the document engine; called once when the apps have loaded."""
    content_parts.add("manual", sealed_content)
    attached_texts.add("manual", _rich_texts)
    carriers.add("manual", carry)
