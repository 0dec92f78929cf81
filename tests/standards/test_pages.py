"""The pages of standards and the public charter: what they show, to whom, and what they do."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from apps.core.registry import evidence, home_tasks
from apps.core.search import indexing
from apps.documents import services as documents
from apps.documents.models import Document
from apps.indicators import services as indicators
from apps.indicators.models import Indicator
from apps.indicators.services import Reading
from apps.standards import services
from apps.standards.models import Criterion, Expectation, Promise, Service
from tests.standards.conftest import TODAY

LIST = "/estandares/"
DRAFT = "/estandares/EST-02/borrador/"


def text_of(response) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return re.sub(r"\s+", " ", content.decode())


@pytest.fixture
def charter(make_indicator, publish) -> Document:
    """A public standard, kept in September and missed in October."""
    indicator = make_indicator("IND-01", [(97, 100), (90, 100)], lowest=Decimal(0),
                               highest=Decimal(100))  # fmt: skip
    document = publish("EST-01", indicator, classification=0)
    services.recompute(TODAY)
    return document


def test_the_charter_says_target_and_last_result_and_follows_the_numbers(
    organisation, charter, quality, time_machine
):
    page = text_of(Client().get("/atencion/carta/"))
    for said in ("Le respondemos en 15 días.", "95,0 % o más", "90,0 %", "octubre de 2026",
                 "No cumplimos", "Si no le cumplimos"):  # fmt: skip
        assert said in page
    time_machine.move_to("2026-12-02 10:00:00-05:00")
    indicators.record_measurement(
        Indicator.objects.get(), Reading(date(2026, 11, 1), None, Decimal(99), Decimal(100)),
        by=quality,
    )  # fmt: skip
    services.recompute(date(2026, 12, 2))
    page = text_of(Client().get("/atencion/carta/"))
    assert "noviembre de 2026" in page
    assert "Cumplimos 1 de 1" in page


def test_a_service_of_the_charter_has_its_page_with_history_and_pdf(organisation, charter):
    page = text_of(Client().get("/atencion/carta/SRV-01/"))
    for said in ("Línea 116", "septiembre de 2026", "97,0 %", "Le pedimos disculpas."):
        assert said in page
    pdf = Client().get("/atencion/carta/carta.pdf")
    assert pdf["Content-Type"] == "application/pdf"
    assert pdf.content.startswith(b"%PDF")
    assert Client().get("/atencion/carta/SRV-99/").status_code == 404
    assert "Carta de servicios" in text_of(Client().get("/"))


def test_what_is_not_public_is_not_in_the_charter(organisation, standard):
    services.recompute(TODAY)
    page = text_of(Client().get("/atencion/carta/"))
    assert "Le respondemos en 15 días." not in page
    assert "Todavía no hay compromisos publicados" in page
    assert Client().get("/atencion/carta/SRV-01/").status_code == 404


@pytest.mark.parametrize("count", [3, 20])
def test_the_list_costs_the_same_with_more_rows(
    signed, agent, make_indicator, publish, count, django_assert_max_num_queries
):
    indicator = make_indicator("IND-01", [(97, 100), (90, 100)])
    for at in range(count):
        publish(f"EST-{at:02d}", indicator)
    services.recompute(TODAY)
    client = signed(agent)
    client.get(LIST)
    with django_assert_max_num_queries(10):
        page = text_of(client.get(LIST))
    assert page.count("No cumple 1 de 1") == count


def test_the_list_filters_sorts_and_exports(signed, quality, standard, make_indicator, publish):
    publish("EST-02", make_indicator("IND-02", [(99, 100)]))
    services.recompute(TODAY)
    client = signed(quality)
    for query, found in (
        ("", ["EST-01", "EST-02"]),
        ("resultado=no-cumplen", ["EST-01"]),
        ("resultado=cumplen", ["EST-02"]),
        ("resultado=sin-datos", []),
        ("estado=revision", []),
        ("estado=borrador&orden=revision", []),
        ("servicio=SRV-01&orden=resultado", ["EST-01", "EST-02"]),
        ("q=EST-02&orden=nombre", ["EST-02"]),
        ("unidad=ATC&orden=revision", ["EST-01", "EST-02"]),
        ("estado=retirado", []),
    ):
        page = text_of(client.get(f"{LIST}?{query}"))
        assert re.findall(r'row-link" href="[^"]*">(EST-\d+)', page) == found, query
    lines = text_of(client.get("/estandares/exportar/?formato=csv"))
    assert "a tiempo" in lines.lower()
    assert "No cumple la meta" in lines
    assert "octubre" not in text_of(client.get("/estandares/EST-01/exportar/?formato=csv"))


def test_a_standard_shows_criteria_history_reach_and_its_finding(signed, agent, standard):
    services.recompute(TODAY)
    page = text_of(signed(agent).get("/estandares/EST-01/"))
    for said in ("Le respondemos en 15 días.", "95,0 % o más", "No cumple 1 criterio",
                 "Dos veces seguidas sin cumplir", "Se cumplió en 1 de los últimos 3 períodos",
                 "Quién lo ha leído", "H-2026-001"):  # fmt: skip
        assert said in page
    assert "/borrador/" not in page


def test_one_out_of_sight_does_not_exist(signed, agent, charter):
    Document.objects.update(classification=3)
    client = signed(agent)
    assert client.get("/estandares/EST-01/").status_code == 404
    assert "EST-01" not in text_of(client.get(LIST))


def test_a_standard_is_written_from_nothing_to_review_and_seen_as_readers_will(
    signed, supervisor, service, make_indicator
):
    make_indicator("IND-01", [], lowest=Decimal(0), highest=Decimal(100))
    client = signed(supervisor)
    assert "Estándar nuevo" in text_of(client.get("/estandares/nuevo/"))
    made = client.post(
        "/estandares/nuevo/",
        {"code": "EST-02", "title": "A tiempo", "service": "SRV-01", "owner": supervisor.pk,
         "unit": "ATC", "classification": "0"},
    )  # fmt: skip
    assert made.url == DRAFT
    assert client.get(f"{DRAFT}empezar/").url == DRAFT
    assert "Falta el compromiso" in text_of(client.get(DRAFT))
    given = {"revision": "0", "title": "A tiempo", "service": "SRV-01",
             "commitment": "Le contestamos en 15 días.", "scope": "", "remedy": "Le explicamos.",
             "justification": "Lo pidieron las personas."}  # fmt: skip
    assert client.post(DRAFT, given).status_code == 302
    # What began before that edit is held, and shown beside it.
    stale = client.post(DRAFT, given | {"commitment": "Otra cosa."})
    assert stale.status_code == 422
    assert "Le contestamos en 15 días." in text_of(stale)
    assert Promise.objects.get().commitment == "Le contestamos en 15 días."
    new = f"{DRAFT}criterios/"
    assert "Criterio nuevo" in text_of(client.get(new))
    row = {"revision": "1", "title": "A tiempo", "indicator": "IND-01", "target": "105",
           "tolerance": "", "period": "month", "sampling": "Todas."}  # fmt: skip
    refused = client.post(new, row)
    assert refused.status_code == 422
    assert "fuera de lo que el indicador puede dar" in text_of(refused)
    assert client.post(new, row | {"target": "95,5"}).status_code == 302
    assert Criterion.objects.get().target == Decimal("95.5")
    edit = f"{new}a-tiempo/"
    assert 'value="95,5"' in text_of(client.get(edit))
    assert client.post(edit, row | {"revision": "2", "target": "96"}).status_code == 302
    assert "Está completo" in text_of(client.get(DRAFT))
    review = text_of(client.get("/documentos/EST-02/versiones/1/revision/"))
    assert "96,0 % o más" in review
    assert client.get(f"{edit}quitar/").status_code == 200
    client.post(f"{edit}quitar/")
    assert not Criterion.objects.exists()
    assert client.get(f"{DRAFT}descartar/").status_code == 200
    assert client.post(f"{DRAFT}descartar/").url == LIST
    assert not Document.objects.filter(code="EST-02").exists()


def test_a_new_version_tells_what_it_changes(signed, quality, standard):
    client = signed(quality)
    url = "/estandares/EST-01/borrador/empezar/"
    assert "versión nueva" in text_of(client.get(url))
    client.post(url, {"change": "minor", "justification": ""})
    draft = standard.versions.get(state="draft")
    services.save_standard(
        draft, revision=0, title="Respuesta pronta", change="minor", by=quality,
        justification="Se dice más claro que antes.",
        promise=services.PromiseInput(Service.objects.get(), "Le respondemos en 10 días."),
    )  # fmt: skip
    page = text_of(client.get("/documentos/EST-01/versiones/2/revision/?ver=cambios"))
    assert "<ins" in page
    assert "10" in page


def test_the_catalogue_is_kept_and_expectations_have_their_source(
    signed, quality, agent, unit, service
):
    client = signed(quality)
    fields = {"name": "Reconexión", "summary": "Volver a tener agua.", "audience": "Todos",
              "channels": "Línea 116", "hours": "Siempre", "unit": "ATC", "order": "2"}  # fmt: skip
    assert client.get("/estandares/servicios/nuevo/").status_code == 200
    made = client.post("/estandares/servicios/nuevo/", fields | {"code": "srv-02"})
    assert made.url == "/estandares/servicios/SRV-02/"
    taken = client.post("/estandares/servicios/nuevo/", fields | {"code": "SRV-02"})
    assert "Ya hay un servicio con ese código" in text_of(taken)
    edit = f"{made.url}editar/"
    page = text_of(client.get(edit))
    expected = re.search(r'name="expected" value="([^"]*)"', page)[1].replace("&quot;", '"')
    renamed = fields | {"name": "Reconectar", "expected": expected}
    assert client.post(edit, renamed).status_code == 302
    stale = client.post(edit, renamed | {"name": "Otra cosa"})
    assert stale.status_code == 422
    add = f"{made.url}expectativas/"
    assert client.get(add).status_code == 200
    given = {"text": "Que sea hoy.", "source": "survey", "detail": "Encuesta de marzo."}
    future = client.post(add, given | {"known_on": "2027-01-01"})
    assert "todavía no llega" in text_of(future)
    assert client.post(add, given | {"known_on": "2026-03-01"}).status_code == 302
    row = Expectation.objects.get()
    assert "Que sea hoy." in text_of(signed(agent).get(made.url))
    assert "Reconectar" in text_of(signed(agent).get("/estandares/servicios/?q=reco&unidad=ATC"))
    remove = f"{add}{row.pk}/quitar/"
    assert client.get(remove).status_code == 200
    client.post(remove)
    assert not Expectation.objects.exists()
    assert client.get(f"{made.url}retirar/").status_code == 200
    client.post(f"{made.url}retirar/")
    assert "Retirado el" in text_of(client.get(made.url))
    assert client.get(f"{made.url}recuperar/").status_code == 200
    client.post(f"{made.url}recuperar/")
    assert Service.objects.get(code="SRV-02").retired_on is None


def test_a_standard_rests_on_procedures_and_policies(signed, quality, supervisor, standard, unit):
    policy = documents.open_document(
        kind="policy", code="POL-01", title="Política", owner=supervisor, unit=unit, by=quality
    )
    documents.record_published(
        policy, number=1, title="Política", body="<p>Texto.</p>", change="first",
        justification="Primera versión de esta política.", author=supervisor, approver=quality,
        approved_at=standard.current.approved_at, effective_on=date(2026, 2, 1), by=quality,
    )  # fmt: skip
    url, client = "/estandares/EST-01/vinculos/", signed(quality)
    assert "POL-01" in text_of(client.get(url))
    client.post(url, {"others": ["POL-01"]})
    assert [row.related.code for row in standard.relations.all()] == ["POL-01"]
    assert evidence.get("2.1.3")().state == "met"
    assert evidence.get("1.3.3")().counts == {"done": 0, "total": 0}  # a policy is no procedure


def test_2_1_the_records_answer_for_the_requirements(standard, service, quality):
    states = {
        key: evidence.get(key)().state for key in ("2.1.1", "2.1.2", "2.1.3", "2.1.4", "2.1.5")
    }
    assert states == {"2.1.1": "unmet", "2.1.2": "met", "2.1.3": "unmet", "2.1.4": "met",
                      "2.1.5": "met"}  # fmt: skip
    services.add_expectation(
        service, text="Que respondan.", source="law", detail="Ley 142.", known_on=TODAY, by=quality
    )
    assert evidence.get("2.1.1")().state == "met"


def test_the_owner_hears_of_a_standard_nobody_can_judge(standard, supervisor, quality):
    assert list(home_tasks.get("standards")(supervisor)) == []
    indicators.retire(Indicator.objects.get(), reason="Ya no se lleva ese registro.", by=quality)
    (task,) = home_tasks.get("standards")(supervisor)
    assert "EST-01" in task.title


def test_standards_and_services_are_found(signed, agent, standard, service):
    indexing.index("service", Service.objects.all())
    page = text_of(signed(agent).get("/buscar/?q=disculpas"))
    assert reverse("standards:standard", args=["EST-01"]) in page
    assert "SRV-01" in text_of(signed(agent).get("/buscar/?q=quejas+reclamos"))
