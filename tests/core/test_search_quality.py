"""How often the right page is found, on a file of questions that is not ours (M24).

Skipped, loudly, where the file is not there: it is third-party data and is not committed.
"""

from pathlib import Path

import pytest

from apps.core.rules import RuleBroken
from apps.core.search import trial

FILE = Path(__file__).resolve().parents[3] / "shared" / "data" / "search_es.json"
needs_file = pytest.mark.skipif(
    not FILE.exists(), reason=f"ATENCIÓN: falta {FILE.name}, la calidad del buscador no se midió"
)


@pytest.fixture
def indexed(db, as_owner):
    paragraphs, questions = trial.read(FILE)
    with trial.scratch():
        trial.index_paragraphs(paragraphs)
        yield questions


@needs_file
def test_the_right_page_comes_first_for_92_of_100_questions(indexed):
    verdict = trial.try_questions(indexed)
    assert verdict.first >= 92
    assert verdict.top_three >= 98


@needs_file
def test_with_a_letter_dropped_it_is_among_three_for_95_of_100(indexed):
    assert trial.try_questions(indexed, trial.with_a_typo).top_three >= 95


@pytest.mark.django_db
def test_the_trial_leaves_no_trace(as_owner):
    from apps.core.search.models import SearchEntry

    with trial.scratch():
        trial.index_paragraphs([{"id": 1, "text": "Una fuga en la calle."}])
        assert SearchEntry.objects.count() == 1
    assert SearchEntry.objects.count() == 0


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"paragraphs": [], "questions": []}'])
def test_a_file_of_another_shape_gets_one_sentence(tmp_path, content):
    path = tmp_path / "preguntas.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(RuleBroken):
        trial.read(path)


def test_the_middle_letter_of_the_longest_word_is_dropped():
    assert trial.with_a_typo("¿Cuándo reconectan el agua?") == "¿Cuándo reconctan el agua?"
