"""How good and how fast the search is on a file of questions, in scratch tables.

A file of that shape (JSON): `paragraphs` with `id` and `text`, `questions` with `question` and
`paragraph` (the id of the paragraph that answers it). Each paragraph is indexed as a page.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from apps.core.registry import SearchDocument, SearchKind
from apps.core.rules import RuleBroken
from apps.core.search.finding import find
from apps.core.search.indexing import index_documents
from apps.core.search.models import (
    SearchEntry,
    SearchLexeme,
    SearchPosting,
    SearchStatistics,
    SearchWord,
)
from apps.core.search.text import spans
from apps.core.search.understanding import understand

KIND = "trial"
MODELS = (SearchLexeme, SearchWord, SearchEntry, SearchPosting, SearchStatistics)


@dataclass(frozen=True)
class Verdict:
    """Shares in per cent, times in milliseconds."""

    questions: int
    first: float
    top_three: float
    median_ms: float
    p95_ms: float


def read(path: Path) -> tuple[list[dict[str, Any]], list[tuple[str, int]]]:
    """Paragraphs, and questions with the id of their paragraph.

    Raises RuleBroken with a Spanish sentence if the file is missing or of another shape.
    """
    try:
        data = json.loads(path.read_text("utf-8"))
        paragraphs = [{"id": int(p["id"]), "text": str(p["text"])} for p in data["paragraphs"]]
        questions = [(str(q["question"]), int(q["paragraph"])) for q in data["questions"]]
    except FileNotFoundError as fault:
        raise RuleBroken(_("No existe el archivo %(path)s.") % {"path": path}) from fault
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise RuleBroken(
            _("El archivo no tiene la forma esperada: párrafos con «id» y «text», preguntas.")
        ) from fault
    if not paragraphs or not questions:
        raise RuleBroken(_("El archivo no tiene párrafos o preguntas."))
    return paragraphs, questions


@contextmanager
def scratch() -> Iterator[None]:
    """Temporary tables in the place of the index, for this connection, until the end.

    They are named like the real ones and found first; nothing real is read or written. Needs
    the right to make temporary tables (the owner's role has it).
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            for model in MODELS:
                table = connection.ops.quote_name(model._meta.db_table)
                cursor.execute(
                    f"CREATE TEMPORARY TABLE {table} (LIKE public.{table} INCLUDING ALL)"
                )
            # Plans made for the real tables are not for these.
            cursor.execute("DISCARD PLANS")
        yield
        transaction.set_rollback(True)


def with_a_typo(question: str) -> str:
    """`question` with the middle letter dropped from its longest word."""
    found = [(end - start, -start, start, end) for _word, start, end in spans(question)]
    _length, _first, start, end = max(found)
    middle = (start + end) // 2
    return question[:middle] + question[middle + 1 :]


def index_paragraphs(paragraphs: list[dict[str, Any]]) -> None:
    """Index each paragraph as a page without title."""
    index_documents(
        KIND,
        (SearchDocument(object_id=p["id"], title="", url="", body=p["text"]) for p in paragraphs),
    )
    with connection.cursor() as cursor:
        for model in MODELS:
            cursor.execute(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}")


def try_questions(
    questions: list[tuple[str, int]], change: Callable[[str], str] = lambda text: text
) -> Verdict:
    """Ask every question, changed by `change`, of what is indexed."""
    kind = SearchKind(
        label="",
        plural="",
        icon="",
        model=SearchEntry,
        visible=lambda actor: SearchEntry.objects.all(),
        rows=SearchEntry.objects.all,
        documents=lambda rows: (),
    )
    objects = dict(SearchEntry.objects.filter(kind=KIND).values_list("id", "object_id"))
    ranks, times = [], []
    for text, paragraph in questions:
        began = time.perf_counter()
        found = find(understand(change(text)), None, size=3, kinds=[(KIND, kind)])
        times.append((time.perf_counter() - began) * 1000)
        answers = [objects[hit.entry_id] for hit in found.hits]
        ranks.append(answers.index(paragraph) + 1 if paragraph in answers else 0)
    return Verdict(
        questions=len(questions),
        first=100 * ranks.count(1) / len(ranks),
        top_three=100 * sum(rank > 0 for rank in ranks) / len(ranks),
        median_ms=statistics.median(times),
        p95_ms=statistics.quantiles(times, n=20)[-1] if len(times) > 1 else times[0],
    )
