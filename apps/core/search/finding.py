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
from datetime import date
from functools import lru_cache
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from psycopg2 import sql

from apps.core.registry import SearchKind, search_kinds
from apps.core.search.understanding import Question

# How far a list of results goes, and so how far they are counted; how many of the first are
# ordered exactly.
DEPTH = 200
COUNT_CAP = DEPTH + 1
RERANKED = 40
# Rare words choose the candidates, as long as their postings fit here.
DRIVING_POSTINGS = 1500
NEARNESS = 2.0
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
    """An entry found, its score, and where in its body the words stand (offset << 6 | term)."""

    entry_id: int
    kind: str
    context: str
    score: float
    places: list[int] = field(default_factory=list)
    lexemes: list[int] = field(default_factory=list)


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
    reranked = start + size <= RERANKED
    first, last = (0, RERANKED) if reranked else (start, min(start + size, DEPTH))
    rows = _rows(question, visible, filters, first, last)
    meaning = _meaning(question)
    hits = [_hit(row, meaning) for row in rows[first:last]]
    if reranked:
        nearest = len(question.terms) > 1
        for hit in hits:
            if nearest:
                hit.score += _nearness(hit.places, question)
        hits.sort(key=lambda hit: (-hit.score, hit.entry_id))
        hits = hits[start : start + size]
    return Found(hits, len(rows), Counter(row[1] for row in rows), Counter(row[2] for row in rows))


# What exists for a person ------------------------------------------------------------------


def _visible(actor: Any, kinds: Iterable[tuple[str, SearchKind]]) -> dict[str, Any]:
    """By kind, the compiled subquery of what exists for `actor`; None where all of it does.

    Kinds of which nothing exists for them are left out.
    """
    found: dict[str, Any] = {}
    for key, kind in kinds:
        rows = kind.visible(actor)
        if not rows.query.where:
            found[key] = None
            continue
        try:
            found[key] = rows.order_by().values("pk").query.sql_with_params()
        except EmptyResultSet:
            continue
    return found


def _condition(visible: dict[str, Any]) -> tuple[tuple[str, ...], list[Any]]:
    """The subqueries of what exists, and the values of the condition `_statement` makes of them."""
    open_kinds = [key for key, compiled in visible.items() if compiled is None]
    subqueries, params = [], [open_kinds]
    for key, compiled in visible.items():
        if compiled is not None:
            subqueries.append(compiled[0])
            params += [key, *compiled[1]]
    return tuple(subqueries), params


# The statement -----------------------------------------------------------------------------

# `one` is a subquery of its own for each candidate, in their order, so that the statement ends
# at the last row asked for: what exists is not counted to the end.
_FIND = sql.SQL(
    """
    WITH named AS (
        SELECT p.entry_id, sum(p.impact * d.weight) AS score
        FROM unnest(%s::int[], %s::float8[]) AS d (lexeme_id, weight)
        JOIN core_searchposting AS p ON p.lexeme_id = d.lexeme_id
        GROUP BY p.entry_id
    ), candidates AS (
        {named} ORDER BY score DESC, entry_id
    ), hits AS MATERIALIZED (
        SELECT one.*, c.score, row_number() OVER () AS place
        FROM candidates AS c CROSS JOIN LATERAL (
            SELECT e.id, e.kind, e.context FROM core_searchentry AS e
            WHERE e.id = c.entry_id AND (%s = '' OR e.context = %s)
                AND (%s::date IS NULL OR e.changed_on >= %s) AND ({visible})
            OFFSET 0
        ) AS one LIMIT %s
    )
    SELECT hits.id, kind, context, score, w.* FROM hits LEFT JOIN LATERAL (
        SELECT array_agg(p.lexeme_id ORDER BY p.lexeme_id),
            array_agg(p.impact ORDER BY p.lexeme_id),
            array_agg(length(p.positions) ORDER BY p.lexeme_id),
            string_agg(p.positions, ''::bytea ORDER BY p.lexeme_id)
        FROM core_searchposting AS p
        WHERE p.entry_id = hits.id AND p.lexeme_id = ANY(%s)
            AND hits.place > %s AND hits.place <= %s
    ) AS w ON true
    ORDER BY place
    """
)
_BY_WORDS = sql.SQL("SELECT entry_id, score FROM named")
_BY_CODE_TOO = sql.SQL(
    """
    SELECT entry_id, sum(score) AS score FROM (
        SELECT entry_id, score FROM named
        UNION ALL SELECT id, %s FROM core_searchentry WHERE code >= %s AND code < %s
    ) AS either GROUP BY entry_id
    """
)


@lru_cache(maxsize=256)
def _statement(by_code: bool, subqueries: tuple[str, ...]) -> str:
    """The statement for those kinds, composed once for all who see by the same rule."""
    # SECURITY: what Django compiled of the kinds' own querysets; values travel apart.
    restricted = [
        sql.SQL("e.kind = %s AND e.object_id IN ({})").format(sql.SQL(text)) for text in subqueries
    ]
    condition = sql.SQL(" OR ").join([sql.SQL("e.kind = ANY(%s)"), *restricted])
    named = _BY_CODE_TOO if by_code else _BY_WORDS
    return _FIND.format(named=named, visible=condition).as_string(None)


def _rows(
    question: Question, visible: dict[str, Any], filters: Filters, first: int, last: int
) -> list[tuple[Any, ...]]:
    subqueries, condition_params = _condition(visible)
    codes = _codes(question.text)
    with connection.cursor() as cursor:
        cursor.execute(
            _statement(bool(codes), subqueries),
            [
                *_driving(question),
                *codes,
                filters.context,
                filters.context,
                filters.since,
                filters.since,
                *condition_params,
                COUNT_CAP,
                [lexeme for term in question.terms for lexeme in term.lexemes],
                first,
                last,
            ],
        )
        return cursor.fetchall()


def _driving(question: Question) -> tuple[list[int], list[float]]:
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
    return list(weights.keys()), list(weights.values())


def _codes(text: str) -> tuple[float, str, str] | tuple[()]:
    """Bonus and bounds of the codes that begin like the question, if it can be one."""
    if not (_CODE.fullmatch(text) and any(letter.isdigit() for letter in text)):
        return ()
    return CODE_BONUS, text.upper(), f"{text.upper()}\U0010ffff"


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
    entry_id, kind, context, score, lexemes, impacts, sizes, packed = row
    bonus = CODE_BONUS if score >= CODE_BONUS else 0.0
    hit = Hit(entry_id, kind, context, bonus)
    if not lexemes:
        return hit
    hit.lexemes = lexemes
    offsets = array("i", bytes(packed)).tolist()
    best: dict[int, float] = {}
    places: list[int] = []
    at = 0
    for lexeme, impact, size in zip(lexemes, impacts, sizes, strict=True):
        here = offsets[at : at + size // 4]
        at += size // 4
        for term, weight in meaning[lexeme]:
            value = impact * weight
            if value > best.get(term, 0.0):
                best[term] = value
            places += [offset << TERM_BITS | term for offset in here]
    places.sort()
    hit.places = places
    hit.score += sum(best.values())
    return hit


def _nearness(places: list[int], question: Question) -> float:
    """What words of the question that stand close together add: most when side by side."""
    reach = (NEAR_LETTERS + 1) << TERM_BITS
    best: dict[int, float] = {}
    before = -reach
    for place in places:
        if place - before < reach:
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
