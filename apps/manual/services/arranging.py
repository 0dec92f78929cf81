"""The tree of the manual: headings and pages, and where they stand (M1)."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person
from apps.core.access import require
from apps.core.rules import RuleBroken
from apps.documents.models import Document
from apps.manual.models import Node
from apps.manual.permissions import Perm


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
    return place_node(code=code, title=title, summary=summary, parent=parent, document=document)


def place_node(
    *, code: str, title: str, parent: Node | None, document: Document | None, summary: str = ""
) -> Node:
    """The last place under `parent`, for a caller that checked who asks."""
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
