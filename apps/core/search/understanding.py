"""What the words of a question may stand for: one statement, and a little judging."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from django.db import connection

from apps.core.search.indexing import rarity
from apps.core.search.text import (
    KIN_PREFIX,
    composed,
    deletions,
    is_one_typo,
    kinship,
    words,
)

QUESTION_MAX = 2000
TERMS_MAX = 40
COMPLETIONS = 20
# How much a word counts that was not asked for itself: kin of the same beginning (times how much
# they share), a word one typo apart (less when the first letter differs: it seldom does), a word
# that begins like the one being typed.
KIN, KIN_LEAST = 0.5, 0.6
TYPO, TYPO_AT_FIRST = 0.8, 0.56
BEGUN, BEGUN_BESIDE = 0.9, 0.4


@dataclass
class Term:
    """A word of the question, and the stems it may stand for with the weight of each."""

    word: str
    lexemes: dict[int, float] = field(default_factory=dict)
    entries: int = 0
    corrected: bool = False
    weight: float = 0.0


@dataclass
class Question:
    """A question as understood: `terms` known to the index, `unknown` words of nobody."""

    text: str
    terms: list[Term] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    forms: dict[int, set[str]] = field(default_factory=dict)
    sizes: dict[int, int] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not self.terms and not self.unknown


_CANDIDATES = """
    WITH asked AS (
        SELECT a.n, a.word, coalesce((ts_lexize('spanish_stem', a.word))[1], a.word) AS stem
        FROM unnest(%(words)s::text[]) WITH ORDINALITY AS a (word, n)
    ), known AS (
        SELECT a.n, a.word, a.stem, l.id FROM asked AS a
        LEFT JOIN core_searchlexeme AS l ON l.text = left(a.stem, 40) AND l.entries > 0
    ), found AS (
        SELECT n, id AS lexeme_id, 'same' AS how, '' AS word FROM known WHERE id IS NOT NULL
        UNION ALL
        SELECT k.n, l.id, 'kin', '' FROM known AS k JOIN core_searchlexeme AS l
            ON l.text >= left(k.stem, %(prefix)s)
            AND l.text < left(k.stem, %(prefix)s) || chr(1114111)
        WHERE length(k.stem) >= %(prefix)s AND l.id IS DISTINCT FROM k.id AND l.entries > 0
        UNION ALL
        SELECT k.n, w.lexeme_id, 'typo', w.word FROM known AS k
            CROSS JOIN LATERAL (
                SELECT array_agg(d.hash) AS hashes
                FROM unnest(%(owners)s::int[], %(hashes)s::int[]) AS d (n, hash) WHERE d.n = k.n
            ) AS d
            JOIN core_searchword AS w ON w.deletions && d.hashes
        WHERE k.id IS NULL
        UNION ALL
        SELECT k.n, w.lexeme_id, 'begun', w.word FROM known AS k
            CROSS JOIN LATERAL (
                SELECT w.lexeme_id, w.word FROM core_searchword AS w
                JOIN core_searchlexeme AS l ON l.id = w.lexeme_id AND l.entries > 0
                WHERE w.word > k.word AND w.word < k.word || chr(1114111)
                ORDER BY l.entries DESC, w.word LIMIT %(completions)s
            ) AS w
        WHERE k.n = %(begun)s
    )
    SELECT k.n, k.stem, f.lexeme_id, f.how, f.word, l.text, l.entries,
        (SELECT sum(entries) FROM core_searchstatistics)
    FROM known AS k LEFT JOIN found AS f USING (n) LEFT JOIN core_searchlexeme AS l
        ON l.id = f.lexeme_id
"""


def understand(text: str) -> Question:
    """Read a question: its distinct words (at most 40) and the stems they may stand for."""
    text = composed(text[:QUESTION_MAX])
    asked = list(dict.fromkeys(word for word, _at in words(text)))[:TERMS_MAX]
    question = Question(text.strip())
    if not asked:
        return question
    hashes = [(n, code) for n, word in enumerate(asked, start=1) for code in deletions(word)]
    with connection.cursor() as cursor:
        cursor.execute(
            _CANDIDATES,
            {
                "words": asked,
                "owners": [n for n, _code in hashes],
                "hashes": [code for _n, code in hashes],
                "prefix": KIN_PREFIX,
                "completions": COMPLETIONS,
                "begun": len(asked) if _still_typing(text, asked[-1]) else 0,
            },
        )
        candidates = defaultdict(list)
        total = 0
        for n, stem, *candidate, count in cursor.fetchall():
            candidates[n].append((stem, *candidate))
            total = int(count or 0)
    for n, word in enumerate(asked, start=1):
        term = _judge(word, candidates[n], question.sizes)
        if term.lexemes:
            apart = 1.0
            for lexeme in term.lexemes:
                apart *= max(0.0, 1 - question.sizes[lexeme] / max(1, total))
            term.entries = round(total * (1 - apart))
            term.weight = rarity(min(term.entries, total), total)
            question.terms.append(term)
        else:
            question.unknown.append(word)
    return question


def _still_typing(text: str, last: str) -> bool:
    """Whether the question ends inside its last word."""
    return text[-1:].isalnum() and [word for word, _at in words(text)][-1] == last


def _judge(word: str, candidates: list[tuple], sizes: dict[int, int]) -> Term:
    term = Term(word)

    def count(lexeme: int, weight: float, entries: int) -> None:
        term.lexemes[lexeme] = max(weight, term.lexemes.get(lexeme, 0.0))
        sizes[lexeme] = entries

    hows = {how for _stem, _lexeme, how, *_rest in candidates}
    for stem, lexeme, how, found, text, entries in candidates:
        if how == "same":
            count(lexeme, 1.0, entries)
        elif how == "begun":
            count(lexeme, BEGUN_BESIDE if "same" in hows else BEGUN, entries)
        elif how == "kin" and not text[0].isdigit():
            if (near := kinship(stem, text)) >= KIN_LEAST:
                count(lexeme, KIN * near, entries)
        elif how == "typo" and "begun" not in hows and is_one_typo(word, found) and entries:
            count(lexeme, TYPO if found[0] == word[0] else TYPO_AT_FIRST, entries)
            term.corrected = True
    return term
