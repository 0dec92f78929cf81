"""Reading the room of documents: lists, cards, versions with what stands around them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.http import Http404
from django.shortcuts import get_object_or_404

from apps.documents.models import Approval, Document, Version
from apps.documents.permissions import Perm

State = Version.State


@dataclass(frozen=True)
class Status:
    """What became of a document that a text links to.

    `replaced_by` is the code of the document that took its place, if it exists for the reader.
    """

    code: str
    title: str
    is_in_force: bool
    retired_on: date | None = None
    replaced_by: str = ""


def status_of(codes: Iterable[str], actor: Any) -> dict[str, Status]:
    """Status, by code, of the documents among `codes` that exist for `actor`, also if retired.

    A code that is missing in the answer names nothing for this reader. Two queries.
    """
    rows = Document.objects.visible_to(actor).filter(code__in=set(codes))
    rows = list(rows.exclude(current=None, retired_on=None))
    seen = Document.objects.visible_to(actor).in_force()
    after = dict(seen.filter(pk__in={row.replaced_by_id for row in rows}).values_list("pk", "code"))
    return {
        row.code: Status(
            code=row.code,
            title=row.title,
            is_in_force=row.current_id is not None,
            retired_on=row.retired_on,
            replaced_by=after.get(row.replaced_by_id, ""),
        )
        for row in rows
    }


def documents_for(actor: Any, today: date) -> QuerySet[Document]:
    """Documents whose card exists for `actor`, with the state of what is being written.

    Those in force for everybody who may read them; the others (never in force, retired) for
    their owner and for those who write or approve; and what they are asked to approve.
    `draft` and `coming` are {number, state, effective_on} or None.
    """
    open_states = [State.DRAFT, State.IN_REVIEW]
    mine = Version.objects.filter(document=OuterRef("pk")).waiting_for(actor, today)
    may_follow = actor.has_perm(Perm.WRITE) or actor.has_perm(Perm.APPROVE)
    visible = Document.objects.visible_to(actor)
    if not may_follow:
        visible = visible.filter(Q(current__isnull=False) | Q(owner_id=actor.pk))
    asked = Version.objects.visible_to(actor).filter(document=OuterRef("pk"), state=State.IN_REVIEW)
    rows = Document.objects.filter(Q(pk__in=visible.values("pk")) | Exists(asked))
    draft = Version.objects.visible_to(actor).filter(document=OuterRef("pk"), state__in=open_states)
    coming = Version.objects.filter(document=OuterRef("pk"), state=State.APPROVED)
    fact = {"number": "number", "state": "state", "on": "effective_on"}
    return rows.annotate(
        draft=Subquery(draft.values(found=JSONObject(**fact))[:1]),
        coming=Subquery(coming.order_by("number").values(found=JSONObject(**fact))[:1]),
        waits_for_me=Exists(mine),
    )


def document_for(actor: Any, code: str, today: date) -> Document:
    """The document of that code; raises Http404 if it does not exist for `actor`."""
    rows = documents_for(actor, today).select_related("owner", "unit", "current", "replaced_by")
    return get_object_or_404(rows, code=code)


def version_for(actor: Any, code: str, number: int) -> Version:
    """That version with its document and people; raises Http404 if not for `actor`."""
    rows = Version.objects.visible_to(actor).select_related(
        "document__owner", "document__unit", "author", "approver", "retired_by", "ratified_by"
    )
    version = rows.filter(document__code=code, number=number).first()
    if version is None:
        raise Http404
    return version


def base_of(version: Version) -> Version | None:
    """The version to compare `version` with: the one in force, or the one it came after."""
    earlier = Version.objects.standing().filter(
        document=version.document_id, number__lt=version.number
    )
    in_force = earlier.filter(state=State.IN_FORCE).first() if version.is_open else None
    return in_force or earlier.order_by("-number").first()


def rounds_of(version: Version) -> QuerySet[Approval]:
    """All approvals of a version, those without effect too, oldest first."""
    rows = version.approvals.select_related("person", "decided_by")
    return rows.order_by(F("decided_at").asc(nulls_last=True), "order", "pk")
