"""What a page of results shows: titles and passages with the words of the question marked."""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from html import escape

from django.db import connection
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from apps.core.prepared import run
from apps.core.registry import search_kinds
from apps.core.search.finding import TERM_BITS, TERM_MASK, Hit
from apps.core.search.text import first_word, fold, is_one_typo
from apps.core.search.understanding import Question, Term

PASSAGE = 260
LEAD = 60


@dataclass(frozen=True)
class Result:
    """A hit as the page shows it, its pieces ready as HTML: a list of twenty is drawn at once.

    `heading` is code and title, `tags` what it is, where it stands and when it changed, `passage`
    a piece of its text; words of the question are in <mark>.
    """

    url: str
    kind: str
    icon: str
    title: str
    heading: SafeString
    tags: SafeString
    passage: SafeString


def results(hits: list[Hit], question: Question, *, passages: bool = True) -> list[Result]:
    """The results of `hits`, in their order, in one statement.

    Where a word was read as its neighbour, its term's `read_as` becomes the word as it stands in
    one of these titles or passages: nothing that the person may not read is ever suggested (S3).
    """
    if not hits:
        return []
    starts = [_best_start(_in_body(hit), question) if passages else 0 for hit in hits]
    with connection.cursor() as cursor:
        run(
            cursor,
            "SELECT e.id, e.code, e.title, e.url, e.changed_on,"
            " substring(e.body FROM w.start + 1 FOR %s)"
            " FROM unnest(%s, %s) AS w (id, start) JOIN core_searchentry AS e ON e.id = w.id",
            [
                ("int", PASSAGE + 1 if passages else 0),
                ("int[]", [hit.entry_id for hit in hits]),
                ("int[]", starts),
            ],
        )
        rows = {row[0]: row[1:] for row in cursor.fetchall()}
    kinds = {hit.kind for hit in hits}
    looks = {key: (str(kind.label), kind.icon) for key, kind in search_kinds if key in kinds}
    found = []
    for hit, start in zip(hits, starts, strict=True):
        if hit.entry_id not in rows:  # taken out of the index a moment ago
            continue
        code, title, url, changed_on, cut = rows[hit.entry_id]
        label, icon = looks[hit.kind]
        found.append(
            Result(
                url=url,
                kind=label,
                icon=icon,
                title=f"{code} {title}" if code else title,
                heading=_heading(code, title, hit.places, question),
                tags=_tags(icon, label, hit.context, changed_on),
                passage=_passage(bytes(cut), start, _in_body(hit), question),
            )
        )
    return found


def _heading(code: str, title: str, places: list[int], question: Question) -> SafeString:
    parts = ['<span class="num">', escape(code), "</span> "] if code else []
    at = 0
    for place in reversed(places[: bisect(places, -1)]):
        start = -1 - (place >> TERM_BITS)
        if start >= at:
            shown = first_word(title[start:])
            parts += [escape(title[at:start]), "<mark>", escape(shown), "</mark>"]
            at = start + len(shown)
            _read(question.terms[place & TERM_MASK], shown)
    parts.append(escape(title[at:]))
    # SECURITY: every piece of text is escaped above; only the marks are ours.
    return mark_safe("".join(parts))  # noqa: S308


def _read(term: Term, shown: str) -> None:
    if term.corrected and not term.read_as and is_one_typo(term.word, fold(shown)):
        term.read_as = shown


@lru_cache(maxsize=2000)
def _tags(icon: str, label: str, context: str, day: date | None) -> SafeString:
    """The line under a heading, the same for many results."""
    parts = [
        format_html('<span><i class="bi bi-{}" aria-hidden="true"></i> {}</span>', icon, label)
    ]
    if context:
        parts.append(format_html("<span>{}</span>", context))
    if day:
        words = date_format(day, "j b Y")
        parts.append(format_html('<time datetime="{}">{}</time>', day.isoformat(), words))
    # SECURITY: each part escapes what it was given.
    return mark_safe("".join(parts))  # noqa: S308


def _in_body(hit: Hit) -> list[int]:
    return hit.places[bisect(hit.places, -1) :]


def _best_start(places: list[int], question: Question) -> int:
    """Where the passage begins: a little before the weightiest different words together."""
    if len(question.terms) == 1:
        return max(0, (places[0] >> TERM_BITS) - LEAD) if places else 0
    weights = [term.weight for term in question.terms]
    inside = [0] * len(weights)
    reach = PASSAGE - 2 * LEAD
    best, best_weight, weight, first = 0, 0.0, 0.0, 0
    for place in places:
        offset, term = place >> TERM_BITS, place & TERM_MASK
        inside[term] += 1
        if inside[term] == 1:
            weight += weights[term]
        while offset - (places[first] >> TERM_BITS) > reach:
            gone = places[first] & TERM_MASK
            inside[gone] -= 1
            if not inside[gone]:
                weight -= weights[gone]
            first += 1
        if weight > best_weight + 1e-9:
            best, best_weight = places[first] >> TERM_BITS, weight
    return max(0, best - LEAD)


def _passage(cut: bytes, start: int, places: list[int], question: Question) -> SafeString:
    """A passage that begins and ends at words, with an ellipsis where text was left out.

    `cut` is the piece of the body from byte `start` on, one byte longer than shown if the text
    goes on.
    """
    begin = cut.find(b" ") + 1 if start else 0
    end = len(cut)
    goes_on = end > PASSAGE
    if goes_on:
        last = cut.rfind(b" ", begin)
        end = last if last > 0 else end
    parts, at = ["… " if start else ""], begin
    for place in places:
        offset = (place >> TERM_BITS) - start
        if offset >= end:
            break
        if offset < at:
            continue
        shown = first_word(cut[offset:end].decode(errors="ignore"))
        parts += [_escaped(cut[at:offset]), "<mark>", escape(shown), "</mark>"]
        at = offset + len(shown.encode())
        _read(question.terms[place & TERM_MASK], shown)
    parts += [_escaped(cut[at:end]), " …" if goes_on else ""]
    # SECURITY: every piece of text is escaped above; only the marks are ours.
    return mark_safe("".join(parts))  # noqa: S308


def _escaped(piece: bytes) -> str:
    return escape(piece.decode(errors="ignore"))
