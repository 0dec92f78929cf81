"""What the words of a question may stand for: one statement, and a little judging."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from django.db import connection

from apps.core.prepared import run
from apps.core.search.indexing import rarity
from apps.core.search.text import (
    KIN_PREFIX,
    composed,
    deletions,
    is_one_typo,
    kinship,
    spans,
    words,
)

QUESTION_MAX = 2000
TERMS_MAX = 40
COMPLETIONS = 20
READINGS_MAX = 6
# A word that stands in so many entries needs no other reading: what it finds is plenty.
PLENTY = 2000
Candidate = tuple[str, int | None, str | None, str | None, str | None, int | None]
# Words this much lighter than the weightiest are as good as empty: they stand nearly everywhere.
LIGHT = 0.08
# How much a word counts that was not asked for itself: kin of the same beginning (times how much
# they share), a word one typo apart (less when the first letter differs: it seldom does), a word
# that begins like the one being typed.
KIN, KIN_LEAST = 0.5, 0.6
TYPO, TYPO_AT_FIRST = 0.8, 0.56
BEGUN, BEGUN_BESIDE = 0.9, 0.4


@dataclass
class Term:
    """A word of the question, and the stems it may stand for with the weight of each.

    `corrected` says that the index does not know the word, only one a typo away; `read_as` is
    that word as it stands in a text the person was shown (`showing.results`).
    """

    word: str
    lexemes: dict[int, float] = field(default_factory=dict)
    entries: int = 0
    weight: float = 0.0
    corrected: bool = False
    read_as: str = ""


@dataclass
class Question:
    """A question as understood: `terms` the index knows, `unknown` words it does not.

    `sizes` says in how many entries each stem stands.
    """

    text: str
    terms: list[Term] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    sizes: dict[int, int] = field(default_factory=dict)

    def as_read(self) -> str:
        """The question with the words that were read as their neighbour; empty if none was.

        To be asked after `showing.results`, which finds how those words are written.
        """
        better = {term.word: term.read_as for term in self.terms if term.read_as}
        if not better:
            return ""
        parts, at = [], 0
        for word, start, end in spans(self.text):
            parts += [self.text[at:start], better.get(word, self.text[start:end])]
            at = end
        return "".join([*parts, self.text[at:]])


def understand(text: str) -> Question:
    """Read a question: its distinct words (at most 40) and the stems they may stand for."""
    text = composed(text[:QUESTION_MAX])
    asked = list(dict.fromkeys(word for word, _at in words(text)))[:TERMS_MAX]
    question = Question(text.strip())
    if not asked:
        return question
    hashes = [(n, code) for n, word in enumerate(asked, start=1) for code in deletions(word)]
    candidates: dict[int, list[Candidate]] = defaultdict(list)
    total = 0
    with connection.cursor() as cursor:
        run(
            cursor,
            "SELECT * FROM core_search_readings(%s, %s, %s, %s, %s, %s)",  # migration 0004
            [
                ("text[]", asked),
                ("int[]", [n for n, _code in hashes]),
                ("int[]", [code for _n, code in hashes]),
                ("int", KIN_PREFIX),
                ("int", COMPLETIONS),
                ("int", len(asked) if _still_typing(text, asked[-1]) else 0),
            ],
        )
        for n, *candidate, count in cursor.fetchall():
            candidates[n].append(tuple(candidate))
            total = count
    for n, word in enumerate(asked, start=1):
        term = _judge(word, candidates[n], question)
        if term.lexemes:
            apart = 1.0
            for lexeme in term.lexemes:
                apart *= max(0.0, 1 - question.sizes[lexeme] / max(1, total))
            term.entries = round(total * (1 - apart))
            term.weight = rarity(min(term.entries, total), total)
            question.terms.append(term)
        else:
            question.unknown.append(word)
    least = LIGHT * max((term.weight for term in question.terms), default=0.0)
    question.terms = [term for term in question.terms if term.weight >= least]
    return question


def _still_typing(text: str, last: str) -> bool:
    """Whether the question ends inside its last word."""
    return text[-1:].isalnum() and [word for word, _at in words(text)][-1] == last


def _judge(word: str, candidates: list[Candidate], question: Question) -> Term:
    term = Term(word)

    hows = {how for _stem, _lexeme, how, *_rest in candidates}
    weights = {
        "same": lambda stem, found, text: 1.0,
        "begun": lambda stem, found, text: BEGUN_BESIDE if "same" in hows else BEGUN,
        "kin": lambda stem, found, text: _kin(stem, text),
        "typo": lambda stem, found, text: 0.0 if "begun" in hows else _typo(word, found),
    }
    plenty = any(how == "same" and (size or 0) >= PLENTY for *_c, how, _f, _t, size in candidates)
    chosen: list[tuple[float, int]] = []
    for stem, lexeme, how, found, text, entries in candidates:
        asked_for = how and entries and (how == "same" or not plenty)
        weight = weights[how](stem, found, text) if asked_for else 0.0
        if weight:
            chosen.append((weight, lexeme))
            question.sizes[lexeme] = entries
            term.corrected |= how == "typo"
    for weight, lexeme in sorted(chosen)[-READINGS_MAX:]:
        term.lexemes[lexeme] = weight
    return term


def _kin(stem: str, text: str) -> float:
    near = 0.0 if text[0].isdigit() else kinship(stem, text)
    return KIN * near if near >= KIN_LEAST else 0.0


def _typo(word: str, found: str) -> float:
    if not is_one_typo(word, found):
        return 0.0
    return TYPO if found[0] == word[0] else TYPO_AT_FIRST
