"""Reading the manual: what a page needs, in as few statements as possible."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    Case,
    CharField,
    Exists,
    F,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Concat, JSONObject
from django.http import Http404
from django.utils import timezone

from apps.accounts.models import Holding
from apps.core.prepared import Prepared
from apps.documents.models import (
    Document,
    LastReading,
    Obligation,
    Relation,
    Stamp,
    Version,
)
from apps.documents.sight import is_apart, roles_apart
from apps.documents.stamps import Mark
from apps.manual.models import Node, Step


def stamps() -> dict[str, str]:
    """Present value of each mark; "" for one that never changed."""
    found = dict(Stamp.objects.values_list("name", "value"))
    return {mark.value: str(found.get(mark.value, "")) for mark in Mark}


def holder_position(person: str) -> Subquery:
    """Title of the position that the person at the field path `person` holds today."""
    today = timezone.localdate()
    holdings = Holding.objects.current(today).filter(person=OuterRef(person)).order_by("pk")
    return Subquery(holdings.values("position__title")[:1])


def _reviewer_words() -> Case:
    """Position, else name, of the active person named to review the document; else None."""
    name = Concat("document__reviewer__first_name", Value(" "), "document__reviewer__last_name")
    return Case(
        When(
            document__reviewer__is_active=True,
            then=Coalesce(holder_position("document__reviewer_id"), name),
        ),
        default=None,
        output_field=CharField(),
    )


def pages_for(actor: Any) -> QuerySet[Node]:
    """Places of the manual that exist for `actor`, with what their page shows.

    One statement: document and version in force (without its text), marks, the person's last
    reading, the version with a date to come, by when they must accept it (`accept_by`), the
    owner's position, and related pages as far as they exist for `actor`.
    """
    coming = Version.objects.filter(
        document=OuterRef("document_id"), state=Version.State.APPROVED
    ).order_by("number")
    reading = LastReading.objects.filter(person_id=actor.pk, document=OuterRef("document_id"))
    asked = Obligation.objects.still_open().filter(
        person_id=actor.pk, version__document=OuterRef("document_id")
    )
    seen = Document.objects.visible_to(actor).in_force().filter(pk=OuterRef("related_id"))
    related = (
        Relation.objects.filter(Exists(seen), document=OuterRef("document_id"))
        .exclude(related__node=None)
        .order_by("related__code")
    )
    return (
        Node.objects.visible_to(actor)
        .select_related("document__current", "document__unit")
        .defer("document__current__body", "document__current__justification")
        .annotate(
            tree_stamp=Subquery(Stamp.objects.filter(name=Mark.TREE.value).values("value")),
            words_stamp=Subquery(Stamp.objects.filter(name=Mark.WORDS.value).values("value")),
            is_apart=is_apart(actor),
            roles_apart=roles_apart(actor),
            owner_position=holder_position("document__owner_id"),
            reviewer_words=_reviewer_words(),
            accept_by=Subquery(asked.values("due_on")[:1]),
            coming=Subquery(
                coming.values(
                    found=JSONObject(id="id", number="number", effective_on="effective_on")
                )[:1]
            ),
            reading=Subquery(
                reading.values(
                    found=JSONObject(
                        number="number",
                        previous="previous_number",
                        since_on="since_on",
                        read_on="read_on",
                    )
                )[:1]
            ),
            related=ArraySubquery(
                related.values(
                    found=JSONObject(
                        code=F("related__node__code"),
                        title=F("related__title"),
                        kind=F("related__kind"),
                    )
                )
            ),
        )
    )


_page = Prepared(lambda actor, code: pages_for(actor).filter(code=code))


def page_for(actor: Any, code: str, *, headings_too: bool = False) -> Node:
    """The place of that code with what its page shows; raises Http404 if none exists for
    `actor`. Headings count only when asked for. One statement, compiled once per process."""
    node = _page.first(actor, code=code)
    if node is None or (node.document_id is None and not headings_too):
        raise Http404
    return node


def pages_using_form(actor: Any, form: Any) -> QuerySet[Node]:
    """Pages in force that exist for `actor` and have a step asking for `form`."""
    steps = Step.objects.filter(form=form, version=OuterRef("document__current_id"))
    return Node.objects.visible_to(actor).filter(Exists(steps)).order_by("code")


def latest_changes(actor: Any) -> QuerySet[Version]:
    """Published versions of pages that exist for `actor`, with what they last read of each.

    `read_number` is None where they never opened the document. Order them by
    ("-effective_on", "-id").
    """
    reading = LastReading.objects.filter(person_id=actor.pk, document=OuterRef("document_id"))
    documents = (
        Document.objects.visible_to(actor)
        .in_force()
        .filter(pk=OuterRef("document_id"))
        .exclude(node=None)
    )
    return (
        Version.objects.standing()
        .filter(Exists(documents))
        .select_related("document__node")
        .defer("body")
        .annotate(read_number=Subquery(reading.values("number")[:1]), former_number=F("number") - 1)
    )


def changed_since_reading(actor: Any) -> QuerySet[Version]:
    """Versions in force that are newer than the one `actor` last read, latest first."""
    return (
        latest_changes(actor)
        .filter(state=Version.State.IN_FORCE, read_number__lt=F("number"))
        .order_by("-effective_on", "-id")
    )


def _public_pages() -> QuerySet[Node]:
    """Pages open to customers, with the version in force (without its text)."""
    return (
        Node.objects.open_to_customers()
        .select_related("document__current")
        .defer("document__current__body", "document__current__justification")
        .annotate(words_stamp=Subquery(Stamp.objects.filter(name=Mark.WORDS.value).values("value")))
    )


_public_page = Prepared(lambda _actor, code: _public_pages().filter(code=code))


def public_page(code: str) -> Node:
    """The page of that code if it is open to customers; else raises Http404."""
    node = _public_page.first(None, code=code)
    if node is None:
        raise Http404
    return node


def next_code(parent: Node) -> str:
    """The code that follows the last one under `parent`: ATC-02 gives ATC-02.1, ATC-02.2."""
    taken = set(Node.objects.values_list("code", flat=True)) | set(
        Document.objects.values_list("code", flat=True)
    )
    prefix = f"{parent.code}."
    numbers = [code.removeprefix(prefix) for code in taken if code.startswith(prefix)]
    last = max((int(rest) for rest in numbers if rest.isascii() and rest.isdigit()), default=0)
    return f"{prefix}{last + 1}"


def document_for(actor: Any, code: str) -> Document:
    """The document at that place of the manual, published or not, as far as it exists for
    `actor`, with `node` and `current`; raises Http404 if none does."""
    rows = Document.objects.visible_to(actor).select_related("node", "current", "unit")
    document = rows.filter(node__code=code).first()
    if document is None:
        raise Http404
    return document


def open_version(document: Document) -> Version | None:
    """The version being written or in review, with its document and author; or None."""
    states = [Version.State.DRAFT, Version.State.IN_REVIEW]
    rows = Version.objects.filter(document=document, state__in=states)
    version = rows.select_related("author").first()
    if version is not None:
        version.document = document
    return version
