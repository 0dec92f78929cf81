"""Pages of reading and accepting, and of how far documents have reached (M16, M19)."""

import re
from datetime import timedelta

import pytest
from django.core import signing
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import Holding, Person, Unit
from apps.documents import services
from apps.documents.models import Acknowledgement, Asking, Document, Obligation, Reach, Version
from apps.documents.services import acknowledging
from apps.documents.views.acknowledgements import SALT
from tests.documents.readers import publish, read

ACCEPT = "/documentos/POL-01/aceptar/"


def text(response, status: int = 200) -> str:
    assert response.status_code == status
    return response.content.decode()


def hidden(html: str) -> dict[str, str]:
    """What the accepting form carries along."""
    found = {}
    for name in ("envio", "marca"):
        match = re.search(rf'name="{name}" value="([^"]+)"', html)
        found[name] = match[1] if match else ""
    return found


def test_m16_a_person_reads_accepts_and_sees_the_proof(issue, signed, agent):
    version = issue(body="<p>Cierre el caso con acta.</p>")
    client = signed(agent)
    html = text(client.get(ACCEPT))
    assert "Cierre el caso con acta." in html
    assert "a más tardar el" in html
    sentence = "Leí y comprendí «Política» (POL-01, versión 1)"
    assert sentence in html
    sent = hidden(html) | {"entendido": "on", "vistas": "apartado-1 falso"}
    answer = client.post(ACCEPT, sent, follow=True)
    assert "Quedó constancia" in text(answer)
    proof = Acknowledgement.objects.get(person=agent)
    assert proof.version == version
    assert proof.text_shown.startswith(sentence)
    assert proof.evidence["seen"] == []
    assert proof.content_hash in text(client.get(ACCEPT))
    client.post(ACCEPT, sent)
    assert Acknowledgement.objects.count() == 1


def test_m16_the_box_must_be_ticked_and_the_opening_time_stands(issue, signed, agent):
    issue()
    client = signed(agent)
    sent = hidden(text(client.get(ACCEPT)))
    html = text(client.post(ACCEPT, sent), 422)
    assert "Marque la casilla" in html
    assert hidden(html)["marca"] == sent["marca"]
    assert not Acknowledgement.objects.exists()


@pytest.mark.parametrize("forge", ["", "nada", "another"])
def test_m16_without_having_opened_the_page_nothing_is_accepted(
    issue, signed, agent, supervisor, forge
):
    version = issue()
    mark = forge
    if forge == "another":
        now = timezone.now().isoformat()
        mark = signing.dumps({"p": supervisor.pk, "v": version.pk, "t": now, "s": []}, salt=SALT)
    sent = {"marca": mark, "entendido": "on"}
    assert "Lea la página" in text(signed(agent).post(ACCEPT, sent), 422)
    assert not Acknowledgement.objects.exists()


def test_m16_a_newer_version_is_shown_when_an_older_one_is_accepted(issue, signed, agent):
    issue(body="<p>Texto viejo.</p>")
    client = signed(agent)
    sent = hidden(text(client.get(ACCEPT))) | {"entendido": "on"}
    issue(body="<p>Texto nuevo.</p>")
    html = text(client.post(ACCEPT, sent), 409)
    assert "Mientras usted leía se publicó la versión 2" in html
    assert "Texto nuevo." in html
    assert not Acknowledgement.objects.exists()
    sent = hidden(html) | {"entendido": "on"}
    assert client.post(ACCEPT, sent).status_code == 302
    assert Acknowledgement.objects.get().version.number == 2


def test_m16_who_is_not_asked_is_told_so_and_what_is_hidden_is_not_there(
    issue, document, signed, make_person, make_position, other_unit, outsider, quality
):
    issue()
    fabio = make_person("fabio", "agente", position=make_position("Analista", at=other_unit))
    assert "no le pide nada" in text(signed(fabio).get(ACCEPT))
    assert signed(outsider).get(ACCEPT).status_code == 403
    services.set_audience(document, [Unit.objects.get(code="ATC")], by=quality)
    assert signed(fabio).get(ACCEPT).status_code == 404


def test_my_list_shows_what_waits_and_what_was_accepted(issue, signed, agent):
    client = signed(agent)
    assert "No tiene nada por leer" in text(client.get("/documentos/lecturas/"))
    done = "/documentos/lecturas/?ver=aceptadas"
    assert "Todavía no aceptó" in text(client.get(done))
    version = issue()
    assert ACCEPT in text(client.get("/documentos/lecturas/"))
    assert "Leer y aceptar POL-01" in text(client.get("/inicio/"))
    acknowledging.accept(version, read=read(), by=agent)
    assert ACCEPT not in text(client.get("/documentos/lecturas/"))
    assert ACCEPT in text(client.get(done))
    assert "Leer y aceptar POL-01" not in text(client.get("/inicio/"))


def test_the_reading_page_asks_and_links_to_accepting(
    press, signed, agent, quality, supervisor, django_assert_num_queries
):
    page = press.page("ATC-01.1", parent=press.heading("ATC-01"))
    Holding.objects.create(person=agent, position=press.position)
    client = signed(agent)
    assert "Leer y aceptar" not in text(client.get("/manual/ATC-01.1/"))
    publish(page, supervisor, quality)
    for _twice in range(2):
        client.get("/manual/ATC-01.1/")
    with django_assert_num_queries(2):
        html = text(client.get("/manual/ATC-01.1/"))
    assert 'href="/documentos/ATC-01.1/aceptar/"' in html
    html = text(client.get("/documentos/ATC-01.1/aceptar/"))
    assert 'id="pasos"' in html
    mark = signing.loads(hidden(html)["marca"], salt=SALT)
    assert "pasos" in mark["s"]


def test_addressees_are_chosen_on_a_page(issue, document, signed, agent, supervisor, unit):
    url = "/documentos/POL-01/destinatarios/"
    assert signed(agent).get(url).status_code == 403
    client = signed(supervisor)
    assert "Ninguna versión lo pide todavía" in text(client.get(url))
    issue()
    assert "les falta aceptar a" in text(client.get(url))
    position = agent.holdings.get().position
    sent = {"units": [unit.pk], "positions": [position.pk], "roles": []}
    assert client.post(url, sent).status_code == 302
    assert document.addressees.count() == 2
    assert "checked" in text(client.get(url))
    assert client.post(url, {"units": ["x"]}).status_code == 422


# The board ---------------------------------------------------------------------------------------


@pytest.fixture
def two(issue, document, supervisor, quality, agent, unit):
    """Two documents that ask; the agent accepted one of them."""
    first = issue()
    other = services.open_document(
        kind="policy", code="POL-02", title="Otra", owner=quality, unit=unit, by=supervisor
    )
    publish(other, supervisor, quality)
    acknowledging.accept(first, read=read(), by=agent)
    return document, other


def test_m19_the_board_says_what_the_rows_say(two, signed, auditor, other_unit):
    html = text(signed(auditor).get("/documentos/alcance/"))
    rows = Obligation.objects.filter(version__document=two[0])
    done = rows.exclude(acknowledged_at=None).count()
    assert f"{done} de {rows.count()}" in html
    assert f"{done * 100 // rows.count()} %" in html
    html = text(signed(auditor).get("/documentos/alcance/unidades/"))
    total = Obligation.objects.filter(unit__code="ATC")
    assert f"{total.exclude(acknowledged_at=None).count()} de {total.count()}" in html
    html = text(signed(auditor).get(f"/documentos/alcance/?unidad={other_unit.code}"))
    assert "A nadie todavía" in html


def test_m19_the_board_filters_by_words_and_by_who_is_late(two, signed, auditor, time_machine):
    client = signed(auditor)
    assert "POL-02" not in text(client.get("/documentos/alcance/?q=POL-01"))
    assert "POL-02" in text(client.get("/documentos/alcance/?estado=faltan"))
    html = text(client.get("/documentos/alcance/?estado=tarde"))
    assert "No hay documentos con estos filtros" in html
    time_machine.move_to(timezone.now() + timedelta(days=20))
    assert "con atraso" in text(signed(auditor).get("/documentos/alcance/?estado=tarde"))


def test_m19_who_is_missing_is_named_to_those_who_may_know(two, signed, auditor, agent, admin):
    url = "/documentos/alcance/POL-01/"
    html = text(signed(auditor).get(url))
    assert "Marta Prado Rojas" in html
    assert "Luis Prado Rojas" not in html
    for person in (agent, admin):
        assert signed(person).get(url).status_code == 403
    assert signed(auditor).get("/documentos/alcance/NADA/").status_code == 404


def test_m16_proofs_are_listed_for_ever(two, issue, signed, auditor):
    issue()
    issue(change="correction")
    html = text(signed(auditor).get("/documentos/alcance/POL-01/constancias/"))
    assert "Luis Prado Rojas" in html
    assert "Leí y comprendí." in html
    html = text(signed(auditor).get("/documentos/alcance/POL-02/constancias/"))
    assert "Todavía no hay constancias" in html


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_reach_and_proofs_leave_as_files(two, signed, auditor, supervisor, kind):
    client = signed(auditor)
    for url, words in (
        ("/documentos/alcance/exportar/?", "POL-02"),
        ("/documentos/alcance/POL-01/exportar/?que=faltan&", "Marta Prado Rojas"),
        ("/documentos/alcance/POL-01/exportar/?que=constancias&", "Luis Prado Rojas"),
    ):
        response = client.get(f"{url}formato={kind}")
        assert response.status_code == 200
        content = b"".join(response.streaming_content)
        assert kind == "xlsx" or words in content.decode()
        assert signed(supervisor).get(f"{url}formato={kind}").status_code == 403


def test_an_empty_board_says_what_to_do(signed, auditor):
    for url in ("/documentos/alcance/", "/documentos/alcance/unidades/"):
        assert "cambio mayor" in text(signed(auditor).get(url))


def test_s2_the_board_tells_nothing_of_what_does_not_exist_for_its_reader(
    two, signed, auditor, make_person, make_position, other_unit, quality
):
    document = two[0]
    services.set_audience(document, [other_unit], by=quality)
    client = signed(auditor)
    for url in ("/documentos/alcance/", "/documentos/alcance/exportar/"):
        response = client.get(url)
        content = (
            b"".join(response.streaming_content) if response.streaming else response.content
        ).decode()
        assert "POL-01" not in content
        assert "POL-02" in content
    assert client.get("/documentos/alcance/POL-01/").status_code == 404


# Budgets -----------------------------------------------------------------------------------------


def fill(author: Person, unit: Unit, position, *, documents: int, people: int) -> None:
    """Many documents in force that ask many people, written in bulk."""
    group = author.groups.get()
    now, today = timezone.now(), timezone.localdate()
    made = Person.objects.bulk_create(
        Person(email=f"p{n}@aguas.test", first_name=f"P{n}", last_name="X", password="x")  # noqa: S106
        for n in range(people)
    )
    Person.groups.through.objects.bulk_create(
        Person.groups.through(person=person, group=group) for person in made
    )
    Holding.objects.bulk_create(Holding(person=person, position=position) for person in made)
    papers = Document.objects.bulk_create(
        Document(
            kind="policy", code=f"D-{n:04}", title=f"Documento {n}", owner=author, unit=unit,
            next_review_on=today,
        )
        for n in range(documents)
    )  # fmt: skip
    versions = Version.objects.bulk_create(
        Version(
            document=paper, number=1, state="in_force", title=paper.title, change="first",
            justification="x" * 20, author=author, approver=made[0], approved_at=now,
            effective_on=today, content_hash="a" * 64, asks_acknowledgement=True,
        )
        for paper in papers
    )  # fmt: skip
    for paper, version in zip(papers, versions, strict=True):
        paper.current = version
    Document.objects.bulk_update(papers, ["current"])
    Asking.objects.bulk_create(
        Asking(version=version, asks=True, spread_at=now) for version in versions
    )


@pytest.mark.parametrize("documents", [3, 40])
def test_m19_lists_cost_the_same_with_3_or_40_documents(
    signed, quality, unit, make_position, django_assert_max_num_queries, documents
):
    position = make_position("Muchas")
    fill(quality, unit, position, documents=documents, people=3)
    acknowledging.follow_all(now=timezone.now())
    assert Obligation.objects.filter(person=quality).count() == documents
    client = signed(quality)
    for url, most in (
        ("/documentos/lecturas/", 4),
        ("/documentos/lecturas/?ver=aceptadas", 4),
        ("/documentos/alcance/", 7),
        ("/documentos/alcance/unidades/", 4),
        ("/documentos/alcance/D-0000/", 8),
        ("/documentos/alcance/D-0000/constancias/", 5),
        ("/documentos/D-0000/aceptar/", 10),
    ):
        client.get(url)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(url).status_code == 200
        assert len(queries) <= most, (url, len(queries))


@pytest.mark.slow
def test_m19_pending_lists_and_board_hold_at_a_hundred_thousand_rows(
    signed, quality, unit, make_position
):
    """300 documents × 300 people: every list by index or rollup, in at most 6 queries."""
    position = make_position("Muchas")
    fill(quality, unit, position, documents=300, people=300)
    acknowledging.follow_all(now=timezone.now())
    assert Obligation.objects.count() >= 300 * 300
    assert sum(Reach.objects.values_list("asked", flat=True)) == Obligation.objects.count()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE documents_obligation, documents_reach")
        owed = Obligation.objects.still_open().filter(person=quality.pk)
        plan = owed.order_by("due_on", "id")[:31].explain()
        assert "obligation_open" in plan
    client = signed(quality)
    for url in ("/documentos/lecturas/", "/documentos/alcance/", "/documentos/alcance/D-0001/"):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        assert len(queries) <= 8
        assert sum(float(query["time"]) for query in queries) < 0.5, url
        # No statement but the board's late count touches the obligations of everybody.
        assert not any("SCAN documents_obligation" in query["sql"] for query in queries)


def test_the_pages_are_reached_from_each_other(two, signed, auditor):
    html = text(signed(auditor).get("/documentos/lecturas/"))
    for name in ("board", "feedback-list"):
        assert reverse(f"reach:{name}") in html
