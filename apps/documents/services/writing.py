"""Drafts: opening, writing, discarding and restoring them.

Nothing here touches what readers see: that changes only when a version comes into force (M5).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person
from apps.core.access import require
from apps.core.richtext import sanitise
from apps.core.rules import RuleBroken, StaleEdit
from apps.documents.models import Document, Version
from apps.documents.permissions import Perm
from apps.documents.services.approving import void_approvals
from apps.documents.services.content import carriers, check_reason, given_up

# Longer texts are refused with a sentence: a page of the manual has some 20,000 characters.
BODY_MAX = 400_000
TITLE_MAX = 200


@transaction.atomic
def start_version(
    document: Document,
    *,
    change: Version.Change,
    by: Person,
    title: str | None = None,
    body: str | None = None,
    justification: str = "",
) -> Version:
    """Open a draft with the next number, as a copy of the version in force.

    Title, text and what rooms attach are copied (`carriers`); `title` and `body` (rich text,
    sanitised here) take the place of the copied ones. The first version of a document is
    always a first version, a later one never (M6); the reason may be written later.
    Raises PermissionDenied unless `by` may write and the document exists for them,
    RuleBroken if a draft is open, the document was retired or a text is too long.
    """
    require(by, Perm.WRITE, document)
    document = Document.objects.select_for_update(of=("self",)).get(pk=document.pk)
    source = Version.objects.filter(pk=document.current_id).first()
    version = _open(
        document,
        title=title if title is not None else (source.title if source else document.title),
        body=sanitise(body) if body is not None else (source.body if source else ""),
        change=change,
        justification=justification,
        by=by,
    )
    if source is not None:
        for _key, carry in carriers:
            carry(source, version)
    return version


@transaction.atomic
def restore(
    version: Version, *, reason: str, by: Person, change: Version.Change = Version.Change.MINOR
) -> Version:
    """Open a draft that says what the published `version` said (M12). History stays as it is.

    Raises PermissionDenied unless `by` may write and the document exists for them,
    RuleBroken if the reason is shorter than 20 characters, `version` was never published or
    is the one in force, or a draft is open.
    """
    document = Document.objects.get(pk=version.document_id)
    require(by, Perm.WRITE, document)
    document = Document.objects.select_for_update(of=("self",)).get(pk=document.pk)
    version = Version.objects.get(pk=version.pk)
    check_reason(reason)
    if not version.is_published:
        raise RuleBroken(_("Solo se restaura una versión publicada."))
    if version.pk == document.current_id:
        raise RuleBroken(_("Esa versión ya es la que está en vigor."))
    return open_again(document, version, change=change, reason=reason, by=by)


def open_again(
    document: Document, version: Version, *, change: Version.Change, reason: str, by: Person
) -> Version:
    """A new draft of `by` that says what `version` said; the caller holds the document's lock."""
    draft = _open(
        document,
        title=version.title,
        body=version.body,
        change=change,
        justification=reason,
        restored_from=version,
        by=by,
    )
    for _key, carry in carriers:
        carry(version, draft)
    return draft


def _open(
    document: Document, *, title: str, body: str, change: str, justification: str, **fields: Any
) -> Version:
    by = fields.pop("by")
    if document.retired_on is not None:
        raise RuleBroken(_("El documento se retiró: no admite versiones nuevas."))
    if document.versions.filter(state__in=[Version.State.DRAFT, Version.State.IN_REVIEW]).exists():
        raise RuleBroken(_("Ya hay un borrador abierto de este documento."))
    last = document.versions.aggregate(last=Max("number"))["last"] or 0
    _check_text(title, body)
    version = Version.objects.create(
        document=document,
        number=last + 1,
        title=title.strip(),
        body=body,
        change=_change_of(last + 1, change),
        justification=justification.strip(),
        author=by,
        edited_at=timezone.now(),
        **fields,
    )
    version.editors.add(by)
    return version


@contextmanager
def editing(version: Version, *, revision: int, by: Person) -> Iterator[Version]:
    """The draft, locked, to be changed in one transaction; rooms above edit their part in it.

    When it ends, approvals given to the former text are void (M8), `by` counts among those
    who wrote it and its `revision` is one higher. Raises PermissionDenied unless `by` may
    write and the document exists for them, RuleBroken if it is gone or not a draft, and
    StaleEdit with the present row if `revision` is not the present one (F14).
    """
    require(by, Perm.WRITE)
    with transaction.atomic():
        rows = Version.objects.select_for_update(of=("self",)).select_related("document")
        found = rows.filter(pk=version.pk).first()
        if found is None:
            raise RuleBroken(_("El borrador ya no existe: otra persona lo descartó."))
        require(by, Perm.WRITE, found.document)
        _check_draft(found)
        if found.revision != revision:
            raise StaleEdit(
                _("Otra persona guardó un cambio mientras usted escribía."), newer=found
            )
        yield found
        void_approvals(found)
        found.editors.add(by)
        found.revision = revision + 1
        found.edited_at = timezone.now()
        found.save()


def save_draft(
    version: Version,
    *,
    revision: int,
    title: str,
    body: str,
    change: Version.Change,
    by: Person,
    justification: str = "",
    wanted_on: date | None = None,
    asks_acknowledgement: bool = False,
    attach: Callable[[Version], Any] | None = None,
) -> Version:
    """Save what was written on a draft that stood at `revision`; one edit, all or nothing.

    `body` is rich text and is sanitised here; `attach` writes what rooms above add to the
    version in the same transaction. Raises as `editing` does, and RuleBroken without a title,
    for a text over 400,000 characters or a change that does not fit the number.
    """
    with editing(version, revision=revision, by=by) as draft:
        body = sanitise(body)
        _check_text(title, body)
        draft.title = title.strip()
        draft.body = body
        draft.change = _change_of(draft.number, change)
        draft.justification = justification.strip()
        draft.wanted_on = wanted_on
        draft.asks_acknowledgement = asks_acknowledgement
        if attach is not None:
            attach(draft)
    return draft


@transaction.atomic
def discard_draft(version: Version, *, by: Person) -> None:
    """Throw a draft away; its number is given again. Published versions stay for ever (M12).

    Without any other version the document goes with it, and its code is free again. Raises
    PermissionDenied unless `by` may write and the document exists for them, RuleBroken if it
    is not a draft any more.
    """
    require(by, Perm.WRITE)
    rows = Version.objects.select_for_update(of=("self",)).select_related("document")
    version = rows.filter(pk=version.pk).first()
    if version is None:
        return
    require(by, Perm.WRITE, version.document)
    _check_draft(version)
    document = version.document
    version.delete()
    if not document.versions.exists():
        _give_up(document)


def _give_up(document: Document) -> None:
    """Take a document away of which nothing was ever published."""
    given_up.send(sender=Document, document=document)
    for row in document.impacts.all():
        row.delete()
    for row in document.review_changes.all():
        row.delete()
    document.delete()


def _check_draft(version: Version) -> None:
    if version.state == Version.State.IN_REVIEW:
        raise RuleBroken(_("Está en revisión: nadie la cambia hasta que se decida."))
    if version.state != Version.State.DRAFT:
        raise RuleBroken(_("Solo se escribe en un borrador."))


def _check_text(title: str, body: str) -> None:
    if not title.strip():
        raise RuleBroken({"title": _("Escriba el título.")})
    if len(title.strip()) > TITLE_MAX:
        raise RuleBroken({"title": _("El título tiene más de 200 caracteres.")})
    if len(body) > BODY_MAX:
        raise RuleBroken({"body": _("El texto es demasiado largo. Divídalo en dos documentos.")})


def _change_of(number: int, change: str) -> str:
    """`change` if it fits a version of that number; the first one is always a first version."""
    if number == 1:
        return Version.Change.FIRST
    if change not in Version.Change.values or change == Version.Change.FIRST:
        raise RuleBroken({"change": _("Elija qué tipo de cambio es.")})
    return change
