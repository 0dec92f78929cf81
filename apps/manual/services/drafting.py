"""Writing a procedure on a draft, one edit at a time, each from the revision it began at (F14)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person
from apps.core.richtext import sanitise
from apps.core.rules import RuleBroken
from apps.documents import services as documents
from apps.documents.models import Document, Version
from apps.manual.models import Procedure, Step
from apps.manual.services.procedures import StepInput, free_key, write_step

STEPS_MAX = 200
FACTS_MAX = 60_000
# Kinds whose versions say what to do in steps; the others are a text alone.
WITH_STEPS = (Document.Kind.PROCEDURE, Document.Kind.PROTOCOL)
FACTS = (
    "purpose", "scope", "starts_with", "ends_with", "inputs", "outputs", "standard",
    "example", "notes",
)  # fmt: skip


@dataclass(frozen=True)
class Facts:
    """What a procedure says besides body and steps. `example` and `notes` are rich text."""

    purpose: str = ""
    scope: str = ""
    starts_with: str = ""
    ends_with: str = ""
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    standard: str = ""
    example: str = ""
    notes: str = ""


def save_procedure(
    version: Version, *, revision: int, facts: Facts | None, by: Person, **draft: Any
) -> Version:
    """Save title, text and facts of a draft in one edit; `facts` None leaves them.

    `draft` is what `documents.services.save_draft` takes, and it raises as that does.
    """

    def attach(saved: Version) -> None:
        if facts is not None:
            _write_facts(saved, facts)

    return documents.save_draft(version, revision=revision, by=by, attach=attach, **draft)


def add_step(
    version: Version, *, revision: int, step: StepInput, by: Person, place: int | None = None
) -> Step:
    """Add a step as the `place`-th (from 1; None: the last). Its `version` has the new revision.

    Raises as `documents.services.editing` and `write_step` do, and RuleBroken over 200 steps.
    """
    with documents.editing(version, revision=revision, by=by) as draft:
        steps = list(draft.steps.all())
        if len(steps) >= STEPS_MAX:
            raise RuleBroken(_("Un procedimiento tiene como máximo 200 pasos."))
        made = Step(version=draft, key=free_key(step.title, {known.key for known in steps}))
        write_step(made, len(steps) + 1, step)
        if place is not None:
            steps.insert(max(0, place - 1), made)
            _number_again(steps)
    return made


def edit_step(version: Version, key: str, *, revision: int, step: StepInput, by: Person) -> Step:
    """Write a step anew under the same key and number. Its `version` has the new revision.

    Raises as `documents.services.editing` and `write_step` do, RuleBroken if it is gone.
    """
    with documents.editing(version, revision=revision, by=by) as draft:
        found = _find(list(draft.steps.all()), key)
        found.version = draft
        write_step(found, found.number, step)
    return found


def remove_step(version: Version, key: str, *, revision: int, by: Person) -> Version:
    """Take a step out of a draft and number the others again; the draft as it is then.

    Raises as `documents.services.editing` does, RuleBroken if it is gone.
    """
    with documents.editing(version, revision=revision, by=by) as draft:
        steps = list(draft.steps.all())
        found = _find(steps, key)
        steps.remove(found)
        found.delete()
        _number_again(steps)
    return draft


def move_step(version: Version, key: str, *, place: int, revision: int, by: Person) -> Version:
    """Make a step the `place`-th (from 1) and number the others again; keys stay (M2).

    Raises as `documents.services.editing` does, RuleBroken if it is gone.
    """
    with documents.editing(version, revision=revision, by=by) as draft:
        steps = list(draft.steps.all())
        found = _find(steps, key)
        steps.remove(found)
        steps.insert(min(len(steps), max(0, place - 1)), found)
        _number_again(steps)
    return draft


def carry(source: Version, draft: Version) -> None:
    """Copy procedure and steps of `source` into a new draft, keys kept (registered carrier)."""
    procedure = Procedure.objects.filter(version=source).first()
    if procedure is not None:
        procedure.pk = None
        procedure._state.adding = True
        procedure.version = draft
        procedure.save()
    for step in Step.objects.filter(version=source):
        step.pk = None
        step._state.adding = True
        step.version = draft
        step.save()


def _write_facts(draft: Version, facts: Facts) -> None:
    values = {name: getattr(facts, name) for name in FACTS}
    if sum(len(str(value)) for value in values.values()) > FACTS_MAX:
        raise RuleBroken(_("Lo que rodea al texto es demasiado largo."))
    values |= {
        "inputs": list(facts.inputs),
        "outputs": list(facts.outputs),
        "example": sanitise(facts.example),
        "notes": sanitise(facts.notes),
    }
    Procedure.objects.update_or_create(version=draft, defaults=values)


def _find(steps: list[Step], key: str) -> Step:
    for step in steps:
        if step.key == key:
            return step
    raise RuleBroken(_("El paso ya no existe: otra persona lo quitó."))


def _number_again(steps: list[Step]) -> None:
    for number, step in enumerate(steps, start=1):
        if step.number != number:
            step.number = number
            step.save(update_fields=["number"])
