"""The entries that exist for a person and answer a question, best first.

One statement chooses: the rarest words of the question name the candidates, what does not exist
for the person is passed over, and the first of the rest come with the weight and the places of
every word. Here these are ordered exactly: BM25 over all words, and how close they stand.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.utils import timezone
from psycopg2 import sql

from apps.core.prepared import run
from apps.core.registry import SearchKind, search_kinds
from apps.core.search.understanding import Question

# How far a list of results goes, and so how far they are counted; how many of the first are
# ordered exactly.
DEPTH = 100
COUNT_CAP = DEPTH + 1
RERANKED = 40
# Rare words choose the candidates, as long as their postings fit here.
DRIVING_POSTINGS = 1000
NEARNESS = 1.5
NEAR_LETTERS = 40
CODE_BONUS = 1000.0
TERM_BITS = 6  # a place is offset << 6 | term; `understanding.TERMS_MAX` fits
TERM_MASK = (1 << TERM_BITS) - 1
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{1,39}")


@dataclass(frozen=True)
class Filters:
    """Narrowing of the results: a kind, a context, changed since a calendar day."""

    kind: str = ""
    context: str = ""
    since: date | None = None


@dataclass
class Hit:
    """An entry found, its score, and where the words stand (place << 6 | term, in order).

    Places in the title come first: they are negative (`models.SearchPosting`).
    """

    entry_id: int
    kind: str
    context: str
    score: float
    places: list[int] = field(default_factory=list)


@dataclass
class Found:
    """The hits of a page; how many exist for the person, COUNT_CAP if there are more than DEPTH.

    `kinds` and `contexts` say of how many of those counted.
    """

    hits: list[Hit] = field(default_factory=list)
    total: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    contexts: Counter[str] = field(default_factory=Counter)


def find(
    question: Question,
    actor: Any,
    filters: Filters | None = None,
    *,
    start: int = 0,
    size: int = 20,
    kinds: Iterable[tuple[str, SearchKind]] = search_kinds,
) -> Found:
    """Hits number `start` to `start + size` that exist for `actor`."""
    filters = filters or Filters()
    visible = _visible(actor, [(k, kind) for k, kind in kinds if filters.kind in ("", k)])
    askable = question.terms or _codes(question.text)
    if not askable or not visible or not 0 <= start < DEPTH:
        return Found()
    reranked = start + size <= RERANKED and len(question.terms) > 1
    first, last = (0, RERANKED) if reranked else (start, min(start + size, DEPTH))
    rows = _rows(question, visible, filters, first, last)
    meaning = _meaning(question)
    hits = [_hit(row, meaning) for row in rows[first:last]]
    if reranked:
        for hit in hits:
            hit.score += _nearness(hit.places, question)
        hits.sort(key=lambda hit: (-hit.score, hit.entry_id))
        hits = hits[start : start + size]
    return Found(hits, len(rows), Counter(row[1] for row in rows), Counter(row[2] for row in rows))


# What exists for a person ------------------------------------------------------------------


def _visible(actor: Any, kinds: Iterable[tuple[str, SearchKind]]) -> dict[str, Any]:
    """By kind, the compiled subquery of what exists for `actor`; None where all of it does.

    Kinds of which nothing exists for them are left out.
    """
    sight = _Sight(actor)
    found = {key: _compiled(kind, sight) for key, kind in kinds}
    return {key: compiled for key, compiled in found.items() if compiled != NOTHING}


class _Sight:
    """A person as far as `SearchKind.visible` may look: key, permissions, units, and the day."""

    def __init__(self, actor: Any) -> None:
        self.actor = actor
        if actor is None or not actor.is_authenticated:
            self.key: Any = actor
        else:
            access = actor.access()
            self.key = (
                actor.pk,
                actor.is_active,
                frozenset(access.granted),
                frozenset(access.unit_ids),
                timezone.localdate(),
            )

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Sight) and self.key == other.key


NOTHING = "nothing"


@lru_cache(maxsize=1024)
def _compiled(kind: SearchKind, sight: _Sight) -> Any:
    rows = kind.visible(sight.actor)
    if not rows.query.where:
        return None
    try:
        return rows.order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:
        return NOTHING


def _condition(visible: dict[str, Any]) -> tuple[tuple[str, ...], list[tuple[str, Any]]]:
    """The subqueries of what exists, and the values of the condition `_statement` makes of them."""
    subqueries: list[str] = []
    values: list[tuple[str, Any]] = [
        ("text[]", [key for key, compiled in visible.items() if compiled is None])
    ]
    for key, compiled in visible.items():
        if compiled is not None:
            text, params = compiled
            subqueries.append(text)
            values.append(("text", key))
            values += [(_KINDS_OF_VALUES[type(param)], param) for param in params]
    return tuple(subqueries), values


# What a kind's queryset may be narrowed by; another type is a KeyError at its first search.
_KINDS_OF_VALUES = {
    bool: "boolean",
    int: "bigint",
    str: "text",
    date: "date",
    datetime: "timestamptz",
}


# The statement -----------------------------------------------------------------------------

# `one` is a subquery of its own for each candidate, in their order, so that the statement ends
# at the last row asked for: what exists is not counted to the end.
_FIND = sql.SQL(
    """
    WITH candidates AS (
        {candidates}
    ), hits AS MATERIALIZED (
        SELECT one.*, c.score, row_number() OVER () AS place
        FROM candidates AS c CROSS JOIN LATERAL (
            SELECT e.id, e.kind, e.context FROM core_searchentry AS e
            WHERE e.id = c.entry_id AND (%s = '' OR e.context = %s)
                AND (%s::date IS NULL OR e.changed_on >= %s) AND ({visible})
            OFFSET 0
        ) AS one LIMIT %s
    )
    SELECT hits.id, kind, context, score, w.places FROM hits LEFT JOIN LATERAL (
        SELECT string_agg(p.places, ''::bytea) AS places FROM core_searchposting AS p
        WHERE p.entry_id = hits.id AND p.lexeme_id = ANY(%s)
            AND hits.place > %s AND hits.place <= %s
    ) AS w ON true
    ORDER BY place
    """
)
# One stem alone is read from its weightiest posting on, as far as needed: it may stand everywhere.
_BY_STEM = """
SELECT p.entry_id, p.impact * %s AS score FROM core_searchposting AS p
WHERE p.lexeme_id = %s ORDER BY p.impact DESC, p.entry_id
"""
_BY_STEMS = """
SELECT p.entry_id, sum(p.impact * d.weight) AS score
FROM unnest(%s::float8[], %s::int[]) AS d (weight, lexeme_id)
JOIN core_searchposting AS p ON p.lexeme_id = d.lexeme_id
GROUP BY p.entry_id ORDER BY score DESC, p.entry_id
"""
_BY_CODE_TOO = """
SELECT entry_id, sum(score) AS score FROM (
    SELECT p.entry_id, p.impact * d.weight AS score
    FROM unnest(%s::float8[], %s::int[]) AS d (weight, lexeme_id)
    JOIN core_searchposting AS p ON p.lexeme_id = d.lexeme_id
    UNION ALL SELECT id, %s FROM core_searchentry WHERE code >= %s AND code < %s
) AS named GROUP BY entry_id ORDER BY score DESC, entry_id
"""


@lru_cache(maxsize=256)
def _statement(candidates: str, subqueries: tuple[str, ...]) -> str:
    """The statement for those kinds, composed once for all who see by the same rule."""
    # SECURITY: what Django compiled of the kinds' own querysets; values travel apart.
    restricted = [
        sql.SQL("e.kind = %s AND e.object_id IN ({})").format(sql.SQL(text)) for text in subqueries
    ]
    condition = sql.SQL(" OR ").join([sql.SQL("e.kind = ANY(%s)"), *restricted])
    return _FIND.format(candidates=sql.SQL(candidates), visible=condition).as_string(None)


def _rows(
    question: Question, visible: dict[str, Any], filters: Filters, first: int, last: int
) -> list[tuple[Any, ...]]:
    subqueries, condition_params = _condition(visible)
    candidates, candidate_params = _candidates(question)
    with connection.cursor() as cursor:
        run(
            cursor,
            _statement(candidates, subqueries),
            [
                *candidate_params,
                ("text", filters.context),
                ("text", filters.context),
                ("date", filters.since),
                ("date", filters.since),
                *condition_params,
                ("int", COUNT_CAP),
                ("int[]", [lexeme for term in question.terms for lexeme in term.lexemes]),
                ("int", first),
                ("int", last),
            ],
        )
        return cursor.fetchall()


def _candidates(question: Question) -> tuple[str, list[tuple[str, Any]]]:
    """How the candidates are named, and the values of that part of the statement."""
    weights = _driving(question)
    if codes := _codes(question.text):
        return _BY_CODE_TOO, [*_columns(weights), *codes]
    if len(weights) == 1:
        [(lexeme, weight)] = weights.items()
        return _BY_STEM, [("float8", weight), ("int", lexeme)]
    return _BY_STEMS, _columns(weights)


def _columns(weights: dict[int, float]) -> list[tuple[str, Any]]:
    return [("float8[]", list(weights.values())), ("int[]", list(weights.keys()))]


def _driving(question: Question) -> dict[int, float]:
    """Stems, with their weights, of the words that choose the candidates: the rarest."""
    weights: dict[int, float] = {}
    postings = 0
    for term in sorted(question.terms, key=lambda term: -term.weight):
        size = sum(question.sizes[lexeme] for lexeme in term.lexemes)
        if weights and postings + size > DRIVING_POSTINGS:
            break
        postings += size
        for lexeme, share in term.lexemes.items():
            weights[lexeme] = weights.get(lexeme, 0.0) + share * term.weight
    return weights


def _codes(text: str) -> list[tuple[str, Any]]:
    """Bonus and bounds of the codes that begin like the question, if it can be one."""
    if not (_CODE.fullmatch(text) and any(letter.isdigit() for letter in text)):
        return []
    begin = text.upper()
    return [("float8", CODE_BONUS), ("text", begin), ("text", f"{begin}\U0010ffff")]


# The order of the first ----------------------------------------------------------------------


def _meaning(question: Question) -> dict[int, list[tuple[int, float]]]:
    """The terms a stem may be meant by, and how much it counts for each."""
    meaning: dict[int, list[tuple[int, float]]] = {}
    for number, term in enumerate(question.terms):
        for lexeme, share in term.lexemes.items():
            meaning.setdefault(lexeme, []).append((number, share * term.weight))
    return meaning


def _hit(row: tuple[Any, ...], meaning: dict[int, list[tuple[int, float]]]) -> Hit:
    """A hit with its exact score: of each term, the stem that counts most."""
    entry_id, kind, context, score, packed = row
    hit = Hit(entry_id, kind, context, CODE_BONUS if score >= CODE_BONUS else 0.0)
    numbers = array("i", bytes(packed or b"")).tolist()
    best: dict[int, float] = {}
    places: list[int] = []
    at, end = 0, len(numbers)
    while at < end:
        lexeme, thousandths, count = numbers[at : at + 3]
        at += 3
        here = numbers[at : at + count]
        at += count
        for term, weight in meaning[lexeme]:
            value = thousandths * weight
            if value > best.get(term, 0.0):
                best[term] = value
            places += [offset << TERM_BITS | term for offset in here]
    places.sort()
    hit.places = places
    hit.score += sum(best.values()) / 1000
    return hit


def _nearness(places: list[int], question: Question) -> float:
    """What words of the question that stand close together add: most when side by side."""
    reach = (NEAR_LETTERS + 1) << TERM_BITS
    best: dict[int, float] = {}
    before = -1
    for place in places:
        if place - before < reach and before >= 0:
            one, other = before & TERM_MASK, place & TERM_MASK
            gap = (place >> TERM_BITS) - (before >> TERM_BITS)
            if one != other and gap:
                pair = one << TERM_BITS | other if one < other else other << TERM_BITS | one
                if 1 / gap > best.get(pair, 0.0):
                    best[pair] = 1 / gap
        before = place
    weights = [term.weight for term in question.terms]
    return NEARNESS * sum(
        closeness * min(weights[pair >> TERM_BITS], weights[pair & TERM_MASK])
        for pair, closeness in best.items()
    )
