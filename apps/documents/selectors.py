"""Reading the room of documents: lists, cards, versions with what stands around them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import (
    BigIntegerField,
    Exists,
    F,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce, Greatest, JSONObject
from django.http import Http404
from django.utils import timezone

from apps.core.prepared import Prepared
from apps.documents.models import Approval, Comment, Document, Relation, Version
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


def cards_for(actor: Any) -> QuerySet[Document]:
    """Documents whose card exists for `actor`.

    Those in force for everybody who may read them; the others (never in force, retired) for
    their owner and for those who write or approve; and what they are asked to approve.
    """
    visible = Document.objects.visible_to(actor)
    if not (actor.has_perm(Perm.WRITE) or actor.has_perm(Perm.APPROVE)):
        visible = visible.filter(Q(current__isnull=False) | Q(owner_id=actor.pk))
    asked = Version.objects.filter(document=OuterRef("pk"), state=State.IN_REVIEW).asked_of(actor)
    return Document.objects.filter(Q(pk__in=visible.values("pk")) | Exists(asked))


def documents_for(actor: Any, today: date) -> QuerySet[Document]:
    """The documents of `cards_for`, with the state of what is being written.

    `draft` and `coming` are {number, state, on} or None; `touched_at` is when anything of it
    last happened; `waits_for_me` whether this person is to decide, to correct or to ratify.
    """
    of_it = Version.objects.filter(document=OuterRef("pk"))
    # The rows are narrowed once; what is told of a row needs no second look at who sees it.
    if actor.has_perm(Perm.WRITE) or actor.has_perm(Perm.APPROVE):
        draft = of_it.filter(state__in=[State.DRAFT, State.IN_REVIEW])
    else:
        draft = of_it.filter(state=State.IN_REVIEW).asked_of(actor)
    fact = JSONObject(number="number", state="state", on="effective_on")
    coming = of_it.filter(state=State.APPROVED).order_by("number")
    instants = ("created_at", "edited_at", "submitted_at", "approved_at", "retired_at")
    last = of_it.order_by("-number").values(at=Greatest(*instants))
    return cards_for(actor).annotate(
        draft=Subquery(draft.values(found=fact)[:1]),
        coming=Subquery(coming.values(found=fact)[:1]),
        touched_at=Coalesce(Subquery(last[:1]), F("created_at")),
        waits_for_me=Exists(waiting_for(of_it, actor, today)),
    )


def waiting_for(versions: QuerySet[Version], actor: Any, today: date) -> QuerySet[Version]:
    """Of `versions`, those on which `actor` is to decide, to correct what was returned, or to
    stand by what was published in an emergency; what they published so and nobody ratified; and
    what they wrote and cannot go on, because whoever is to approve it left."""
    decide = Version.objects.waiting_for(actor, today)
    ratify = Version.objects.ratifiable_by(actor)
    return versions.filter(
        Q(pk__in=decide.values("pk"))
        | Q(pk__in=ratify.values("pk"))
        | Q(state=State.DRAFT, submitted_at__isnull=False, author_id=actor.pk)
        | Q(state=State.IN_FORCE, objected_at__isnull=False, approver_id=actor.pk)
        | Q(state=State.IN_REVIEW, author_id=actor.pk)
        & Exists(Approval.objects.left_behind().filter(version=OuterRef("pk")))
    )


_card = Prepared(
    lambda actor, code: (
        documents_for(actor, timezone.localdate())
        .select_related("owner", "unit", "current", "replaced_by")
        .filter(code=code)
    )
)


def document_for(actor: Any, code: str) -> Document:
    """The document of that code, as today; raises Http404 if it does not exist for `actor`."""
    document = _card.first(actor, code=code)
    if document is None:
        raise Http404
    return document


def versions_of(document: Document, actor: Any) -> list[Version]:
    """Versions of `document` that exist for `actor`, newest first, with people and approvals."""
    people = ("author", "approver", "retired_by", "ratified_by", "objected_by", "restored_from")
    rows = Version.objects.visible_to(actor).filter(document=document)
    rows = (
        rows.select_related(*people)
        .defer("body")
        .prefetch_related(
            "editors",
            Prefetch(
                "approvals", Approval.objects.select_related("person", "decided_by").order_by("pk")
            ),
        )
    )
    found = list(rows.order_by("-number"))
    for version in found:
        version.document = document
    return found


_version = Prepared(
    lambda actor, code, number: (
        Version.objects.visible_to(actor)
        .select_related(
            "document__owner",
            "document__unit",
            "document__current",
            "author",
            "approver",
            "retired_by",
            "ratified_by",
            "objected_by",
        )
        .filter(document__code=code, number=Value(number, BigIntegerField()))  # stand-ins are big
    )
)


def version_for(actor: Any, code: str, number: int) -> Version:
    """That version with its document and people; raises Http404 if not for `actor`."""
    version = _version.first(actor, code=code, number=number)
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


def remarks_on(version: Version) -> list[Comment]:
    """Remarks on `version` with `answers_given`, in the order they were made. Two queries."""
    rows = list(version.comments.select_related("author", "resolved_by").order_by("pk"))
    first = {row.pk: row for row in rows if row.answers_id is None}
    for row in first.values():
        row.answers_given = []
    for row in rows:
        if row.answers_id in first:
            first[row.answers_id].answers_given.append(row)
    return list(first.values())


def related_to(document: Document, actor: Any) -> list[Document]:
    """Documents beside `document` that are in force and exist for `actor`."""
    near = Relation.objects.filter(document=document, related=OuterRef("pk"))
    return list(Document.objects.visible_to(actor).in_force().filter(Exists(near)).order_by("code"))
