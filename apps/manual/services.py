"""What can happen to the manual: its tree, its procedures, its forms."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person, Position, Unit
from apps.core.access import require
from apps.core.files import store_upload
from apps.core.richtext import sanitise
from apps.core.rules import RuleBroken
from apps.documents import services as documents
from apps.documents.models import Document, Version
from apps.documents.permissions import Perm as DocumentPerm
from apps.manual.models import Form, FormVersion, Node, Procedure, Step
from apps.manual.permissions import Perm

# The tree -----------------------------------------------------------------------------------


@transaction.atomic
def create_node(
    *,
    code: str,
    title: str,
    by: Person,
    summary: str = "",
    parent: Node | None = None,
    document: Document | None = None,
) -> Node:
    """Add a heading, or the page of `document`, as the last one under `parent` (M1).

    Raises PermissionDenied unless `by` may arrange the manual, RuleBroken if the code is
    taken, `parent` is a page, or the document already has a place.
    """
    require(by, Perm.ARRANGE)
    siblings = _locked_siblings(parent)
    _check_parent(parent)
    if document is not None and Node.objects.filter(document=document).exists():
        raise RuleBroken(_("Ese documento ya tiene su lugar en el manual."))
    try:
        with transaction.atomic():
            return Node.objects.create(
                code=code,
                title=title,
                summary=summary,
                parent=parent,
                document=document,
                order=len(siblings) + 1,
            )
    except IntegrityError as error:
        if Node.objects.filter(code=code).exists():
            raise RuleBroken(
                _("El código %(code)s ya está en uso."), params={"code": code}
            ) from error
        raise


@transaction.atomic
def rename_node(node: Node, *, title: str, summary: str, by: Person) -> Node:
    """Give a heading another title and summary. Its code, and so its address, stay.

    Raises PermissionDenied unless `by` may arrange the manual, RuleBroken for the page of a
    document: its title comes with its version.
    """
    require(by, Perm.ARRANGE, node)
    node = Node.objects.select_for_update().get(pk=node.pk)
    if node.document_id is not None:
        raise RuleBroken(_("El título de una página cambia con su próxima versión."))
    node.title, node.summary = title, summary
    node.save(update_fields=["title", "summary"])
    return node


@transaction.atomic
def move_node(node: Node, *, parent: Node | None, by: Person, place: int | None = None) -> Node:
    """Put `node` under `parent` (None: at the top) as the `place`-th of its siblings (M1).

    `place` counts from 1 among the siblings that `by` can see; None, or more than there
    are, is the last place. Siblings are numbered again without gaps, in the old family and
    in the new one. Raises
    PermissionDenied unless `by` may arrange the manual and both exist for them, RuleBroken
    if `parent` is a page, the node itself or one of its descendants.
    """
    require(by, Perm.ARRANGE, node)
    if parent is not None:
        require(by, Perm.ARRANGE, parent)
    # One mover at a time: two moves could close a circle that neither sees alone.
    parents = dict(Node.objects.select_for_update().order_by("pk").values_list("pk", "parent_id"))
    _check_parent(parent)
    above = parent.pk if parent else None
    while above is not None:
        if above == node.pk:
            raise RuleBroken(_("No se puede mover una sección dentro de sí misma."))
        above = parents[above]
    node = Node.objects.get(pk=node.pk)
    former_id = node.parent_id
    family = list(Node.objects.filter(parent=parent).exclude(pk=node.pk))
    seen = set(Node.objects.visible_to(by).filter(parent=parent).values_list("pk", flat=True))
    shown = [at for at, sibling in enumerate(family) if sibling.pk in seen]
    last = place is None or place > len(shown)
    family.insert(len(family) if last else shown[max(0, place - 1)], node)
    node.parent = parent
    _number_again(family, moved=node)
    if former_id != node.parent_id:
        _number_again(list(Node.objects.filter(parent_id=former_id)))
    return node


def _number_again(family: list[Node], moved: Node | None = None) -> None:
    for order, sibling in enumerate(family, start=1):
        if sibling is moved or sibling.order != order:
            sibling.order = order
            sibling.save(update_fields=["order", "parent"])


def _locked_siblings(parent: Node | None) -> list[Node]:
    if parent is not None:
        Node.objects.select_for_update().get(pk=parent.pk)
    return list(Node.objects.select_for_update().filter(parent=parent))


def _check_parent(parent: Node | None) -> None:
    # A page under a page would be named in the path of readers who may not know of the other.
    if parent is not None and parent.document_id is not None:
        raise RuleBroken(_("Una página no contiene otras: elija una sección."))


# Procedures ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class StepInput:
    """One step as written. `key` identifies it through versions; made of the title if empty."""

    title: str
    text: str
    role: Position
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
        if not given.title.strip():
            raise RuleBroken(_("El paso %(number)s no tiene título."), params={"number": number})
        if given.limit_unit not in ("", *Step.LimitUnit.values) or (
            given.limit_amount is not None and not given.limit_unit
        ):
            raise RuleBroken(
                _("El plazo del paso %(number)s no dice en qué se mide."),
                params={"number": number},
            )
        key = given.key or _free_key(given.title, taken | known.keys())
        if key in taken:
            raise RuleBroken(
                _("La clave %(key)s nombra dos pasos: cada uno tiene la suya."),
                params={"key": key},
            )
        taken.add(key)
        step = known.get(key) or Step(version=version, key=key)
        step.number = number
        step.title = given.title.strip()
        step.text = sanitise(given.text)
        for name in ("role", "accountable", "limit_amount", "limit_unit", "tool", "form",
                     "channel", "record"):  # fmt: skip
            setattr(step, name, getattr(given, name))
        step.save()
    for key, step in known.items():
        if key not in taken:
            step.delete()


def _free_key(title: str, taken: Iterable[str]) -> str:
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


# Forms --------------------------------------------------------------------------------------


@transaction.atomic
def create_form(*, code: str, title: str, unit: Unit, by: Person, purpose: str = "") -> Form:
    """Register a form or template that steps may ask for; its file comes with an edition.

    Raises PermissionDenied unless `by` may manage forms, RuleBroken if the code is taken.
    """
    require(by, Perm.MANAGE_FORMS)
    if Form.objects.filter(code=code).exists():
        raise RuleBroken(_("El código %(code)s ya está en uso."), params={"code": code})
    return Form.objects.create(code=code, title=title, unit=unit, purpose=purpose)


@transaction.atomic
def publish_form(form: Form, *, uploaded: UploadedFile, by: Person, note: str = "") -> FormVersion:
    """Publish the next edition of a form's file; earlier editions stay.

    Raises PermissionDenied unless `by` may manage forms, RuleBroken if the file is refused
    (S40).
    """
    require(by, Perm.MANAGE_FORMS, form)
    Form.objects.select_for_update().get(pk=form.pk)
    last = form.versions.aggregate(last=Max("number"))["last"] or 0
    return FormVersion.objects.create(
        form=form, number=last + 1, file=store_upload(uploaded, by=by), note=note
    )
