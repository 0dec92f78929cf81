"""What a page of results shows: titles and passages with the words of the question marked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from apps.core.registry import search_kinds
from apps.core.search.finding import Hit
from apps.core.search.models import SearchWord
from apps.core.search.text import spans
from apps.core.search.understanding import Question

PASSAGE = 260
LEAD = 60
MARKS_MAX = 30


@dataclass(frozen=True)
class Result:
    """A hit as the page shows it. `title` and `passage` are HTML with <mark>."""

    kind: str
    label: str
    icon: str
    code: str
    title: SafeString
    plain_title: str
    passage: SafeString
    context: str
    url: str
    changed_on: date | None


def results(hits: list[Hit], question: Question) -> list[Result]:
    """The results of `hits`, in their order. Two statements, however many there are."""
    if not hits:
        return []
    starts = {hit.entry_id: _best_start(hit, question) for hit in hits}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.id, e.code, e.title, e.context, e.url, e.changed_on,"
            " substring(e.body FROM w.start + 1 FOR %s), length(e.body)"
            " FROM unnest(%s::int[], %s::int[]) AS w (id, start)"
            " JOIN core_searchentry AS e ON e.id = w.id",
            [PASSAGE + 2 * LEAD, list(starts), list(starts.values())],
        )
        rows = {row[0]: row[1:] for row in cursor.fetchall()}
    meanings = _meanings(text for row in rows.values() for text in (row[1], row[5]))
    wanted = {lexeme for term in question.terms for lexeme in term.lexemes}
    found = []
    for hit in hits:
        if hit.entry_id not in rows:  # taken out of the index a moment ago
            continue
        code, title, context, url, changed_on, window, length = rows[hit.entry_id]
        kind = search_kinds.get(hit.kind)
        start = starts[hit.entry_id]
        found.append(
            Result(
                kind=hit.kind,
                label=str(kind.label),
                icon=kind.icon,
                code=code,
                title=_marked(title, meanings, wanted),
                plain_title=title,
                passage=_passage(window, start, length, meanings, wanted),
                context=context,
                url=url,
                changed_on=changed_on,
            )
        )
    return found


def _best_start(hit: Hit, question: Question) -> int:
    """Where the passage begins: where the weightiest different words stand together."""
    best, best_weight = 0, 0.0
    for number, (start, _term) in enumerate(hit.places[:400]):
        terms = {t for at, t in hit.places[number : number + 40] if at - start <= PASSAGE - LEAD}
        weight = sum(question.terms[term].weight for term in terms)
        if weight > best_weight:
            best, best_weight = start, weight
    return max(0, best - LEAD)


def _meanings(texts: Iterable[str]) -> dict[str, int]:
    """The stem (its id) of each word in `texts` that the index knows."""
    words = {word for text in texts for word, _start, _end in spans(text)}
    return dict(SearchWord.objects.filter(word__in=words).values_list("word", "lexeme_id"))


def _passage(
    window: str, start: int, length: int, meanings: dict[str, int], wanted: set[int]
) -> SafeString:
    """A passage that begins and ends at words, with an ellipsis where text was left out."""
    text, before, after = window, "", ""
    if start:
        cut = text.find(" ") + 1
        text, before = text[cut:], "… "
    if len(text) > PASSAGE:
        cut = text.rfind(" ", 0, PASSAGE + 1)
        text, after = text[: cut if cut > 0 else PASSAGE], " …"
    elif start + len(window) < length:
        after = " …"
    return mark_safe(f"{before}{_marked(text, meanings, wanted)}{after}")  # noqa: S308  (see _marked)


def _marked(text: str, meanings: dict[str, int], wanted: set[int]) -> SafeString:
    """`text` escaped, with the words of those stems in <mark>."""
    parts, at, marks = [], 0, 0
    for word, start, end in spans(text):
        if marks < MARKS_MAX and meanings.get(word) in wanted:
            parts += [escape(text[at:start]), f"<mark>{escape(text[start:end])}</mark>"]
            at, marks = end, marks + 1
    parts.append(escape(text[at:]))
    # SECURITY: every piece of text is escaped above; only the marks are ours.
    return mark_safe("".join(parts))  # noqa: S308
