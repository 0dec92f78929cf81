"""Reading the manual's tree and its procedures."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from tree_queries.query import TreeQuerySet

from apps.core.access import visible
from apps.documents.models import Document
from apps.documents.querysets import visibility
from apps.manual.permissions import Perm


class NodeQuerySet(TreeQuerySet):
    def visible_to(self, actor: Any) -> Self:
        """Headings, and pages whose document is in force and visible to `actor`."""
        exists = Q(document__current__isnull=False) & visibility(actor, "document__")
        return visible(self, actor, Perm.VIEW).filter(Q(document=None) | exists)

    def open_to_customers(self) -> Self:
        """Pages that anyone may read, in the order of their codes."""
        documents = Document.objects.open_to_customers().filter(pk=OuterRef("document_id"))
        return self.filter(Exists(documents)).order_by("code")


class FormQuerySet(models.QuerySet):
    def visible_to(self, actor: Any) -> Self:
        """Forms and templates: everyone who may read the manual may take them."""
        return visible(self, actor, Perm.VIEW)


class PictureQuerySet(models.QuerySet):
    def visible_to(self, actor: Any) -> Self:
        """Pictures of documents that exist for `actor`, or that anyone may read."""
        theirs = Document.objects.visible_to(actor).filter(pk=OuterRef("document_id"))
        everyones = Document.objects.open_to_customers().filter(pk=OuterRef("document_id"))
        return self.filter(Exists(theirs) | Exists(everyones))
