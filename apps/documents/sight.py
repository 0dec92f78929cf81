"""Whether a document exists for a person: one rule, asked from both sides.

`DocumentQuerySet.visible_to` asks it of documents for one person, `readers.Readers` of people
for one document. Both hand in their conditions and get them combined here.

A person must be allowed to read documents at all. Then, in this order:

1. hidden from them by name: no, unless they are its owner;
2. opened to them by name: yes;
3. hidden from one of their roles or units: no, unless they are its owner;
4. opened to one of their roles or units: yes;
5. else as its classification and its audience say (the base).

Opening reaches over the audience and over CONFIDENTIAL, never over RESERVED.
"""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q

from apps.accounts.models import Person
from apps.core.access import Level, clearance
from apps.documents.permissions import Perm

# The most restricted documents that an exception can open.
OPENED_UP_TO = Level.CONFIDENTIAL


def combined(
    *,
    base: Any,
    owner: Any,
    within_reach: Any,
    opened_by_name: Any,
    opened: Any,
    hidden_by_name: Any,
    hidden: Any,
) -> Any:
    """The rule as one condition; each part is a condition (Q, Exists) or a boolean.

    `within_reach`: whether opening may reach it at all. `opened` and `hidden` are by role or
    unit.
    """
    return (owner | ~hidden_by_name) & (
        (within_reach & opened_by_name) | ((base | (within_reach & opened)) & (owner | ~hidden))
    )


def sees_by_itself(document: Any, person: Any, audience: set[int] | None = None) -> bool:
    """Whether the base alone (classification, audience, owner) lets `person` see `document`.

    `audience` are keys of units to take instead of those it is addressed to.
    """
    if not person.has_perm(Perm.VIEW) or document.classification > clearance(person):
        return False
    if person.has_perm(Perm.APPROVE) or document.owner_id == person.pk:
        return True
    if audience is None:
        audience = set(document.audience.values_list("pk", flat=True))
    return not audience or bool(audience & set(person.access().unit_ids))


def is_apart(actor: Any) -> Any:
    """Condition: `actor` may see other documents than those of the same roles and units.

    They are named in an exception, or own a document that others of their unit do not see.
    Kept pages must not be shared with them.
    """
    from apps.documents.models import (
        Document,
        DocumentGroupPermission,
        DocumentUnitPermission,
        DocumentUserPermission,
    )

    apart = Q(Exists(DocumentUserPermission.objects.filter(user_id=actor.pk)))
    for model in (DocumentUnitPermission, DocumentGroupPermission):
        apart |= Exists(model.objects.filter(hides=True, content_object__owner_id=actor.pk))
    if not actor.has_perm(Perm.APPROVE):  # they see every audience
        apart |= Exists(Document.audience.through.objects.filter(document__owner_id=actor.pk))
    return apart


def roles_apart(actor: Any) -> ArraySubquery:
    """Keys of the groups of `actor` that are named in exceptions."""
    from apps.documents.models import DocumentGroupPermission

    named = DocumentGroupPermission.objects.filter(group=OuterRef("group_id"))
    groups = Person.groups.through.objects.filter(Exists(named), person_id=actor.pk)
    return ArraySubquery(groups.values("group_id"))
