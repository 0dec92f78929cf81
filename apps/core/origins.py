"""Where a thing came from, and what came of a thing: the links between rooms (DESIGN §2).

An origin is a kind and a key. Kinds that can be searched are resolved by their `SearchKind`,
others by an `OriginKind`; both under the reader's own sight, so that what a person may not see
is never named. The other direction is asked of the rooms above: `mentions` (what already
points to a thing) and `offers` (what a person may begin from it).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core.registry import Registry, search_kinds


@dataclass(frozen=True)
class Place:
    """A thing another one came from, as this person may see it."""

    kind: str
    key: int
    label: str
    icon: str
    title: str
    url: str


@dataclass(frozen=True)
class OriginKind:
    """A kind of thing that is no search kind and can be an origin all the same.

    `places` gives title and address of those of `keys` that exist for the person.
    """

    label: str
    icon: str
    places: Callable[[Any, Iterable[int]], dict[int, tuple[str, str]]]


@dataclass(frozen=True)
class Mention:
    """Something of a higher room about a thing of a lower one."""

    title: str
    url: str
    icon: str
    note: str = ""


origin_kinds: Registry[OriginKind] = Registry("origin kind")
# Asked with the person, the kind and the key of a thing.
mentions: Registry[Callable[[Any, str, int], Iterable[Mention]]] = Registry("mentions")
offers: Registry[Callable[[Any, str, int], Iterable[Mention]]] = Registry("offers")


class HasOrigin(models.Model):
    """A row that says where it came from: kind and key, or neither when somebody just saw it."""

    origin_kind = models.CharField(_("origen"), max_length=20, blank=True)
    origin_key = models.BigIntegerField(_("clave del origen"), null=True, blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                name="%(class)s_origin_is_whole",
                condition=Q(origin_kind="", origin_key=None)
                | ~Q(origin_kind="") & Q(origin_key__isnull=False),
            )
        ]
        indexes = [
            models.Index(
                fields=["origin_kind", "origin_key"],
                name="%(class)s_by_origin",
                condition=Q(origin_key__isnull=False),
            )
        ]


def is_known(kind: str) -> bool:
    """Whether things of that kind can be an origin."""
    return kind in search_kinds or kind in origin_kinds


def label_of(kind: str) -> str:
    """The kind in words, whether or not the person may see the thing itself."""
    for registry in (origin_kinds, search_kinds):
        if kind in registry:
            return str(registry.get(kind).label)
    return ""


def places(actor: Any, wanted: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Place]:
    """Those of `wanted` (kind, key) that exist for `actor`. A few statements for each kind."""
    by_kind: dict[str, set[int]] = defaultdict(set)
    for kind, key in wanted:
        if kind and key is not None:
            by_kind[kind].add(key)
    found: dict[tuple[str, int], Place] = {}
    for kind, keys in by_kind.items():
        if kind in origin_kinds:
            other = origin_kinds.get(kind)
            for key, (title, url) in other.places(actor, keys).items():
                found[kind, key] = Place(kind, key, str(other.label), other.icon, title, url)
        elif kind in search_kinds:
            entry = search_kinds.get(kind)
            for row in entry.documents(entry.visible(actor).filter(pk__in=keys)):
                title = f"{row.code} {row.title}" if row.code else row.title
                found[kind, row.object_id] = Place(
                    kind, row.object_id, str(entry.label), entry.icon, title, row.url
                )
    return found


def place(actor: Any, kind: str, key: int | None) -> Place | None:
    """The thing of that kind and key, if it exists for `actor`."""
    return places(actor, [(kind, key)]).get((kind, key)) if key is not None else None


def mentions_of(actor: Any, kind: str, key: int) -> list[Mention]:
    """What rooms above know of that thing, as far as `actor` may see it."""
    return [row for tell in mentions.values() for row in tell(actor, kind, key)]


def offers_for(actor: Any, kind: str, key: int) -> list[Mention]:
    """What `actor` may begin from that thing in rooms above."""
    return [row for tell in offers.values() for row in tell(actor, kind, key)]
