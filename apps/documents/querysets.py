"""Reading governed documents."""

from __future__ import annotations

from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce
from django.utils import timezone

from apps.accounts.models import Absence, Unit
from apps.core.access import Level, clearance
from apps.documents.permissions import Perm
from apps.documents.sight import OPENED_UP_TO, combined

# Documents with an exception, by whom it is for.
EXCEPTIONS_BY_NAME = """
    SELECT content_object_id FROM documents_documentuserpermission
    WHERE hides = %s AND (until_on IS NULL OR until_on >= %s) AND user_id = %s"""
EXCEPTIONS_FOR_ROLES = """
    SELECT content_object_id FROM documents_documentgrouppermission
    WHERE hides = %s AND (until_on IS NULL OR until_on >= %s)
    AND group_id IN (SELECT group_id FROM accounts_person_groups WHERE person_id = %s)"""
EXCEPTIONS_FOR_UNITS = """
    SELECT content_object_id FROM documents_documentunitpermission
    WHERE hides = %s AND (until_on IS NULL OR until_on >= %s)
    AND id IN (SELECT exception_id FROM documents_documentunitreach WHERE unit_id = %s)"""


class DocumentQuerySet(models.QuerySet):
    def visible_to(self, actor: Any) -> Self:
        """Documents that exist for `actor`, by the rule of `sight`.

        Permission, clearance and audience, as exceptions of today change it. A document
        without audience units is for everyone inside; with them, for people who hold a
        position in one of those units (descendants are stored too), its owner, and those who
        approve documents. It depends on the actor's key, permissions and units and on the
        calendar day, nothing else (`core.prepared`): roles are looked up by the statement.
        """
        return self.filter(visibility(actor))

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

        Drafts, texts in review and what was retired or cancelled are seen by those who write
        or approve. A text in review is seen by whoever is asked to approve it, themselves or
        for a person they stand in for, whatever its audience.
        """
        from apps.documents.models import Document

        if not (actor.is_authenticated and actor.is_active):
            return self.none()
        documents = Document.objects.visible_to(actor).filter(pk=OuterRef("document_id"))
        exists = Q(Exists(documents))
        if not (actor.has_perm(Perm.WRITE) or actor.has_perm(Perm.APPROVE)):
            kept = self.model.objects.standing().filter(document__retired_on=None)
            exists &= Q(pk__in=kept.values("pk"))
        return self.filter(exists | Q(Exists(self._asked_of(actor))))

    def asked_of(self, actor: Any) -> Self:
        """Versions that `actor` is asked to decide on, now or later, within their level."""
        return self.filter(Exists(self._asked_of(actor)))

    def _asked_of(self, actor: Any) -> models.QuerySet:
        """Approvals of the outer version that `actor` may be asked for, within their level."""
        from apps.documents.models import Approval

        asked = Approval.objects.asked_of(actor, timezone.localdate())
        asked = asked.filter(version__state="in_review")
        asked = asked.filter(version__document__classification__lte=clearance(actor))
        if not actor.has_perm(Perm.VIEW):
            asked = asked.none()
        return asked.filter(version=OuterRef("pk"))

    def waiting_for(self, actor: Any, on: date) -> Self:
        """Versions in review on which `actor` may decide on the calendar day `on`.

        It is their turn, or that of a person they stand in for; or nobody was named and they
        approve documents. Never what they wrote or already decided on.
        """
        from apps.documents.models import Approval

        here = Approval.objects.standing().filter(version=OuterRef("pk"))
        named = Exists(here.in_turn().asked_of(actor, on))
        rows = self.filter(state="in_review")
        if actor.has_perm(Perm.APPROVE):
            rows = rows.filter(named | ~Exists(here))
        else:
            rows = rows.filter(named)
        wrote = self.model.editors.through.objects.filter(version=OuterRef("pk"), person=actor.pk)
        rows = rows.exclude(author=actor.pk).filter(~Exists(wrote))
        return rows.filter(~Exists(here.filter(decided_by=actor.pk)))

    def ratifiable_by(self, actor: Any) -> Self:
        """Versions published in an emergency that `actor` may ratify: others published them."""
        rows = self.exclude(emergency_reason="").filter(ratified_at=None, objected_at=None)
        if not actor.has_perm(Perm.APPROVE):
            return rows.none()
        wrote = self.model.editors.through.objects.filter(version=OuterRef("pk"), person=actor.pk)
        rows = rows.exclude(author=actor.pk).exclude(approver=actor.pk)
        return rows.filter(~Exists(wrote))

    def standing(self) -> Self:
        """Published versions that ruled, rule or will; not those cancelled before their day."""
        return self.published().exclude(state="retired", superseded_on=None)

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


class ApprovalQuerySet(models.QuerySet):
    def standing(self) -> Self:
        """Approvals that were not voided by an edit, a return or a withdrawal."""
        return self.filter(voided_at=None)

    def in_turn(self) -> Self:
        """Pending ones whose turn it is: nobody before them is still to decide."""
        before = self.model.objects.standing().filter(
            decision="pending", version=OuterRef("version"), order__lt=OuterRef("order")
        )
        return self.standing().filter(~Exists(before), decision="pending")

    def left_behind(self) -> Self:
        """Pending ones whose turn it is and whose person left since: nobody can decide them."""
        return self.in_turn().filter(person__is_active=False)

    def asked_of(self, actor: Any, on: date) -> Self:
        """Standing ones asked of `actor`, or of a person they stand in for on the day `on`."""
        away = Absence.objects.current(on).filter(
            substitute=actor.pk, person=OuterRef("person"), person__is_active=True
        )
        return self.standing().filter(Q(person=actor.pk) | Q(Exists(away)))


class ExceptionQuerySet(models.QuerySet):
    def current(self, on: date) -> Self:
        """Exceptions that count on the calendar day `on`."""
        return self.filter(Q(until_on=None) | Q(until_on__gte=on))

    def past(self, on: date) -> Self:
        """Exceptions whose last day is before the calendar day `on`."""
        return self.filter(until_on__lt=on)


def visibility(actor: Any, at: str = "") -> Q:
    """The condition of `visible_to` for a document at the path `at` of a row ("document__").

    For rows that are joined with their document anyway, which spares them a subquery.
    """
    if not (actor.is_authenticated and actor.is_active and actor.has_perm(Perm.VIEW)):
        return Q(pk__in=[])
    owner = Q(**{f"{at}owner_id": actor.pk})
    base = Q(**{f"{at}classification__lte": clearance(actor)})
    if not actor.has_perm(Perm.APPROVE):
        from apps.documents.models import Document

        audience = Document.audience.through.objects.filter(document=OuterRef(f"{at}pk"))
        for_them = audience.filter(unit_id__in=actor.access().unit_ids)
        base &= Q(~Exists(audience) | Exists(for_them)) | owner
    return combined(
        base=base,
        owner=owner,
        within_reach=Q(**{f"{at}classification__lte": OPENED_UP_TO}),
        **_exceptions_of(actor, timezone.localdate(), at),
    )


def _exceptions_of(actor: Any, on: date, at: str) -> dict[str, Any]:
    """Conditions on the document at `at`: which exceptions of the day `on` are for `actor`.

    Each is membership in a set that does not depend on the document: it is found once per
    statement, whatever the number of documents and whatever the planner thinks of it. The sets
    are written as SQL because every list takes six: building them as querysets cost more than
    answering them.
    """

    def among(rows: str, hides: bool, *whom: int) -> Q:
        return Q(**{f"{at}pk__in": RawSQL(rows, [hides, on, *whom])})  # noqa: S611 (our own text)

    units = list(actor.access().unit_ids)
    some = f"unit_id IN ({', '.join(['%s'] * len(units))})"
    for_units = EXCEPTIONS_FOR_UNITS.replace("unit_id = %s", some)
    found: dict[str, Any] = {}
    for name, hides in (("opened", False), ("hidden", True)):
        found[f"{name}_by_name"] = among(EXCEPTIONS_BY_NAME, hides, actor.pk)
        found[name] = among(EXCEPTIONS_FOR_ROLES, hides, actor.pk)
        if units:
            found[name] |= among(for_units, hides, *units)
    return found


class FeedbackQuerySet(models.QuerySet):
    def visible_to(self, actor: Any) -> Self:
        """Comments on documents visible to `actor`, and always their own.

        A private one is seen by its author, the owner of the document, and who governs
        documents.
        """
        from apps.documents.models import Document

        if not (actor.is_authenticated and actor.is_active and actor.has_perm(Perm.VIEW)):
            return self.none()
        documents = Document.objects.visible_to(actor)
        seen = Q(document__in=documents.values("pk"))
        if not actor.has_perm(Perm.GOVERN):
            seen &= Q(is_private=False) | Q(document__owner_id=actor.pk)
        return self.filter(seen | Q(author_id=actor.pk))

    def unanswered(self) -> Self:
        """Comments that wait for an answer."""
        return self.filter(state="open")


class ObligationQuerySet(models.QuerySet):
    def still_open(self) -> Self:
        """Asked, neither accepted nor withdrawn."""
        return self.filter(withdrawn_at=None, acknowledged_at=None)


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
