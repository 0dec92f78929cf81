"""Reading the catalogue of services, and documents that are standards."""

from __future__ import annotations

from typing import Any, Self

from django.db import models

from apps.core.access import visible
from apps.documents.models import Document
from apps.standards.permissions import Perm


class ServiceQuerySet(models.QuerySet):
    def visible_to(self, actor: Any) -> Self:
        """Services that exist for `actor`: every one, with the permission."""
        return visible(self, actor, Perm.VIEW)

    def offered(self) -> Self:
        """Services that are still given."""
        return self.filter(retired_on=None)


def standards_for(actor: Any) -> models.QuerySet[Document]:
    """Standards, published or not, that exist for `actor`."""
    # The plain value: search keeps this statement and knows plain parameters only.
    rows = Document.objects.visible_to(actor).filter(kind=Document.Kind.STANDARD.value)
    return rows if actor.has_perm(Perm.VIEW) else rows.none()
