"""Registering a document: who it is for, what stands beside it."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.audit import acting
from apps.accounts.models import Person, Unit
from apps.core.access import Level, require
from apps.core.rules import RuleBroken, StaleEdit
from apps.documents.models import Document, Relation
from apps.documents.permissions import Perm
from apps.documents.querysets import descendants_too
from apps.documents.services.reviewing import rules_of
from apps.documents.sight import sees_by_itself


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
    review_months: int | None = None,
) -> Document:
    """Register a document without any version yet, reviewed by default as its kind is.

    Raises PermissionDenied unless `by` may write documents, RuleBroken if the code is taken
    or the review interval is not between 1 and 36 months.
    """
    require(by, Perm.WRITE)
    if review_months is None:
        review_months = rules_of(kind).review_months
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
def set_audience(
    document: Document, units: Iterable[Unit], *, expected: Iterable[int] | None = None, by: Person
) -> None:
    """Address `document` to `units` and everything below them; to everyone if there are none.

    `expected` are the keys of the units it was addressed to when the choice was made. Raises
    PermissionDenied unless the document exists for `by`, who may write documents, or govern
    them once one of its versions was published; StaleEdit if it is addressed to others than
    `expected` now (F14); RuleBroken if `by` sees it only by an exception and would so address
    it to themself (S7).
    """
    was_published = document.versions.published().exists()
    require(by, Perm.GOVERN if was_published else Perm.WRITE, document)
    document = Document.objects.select_for_update(of=("self",)).get(pk=document.pk)
    now = set(document.audience.values_list("pk", flat=True))
    if expected is not None and set(expected) != now:
        raise StaleEdit(_("Otra persona cambió los destinatarios mientras usted los elegía."))
    wanted = descendants_too(list(units))
    if sees_by_itself(document, by, set(wanted)) and not sees_by_itself(document, by, now):
        raise RuleBroken(
            _("Usted ve este documento por una excepción: que lo dirija otra persona a su unidad.")
        )
    with acting(by):
        document.audience.set(wanted)


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
