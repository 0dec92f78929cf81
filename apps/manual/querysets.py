"""Reading the manual's tree and its procedures."""

from __future__ import annotations

from typing import Any, Self

from django.db.models import Q
from tree_queries.query import TreeQuerySet

from apps.core.access import visible
from apps.documents.models import Document
from apps.manual.permissions import Perm


class NodeQuerySet(TreeQuerySet):
    def visible_to(self, actor: Any) -> Self:
        """Headings, and pages whose document is in force and visible to `actor`."""
        documents = Document.objects.visible_to(actor).in_force()
        return visible(self, actor, Perm.VIEW).filter(Q(document=None) | Q(document__in=documents))
