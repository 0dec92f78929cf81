"""The search index keeps step with what it indexes, and reads words as people write them."""

from threading import Barrier, Thread

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, models, transaction
from hypothesis import given
from hypothesis import strategies as st

from apps.accounts.models import Unit
from apps.core.registry import SearchDocument
from apps.core.search import indexing
from apps.core.search.finding import find
from apps.core.search.models import (
    SearchEntry,
    SearchLexeme,
    SearchPosting,
    SearchStatistics,
)
from apps.core.search.showing import results
from apps.core.search.text import EMPTY, composed, deletions, fold, is_one_typo, kinship, words
from apps.core.search.text import words_by_byte as by_byte
from apps.core.search.understanding import TERMS_MAX, understand

UNIT = "unit"


def write(*texts: tuple[int, str, str]) -> None:
    indexing.index_documents(
        UNIT, [SearchDocument(pk, title, f"/{pk}/", body=body) for pk, title, body in texts]
    )


def frequencies_are_exact() -> bool:
    counted = dict(
        SearchPosting.objects.values_list("lexeme_id").annotate(n=models.Count("entry_id"))
    )
    told = dict(SearchLexeme.objects.filter(entries__gt=0).values_list("pk", "entries"))
    return counted == told


# Words ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "folded"),
    [("ATENCIÓN", "atencion"), ("Año", "año"), ("AN\u0303O", "año"), ("Güell", "guell")],
)
def test_m24_accents_are_folded_and_enye_is_kept(written, folded):
    assert fold(written) == folded


@given(st.text(max_size=200))
def test_places_in_bytes_are_where_the_words_stand(text):
    text = composed(text.encode(errors="ignore").decode())
    raw = text.encode()
    at = {raw[offset:].decode()[:1] for _word, offset in by_byte(text)}
    assert at == {text[offset] for _word, offset in words(text)}


@given(st.text("abcñn", min_size=4, max_size=9), st.data())
def test_words_a_typo_apart_share_a_deletion(word, data):
    at = data.draw(st.integers(0, len(word) - 1))
    for typo in (
        word[:at] + word[at + 1 :],
        word[:at] + "c" + word[at:],
        word[:at] + "b" + word[at + 1 :],
        word[:at] + word[at : at + 2][::-1] + word[at + 2 :],
    ):
        if len(typo) >= 4 and is_one_typo(word, typo):
            assert set(deletions(word)) & set(deletions(typo))


def test_m24_enye_is_no_typo_of_n_and_no_kin():
    assert not is_one_typo("caña", "cana")
    assert is_one_typo("cama", "cana")
    assert kinship("campañ", "campan") == 0
    assert kinship("amazon", "amazoni") > 0.9


def test_words_that_say_nothing_are_dropped():
    assert [word for word, _at in words("¿Qué es lo que hay en la factura?")] == ["es", "factura"]
    assert "que" in EMPTY


# Writing -------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_writing_twice_and_removing_leaves_frequencies_exact():
    write((901, "Fugas", "Agua en la calle."), (902, "Calle", "Agua clara."))
    write((901, "Fugas", "Otra cosa, la calle."))
    assert frequencies_are_exact()
    assert SearchLexeme.objects.get(text="call").entries == 2
    indexing.remove(UNIT, [901, 902, 903])
    assert frequencies_are_exact()
    assert not SearchEntry.objects.exists()
    assert SearchStatistics.objects.get(kind=UNIT).words == 0


@pytest.mark.django_db
def test_what_has_no_document_any_more_loses_its_entry(unit):
    indexing.index(UNIT, Unit.objects.all())
    assert SearchEntry.objects.filter(kind=UNIT, object_id=unit.pk).exists()
    Unit.objects.filter(pk=unit.pk).update(is_active=False)
    indexing.index(UNIT, Unit.objects.all())
    assert not SearchEntry.objects.exists()


@pytest.mark.django_db
def test_the_index_is_written_anew_by_a_command(unit, other_unit, capsys):
    write((987654, "Unidad que ya no existe", ""))
    indexing.index_documents("gone", [SearchDocument(1, "De una sala que ya no está", "/")])
    call_command("reindex_search")
    assert set(SearchEntry.objects.filter(kind=UNIT).values_list("object_id", flat=True)) == {
        unit.pk,
        other_unit.pk,
    }
    assert not SearchEntry.objects.filter(kind="gone").exists()
    assert frequencies_are_exact()
    assert "El índice quedó al día." in capsys.readouterr().out


@pytest.mark.django_db
def test_a_failed_change_leaves_the_index_as_it_was():
    @transaction.atomic
    def change_that_fails():
        write((901, "Otra", "Nada."))
        raise RuntimeError

    write((901, "Fugas", "Agua."))
    with pytest.raises(RuntimeError):
        change_that_fails()
    assert SearchEntry.objects.get().title == "Fugas"
    assert frequencies_are_exact()


# Several writers at once ---------------------------------------------------------------------


def at_once(*writers):
    """Run each in a thread and on a connection of its own; what they raised."""
    barrier, raised = Barrier(len(writers)), []

    def one(writer):
        barrier.wait()
        try:
            writer()
        except Exception as fault:  # noqa: BLE001  (told to the test)
            raised.append(fault)
        finally:
            connection.close()

    threads = [Thread(target=one, args=[writer]) for writer in writers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


@pytest.mark.django_db(transaction=True)
def test_writers_at_once_of_the_same_documents_and_words_leave_each_once():
    """In opposite orders, with words nobody had learnt, several documents in a transaction."""

    def writer(number):
        pks = (901, 902, 903, 904) if number % 2 else (904, 903, 902, 901)
        common = [f"palabra{n}" for n in range(40)]

        def write_all():
            for turn in range(3):
                with transaction.atomic():
                    for pk in pks:
                        own = " ".join((common if number % 2 else common[::-1]) + [f"propia{pk}"])
                        write((pk, f"Título {number} {turn}", own))
                    indexing.set_context(UNIT, pks, f"Capítulo {number}")
                    indexing.remove(UNIT, [pks[0]])

        return write_all

    assert at_once(*map(writer, range(4))) == []
    entries = SearchEntry.objects.values_list("title", "context")
    assert len(entries) == 3  # all of the last writer's transaction
    assert len({(title.split()[1], context.split()[1]) for title, context in entries}) == 1
    assert frequencies_are_exact()
    assert SearchStatistics.objects.get(kind=UNIT).entries == len(entries)
    kept = SearchEntry.objects.values("pk")
    assert not SearchPosting.objects.exclude(entry_id__in=kept).exists()


@pytest.mark.django_db(transaction=True)
def test_who_waits_for_another_writer_writes_what_stands_after_it(unit):
    """Read before waiting, the other's change would be lost from the index."""
    other = connection.copy()
    other.set_autocommit(False)
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [indexing.LOCK])
        waiter = Thread(target=at_once, args=[lambda: indexing.index(UNIT, Unit.objects.all())])
        waiter.start()
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        for _turn in range(500):
            cursor.execute(waiting)
            if cursor.fetchone() == (1,):
                break
            waiter.join(0.01)
        else:
            pytest.fail("nobody waited")
        cursor.execute("UPDATE accounts_unit SET name = 'Otro nombre' WHERE id = %s", [unit.pk])
    other.commit()
    other.close()
    waiter.join()
    assert SearchEntry.objects.get(object_id=unit.pk).title == "Otro nombre"


# Asking --------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_question_of_many_words_is_read_up_to_a_limit(agent):
    write((901, "Fugas", " ".join(f"palabra{number}" for number in range(80))))
    question = understand(" ".join(f"palabra{number}" for number in range(300)))
    assert len(question.terms) == TERMS_MAX


@pytest.mark.django_db
def test_words_side_by_side_come_before_words_apart(unit, other_unit, agent):
    apart = "caudal " + "agua limpia y clara, siempre. " * 8 + "nocturno"
    write(
        (unit.pk, "A", apart),
        (other_unit.pk, "B", "agua limpia y clara, siempre. " * 8 + "caudal nocturno"),
    )
    hits = find(understand("caudal nocturno"), agent).hits
    shown = results(hits, understand("caudal nocturno"))
    assert shown[0].url == f"/{other_unit.pk}/"
    assert "<mark>caudal</mark> <mark>nocturno</mark>" in shown[0].passage


@pytest.mark.django_db
def test_a_passage_keeps_whole_letters_of_several_bytes(unit, agent):
    write((unit.pk, "Ñandú", "ñandú áéíóú €😀 " * 60 + "caudal " + "ñandú áéíóú €😀 " * 60))
    [shown] = results(find(question := understand("caudal"), agent).hits, question)
    assert "<mark>caudal</mark>" in shown.passage
    assert "\ufffd" not in shown.passage


@pytest.mark.django_db
def test_s3_a_word_is_mended_only_by_what_the_person_may_read(unit, agent, outsider):
    write((unit.pk, "Carrotanque", "Agua por carrotanque."))
    for person, expected in ((agent, "Carrotanque"), (outsider, "")):
        question = understand("carotanque")
        results(find(question, person).hits, question)
        assert question.as_read() == expected


def test_a_malformed_file_ends_the_trial_with_a_sentence(tmp_path):
    path = tmp_path / "x.json"
    path.write_text("{}")
    with pytest.raises(CommandError, match="no tiene la forma esperada"):
        call_command("bench_search", str(path))
