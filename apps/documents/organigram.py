"""What documents do when the organigram below changes: audiences and exceptions follow it.

`accounts` cannot know of documents; Django's signals of its rows are what it declares.
"""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_save, pre_save

from apps.accounts.models import Unit
from apps.documents.services import follow_unit


def connect() -> None:
    """Listen to units that are made or moved, by whatever way they are saved."""
    pre_save.connect(_note_parent, sender=Unit, dispatch_uid="documents-unit-parent")
    post_save.connect(_follow, sender=Unit, dispatch_uid="documents-unit-follow")


def _note_parent(sender: type, instance: Unit, **kwargs: Any) -> None:
    former = Unit.objects.filter(pk=instance.pk).values_list("parent_id", flat=True)
    instance._former_parent_id = former.first() if instance.pk else None


def _follow(sender: type, instance: Unit, raw: bool = False, **kwargs: Any) -> None:
    if not raw:  # a fixture brings rows that may hang from units not yet there
        follow_unit(instance, former_parent_id=instance._former_parent_id)
