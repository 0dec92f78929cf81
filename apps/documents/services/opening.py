"""Registering a document: who it is for, what stands beside it."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person, Unit
from apps.core.access import Level, require
from apps.core.rules import RuleBroken
from apps.documents.models import Document, Relation
from apps.documents.permissions import Perm
from apps.documents.querysets import descendants_too


@transaction.atomic
def open_document(
    *,
    kind: Document.Kind,
    code: str,
    title: str,
    owner: Person,
    unit: Unit,
    by: Person,
    classification: Level = Level.INTERNAL,
    review_months: int = 12,
) -> Document:
    """Register a document without any version yet.

    Raises PermissionDenied unless `by` may write documents, RuleBroken if the code is taken
    or the review interval is not between 1 and 36 months.
    """
    require(by, Perm.WRITE)
    if not 1 <= review_months <= 36:
        raise RuleBroken(_("La revisión se hace cada 1 a 36 meses."))
    if Document.objects.filter(code=code).exists():
        raise RuleBroken(_("Ya hay un documento con el código %(code)s."), params={"code": code})
    return Document.objects.create(
        kind=kind,
        code=code,
        title=title,
        owner=owner,
        unit=unit,
        classification=classification,
        review_months=review_months,
    )


@transaction.atomic
def set_audience(document: Document, units: Iterable[Unit], *, by: Person) -> None:
    """Address `document` to `units` and everything below them; to everyone if there are none.

    Raises PermissionDenied unless `by` may write documents and the document exists for them.
    """
    require(by, Perm.WRITE, document)
    document.audience.set(descendants_too(list(units)))


@transaction.atomic
def relate(document: Document, others: Iterable[Document], *, by: Person) -> None:
    """Make `others` the documents worth reading beside `document`.

    Raises PermissionDenied unless `by` may write documents and all of them exist for them,
    RuleBroken if `document` is among `others`.
    """
    require(by, Perm.WRITE, document)
    wanted = {other.pk: other for other in others}
    if document.pk in wanted:
        raise RuleBroken(_("Un documento no se relaciona consigo mismo."))
    for other in wanted.values():
        require(by, Perm.WRITE, other)
    for relation in document.relations.all():
        if relation.related_id not in wanted:
            relation.delete()
        wanted.pop(relation.related_id, None)
    for other in wanted.values():
        Relation.objects.create(document=document, related=other)
