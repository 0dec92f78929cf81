"""The entries that exist for a person and answer a question, best first."""

from __future__ import annotations

import re
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from psycopg2 import sql

from apps.core.registry import SearchKind, search_kinds
from apps.core.search.understanding import Question

COUNT_CAP = 1001
# How far a list of results goes, and how many of the first are ordered by nearness of words too.
DEPTH = 200
NEAR_AMONG = 40
# Rare words choose the candidates, as long as their postings fit here; commoner ones only add
# to the best of them.
DRIVING_POSTINGS = 2500
HELPED = 100
NEARNESS = 2.0
NEAR_LETTERS = 40
CODE_BONUS = 100.0
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{1,39}")


@dataclass(frozen=True)
class Filters:
    """Narrowing of the results: a kind, a context, changed since a calendar day."""

    kind: str = ""
    context: str = ""
    since: date | None = None


@dataclass
class Hit:
    """An entry found, its score, and where in its body the words stand: (offset, term)."""

    entry_id: int
    kind: str
    score: float
    places: list[tuple[int, int]] = field(default_factory=list)
    lexemes: set[int] = field(default_factory=set)


@dataclass
class Found:
    """Some of the hits; how many there are in all, by kind, and by context of the kind asked."""

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
    """Hits number `start` to `start + size` that exist for `actor`, in one statement.

    The first 40 are ordered by how close the words stand to each other, too.
    """
    visible = _visible(actor, kinds)
    if question.is_empty or not visible or not 0 <= start < DEPTH:
        return Found()
    filters = filters or Filters()
    reranked = start + size <= NEAR_AMONG
    first, last = (0, NEAR_AMONG) if reranked else (start, min(start + size, DEPTH))
    rows = _rows(question, visible, filters, first, last)
    found = Found()
    for entry_id, kind, context, number, *places in rows:
        if entry_id is not None:
            found.hits.append(_hit(entry_id, kind, number, places, question))
            continue
        found.kinds[kind] += int(number)
        if filters.kind in ("", kind):
            found.contexts[context] += int(number)
            if filters.context in ("", context):
                found.total += int(number)
    if reranked:
        for hit in found.hits:
            hit.score += _nearness(hit, question)
        found.hits.sort(key=lambda hit: (-hit.score, hit.entry_id))
        found.hits = found.hits[start : start + size]
    return found


# What exists for a person ------------------------------------------------------------------


def _visible(actor: Any, kinds: Iterable[tuple[str, SearchKind]]) -> dict[str, Any]:
    """By kind, the compiled subquery of what exists for `actor`; None where all of it does.

    Kinds of which nothing exists for them are left out.
    """
    found: dict[str, Any] = {}
    for key, kind in kinds:
        rows = kind.visible(actor).order_by().values("pk")
        try:
            compiled = rows.query.get_compiler(connection=connection).as_sql()
        except EmptyResultSet:
            continue
        found[key] = compiled if rows.query.where else None
    return found


def _condition(visible: dict[str, Any]) -> tuple[sql.Composable, list[Any]]:
    """Which entries `e` exist: a condition per kind, joined by OR."""
    open_kinds = [key for key, compiled in visible.items() if compiled is None]
    parts: list[sql.Composable] = [sql.SQL("e.kind = ANY(%s)")]
    params: list[Any] = [open_kinds]
    for key, compiled in visible.items():
        if compiled is not None:
            # SECURITY: what Django compiled of the kind's own queryset, its values apart.
            parts.append(
                sql.SQL("e.kind = %s AND e.object_id IN ({})").format(sql.SQL(compiled[0]))
            )
            params += [key, *compiled[1]]
    return sql.SQL(" OR ").join(parts), params


# The statement -----------------------------------------------------------------------------

_FIND = sql.SQL(
    """
    WITH driving AS MATERIALIZED (
        SELECT * FROM unnest(%s::int[], %s::int[], %s::float8[]) AS a (lexeme_id, term, weight)
    ), helping AS MATERIALIZED (
        SELECT * FROM unnest(%s::int[], %s::int[], %s::float8[]) AS a (lexeme_id, term, weight)
    ), best AS (
        SELECT p.entry_id, d.term, max(p.impact * d.weight) AS score
        FROM driving AS d JOIN core_searchposting AS p ON p.lexeme_id = d.lexeme_id
        GROUP BY p.entry_id, d.term
        UNION ALL
        SELECT id, -1, %s FROM core_searchentry WHERE code >= %s AND code < %s
    ), scored AS (
        SELECT entry_id, sum(score) AS score FROM best GROUP BY entry_id
    ), hits AS MATERIALIZED (
        SELECT e.id, e.kind, e.context, s.score
        FROM scored AS s JOIN core_searchentry AS e ON e.id = s.entry_id
        WHERE (%s::date IS NULL OR e.changed_on >= %s) AND ({visible})
    ), chosen AS (
        SELECT id, kind, score, row_number() OVER (ORDER BY score DESC, id) AS place
        FROM hits WHERE %s IN ('', kind) AND %s IN ('', context)
        ORDER BY place LIMIT %s
    ), page AS MATERIALIZED (
        SELECT c.id, c.kind, c.score + coalesce((
            SELECT sum(term.score) FROM (
                SELECT max(p.impact * h.weight) AS score
                FROM helping AS h JOIN core_searchposting AS p
                    ON p.lexeme_id = h.lexeme_id AND p.entry_id = c.id
                WHERE c.place <= %s GROUP BY h.term
            ) AS term
        ), 0) AS score, c.place > %s AS is_far
        FROM chosen AS c ORDER BY is_far, score DESC, c.id OFFSET %s LIMIT %s
    )
    SELECT page.id, page.kind, '', page.score, w.lexemes, w.sizes, w.places
    FROM page LEFT JOIN LATERAL (
        SELECT array_agg(p.lexeme_id ORDER BY p.lexeme_id) AS lexemes,
            array_agg(length(p.positions) ORDER BY p.lexeme_id) AS sizes,
            string_agg(p.positions, ''::bytea ORDER BY p.lexeme_id) AS places
        FROM core_searchposting AS p
        WHERE p.entry_id = page.id AND p.lexeme_id = ANY(%s)
    ) AS w ON true
    UNION ALL
    SELECT NULL, kind, context, count(*), NULL, NULL, NULL FROM hits GROUP BY kind, context
    """
)


def _rows(
    question: Question, visible: dict[str, Any], filters: Filters, first: int, last: int
) -> list[tuple[Any, ...]]:
    driving, helping = _divided(question)
    condition, condition_params = _condition(visible)
    every = sorted({lexeme for term in question.terms for lexeme in term.lexemes})
    with connection.cursor() as cursor:
        cursor.execute(
            _FIND.format(visible=condition),
            [
                *_columns(question, driving),
                *_columns(question, helping),
                CODE_BONUS,
                *_codes(question.text),
                filters.since,
                filters.since,
                *condition_params,
                filters.kind,
                filters.context,
                max(HELPED, last),
                HELPED if helping else 0,
                HELPED,
                first,
                last - first,
                every,
            ],
        )
        return cursor.fetchall()


def _divided(question: Question) -> tuple[list[int], list[int]]:
    """Terms (by number) that choose the candidates, rarest first, and those that only help."""
    order = sorted(range(len(question.terms)), key=lambda n: -question.terms[n].weight)
    driving: list[int] = []
    postings = 0
    for place, n in enumerate(order):
        size = sum(question.sizes[lexeme] for lexeme in question.terms[n].lexemes)
        if driving and postings + size > DRIVING_POSTINGS:
            return driving, order[place:]
        driving.append(n)
        postings += size
    return driving, []


def _columns(question: Question, numbers: list[int]) -> tuple[list[int], list[int], list[float]]:
    rows = [
        (lexeme, n, share * question.terms[n].weight)
        for n in numbers
        for lexeme, share in question.terms[n].lexemes.items()
    ]
    lexemes, terms, weights = zip(*rows, strict=True) if rows else ((), (), ())
    return list(lexemes), list(terms), list(weights)


def _codes(text: str) -> tuple[str, str]:
    """Bounds of the codes that begin like the question, if it can be one; else an empty range."""
    if not (_CODE.fullmatch(text) and any(letter.isdigit() for letter in text)):
        return "", ""
    return text.upper(), f"{text.upper()}\U0010ffff"


# The order of the first ----------------------------------------------------------------------


def _hit(entry_id: int, kind: str, score: float, columns: list[Any], question: Question) -> Hit:
    hit = Hit(entry_id, kind, score)
    lexemes, sizes, packed = columns
    if not lexemes:
        return hit
    owners = _owners(question)
    offsets = array("i", bytes(packed))
    at = 0
    for lexeme, size in zip(lexemes, sizes, strict=True):
        hit.lexemes.add(lexeme)
        here = offsets[at : at + size // 4]
        at += size // 4
        for term in owners[lexeme]:
            hit.places.extend((offset, term) for offset in here)
    hit.places.sort()
    return hit


def _owners(question: Question) -> dict[int, list[int]]:
    owners = question.__dict__.get("_owners")
    if owners is None:
        owners = defaultdict(list)
        for n, term in enumerate(question.terms):
            for lexeme in term.lexemes:
                owners[lexeme].append(n)
        question.__dict__["_owners"] = owners
    return owners


def _nearness(hit: Hit, question: Question) -> float:
    """What words of the question that stand close together add: most when side by side."""
    best: dict[tuple[int, int], float] = {}
    for (at, one), (then, other) in zip(hit.places, hit.places[1:], strict=False):
        gap = then - at
        if one != other and 0 < gap <= NEAR_LETTERS:
            pair = (one, other) if one < other else (other, one)
            weight = min(question.terms[one].weight, question.terms[other].weight)
            best[pair] = max(best.get(pair, 0.0), NEARNESS * weight / gap)
    return sum(best.values())
