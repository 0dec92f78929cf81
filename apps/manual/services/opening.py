"""A new document in its chapter, from the template of its kind; and those templates."""

from __future__ import annotations

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person, Unit
from apps.core.access import Level, require
from apps.core.files import IMAGES, store_upload
from apps.core.pasted import paragraphs
from apps.core.richtext import sanitise
from apps.core.rules import RuleBroken
from apps.documents import services as documents
from apps.documents.models import Document, Version
from apps.documents.permissions import Perm
from apps.manual.models import DocumentTemplate, Node, Picture
from apps.manual.permissions import Perm as ManualPerm
from apps.manual.services.arranging import place_node
from apps.manual.services.drafting import WITH_STEPS
from apps.manual.services.procedures import StepInput, write_procedure


@transaction.atomic
def create_document(
    *,
    kind: Document.Kind,
    parent: Node,
    code: str,
    title: str,
    owner: Person,
    unit: Unit,
    by: Person,
    classification: Level = Level.INTERNAL,
) -> Version:
    """Register a document in a chapter and open its first draft from the kind's template.

    Readers see neither until a version is in force. Raises PermissionDenied unless `by` may
    write and the chapter exists for them, RuleBroken if the code is taken or `parent` is a
    page.
    """
    require(by, Perm.WRITE)
    require(by, ManualPerm.VIEW, parent)
    if Node.objects.filter(code=code).exists():
        raise RuleBroken({"code": _("Ese código ya está en uso.")})
    template = DocumentTemplate.objects.filter(kind=kind).first() or DocumentTemplate(kind=kind)
    document = documents.open_document(
        kind=kind,
        code=code,
        title=title,
        owner=owner,
        unit=unit,
        classification=classification,
        by=by,
    )
    place_node(code=code, title=title, parent=parent, document=document)
    draft = documents.start_version(
        document, change=Version.Change.FIRST, title=title, body=template.body, by=by
    )
    if kind in WITH_STEPS:
        write_procedure(
            draft,
            purpose=template.purpose,
            scope=template.scope,
            steps=steps_of(template.steps),
            by=by,
        )
    return draft


def steps_of(lines: str) -> list[StepInput]:
    """Steps written one a line: title, and after a vertical bar what to do."""
    steps = []
    for line in lines.splitlines():
        title, _bar, text = line.partition("|")
        if title.strip():
            # Sanitised with every other text of a step when it is written.
            steps.append(StepInput(title=title.strip()[:160], text=paragraphs(text), role=None))
    return steps


@transaction.atomic
def save_template(
    kind: Document.Kind,
    *,
    purpose: str,
    scope: str,
    body: str,
    steps: str,
    by: Person,
) -> DocumentTemplate:
    """Write what new documents of a kind begin with; those begun already stay as they are.

    Raises PermissionDenied unless `by` governs documents.
    """
    require(by, Perm.GOVERN)
    template, _created = DocumentTemplate.objects.update_or_create(
        kind=kind,
        defaults={
            "purpose": purpose,
            "scope": scope,
            "body": sanitise(body),
            "steps": steps,
        },
    )
    return template


@transaction.atomic
def add_picture(document: Document, *, uploaded: UploadedFile, by: Person) -> Picture:
    """Keep an image to be shown in texts of `document`; it is re-encoded (S42).

    Raises PermissionDenied unless `by` may write and the document exists for them,
    RuleBroken if the file is refused or is not an image.
    """
    require(by, Perm.WRITE, document)
    extension = (uploaded.name or "").rpartition(".")[2].lower()
    if extension not in IMAGES:
        raise RuleBroken(_("Elija una imagen PNG, JPG o WebP."))
    return Picture.objects.create(document=document, file=store_upload(uploaded, by=by))
