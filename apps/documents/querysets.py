"""Reading governed documents."""

from __future__ import annotations

from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from apps.accounts.models import Unit
from apps.core.access import Level, clearance
from apps.documents.permissions import Perm
from apps.documents.sight import OPENED_UP_TO, combined


class DocumentQuerySet(models.QuerySet):
    def visible_to(self, actor: Any) -> Self:
        """Documents that exist for `actor`, by the rule of `sight`.

        Permission, clearance and audience, as exceptions of today change it. A document
        without audience units is for everyone inside; with them, for people who hold a
        position in one of those units (descendants are stored too), its owner, and those who
        approve documents. It depends on the actor's key, permissions and units and on the
        calendar day, nothing else (`core.prepared`): roles are looked up by the statement.
        """
        if not (actor.is_authenticated and actor.is_active and actor.has_perm(Perm.VIEW)):
            return self.none()
        owner = Q(owner_id=actor.pk)
        base = Q(classification__lte=clearance(actor))
        if not actor.has_perm(Perm.APPROVE):
            audience = self.model.audience.through.objects.filter(document=OuterRef("pk"))
            for_them = audience.filter(unit_id__in=actor.access().unit_ids)
            base &= Q(~Exists(audience) | Exists(for_them)) | owner
        given = _exceptions_of(actor, timezone.localdate())
        return self.filter(
            combined(
                base=base,
                owner=owner,
                within_reach=Q(classification__lte=OPENED_UP_TO),
                **given,
            )
        )

    def open_to_customers(self) -> Self:
        """Public documents with a version in force."""
        return self.filter(classification=Level.PUBLIC, audience=None).in_force()

    def in_force(self) -> Self:
        """Documents that have a version in force."""
        return self.exclude(current=None)

    def review_overdue(self, on: date) -> Self:
        """Documents in force whose review date passed before the calendar day `on`."""
        return self.in_force().filter(next_review_on__lt=on)


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


class ExceptionQuerySet(models.QuerySet):
    def current(self, on: date) -> Self:
        """Exceptions that count on the calendar day `on`."""
        return self.filter(Q(until_on=None) | Q(until_on__gte=on))

    def past(self, on: date) -> Self:
        """Exceptions whose last day is before the calendar day `on`."""
        return self.filter(until_on__lt=on)


def _exceptions_of(actor: Any, on: date) -> dict[str, Any]:
    """Conditions on a document: which exceptions of the day `on` are for `actor`."""
    from apps.documents.models import (
        DocumentGroupPermission,
        DocumentUnitPermission,
        DocumentUserPermission,
    )

    def exists(model: type[models.Model], hides: bool, **whom: Any) -> Exists:
        rows = model.objects.current(on).filter(hides=hides, content_object=OuterRef("pk"))
        return Exists(rows.filter(**whom))

    by_role = {"group__user": actor.pk}
    by_unit = {"reach__unit_id__in": actor.access().unit_ids}
    found: dict[str, Any] = {}
    for name, hides in (("opened", False), ("hidden", True)):
        found[f"{name}_by_name"] = Q(exists(DocumentUserPermission, hides, user_id=actor.pk))
        found[name] = Q(exists(DocumentGroupPermission, hides, **by_role))
        if by_unit["reach__unit_id__in"]:
            found[name] |= Q(exists(DocumentUnitPermission, hides, **by_unit))
    return found


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
