"""The PDF of the exact version, with its marks (M25, M11)."""

import io

import pypdf
import pytest
from auditlog.models import LogEntry
from django.utils import timezone

from apps.documents import services as documents
from apps.manual import printing
from apps.manual.models import Node

PICTURE = "/manual/imagenes/5f0c1c1e-2b5c-4a52-9d35-0c7c2b5c4a52/"

ODD = "# no es título *ni negrita* #eval(1) $x$ \\ [a] @cita `c` //x"


def words_of(content: bytes) -> str:
    reader = pypdf.PdfReader(io.BytesIO(content))
    text = " ".join(page.extract_text() for page in reader.pages)
    return " ".join(text.split())


@pytest.fixture
def document(press):
    document = press.page("ATC-01.1", "Reclamo por facturación", days_ago=30)
    press.version(
        document,
        [
            press.step(
                "uno",
                f"<p>{ODD}</p><ul><li>Uno<ol><li>Dentro</li></ol></li></ul>"
                '<p><a href="https://a.co/x">La <b>ley</b></a><br>H<sub>2</sub>O</p>',
                tool="Sistema comercial",
            )
        ],
        days_ago=10,
        body="<table><thead><tr><th>Prioridad</th><th>Horas</th></tr></thead>"
        '<tbody><tr><td colspan="2">Peligro</td></tr><tr><td>Dos</td></tr></tbody></table>'
        f'<p><img src="{PICTURE}" alt="Un medidor"></p><blockquote>Cita</blockquote><hr>',
        scope=ODD,
        example="<h3>Un hogar</h3><p>Consume 14 m³.</p>",
    )
    return document


def test_m25_the_pdf_carries_the_marks_of_its_exact_version(document, signed, agent):
    answer = signed(agent).get("/manual/ATC-01.1/versiones/2/pdf/")
    assert answer["Content-Type"] == "application/pdf"
    assert 'filename="atc-01-1-v2.pdf"' in answer["Content-Disposition"]
    text = words_of(answer.content)
    for words in (
        "ATC-01.1 · Versión 2",
        "Reclamo por facturación",
        "En vigor desde",
        "Analista de calidad",
        "Copia no controlada",
        "Descargada por Luis Prado Rojas el",
        "Página 1 de 1",
        "Sistema comercial",
        "[Imagen: Un medidor]",
        "Peligro",
        "Un hogar",
    ):
        assert words in text, words
    assert document.current.content_hash in text.replace(" ", "")


def test_s38_no_word_of_the_text_becomes_markup(document, signed, agent):
    text = words_of(signed(agent).get("/manual/ATC-01.1/versiones/2/pdf/").content)
    assert text.count("#eval(1) $x$") == 2
    assert "*ni negrita*" in text


def test_m5_an_older_version_says_until_when_it_ruled(document, signed, agent):
    text = words_of(signed(agent).get("/manual/ATC-01.1/versiones/1/pdf/").content)
    assert "Sustituida el" in text
    assert "Versión 1" in text


def test_m11_the_hash_on_the_pdf_is_that_of_the_text_computed_again(document, agent):
    node = Node.objects.select_related("document").get(code="ATC-01.1")
    printed = printing.printed(document.current, node, by=agent, at=timezone.now())
    assert printed["hash"] == documents.hash_of(document.current)


def test_m11_the_same_version_person_and_instant_give_the_same_bytes(document, agent):
    node = Node.objects.select_related("document").get(code="ATC-01.1")
    at = timezone.now()
    first = printing.pdf_of(document.current, node, by=agent, at=at)
    assert printing.pdf_of(document.current, node, by=agent, at=at) == first


def test_a_long_procedure_numbers_its_pages(press, signed, agent):
    press.page("ATC-01.2", steps=[press.step(f"p-{n}", "<p>Haga.</p>" * 5) for n in range(25)])
    content = signed(agent).get("/manual/ATC-01.2/versiones/1/pdf/").content
    pages = len(pypdf.PdfReader(io.BytesIO(content)).pages)
    assert pages > 2
    assert f"Página {pages} de {pages}" in words_of(content)


def test_a_download_leaves_its_trace(document, signed, agent):
    signed(agent).get("/manual/ATC-01.1/versiones/2/pdf/")
    entry = LogEntry.objects.get_for_object(document.current).first()
    assert entry.action == LogEntry.Action.ACCESS
    assert entry.actor_id == agent.pk


def test_m11_the_seal_recomputed_later_is_the_one_the_pdf_carries(document, signed, agent, press):
    """Whatever happened since: another version, a position and a form with other names."""
    sealed = document.current
    press.position.title = "Asesoría telefónica"
    press.position.save()
    press.version(document, days_ago=1)
    for number, version in ((2, sealed), (3, document.current)):
        text = words_of(signed(agent).get(f"/manual/ATC-01.1/versiones/{number}/pdf/").content)
        recomputed = documents.hash_of(type(version).objects.get(pk=version.pk))
        assert recomputed == version.content_hash
        assert recomputed in text.replace(" ", "")
