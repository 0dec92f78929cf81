"""Reading pages: what they show, to whom, at what cost."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from apps.core.access import Level
from apps.documents import services as documents
from apps.documents.models import Document, LastReading
from apps.manual import services
from apps.manual.models import Node, Step

PAGE = "/manual/ATC-01.1/"


def page_text(response) -> str:
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def chapter(press):
    return press.heading("ATC-01", "Primer contacto")


@pytest.fixture
def procedure(press, chapter) -> Document:
    return press.page("ATC-01.1", "Recibir una llamada", parent=chapter)


def test_m2_the_page_shows_facts_and_each_step_with_who_when_and_with_what(
    press, chapter, signed, agent, make_position, unit, quality
):
    form = services.create_form(code="FO-012", title="Suspensión de cobro", unit=unit, by=quality)
    head = make_position("Jefatura de Facturación")
    press.page(
        "ATC-01.1",
        "Reclamo por facturación",
        parent=chapter,
        scope="Reclamos por consumo.",
        starts_with="Un caso registrado.",
        ends_with="Respuesta enviada.",
        inputs=["Factura", "Lectura"],
        outputs=["Acta"],
        standard="EST-04: 95 % en plazo.",
        example="<p>Un hogar que consume 14 m³.</p>",
        notes="<h3>Si no hay foto</h3><p>Pídala.</p>",
        steps=[
            press.step(
                "suspender",
                "<p>Marque el valor <strong>en revisión</strong>.</p>",
                title="Suspender el cobro",
                accountable=head,
                limit_amount=2,
                limit_unit=Step.LimitUnit.BUSINESS_DAYS,
                tool="Sistema comercial",
                channel="Teléfono",
                form=form,
                record="acta de decisión",
            ),
            press.step("cerrar", limit_unit=Step.LimitUnit.SAME_DAY),
        ],
    )
    html = page_text(signed(agent).get(PAGE))
    for words in (
        "Reclamo por facturación",
        "Que la persona sepa qué sigue.",
        "Reclamos por consumo.",
        "Un caso registrado.",
        "Respuesta enviada.",
        "Factura; Lectura",
        "EST-04: 95 % en plazo.",
        "<strong>en revisión</strong>",
        "Agente telefónico",
        "Responde: Jefatura de Facturación",
        "2 días hábiles",
        "El mismo día",
        "Sistema comercial",
        "Teléfono",
        'href="/manual/formularios/FO-012/"',
        "Queda: acta de decisión",
        "Un hogar que consume 14 m³.",
        "Casos especiales",
        'href="#pasos"',
        "Copia no controlada",
    ):
        assert words in html, words


def test_the_tree_shows_any_depth_and_marks_where_i_am(press, chapter, signed, agent):
    second = press.heading("ATC-01.1", parent=chapter)
    third = press.heading("ATC-01.1.1", parent=second)
    press.page("ATC-01.1.1.1", "Muy adentro", parent=third)
    html = page_text(signed(agent).get("/manual/ATC-01.1.1.1/"))
    assert '<a href="/manual/ATC-01.1.1.1/" aria-current="page">' in html
    assert html.count("<details open>") == 3
    for code in ("ATC-01", "ATC-01.1", "ATC-01.1.1"):
        assert f'href="/manual/{code}/"' in html  # crumbs


def test_a_heading_lists_what_hangs_below_it(procedure, signed, agent):
    html = page_text(signed(agent).get("/manual/ATC-01/"))
    assert "Recibir una llamada" in html
    assert 'aria-current="true"' in html


def test_s2_a_confidential_page_does_not_exist_for_an_agent(press, chapter, signed, agent, quality):
    press.page("ATC-01.9", "Datos reservados", parent=chapter, level=Level.RESERVED)
    client = signed(agent)
    for name, args in (
        ("page", []),
        ("history", []),
        ("compare", []),
        ("print", []),
        ("version", [1]),
        ("pdf", [1]),
    ):
        url = reverse(f"manual:{name}", args=["ATC-01.9", *args])
        assert client.get(url).status_code == 404, url
    for url in ("/manual/", "/manual/cambios/", "/manual/lista/", "/manual/ATC-01/"):
        assert "Datos reservados" not in page_text(client.get(url)), url
    assert "Datos reservados" not in page_text(client.get("/manual/lista/?q=reservados"))


def test_s2_a_page_for_another_unit_does_not_exist(
    press, chapter, signed, agent, other_unit, make_person, make_position
):
    press.page("ATC-01.8", "Solo facturación", parent=chapter, audience=[other_unit])
    assert signed(agent).get("/manual/ATC-01.8/").status_code == 404
    position = make_position("Analista de facturación", at=other_unit)
    analyst = make_person("fabio", "agente", position=position)
    assert "Solo facturación" in page_text(signed(analyst).get("/manual/ATC-01.8/"))


def test_s3_the_tree_and_related_pages_name_nothing_hidden(
    press, chapter, procedure, signed, agent, quality, other_unit
):
    hidden = press.page("ATC-01.8", "Solo facturación", parent=chapter, audience=[other_unit])
    seen = press.page("ATC-01.7", "Para todos", parent=chapter)
    documents.relate(procedure, [hidden, seen], by=quality)
    html = page_text(signed(agent).get(PAGE))
    assert "Para todos" in html
    assert "Solo facturación" not in html


def test_s4_an_owner_sees_their_page_and_others_of_the_unit_do_not(
    press, chapter, signed, make_person, make_position, other_unit
):
    position = make_position("Apoyo")
    owner = make_person("olga", "agente", position=position)
    peer = make_person("pedro", "agente", position=position)
    press.page("ATC-01.8", "De Olga", parent=chapter, audience=[other_unit], owner=owner)
    assert "De Olga" in page_text(signed(owner).get("/manual/ATC-01.8/"))
    press.page("ATC-01.2", "De todos", parent=chapter)
    assert "De Olga" in page_text(signed(owner).get("/manual/ATC-01.2/"))
    assert "De Olga" not in page_text(signed(peer).get("/manual/ATC-01.2/"))


def test_m5_a_draft_changes_nothing_that_readers_see(procedure, signed, agent, supervisor):
    before = page_text(signed(agent).get(PAGE))
    documents.start_version(
        procedure,
        title="Título que nadie ve",
        body="<p>borrador secreto</p>",
        change="minor",
        justification="Un motivo bien explicado aquí.",
        by=supervisor,
    )
    client = signed(agent)
    assert "Recibir una llamada" in before
    html = page_text(client.get(PAGE))
    assert "secreto" not in html
    assert "Título que nadie ve" not in html
    assert client.get("/manual/ATC-01.1/versiones/2/").status_code == 404
    assert client.get("/manual/ATC-01.1/versiones/2/pdf/").status_code == 404
    assert client.get("/manual/ATC-01.1/versiones/1/pdf/").status_code == 200


def test_m9_a_version_with_a_date_to_come_is_announced_and_not_in_force(
    press, procedure, signed, agent
):
    press.version(
        procedure,
        [press.step("registrar"), press.step("responder", "<p>Haga lo nuevo.</p>")],
        days_ago=-7,
    )
    html = page_text(signed(agent).get(PAGE))
    assert "La versión 2 entra en vigor el" in html
    assert "Cambia el paso 2." in html
    assert "comparar/?de=1&amp;a=2" in html
    assert "Haga lo nuevo." not in html
    coming = page_text(signed(agent).get("/manual/ATC-01.1/versiones/2/"))
    assert "Versión 2, entra en vigor el" in coming


def test_m13_a_late_review_is_told_on_the_page(procedure, signed, agent, time_machine):
    assert "La revisión venció" not in page_text(signed(agent).get(PAGE))
    time_machine.move_to(timezone.now() + timedelta(days=400))
    html = page_text(signed(agent).get(PAGE))
    assert "La revisión venció el" in html
    assert "Supervisión de atención" in html


def test_what_the_version_in_force_changed_is_marked_in_its_step(press, procedure, signed, agent):
    press.version(
        procedure,
        [
            press.step("registrar", "<p>Si supera el 50 % del consumo.</p>"),
            press.step("responder"),
        ],
        days_ago=5,
    )
    press.version(
        procedure,
        [
            press.step("registrar", "<p>Si supera el 30 % del consumo.</p>"),
            press.step("responder"),
            press.step("avisar"),
        ],
        days_ago=3,
    )
    html = page_text(signed(agent).get(PAGE))
    assert "Cambió en la versión 3" in html
    assert "Comparar con la 2" in html
    assert '<del><span class="visually-hidden">texto quitado: </span>50</del>' in html
    assert '<ins><span class="visually-hidden">texto nuevo: </span>30</ins>' in html
    assert "Nuevo en la versión 3" in html


def test_a_person_is_told_what_changed_since_their_last_visit_and_only_then(
    press, procedure, signed, agent, supervisor, time_machine
):
    client = signed(agent)
    assert "última visita" not in page_text(client.get(PAGE))
    press.version(procedure, days_ago=0)
    for _again in range(2):  # all of that day
        html = page_text(client.get(PAGE))
        assert "Cambió desde su última visita (versión 1)" in html
        assert "comparar/?de=1&amp;a=2" in html
    assert "última visita (" not in page_text(signed(supervisor).get(PAGE))
    time_machine.move_to(timezone.now() + timedelta(days=1))
    assert "última visita (" not in page_text(signed(agent).get(PAGE))


def test_a_visit_is_noted_once_a_day(procedure, signed, agent, django_assert_num_queries):
    client = signed(agent)
    client.get(PAGE)
    reading = LastReading.objects.get(person=agent)
    assert reading.number == 1
    with django_assert_num_queries(2):  # the person, the page
        client.get(PAGE)


@pytest.mark.parametrize("steps", [3, 300])
def test_the_reading_page_costs_the_same_with_3_or_300_steps(
    press, chapter, signed, agent, django_assert_num_queries, django_assert_max_num_queries, steps
):
    press.page("ATC-01.1", parent=chapter, steps=[press.step(f"paso-{n}") for n in range(steps)])
    client = signed(agent)
    with django_assert_max_num_queries(12):
        client.get(PAGE)
    with django_assert_num_queries(2):
        assert f"paso-{steps}" in page_text(client.get(PAGE))
    cache.clear()
    with django_assert_max_num_queries(12):
        client.get(PAGE)


def test_a_kept_tree_follows_every_change_at_once(
    press, chapter, procedure, signed, agent, quality
):
    client = signed(agent)
    client.get(PAGE)
    services.rename_node(chapter, title="Otro título", summary="", by=quality)
    assert "Otro título" in page_text(client.get(PAGE))
    Node.objects.filter(pk=chapter.pk).update(title="Por otra vía")
    assert "Por otra vía" in page_text(client.get(PAGE))
    press.page("ATC-01.2", "Recién publicado", parent=chapter)
    assert "Recién publicado" in page_text(client.get(PAGE))


def test_s6_an_audience_set_later_hides_the_page_at_once(
    press, chapter, procedure, signed, agent, quality, other_unit
):
    other = press.page("ATC-01.2", "Se va a reservar", parent=chapter)
    client = signed(agent)
    assert "Se va a reservar" in page_text(client.get(PAGE))
    documents.set_audience(other, [other_unit], by=quality)
    assert "Se va a reservar" not in page_text(client.get(PAGE))
    assert client.get("/manual/ATC-01.2/").status_code == 404


def test_a_renamed_position_shows_its_new_name_at_once(press, procedure, signed, agent):
    client = signed(agent)
    assert "Agente telefónico" in page_text(client.get(PAGE))
    press.position.title = "Agente de voz"
    press.position.save()
    assert "Agente de voz" in page_text(client.get(PAGE))


def test_a_superseded_version_says_so_clearly(press, procedure, signed, agent):
    press.version(procedure, days_ago=2, body="<p>Texto nuevo.</p>")
    html = page_text(signed(agent).get("/manual/ATC-01.1/versiones/1/"))
    assert "Versión 1, sustituida el" in html
    assert "Texto nuevo." not in html
    assert "Ir a la versión 2" in html


def test_a_version_that_is_not_there_is_not_found(procedure, signed, agent):
    client = signed(agent)
    for number in ("2", "0", "99999999999999999999", "x"):
        assert client.get(f"/manual/ATC-01.1/versiones/{number}/").status_code == 404


def test_the_history_names_author_approver_dates_and_reason(press, procedure, signed, agent):
    press.version(procedure, days_ago=2)
    html = page_text(signed(agent).get("/manual/ATC-01.1/versiones/"))
    for words in ("Marta Prado Rojas", "Clara Prado Rojas", "Cambio menor", "Sustituida", "plazo"):
        assert words in html
    assert html.count('name="de"') == 2


def test_the_overview_counts_pages_and_tells_writers_of_late_reviews(
    press, procedure, signed, agent, quality, time_machine
):
    html = page_text(signed(agent).get("/manual/"))
    assert "1 página" in html
    assert "Recibir una llamada" in html
    time_machine.move_to(timezone.now() + timedelta(days=400))
    assert "1 procedimiento tiene la revisión vencida." in page_text(
        signed(quality).get("/manual/")
    )
    assert "revisión vencida" not in page_text(signed(agent).get("/manual/"))


def test_m25_the_print_view_carries_the_marks(procedure, signed, agent):
    html = page_text(signed(agent).get("/manual/ATC-01.1/imprimir/"))
    for words in (
        "ATC-01.1",
        "Versión 1",
        "En vigor desde el",
        "Aprobó: Analista de calidad",
        "Copia no controlada",
        procedure.current.content_hash,
        "Luis Prado Rojas",
    ):
        assert words in html, words


def test_an_empty_manual_says_so(signed, agent, quality):
    assert "El manual está vacío" in page_text(signed(agent).get("/manual/"))
    assert "Organizar el manual" in page_text(signed(quality).get("/manual/"))


def test_somebody_without_the_permission_is_refused(procedure, signed, outsider):
    assert signed(outsider).get(PAGE).status_code == 403
