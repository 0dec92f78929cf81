"""Reading notices."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

from django.db import models


class NoticeQuerySet(models.QuerySet):
    def visible_to(self, actor: Any) -> Self:
        """One's own notices; nobody reads another's."""
        if not (actor.is_authenticated and actor.is_active):
            return self.none()
        return self.filter(person_id=actor.pk)

    def unread(self) -> Self:
        """Notices not opened yet."""
        return self.filter(is_unread=True)

    def served(self, before: datetime) -> Self:
        """Read notices from before the instant `before` (aware)."""
        return self.filter(is_unread=False, created_at__lt=before)
