"""The reading page around a version's text: what it says today, kept ready as a whole.

Whatever the page shows besides the text (owner, dates, notices, related pages) comes with the
one statement of `selectors.page_for` and is part of the key, so a kept page is never out of
date and never another reader's.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.core.cache import cache
from django.template.loader import get_template, render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.access import Level
from apps.documents.models import Version
from apps.manual import links, reading, tree
from apps.manual.models import Node

CLASSIFICATION = {
    Level.PUBLIC: (gettext_lazy("Pública"), "globe"),
    Level.INTERNAL: (gettext_lazy("Uso interno"), "building"),
    Level.CONFIDENTIAL: (gettext_lazy("Confidencial"), "lock"),
    Level.RESERVED: (gettext_lazy("Reservada"), "shield-lock"),
}
TEMPLATES = (
    "manual/_article.html", "manual/_related.html", "manual/_page_side.html",
    "documents/_overdue.html", "documents/_emergency.html", "components/_breadcrumbs.html",
)  # fmt: skip


@dataclass(frozen=True)
class Coming:
    """A version approved with a date to come."""

    number: int
    on: date
    summary: str
    url: str


@dataclass(frozen=True)
class PageFacts:
    """What the reading page says of its version besides the text."""

    owner: str
    reviewer: str
    classification: str
    classification_icon: str
    print_line: str
    overdue_on: date | None = None
    last_read: int | None = None
    compare_url: str = ""
    coming: Coming | None = None


@dataclass(frozen=True)
class Page:
    """Parts of a page ready to be put into its frame."""

    tree: SafeString
    crumbs: SafeString
    article: SafeString | str = ""


def page_of(node: Node, actor: Any, *, here: str = "") -> Page:
    """Tree and crumbs around `node`, one of `selectors.page_for`.

    For the page of a document, with its article as it is in force; `here` names a page below
    it (its history) instead. One look into the cache; what is missing there is made and kept.
    """
    sight = tree.sight_of(actor, is_apart=node.is_apart, roles_apart=node.roles_apart)
    heading_id = node.pk if node.document_id is None else node.parent_id
    tree_at = tree.tree_key(node.tree_stamp, sight, heading_id)
    wants_article = node.document_id is not None and not here
    keys = [tree_at, _article_key(node)] if wants_article else [tree_at]
    found = cache.get_many(keys)
    branch = found.get(tree_at)
    if branch is None:
        branch = tree.build(actor, heading_id)
        cache.set(tree_at, branch, tree.KEEP_SECONDS)
    around = tree.marked(branch["html"], node)
    if not wants_article:
        return Page(around, _crumbs(node, branch, here))
    kept = found.get(keys[1])
    if kept is None:
        kept = {"crumbs": _crumbs(node, branch, here), "article": _render(node)}
        cache.set(keys[1], kept, reading.KEEP_SECONDS)
    return Page(around, _trusted(kept["crumbs"]), _trusted(kept["article"]))


def facts_of(node: Node, approver: str, shown: Version | None = None) -> PageFacts:
    """What the page says around the text of `shown`, by default the version in force."""
    document, current = node.document, node.document.current
    shown = shown or current
    words, icon = CLASSIFICATION[Level(document.classification)]
    compare = reverse("manual:compare", args=[node.code])
    marks = [
        node.code,
        _("Versión %(n)s") % {"n": shown.number},
        _("En vigor desde el %(on)s") % {"on": date_format(shown.effective_on)},
        _("Aprobó: %(who)s") % {"who": approver},
        _("Copia no controlada"),
    ]
    coming = None
    if node.coming:
        number = node.coming["number"]
        coming = Coming(
            number=number,
            on=parse_date(node.coming["effective_on"]),
            summary=reading.summary_of(current.pk, node.coming["id"]),
            url=f"{compare}?de={current.number}&a={number}",
        )
    last_read = last_read_of(node)
    return PageFacts(
        owner=node.owner_position or document.unit.name,
        reviewer=node.reviewer_words or node.owner_position or document.unit.name,
        classification=words,
        classification_icon=icon,
        print_line=" · ".join(marks),
        overdue_on=document.next_review_on if _is_overdue(node) else None,
        last_read=last_read,
        compare_url=f"{compare}?de={last_read}&a={current.number}" if last_read else "",
        coming=coming,
    )


def last_read_of(node: Node) -> int | None:
    """Number of the version the person knew before the one in force; else None.

    It is told until the end of the day on which they first open the new one.
    """
    seen, number = node.reading, node.document.current.number
    if not seen:
        return None
    if seen["number"] != number:
        return seen["number"] if seen["number"] < number else None
    is_today = seen["since_on"] == timezone.localdate().isoformat()
    return seen["previous"] if is_today and seen["previous"] else None


def _is_overdue(node: Node) -> bool:
    return node.document.next_review_on < timezone.localdate()


@lru_cache(maxsize=1)
def _source_digest() -> str:
    digest = hashlib.sha256(reading.source_digest().encode())
    digest.update(Path(links.__file__).read_bytes())
    for name in TEMPLATES:
        digest.update(get_template(name).template.source.encode())
    return digest.hexdigest()[:16]


def _article_key(node: Node) -> str:
    """Changes with everything the article shows; nothing of it is the reader's alone but
    the version they knew."""
    document = node.document
    shown = (
        _source_digest(),
        node.pk,
        node.tree_stamp,
        node.words_stamp,
        document.current_id,
        node.owner_position,
        node.reviewer_words,
        document.unit.name,
        _is_overdue(node),
        node.coming,
        document.current.ratified_at,
        document.current.objected_at,
        last_read_of(node),
        node.related,
    )
    return f"manual:article:{hashlib.sha256(repr(shown).encode()).hexdigest()}"


def _render(node: Node) -> str:
    version = node.document.current
    body = reading.body_of(version, node.code, node.words_stamp)
    # What became of the pages it links to is part of the tree's mark, not of the text.
    body = replace(body, html=links.marked(body.html))
    context = {
        "node": node,
        "version": version,
        "body": body,
        "page": facts_of(node, body.approver),
    }
    return render_to_string("manual/_article.html", context)


def _crumbs(node: Node, branch: dict[str, Any], here: str) -> SafeString:
    crumbs = [[_("Manual"), reverse("manual:home")], *branch["crumbs"]]
    if node.document_id is not None:
        crumbs.append([node.document.title, reverse("manual:page", args=[node.code])])
    if here:
        crumbs.append([here, ""])
    return render_to_string("components/_breadcrumbs.html", {"crumbs": crumbs})


def _trusted(html: str) -> SafeString:
    # SECURITY: rendered above by templates that escape; the cache is written only here.
    return mark_safe(html)  # noqa: S308
