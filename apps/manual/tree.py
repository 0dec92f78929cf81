"""The manual's tree as a person sees it, kept ready in the shared cache."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from apps.core.access import clearance
from apps.documents.permissions import Perm as DocumentPerm
from apps.manual.models import Node
from apps.manual.permissions import Perm

# Up to here the whole tree is in the page; beyond, only the branch around the page.
WHOLE_TREE_MAX = 250
KEEP_SECONDS = 24 * 3600


@dataclass
class Branch:
    """A place of the tree with what hangs below it."""

    node: Node
    depth: int
    children: list[Branch] = field(default_factory=list)
    is_open: bool = False

    @property
    def is_heading(self) -> bool:
        return self.node.document_id is None

    @property
    def short_code(self) -> str:
        """Code beside the title: whole at the top, its number below, none deeper."""
        if self.depth == 0:
            return self.node.code
        return self.node.code.partition("-")[2] or self.node.code if self.depth == 1 else ""

    @property
    def pages(self) -> int:
        """How many pages there are below (and here)."""
        return (not self.is_heading) + sum(child.pages for child in self.children)


def sight_of(actor: Any, *, is_apart: bool, roles_apart: list[int]) -> str:
    """A key that is the same for people to whom the same pages exist today.

    `is_apart` and `roles_apart` are those of `documents.sight`: exceptions for a person or a
    role. Those for units come with the units; what ends ends with the day.
    """
    access = actor.access()
    parts = [
        int(clearance(actor)),
        actor.has_perm(Perm.VIEW),
        actor.has_perm(DocumentPerm.VIEW),
        actor.has_perm(DocumentPerm.APPROVE),
        sorted(access.unit_ids),
        sorted(roles_apart),
        actor.pk if is_apart else None,
        timezone.localdate().isoformat(),
    ]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:20]


def branches_for(actor: Any, *, empty_too: bool = False) -> list[Branch]:
    """The whole tree that exists for `actor`, in order. One query.

    Headings without a page below them are left out, unless `empty_too`.
    """
    below: dict[int | None, list[Node]] = defaultdict(list)
    nodes = Node.objects.visible_to(actor).order_by("order", "pk")
    for node in nodes.only("code", "title", "summary", "order", "parent_id", "document_id"):
        below[node.parent_id].append(node)

    def grow(parent_id: int | None, depth: int) -> list[Branch]:
        found = [Branch(node, depth, grow(node.pk, depth + 1)) for node in below[parent_id]]
        return [branch for branch in found if empty_too or branch.pages]

    return grow(None, 0)


def path_to(branches: list[Branch], pk: int | None) -> list[Branch]:
    """Branches from the top down to the place `pk`, itself included; empty if not there."""
    for branch in branches:
        if branch.node.pk == pk:
            return [branch]
        if below := path_to(branch.children, pk):
            return [branch, *below]
    return []


def tree_key(stamp: Any, sight: str, heading_id: int | None) -> str:
    """Cache key of the tree opened at a heading, for people of one sight."""
    return f"manual:tree:{stamp}:{sight}:{heading_id or 0}"


def build(actor: Any, heading_id: int | None) -> dict[str, Any]:
    """Plain data to keep: the tree's HTML opened at a heading, and the crumbs to it."""
    branches = branches_for(actor)
    path = path_to(branches, heading_id)
    for branch in path:
        branch.is_open = True
    whole = sum(map(_size, branches)) <= WHOLE_TREE_MAX
    if not whole:
        _prune(branches)
    html = render_to_string("manual/_tree.html", {"branches": branches})
    crumbs = [[b.node.title, reverse("manual:page", args=[b.node.code])] for b in path]
    return {"html": html, "crumbs": crumbs}


def _size(branch: Branch) -> int:
    return 1 + sum(map(_size, branch.children))


def _prune(branches: list[Branch]) -> None:
    """Closed branches lose what hangs below: they become links to their heading."""
    for branch in branches:
        if branch.is_open:
            _prune(branch.children)
        else:
            branch.children = []


def marked(html: str, node: Node | None) -> SafeString:
    """The kept tree with the place `node` marked as the present one."""
    if node is not None:
        url = reverse("manual:page", args=[node.code])
        html = html.replace(f'<a href="{url}">', f'<a href="{url}" aria-current="page">', 1)
        html = html.replace(
            f'<summary id="rama-{node.pk}">',
            f'<summary id="rama-{node.pk}" aria-current="true">',
            1,
        )
    # SECURITY: rendered by manual/_tree.html, which escapes; the cache is written only here.
    return mark_safe(html)  # noqa: S308
