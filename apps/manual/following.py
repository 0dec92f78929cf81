"""A document that never ruled is given up: its place in the manual and its pictures go with it."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from apps.documents.models import Document
from apps.documents.services import given_up
from apps.manual.models import Node, Picture


@receiver(given_up, dispatch_uid="manual-place-gone")
def leave_the_manual(document: Document, **kwargs: Any) -> None:
    """Row by row, so that each leaves its entry in the activity log."""
    for row in (
        *Node.objects.filter(document=document),
        *Picture.objects.filter(document=document),
    ):
        row.delete()
