"""What a version of a procedure says besides its free text: facts and steps (M2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person, Position
from apps.core.access import require
from apps.core.richtext import sanitise
from apps.core.rules import RuleBroken
from apps.documents import services as documents
from apps.documents.models import Document, Version
from apps.documents.permissions import Perm as DocumentPerm
from apps.manual.models import Form, Procedure, Step

STEP_MAX = 60_000


@dataclass(frozen=True)
class StepInput:
    """One step as written. `key` identifies it through versions; made of the title if empty."""

    title: str
    text: str
    role: Position | None
    key: str = ""
    accountable: Position | None = None
    limit_amount: int | None = None
    limit_unit: str = ""
    tool: str = ""
    form: Form | None = None
    channel: str = ""
    record: str = ""


@transaction.atomic
def write_procedure(
    version: Version,
    *,
    purpose: str,
    steps: Iterable[StepInput],
    by: Person,
    scope: str = "",
    starts_with: str = "",
    ends_with: str = "",
    inputs: Iterable[str] = (),
    outputs: Iterable[str] = (),
    standard: str = "",
    example: str = "",
    notes: str = "",
) -> Procedure:
    """Write what a draft says as a procedure: facts and steps in their order (M2).

    Steps known by their key stay the same rows under a new number; the others are added, and
    those left out go. Rich text (`example`, `notes`, texts of steps) is sanitised. Raises
    PermissionDenied unless `by` may write documents, RuleBroken unless `version` is a draft
    (M8, M11), or if a key is given twice, a step has no title or a limit has no unit.
    """
    require(by, DocumentPerm.WRITE)
    version = Version.objects.select_for_update().get(pk=version.pk)
    if version.state != Version.State.DRAFT:
        raise RuleBroken(_("Solo se escribe en un borrador."))
    procedure, _created = Procedure.objects.update_or_create(
        version=version,
        defaults={
            "purpose": purpose,
            "scope": scope,
            "starts_with": starts_with,
            "ends_with": ends_with,
            "inputs": list(inputs),
            "outputs": list(outputs),
            "standard": standard,
            "example": sanitise(example),
            "notes": sanitise(notes),
        },
    )
    _write_steps(version, list(steps))
    return procedure


def _write_steps(version: Version, steps: list[StepInput]) -> None:
    known = {step.key: step for step in version.steps.all()}
    taken: set[str] = set()
    for number, given in enumerate(steps, start=1):
        key = given.key or free_key(given.title, taken | known.keys())
        if key in taken:
            raise RuleBroken(
                _("La clave %(key)s nombra dos pasos: cada uno tiene la suya."),
                params={"key": key},
            )
        taken.add(key)
        write_step(known.get(key) or Step(version=version, key=key), number, given)
    for key, step in known.items():
        if key not in taken:
            step.delete()


def write_step(step: Step, number: int, given: StepInput) -> Step:
    """Write `given` on `step`, which becomes the `number`-th. Its key stays.

    Raises RuleBroken without a title, for a text over 60,000 characters, or for a limit
    that does not say its unit.
    """
    if not given.title.strip():
        raise RuleBroken(_("El paso %(number)s no tiene título."), params={"number": number})
    if given.limit_unit not in ("", *Step.LimitUnit.values) or (
        given.limit_amount is not None and not given.limit_unit
    ):
        raise RuleBroken(
            _("El plazo del paso %(number)s no dice en qué se mide."), params={"number": number}
        )
    if len(given.text) > STEP_MAX:
        raise RuleBroken(
            _("El texto del paso %(number)s es demasiado largo."), params={"number": number}
        )
    step.number = number
    step.title = given.title.strip()
    step.text = sanitise(given.text)
    for name in ("role", "accountable", "limit_amount", "limit_unit", "tool", "form",
                 "channel", "record"):  # fmt: skip
        setattr(step, name, getattr(given, name))
    step.save()
    return step


def free_key(title: str, taken: Iterable[str]) -> str:
    """A key made of the words of `title` that is not among `taken`."""
    base = slugify(title)[:72] or "paso"
    key, count = base, 1
    while key in taken:
        count += 1
        key = f"{base}-{count}"
    return key


def record_procedure(
    document: Document, *, procedure: dict[str, Any], by: Person, **version: Any
) -> Version:
    """Bring in a published version of a procedure from an existing manual, oldest first.

    `version` is what `documents.services.record_published` takes, `procedure` what
    `write_procedure` takes besides the version. Raises as they do.
    """
    return documents.record_published(
        document,
        by=by,
        attach=lambda draft: write_procedure(draft, by=by, **procedure),
        **version,
    )
