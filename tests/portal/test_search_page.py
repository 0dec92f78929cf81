"""Search: finds the same whatever the accents, and only what exists for a person (M24, S3)."""

import re
from urllib.parse import quote

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from apps.accounts import services
from apps.accounts.models import Person
from apps.core.access import Level
from apps.core.search.finding import find
from apps.core.search.indexing import reindex
from apps.core.search.models import SearchEntry
from apps.core.search.showing import results
from apps.core.search.text import fold
from apps.core.search.understanding import understand
from apps.documents import services as documents
from apps.documents.models import Document
from apps.manual import services as manual
from apps.manual.models import Node

pytestmark = pytest.mark.django_db
URL = reverse("portal:search")


@pytest.fixture
def publish(quality, direction, make_position, unit):
    """Maker of published pages: `publish("ATC-01", "Título", "texto")`."""
    role = make_position("Agente")

    def make(code, title, text, *, level=Level.INTERNAL, audience=()):
        document = documents.open_document(
            kind=Document.Kind.PROCEDURE,
            code=code,
            title=title,
            owner=quality,
            unit=unit,
            classification=level,
            by=quality,
        )
        if audience:
            documents.set_audience(document, audience, by=quality)
        again(document, title, text, role)
        manual.create_node(code=code, title=title, document=document, by=quality)
        return document

    def again(document, title, text, role=role):
        version = documents.start_version(
            document,
            title=title,
            body=f"<p>{text}</p>",
            change="major",
            justification="Se escribe para comprobar el buscador.",
            by=quality,
        )
        manual.write_procedure(
            version,
            purpose="Que se sepa.",
            steps=[manual.StepInput(title="Hacer", text="<p>Hágalo.</p>", role=role)],
            by=quality,
        )
        documents.submit(version, by=quality)
        documents.approve(version, effective_on=timezone.localdate(), by=direction)

    make.again = again
    return make


def titles(client, query, **filters):
    parameters = "&".join(f"{name}={quote(value)}" for name, value in filters.items())
    page = client.get(f"{URL}?q={quote(query)}&{parameters}").content.decode()
    found = re.findall(r"<li><h2><a href=\"[^\"]+\">(.*?)</a></h2>", page, re.S)
    return [re.sub(r"<[^>]+>", "", title).strip() for title in found]


def test_m24_accents_and_endings_do_not_matter(publish, agent, signed):
    publish("ATC-01", "Atención en oficina", "Cómo se recibe a quien llega.")
    client = signed(agent)
    for word in ("atencion", "atención", "atenciones", "ATENCIÓN"):
        assert titles(client, word) == ["ATC-01 Atención en oficina"], word


def test_m24_n_is_not_enye(publish, agent, signed):
    publish("ATC-01", "Cierre del año", "Se hace cada año.")
    client = signed(agent)
    assert titles(client, "año")
    assert titles(client, "ano") == []


def test_a_whole_question_finds_its_page_first(publish, agent, signed):
    publish("ATC-01", "Reconexión", "Tras el pago, el servicio vuelve en 24 horas.")
    publish("ATC-02", "Plan de pagos", "La deuda se divide en cuotas.")
    found = titles(
        signed(agent), "¿en cuántas horas me vuelven a conectar el servicio si ya pagué?"
    )
    assert found[0] == "ATC-01 Reconexión"


def test_one_wrong_letter_is_forgiven_and_said(publish, agent, signed):
    publish("ATC-01", "Carrotanque", "Agua por carrotanque.")
    page = signed(agent).get(f"{URL}?q=carotanque").content.decode()
    assert "Carrotanque" in re.sub(r"</?mark>", "", page)
    assert re.search(r'Quizá quiso decir <a href="[^"]+q=Carrotanque">Carrotanque</a>', page)


def test_the_beginning_of_a_word_suffices_while_typing(publish, agent, signed):
    publish("ATC-01", "Reconexión", "Vuelve el agua.")
    page = signed(agent).get(f"{reverse('portal:suggest')}?q=recon").content.decode()
    assert "Reconexión" in page


def test_a_code_leads_to_its_page(publish, agent, signed):
    publish("ATC-02.3.1", "Reclamo", "x y z")
    publish("ATC-05", "Otra", "Nombra ATC-02.3.1 de paso.")
    assert titles(signed(agent), "atc-02.3.1")[0].startswith("ATC-02.3.1")


def test_only_the_version_in_force_is_found(publish, agent, signed):
    document = publish("ATC-01", "Fugas", "Llame al numeral ornitorrinco.")
    publish.again(document, "Fugas", "Llame al 116.")
    assert titles(signed(agent), "ornitorrinco") == []
    assert titles(signed(agent), "llame")


def test_s3_what_does_not_exist_for_a_person_is_in_no_hit_count_or_suggestion(
    publish, agent, quality, other_unit, signed
):
    publish("ATC-01", "Usuarios protegidos", "Lista de pacientes.", level=Level.CONFIDENTIAL)
    publish("ATC-02", "Caja fuerte", "La clave secreta.", audience=[other_unit])
    for query in ("protegidos pacientes", "caja clave secreta", "ATC-01", "ATC-0"):
        page = signed(agent).get(f"{URL}?q={quote(query)}").content.decode()
        assert "0 resultados" in page, query
        assert "pacientes.</p>" not in page
        hints = signed(agent).get(f"{reverse('portal:suggest')}?q={quote(query)}")
        assert "protegidos</span>" not in hints.content.decode()
        assert "Caja fuerte" not in hints.content.decode()
    assert titles(signed(quality), "protegidos pacientes")
    assert titles(signed(quality), "caja clave secreta")


def test_s3_somebody_without_a_role_finds_nothing(publish, outsider, signed):
    publish("ATC-01", "Fugas", "Agua en la calle.")
    assert titles(signed(outsider), "fugas") == []


def test_people_and_units_are_found_and_the_deactivated_are_not(
    agent, supervisor, admin, signed, django_capture_on_commit_callbacks
):
    for kind in ("person", "unit"):
        reindex(kind)
    assert titles(signed(agent), "Marta Prado")[0] == "Marta Prado Rojas"
    assert "Atención al cliente" in " ".join(titles(signed(agent), "atencion al cliente"))
    with django_capture_on_commit_callbacks(execute=True):
        services.deactivate(supervisor, by=admin)
    assert "Marta Prado Rojas" not in titles(signed(agent), "Marta Prado")


def test_a_sign_in_writes_nothing_to_the_index(agent, django_capture_on_commit_callbacks):
    person = Person.objects.get(pk=agent.pk)
    with django_capture_on_commit_callbacks() as callbacks:
        person.save(update_fields=["last_login"])
    assert callbacks == []


def test_results_are_narrowed_by_kind_place_and_day(publish, agent, quality, signed):
    chapter = manual.create_node(code="ATC", title="Emergencias", by=quality)
    publish("ATC-01", "Prado verde", "Césped.")
    node = Node.objects.get(code="ATC-01")
    manual.move_node(node, parent=chapter, by=quality)
    client = signed(agent)
    assert titles(client, "prado", clase="page") == ["ATC-01 Prado verde"]
    assert titles(client, "prado", clase="page", donde="Emergencias") == ["ATC-01 Prado verde"]
    assert titles(client, "prado", clase="page", donde="Otro") == []
    assert titles(client, "prado", clase="page", desde="2999-01-01") == []
    assert "ATC-01 Prado verde" not in titles(client, "prado", clase="person")


def test_words_are_marked_and_what_people_wrote_is_escaped(publish, agent, signed):
    publish("ATC-01", "Fugas & <b>roturas</b>", "Hay una fuga en la calle &lt;script&gt;x.")
    page = signed(agent).get(f"{URL}?q=fugas").content.decode()
    assert "<mark>Fugas</mark> &amp; &lt;b&gt;roturas" in page
    assert "<mark>fuga</mark>" in page
    assert "<script>x" not in page
    assert "&lt;span" not in page


def test_the_list_goes_on_by_pages_and_ends_somewhere(publish, agent, signed):
    for number in range(25):
        publish(f"ATC-{number:02}", f"Página {number}", "Todas hablan de hidrantes.")
    client = signed(agent)
    first = client.get(f"{URL}?q=hidrantes").content.decode()
    assert "Resultados 1 a 20 de 25." in first
    second = client.get(f"{URL}?q=hidrantes&desplazar=20").content.decode()
    assert "Resultados 21 a 25 de 25." in second
    assert len(set(titles(client, "hidrantes") + titles(client, "hidrantes", desplazar="20"))) == 25


def test_beyond_the_end_of_the_list_it_begins_again(publish, agent, signed):
    publish("ATC-01", "Fugas", "Agua.")
    response = signed(agent).get(f"{URL}?q=fugas&desplazar=40")
    assert response.status_code == 302
    assert response["Location"] == f"{URL}?q=fugas"


@pytest.mark.parametrize("count", [3, 25])
def test_a_search_stays_within_its_statements(
    publish, agent, signed, count, django_assert_max_num_queries
):
    for number in range(count):
        publish(f"ATC-{number:02}", f"Página {number}", "Todas hablan de hidrantes.")
    client = signed(agent)
    client.get(f"{URL}?q=hidrantes")
    with django_assert_max_num_queries(4):
        client.get(f"{URL}?q=hidrantes+calle")
    with django_assert_max_num_queries(4):
        client.get(f"{reverse('portal:suggest')}?q=hidrantes")


def test_the_htmx_answer_is_the_list_alone(publish, agent, signed):
    publish("ATC-01", "Fugas", "Agua.")
    response = signed(agent).get(
        f"{URL}?q=fugas", headers={"hx-request": "true", "hx-target": "resultados"}
    )
    assert "<html" not in response.content.decode()
    assert "1 resultado" in response.content.decode()


def test_an_empty_search_says_what_can_be_found(agent, signed):
    assert "Busca en el manual" in signed(agent).get(URL).content.decode()


@pytest.mark.parametrize(
    "query",
    [
        "de la que el",
        "'; DROP TABLE core_searchentry; --",
        '" OR 1=1',
        "%_\\",
        "💧💧",
        "a" * 400,
        "palabra " * 300,
        "\u202e\u200b",
        "ñ",
        "( ) & | ! : *",
    ],
)
def test_s32_odd_questions_are_no_error(publish, agent, signed, query):
    publish("ATC-01", "Fugas", "Agua.")
    client = signed(agent)
    assert client.get(URL, {"q": query}).status_code in (200, 400)
    assert client.get(reverse("portal:suggest"), {"q": query}).status_code in (200, 400)
    assert SearchEntry.objects.exists()


@pytest.mark.usefixtures("still_clock")
def test_suggestions_are_limited_per_person(agent, signed):
    client = signed(agent)
    answers = {client.get(reverse("portal:suggest"), {"q": "x"}).status_code for _ in range(125)}
    assert answers == {200, 429}


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(max_size=120))
def test_any_text_is_understood_and_folding_twice_changes_nothing(agent, text):
    assert fold(fold(text)) == fold(text)
    question = understand(text)
    assert isinstance(results(find(question, agent).hits, question), list)
