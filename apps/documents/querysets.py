"""Reading governed documents."""

from __future__ import annotations

from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce

from apps.accounts.models import Absence, Unit
from apps.core.access import Level, visible
from apps.documents.permissions import Perm


class DocumentQuerySet(models.QuerySet):
    def visible_to(self, actor: Any) -> Self:
        """Documents that exist for `actor`: permission, clearance and audience.

        A document without audience units is for everyone inside; with them, for people who
        hold a position in one of those units (descendants are stored too), its owner, and
        those who write or approve documents.
        """
        rows = visible(self, actor, Perm.VIEW)
        if not actor.is_authenticated or actor.has_perm(Perm.APPROVE):
            return rows
        audience = self.model.audience.through.objects.filter(document=OuterRef("pk"))
        for_them = audience.filter(unit_id__in=actor.access().unit_ids)
        return rows.filter(~Exists(audience) | Exists(for_them) | Q(owner_id=actor.pk))

    def open_to_customers(self) -> Self:
        """Public documents with a version in force."""
        return self.filter(classification=Level.PUBLIC, audience=None).in_force()

    def in_force(self) -> Self:
        """Documents that have a version in force."""
        return self.exclude(current=None)

    def review_overdue(self, on: date) -> Self:
        """Documents in force whose review date passed before the calendar day `on`."""
        return self.in_force().filter(next_review_on__lt=on)

    def to_review(self) -> Self:
        """Documents that have a review to come: in force and not retired."""
        return self.in_force().filter(retired_on=None)

    def with_reviewer(self, on: date) -> Self:
        """Annotate who reviews on the calendar day `on`.

        `charged_id`: the reviewer or, without one who is active, the owner; None if neither
        is. `acting_id`: whoever stands in for them that day, else the same.
        """
        stands_in = Absence.objects.current(on).filter(
            ~Exists(Absence.objects.current(on).filter(person=OuterRef("substitute_id"))),
            person=OuterRef("charged_id"),
            substitute__is_active=True,
        )
        return self.annotate(
            charged_id=Case(
                When(reviewer__is_active=True, then=F("reviewer_id")),
                When(owner__is_active=True, then=F("owner_id")),
                output_field=models.BigIntegerField(),
            ),
        ).annotate(
            acting_id=Coalesce(
                Subquery(stands_in.values("substitute_id")[:1]),
                F("charged_id"),
                output_field=models.BigIntegerField(),
            )
        )

    def reviewed_by(self, person: Any, on: date) -> Self:
        """Documents whose review falls to `person` on that day, or to whoever stands in."""
        rows = self.to_review().with_reviewer(on)
        return rows.filter(Q(acting_id=person.pk) | Q(charged_id=person.pk))


class VersionQuerySet(models.QuerySet):
    def visible_to(self, actor: Any) -> Self:
        """Versions that `actor` may read: published ones of documents visible to them.

        Drafts and texts in review are seen by those who write or approve.
        """
        from apps.documents.models import Document

        documents = Document.objects.visible_to(actor).filter(pk=OuterRef("document_id"))
        rows = self.filter(Exists(documents))
        if actor.is_authenticated and (actor.has_perm(Perm.WRITE) or actor.has_perm(Perm.APPROVE)):
            return rows
        return rows.published()

    def published(self) -> Self:
        """Versions whose text is sealed: in force, superseded, retired or with a date to come."""
        from apps.documents.models import Version

        return self.filter(
            state__in=[
                Version.State.IN_FORCE,
                Version.State.SUPERSEDED,
                Version.State.RETIRED,
                Version.State.APPROVED,
            ]
        )


def descendants_too(units: models.QuerySet) -> list[int]:
    """Primary keys of `units` and of everything below them."""
    found: set[int] = set()
    for unit in units:
        found.update(
            Unit.objects.with_tree_fields()
            .descendants(unit, include_self=True)
            .values_list("pk", flat=True)
        )
    return sorted(found)
