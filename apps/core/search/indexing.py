"""Writing the index: what changed, in the transaction of its change; or everything anew."""

from __future__ import annotations

import io
import math
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.db import connection, models, transaction

from apps.core.registry import SearchDocument, search_kinds
from apps.core.search.models import SearchEntry, SearchStatistics, SearchWord
from apps.core.search.text import composed, deletions, words, words_by_byte

BATCH = 50
BODY_MAX = 1_000_000
PLACES_KEPT = 8
# BM25: how soon repeating a word stops counting, and how much long texts are held back. A word
# of the title counts once more on top: there, one mention says what the whole text is about.
SATURATION = 1.1
LENGTH = 0.95
TITLE_BONUS = 1.5
LOCK = 7_364_201


@dataclass
class _Text:
    """A document as it will stand in the index: how often its body says each word, and where.

    Places in the title are negative: -1 is its first letter.
    """

    document: SearchDocument
    title: str
    body: str
    counts: Counter[str] = field(default_factory=Counter)
    places: dict[str, list[int]] = field(default_factory=dict)
    headline: set[str] = field(default_factory=set)

    @classmethod
    def read(cls, document: SearchDocument) -> _Text:
        title = composed(document.title)[:300]
        text = cls(document, title, composed(document.body[:BODY_MAX]))
        for word, offset in words(title):
            text.headline.add(word)
            text.places.setdefault(word, []).append(-1 - offset)
        text.headline.update(word for word, _offset in words(document.code))
        for word, offset in words_by_byte(text.body):
            text.counts[word] += 1
            at = text.places.setdefault(word, [])
            if len(at) < PLACES_KEPT:
                at.append(offset)
        return text

    @property
    def length(self) -> int:
        return self.counts.total() + len(self.headline)


@transaction.atomic
def index(kind: str, rows: models.QuerySet) -> int:
    """Bring the entries of `rows` (of the registered kind's model) up to date; how many.

    Part of the caller's transaction. Rows that the kind yields no document for lose their
    entry. Two calls at once wait for each other until the first one's transaction ends.
    """
    # Before reading: whoever waited would write what it had read before the other's change.
    _wait_for_turn()
    entry = search_kinds.get(kind)
    wanted = set(rows.values_list("pk", flat=True))
    done = 0
    documents = iter(entry.documents(rows))
    while batch := list(islice(documents, BATCH)):
        wanted.difference_update(document.object_id for document in batch)
        index_documents(kind, batch)
        done += len(batch)
    remove(kind, wanted)
    return done


@transaction.atomic
def index_documents(kind: str, documents: Iterable[SearchDocument]) -> None:
    """Write the entries of `documents`, replacing what was there of the same objects."""
    texts = [_Text.read(document) for document in documents]
    if not texts:
        return
    _wait_for_turn()
    _forget(kind, [text.document.object_id for text in texts])
    lexemes = _lexemes_of({word for text in texts for word in (*text.counts, *text.headline)})
    average = _count_in(kind, texts)
    postings = [_weighed(text, lexemes, average) for text in texts]
    entries = SearchEntry.objects.bulk_create(
        SearchEntry(
            kind=kind,
            object_id=text.document.object_id,
            code=text.document.code[:60],
            title=text.title,
            context=text.document.context[:300],
            url=text.document.url,
            body=text.body.encode(),
            words=text.length,
            lexemes=sorted(found),
            changed_on=text.document.changed_on,
        )
        for text, found in zip(texts, postings, strict=True)
    )
    _write_postings(entries, postings)
    _count_lexemes(Counter(lexeme for found in postings for lexeme in found))


@transaction.atomic
def remove(kind: str, object_ids: Iterable[int]) -> None:
    """Take the entries of those objects out of the index, where they have one."""
    ids = list(object_ids)
    if ids:
        _wait_for_turn()
        _forget(kind, ids)


@transaction.atomic
def set_context(kind: str, object_ids: Iterable[int], context: str) -> None:
    """Say of those objects that they stand in `context` now."""
    _wait_for_turn()
    SearchEntry.objects.filter(kind=kind, object_id__in=list(object_ids)).exclude(
        context=context
    ).update(context=context)


def reindex(kind: str, advance: Callable[[int], Any] = lambda count: None) -> int:
    """Write all entries of a kind anew, batch by batch; `advance` is told of each.

    Outside a transaction, what changes meanwhile is not held up for longer than a batch.
    """
    entry = search_kinds.get(kind)
    seen: set[int] = set()
    for ids in _batches(entry.rows().order_by("pk").values_list("pk", flat=True).iterator()):
        index(kind, entry.rows().filter(pk__in=ids))
        seen.update(ids)
        advance(len(ids))
    stale = SearchEntry.objects.filter(kind=kind).values_list("object_id", flat=True)
    remove(kind, set(stale) - seen)
    return len(seen)


def forget_other_kinds() -> None:
    """Remove entries of kinds that nobody registers any more."""
    known = [key for key, _kind in search_kinds]
    gone = SearchEntry.objects.exclude(kind__in=known).values_list("kind", "object_id")
    by_kind: dict[str, list[int]] = defaultdict(list)
    for kind, object_id in gone:
        by_kind[kind].append(object_id)
    for kind, ids in by_kind.items():
        remove(kind, ids)


def _batches(ids: Iterable[int]) -> Iterator[list[int]]:
    source = iter(ids)
    while batch := list(islice(source, BATCH)):
        yield batch


def _wait_for_turn() -> None:
    """One writer at a time: frequencies stay exact and no two wait for each other's words.

    Callers take the locks of their own rows before; so the turn is always the last one.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _forget(kind: str, object_ids: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH gone AS (
                DELETE FROM core_searchentry WHERE kind = %(kind)s AND object_id = ANY(%(ids)s)
                RETURNING id, words, lexemes
            ), stood AS (
                SELECT gone.id, lexeme.id AS lexeme_id
                FROM gone, unnest(gone.lexemes) AS lexeme (id)
            ), cleared AS (
                DELETE FROM core_searchposting AS p USING stood
                WHERE p.lexeme_id = stood.lexeme_id AND p.entry_id = stood.id
            ), less AS (
                UPDATE core_searchlexeme AS l SET entries = l.entries - s.times
                FROM (SELECT lexeme_id, count(*) AS times FROM stood GROUP BY 1) AS s
                WHERE l.id = s.lexeme_id
            )
            UPDATE core_searchstatistics AS t
            SET entries = t.entries - g.entries, words = t.words - g.words
            FROM (SELECT count(*) AS entries, sum(words) AS words FROM gone) AS g
            WHERE t.kind = %(kind)s AND g.entries > 0
            """,
            {"kind": kind, "ids": object_ids},
        )


def _lexemes_of(found: set[str]) -> dict[str, int]:
    """The stem (its id) of each word; words not met before are learnt."""
    known = dict(SearchWord.objects.filter(word__in=list(found)).values_list("word", "lexeme_id"))
    new = sorted(found - known.keys())
    if new:
        with connection.cursor() as cursor:
            cursor.execute(
                """
                WITH stems AS (
                    SELECT word, coalesce((ts_lexize('spanish_stem', word))[1], word) AS stem
                    FROM unnest(%(words)s::text[]) AS w (word)
                ), made AS (
                    INSERT INTO core_searchlexeme (text, entries)
                    SELECT DISTINCT left(stem, 40), 0 FROM stems
                    ON CONFLICT (text) DO NOTHING RETURNING id, text
                )
                SELECT s.word, coalesce(l.id, made.id) FROM stems AS s
                LEFT JOIN core_searchlexeme AS l ON l.text = left(s.stem, 40)
                LEFT JOIN made ON made.text = left(s.stem, 40)
                """,
                {"words": new},
            )
            learnt = dict(cursor.fetchall())
        SearchWord.objects.bulk_create(
            SearchWord(word=word, lexeme_id=lexeme, deletions=deletions(word))
            for word, lexeme in learnt.items()
        )
        known |= learnt
    return known


def _count_in(kind: str, texts: list[_Text]) -> float:
    """Add `texts` to the kind's statistics; returns the average length in words."""
    statistics, _new = SearchStatistics.objects.get_or_create(kind=kind)
    statistics.entries += len(texts)
    statistics.words += sum(text.length for text in texts)
    statistics.save()
    return max(1.0, statistics.words / statistics.entries)


def _weighed(
    text: _Text, lexemes: dict[str, int], average: float
) -> dict[int, tuple[float, list[int]]]:
    """Impact and places of each stem in `text`."""
    times: Counter[int] = Counter()
    places: dict[int, list[int]] = defaultdict(list)
    for word, count in text.counts.items():
        times[lexemes[word]] += count
    for word, at in text.places.items():
        places[lexemes[word]] += at
    brake = SATURATION * (1 - LENGTH + LENGTH * text.length / average)
    headline = {lexemes[word] for word in text.headline}
    found = {}
    for lexeme in times.keys() | headline:
        count = times[lexeme]
        impact = count * (SATURATION + 1) / (count + brake)
        if lexeme in headline:
            impact += TITLE_BONUS
        found[lexeme] = impact, sorted(places[lexeme])[:PLACES_KEPT]
    return found


def _write_postings(
    entries: list[SearchEntry], postings: list[dict[int, tuple[float, list[int]]]]
) -> None:
    lines = io.StringIO()
    for entry, found in zip(entries, postings, strict=True):
        for lexeme, (impact, at) in found.items():
            places = array("i", (lexeme, round(impact * 1000), len(at), *at)).tobytes().hex()
            lines.write(f"{lexeme}\t{entry.pk}\t{impact:.5g}\t\\\\x{places}\n")
    lines.seek(0)
    with connection.cursor() as cursor:
        cursor.copy_expert(
            "COPY core_searchposting (lexeme_id, entry_id, impact, places) FROM STDIN", lines
        )


def _count_lexemes(times: Counter[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE core_searchlexeme AS l SET entries = l.entries + t.times"
            " FROM unnest(%s::int[], %s::int[]) AS t (id, times) WHERE l.id = t.id",
            [list(times.keys()), list(times.values())],
        )


def rarity(entries: float, total: float) -> float:
    """Weight of a word that stands in `entries` of `total` entries (idf, a little sharpened)."""
    return math.log(1 + (total - entries + 0.5) / (entries + 0.5)) ** 1.15
