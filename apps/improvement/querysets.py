"""Reading findings, actions and good practices."""

from __future__ import annotations

from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import Q

from apps.core.access import visible
from apps.improvement.permissions import Perm


class FindingQuerySet(models.QuerySet):
    def visible_to(self, actor: Any) -> Self:
        """Findings `actor` may see: permission and clearance."""
        return visible(self, actor, Perm.VIEW)

    def still_open(self) -> Self:
        """Neither closed nor discarded."""
        return self.filter(state="open")


class ActionQuerySet(models.QuerySet):
    def visible_to(self, actor: Any) -> Self:
        """Actions `actor` may see: permission and clearance."""
        return visible(self, actor, Perm.VIEW)

    def still_open(self) -> Self:
        """To be begun, done or verified."""
        return self.filter(state__in=["proposed", "in_progress", "done"])

    def to_do(self) -> Self:
        """Not done yet."""
        return self.filter(state__in=["proposed", "in_progress"])

    def overdue(self, on: date) -> Self:
        """Not done although their day passed before the calendar day `on`."""
        return self.to_do().filter(due_on__lt=on)

    def to_check(self, on: date) -> Self:
        """Done, and old enough on the calendar day `on` to see whether they worked."""
        return self.filter(state="done", check_on__lte=on)

    def checkable_by(self, actor: Any) -> Self:
        """Done ones that `actor` may verify: they did not do it; named, or nobody is."""
        rows = self.filter(state="done").exclude(owner=actor.pk)
        if not actor.has_perm(Perm.CHECK):
            return rows.filter(checker=actor.pk)
        return rows.filter(Q(checker=actor.pk) | Q(checker=None))


class GoodPracticeQuerySet(models.QuerySet):
    def visible_to(self, actor: Any) -> Self:
        """Good practices `actor` may see: permission and clearance; not yet published ones
        only by who proposed them and those who validate."""
        rows = visible(self, actor, Perm.VIEW)
        if actor.is_authenticated and not actor.has_perm(Perm.VALIDATE):
            rows = rows.filter(Q(state__in=["published", "expired"]) | Q(proposed_by=actor.pk))
        return rows


class ChangeRequestQuerySet(models.QuerySet):
    def visible_to(self, actor: Any) -> Self:
        """Requests of findings `actor` may see, about documents that exist for them."""
        from apps.documents.models import Document
        from apps.improvement.models import Finding

        findings = Finding.objects.visible_to(actor)
        documents = Document.objects.visible_to(actor)
        return self.filter(
            finding__in=findings.order_by().values("pk"),
            document__in=documents.order_by().values("pk"),
        )

    def standing(self) -> Self:
        """Not rejected."""
        return self.exclude(state="rejected")
