"""What higher rooms hand to lower ones when the apps load (DESIGN §2).

Each registry is a plain dictionary behind two verbs, filled by a module of the same purpose
in every app (`search.py`, `tasks_home.py`, `evidence.py`, `metrics.py`, …), which
`CoreConfig.ready` imports.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, Literal, TypeVar

from django.db import models
from django.http import HttpRequest

T = TypeVar("T")


class Registry(Generic[T]):
    """Named things, each registered once."""

    def __init__(self, what: str) -> None:
        self.what = what
        self._entries: dict[str, T] = {}

    def add(self, key: str, entry: T) -> T:
        """Register `entry`; ValueError if the key is taken."""
        if key in self._entries:
            raise ValueError(f"{self.what} '{key}' is registered twice")
        self._entries[key] = entry
        return entry

    def get(self, key: str) -> T:
        """Entry of that key; KeyError if there is none."""
        return self._entries[key]

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    def __iter__(self) -> Iterator[tuple[str, T]]:
        return iter(self._entries.items())

    def values(self) -> Iterable[T]:
        """All entries in the order they came."""
        return self._entries.values()


@dataclass(frozen=True)
class SearchKind:
    """A searchable kind of thing; the key of its registration names it in the index.

    `visible` gives the rows of `model` that exist for a person (used as a subquery, so that
    hits, counts and suggestions agree). It may look at the person's key, permissions and units
    and at the calendar day, nothing else: what it compiles to is kept for these. `documents`
    yields what to index of the given rows; a row it leaves out is taken from the index. `rows`
    is everything that may be indexed.
    """

    label: str
    plural: str
    icon: str
    model: type[models.Model]
    visible: Callable[[Any], models.QuerySet]
    rows: Callable[[], models.QuerySet]
    documents: Callable[[models.QuerySet], Iterable[SearchDocument]]


@dataclass(frozen=True)
class SearchDocument:
    """What is indexed of one object. `body` is plain text; `url` is relative.

    `context` is where it stands (the chapter), shown and filtered by, not searched.
    """

    object_id: int
    title: str
    url: str
    code: str = ""
    body: str = ""
    context: str = ""
    changed_on: date | None = None


@dataclass(frozen=True)
class HomeTask:
    """Something that waits for a person. `due_at` aware, or None when it is not dated;
    `all_day`: no hour was promised, it is late once that day has passed."""

    title: str
    note: str
    url: str
    icon: str
    due_at: datetime | None = None
    all_day: bool = False


@dataclass(frozen=True)
class Evidence:
    """What the records say of a requirement: state, one sentence, figures, links."""

    state: Literal["met", "late", "unmet"]
    sentence: str
    counts: dict[str, int] = field(default_factory=dict)
    as_of: date | None = None
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Measure:
    """What a metric gives for a period: one value, or how many of how many.

    With a denominator the value is worked out by whoever asked, as its definition says.
    """

    value: Decimal | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None


@dataclass(frozen=True)
class Metric:
    """A measure the portal takes of its own records; the key of its registration is kept.

    `measure` is asked for the calendar days from the first to the second, both included, and
    gives None where the records say nothing of them. `shape` says what it gives: a "value" in
    `unit`, a "proportion" (how many of how many) or a "rate" (cases, and units they fell on).
    """

    label: str
    formula: str
    source: str
    shape: Literal["value", "proportion", "rate"]
    unit: str
    measure: Callable[[date, date], Measure | None]


@dataclass(frozen=True)
class Process:
    """A process of the organisation, by which things are grouped. `url` is relative."""

    code: str
    title: str
    url: str = ""


@dataclass(frozen=True)
class NavItem:
    """An entry of the staff's rail. `perm` None: every member of staff. `also`: names of pages
    elsewhere that belong to it, with what lies below them."""

    group: Literal["top", "attend", "consult", "care"]
    order: int
    title: str
    url_name: str
    icon: str
    perm: str | None = None
    count: Callable[[HttpRequest], int] | None = None
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class WorkKind:
    """Work that a job does while a page shows how far it is (`core.long_work`).

    `run` is given the work (`subject`, `started_by_id`) and a function to tell how many of
    `total` are done; it runs in one transaction and returns the result as plain JSON without
    personal data. It asks anew whether who started the work may do it. `said` is the sentence
    of a result; `place` the address and the words of a link to what was worked on.
    """

    label: str
    run: Callable[[Any, Callable[[int], None]], dict[str, int]]
    said: Callable[[dict[str, int]], str]
    place: Callable[[Any], tuple[str, str]]


search_kinds: Registry[SearchKind] = Registry("search kind")
home_tasks: Registry[Callable[[Any], Iterable[HomeTask]]] = Registry("home tasks")
evidence: Registry[Callable[[], Evidence]] = Registry("evidence")
metrics: Registry[Metric] = Registry("metric")
# Who keeps the list of processes; each gives those that exist for a person, in order.
processes: Registry[Callable[[Any], Iterable[Process]]] = Registry("list of processes")
access_conditions: Registry[Callable[[Any], bool]] = Registry("access condition")
navigation: Registry[NavItem] = Registry("navigation entry")
# Expressions that come with the person of a request, in its one statement (`accounts.backends`):
# attribute → maker. Cheap ones that every page shows, such as the count of unread notices.
person_annotations: Registry[Callable[[], models.expressions.BaseExpression]] = Registry(
    "annotation of the person"
)
work_kinds: Registry[WorkKind] = Registry("kind of long work")
