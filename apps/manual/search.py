"""What of the manual can be found: pages in force, and forms and templates.

Only versions in force are indexed, so a former text is never found. Chapters are not results:
one whose pages are all restricted would tell of them; they stand beside the pages found.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models import F
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.core.registry import SearchDocument, SearchKind, search_kinds
from apps.core.richtext import plain_text
from apps.core.search import indexing
from apps.documents.models import Document, Version
from apps.documents.services import came_into_force, left_force
from apps.manual.content import Content, content_of
from apps.manual.models import Form, FormVersion, Node
from apps.manual.permissions import Perm

PAGE, FORM = "page", "form"


# Pages ---------------------------------------------------------------------------------------


def _visible_pages(actor: Any) -> models.QuerySet[Document]:
    if not actor.has_perm(Perm.VIEW):
        return Document.objects.none()
    return Document.objects.visible_to(actor).in_force()


def _pages() -> models.QuerySet[Document]:
    return Document.objects.in_force().exclude(node=None)


def _page_documents(rows: models.QuerySet[Document]) -> Iterable[SearchDocument]:
    rows = rows.filter(node__isnull=False, current__isnull=False)
    documents = list(rows.select_related("current", "node"))
    chapters = _chapters_of([document.node for document in documents])
    for document in documents:
        yield SearchDocument(
            object_id=document.pk,
            code=document.node.code,
            title=document.current.title,
            body=_words_of(content_of(document.current)),
            context=chapters[document.node.pk],
            url=reverse("manual:page", args=[document.node.code]),
            changed_on=document.current.effective_on,
        )


def _words_of(content: Content) -> str:
    """All a page says, in reading order. Names it only borrows (positions) are not its words."""
    parts = [content.purpose, *content.facts.values(), plain_text(content.body)]
    for step in content.steps:
        parts += [step.title, plain_text(step.text), step.tool, step.form_code, step.record]
    parts += [plain_text(content.example), plain_text(content.notes)]
    return "\n".join(part for part in parts if part)


def _chapters_of(nodes: list[Node]) -> dict[int, str]:
    """Title of the highest heading above each node; empty for a node at the top."""
    above: dict[int, tuple[int | None, str]] = {}
    wanted = {node.parent_id for node in nodes if node.parent_id}
    while wanted:
        found = Node.objects.filter(pk__in=wanted).values_list("pk", "parent_id", "title")
        above |= {pk: (parent_id, title) for pk, parent_id, title in found}
        wanted = {parent for parent, _title in above.values() if parent} - above.keys()
    return {node.pk: _top(node.parent_id, above) for node in nodes}


def _top(pk: int | None, above: dict[int, tuple[int | None, str]]) -> str:
    title = ""
    while pk is not None:
        pk, title = above[pk]
    return title


@receiver(came_into_force, dispatch_uid="search-page")
def _index_page(sender: type, version: Version, **kwargs: Any) -> None:
    indexing.index(PAGE, _pages().filter(pk=version.document_id))


@receiver(left_force, dispatch_uid="search-page-gone")
def _forget_page(sender: type, document: Document, **kwargs: Any) -> None:
    indexing.remove(PAGE, [document.pk])


@receiver(post_save, sender=Node, dispatch_uid="search-node")
def _index_node(sender: type, instance: Node, created: bool, **kwargs: Any) -> None:
    """A page got its place; or a place was moved or renamed, and what hangs below it stands
    in another chapter."""
    if created:
        if instance.document_id is not None:
            indexing.index(PAGE, _pages().filter(pk=instance.document_id))
        return
    below = list(Node.objects.with_tree_fields().descendants(instance, include_self=True))
    for node, chapter in _chapters_of(below).items():
        document_id = next(one.document_id for one in below if one.pk == node)
        if document_id is not None:
            indexing.set_context(PAGE, [document_id], chapter)


@receiver(post_delete, sender=Node, dispatch_uid="search-node-gone")
def _forget_node(sender: type, instance: Node, **kwargs: Any) -> None:
    if instance.document_id is not None:
        indexing.remove(PAGE, [instance.document_id])


search_kinds.add(
    PAGE,
    SearchKind(
        label=_("Página del manual"),
        plural=_("Páginas del manual"),
        icon="file-text",
        model=Document,
        visible=_visible_pages,
        rows=_pages,
        documents=_page_documents,
    ),
)


# Forms ---------------------------------------------------------------------------------------


def _form_documents(rows: models.QuerySet[Form]) -> Iterable[SearchDocument]:
    editions = FormVersion.objects.filter(form=models.OuterRef("pk")).order_by("-number")
    for form in rows.annotate(
        unit_name=F("unit__name"),
        published_on=models.Subquery(editions.values("published_on")[:1]),
    ):
        yield SearchDocument(
            object_id=form.pk,
            code=form.code,
            title=form.title,
            body=form.purpose,
            context=form.unit_name,
            url=form.get_absolute_url(),
            changed_on=form.published_on,
        )


@receiver(post_save, sender=Form, dispatch_uid="search-form")
def _index_form(sender: type, instance: Form, **kwargs: Any) -> None:
    indexing.index(FORM, Form.objects.filter(pk=instance.pk))


@receiver(post_save, sender=FormVersion, dispatch_uid="search-form-edition")
def _index_edition(sender: type, instance: FormVersion, **kwargs: Any) -> None:
    indexing.index(FORM, Form.objects.filter(pk=instance.form_id))


@receiver(post_delete, sender=Form, dispatch_uid="search-form-gone")
def _forget_form(sender: type, instance: Form, **kwargs: Any) -> None:
    indexing.remove(FORM, [instance.pk])


search_kinds.add(
    FORM,
    SearchKind(
        label=_("Formulario"),
        plural=_("Formularios y plantillas"),
        icon="file-earmark-ruled",
        model=Form,
        visible=Form.objects.visible_to,
        rows=Form.objects.all,
        documents=_form_documents,
    ),
)
