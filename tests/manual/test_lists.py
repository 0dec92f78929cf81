"""Lists: latest changes, all procedures, and their export."""

import io
from datetime import timedelta

import openpyxl
import pytest
from django.test import Client
from django.utils import timezone

from apps.core.access import Level


def text(client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def manual(press, other_unit):
    one, two = press.heading("ATC-01"), press.heading("ATC-02")
    first = press.page("ATC-01.1", "Recibir", parent=one, days_ago=40)
    press.page("ATC-02.1", "Cobrar", parent=two, days_ago=30)
    press.page("ATC-02.2", "Oculto", parent=two, days_ago=20, audience=[other_unit])
    press.version(first, days_ago=5, title="Recibir mejor")
    return first


def test_changes_come_latest_first_and_say_what_is_new_to_me(manual, signed, agent):
    client = signed(agent)
    html = text(client, "/manual/cambios/")
    assert html.index("Recibir mejor") < html.index("Cobrar")
    assert html.count("Sin leer por usted") == 2
    client.get("/manual/ATC-01.1/")
    assert text(client, "/manual/cambios/").count("Sin leer por usted") == 1


def test_changes_tell_what_i_read_before(press, manual, signed, agent):
    client = signed(agent)
    client.get("/manual/ATC-01.1/")
    press.version(manual, days_ago=1)
    assert "Nueva desde su última visita (versión 2)" in text(client, "/manual/cambios/")
    home = text(client, "/manual/")
    assert "Usted leyó la versión 2; rige la 3." in home


@pytest.mark.parametrize(
    ("query", "seen", "unseen"),
    [
        ("capitulo=ATC-02", "Cobrar", "Recibir"),
        ("cambio=minor", "Recibir mejor", "Cobrar"),
        ("cambio=first", "Cobrar", "Recibir mejor"),
    ],
)
def test_changes_are_filtered(manual, signed, agent, query, seen, unseen):
    html = text(signed(agent), f"/manual/cambios/?{query}")
    body = html[html.index('class="results"') :]
    assert seen in body
    assert unseen not in body


def test_changes_are_filtered_by_dates(manual, signed, agent):
    day = timezone.localdate() - timedelta(days=10)
    html = text(signed(agent), f"/manual/cambios/?desde={day.isoformat()}")
    assert "Recibir mejor" in html
    assert "Cobrar" not in html
    html = text(signed(agent), f"/manual/cambios/?hasta={day.isoformat()}")
    assert "Recibir mejor" not in html


def test_a_wrong_filter_is_told_and_left_out(manual, signed, agent):
    html = text(signed(agent), "/manual/cambios/?desde=ayer&cambio=raro&capitulo=NADA")
    assert "Recibir mejor" in html
    assert html.count('class="error"') == 3


def test_no_change_with_these_filters_says_what_to_do(manual, signed, agent):
    html = text(signed(agent), "/manual/cambios/?desde=2999-01-01")
    assert "Quitar los filtros" in html


@pytest.mark.parametrize("rows", [3, 30])
def test_lists_cost_the_same_with_3_or_30_rows(
    press, signed, agent, quality, django_assert_max_num_queries, rows
):
    for n in range(rows):
        press.page(f"P-{n}", steps=[])
    client = signed(agent)
    for url, most in (
        ("/manual/cambios/", 4),
        ("/manual/lista/", 7),
        ("/manual/", 6),
        ("/manual/formularios/", 4),
    ):
        client.get(url)
        with django_assert_max_num_queries(most):
            client.get(url)


def test_changes_go_on_by_pages(press, signed, agent):
    for n in range(32):
        press.page(f"P-{n:02}", steps=[])
    client = signed(agent)
    first = client.get("/manual/cambios/")
    assert len(first.context["page"].rows) == 30
    second = client.get(f"/manual/cambios/{first.context['page'].next_url}")
    assert len(second.context["page"].rows) == 2


def test_the_list_shows_who_owns_what_and_its_review(manual, signed, agent):
    html = text(signed(agent), "/manual/lista/")
    for words in ("ATC-01.1", "Recibir mejor", "Marta Prado Rojas", "Al día", "2 resultados"):
        assert words in html
    assert "Oculto" not in html
    assert "Exportar" not in html


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=cobr", {"ATC-02.1"}),
        ("q=atc-01", {"ATC-01.1"}),
        ("capitulo=ATC-01", {"ATC-01.1"}),
        ("unidad=FAC", set()),
        ("unidad=ATC", {"ATC-01.1", "ATC-02.1"}),
        ("revision=vencida", set()),
        ("revision=al-dia", {"ATC-01.1", "ATC-02.1"}),
        ("revision=pronto", set()),
        ("nivel=1", {"ATC-01.1", "ATC-02.1"}),
        ("nivel=0", set()),
        ("nivel=99", {"ATC-01.1", "ATC-02.1"}),
        ("orden=titulo", {"ATC-01.1", "ATC-02.1"}),
        ("orden=revision", {"ATC-01.1", "ATC-02.1"}),
        ("orden=otro", {"ATC-01.1", "ATC-02.1"}),
    ],
)
def test_the_list_is_filtered_and_ordered(manual, signed, agent, query, expected):
    answer = signed(agent).get(f"/manual/lista/?{query}")
    assert answer.status_code == 200
    assert {row.code for row in answer.context["page"].rows} == expected


def test_the_public_level_is_a_filter_too(press, signed, agent):
    press.page("P-1", level=Level.PUBLIC)
    press.page("P-2")
    answer = signed(agent).get("/manual/lista/?nivel=0")
    assert [row.code for row in answer.context["page"].rows] == ["P-1"]
    assert "Clasificación: Pública" in answer.content.decode()


def test_the_list_is_filtered_by_owner(press, manual, signed, agent, supervisor, quality):
    press.page("P-1", owner=quality)
    answer = signed(agent).get(f"/manual/lista/?duena={quality.pk}")
    assert [row.code for row in answer.context["page"].rows] == ["P-1"]


def test_late_reviews_are_told_in_words(manual, signed, agent, time_machine):
    time_machine.move_to(timezone.now() + timedelta(days=350))
    assert "Vence pronto" in text(signed(agent), "/manual/lista/?revision=pronto")
    time_machine.move_to(timezone.now() + timedelta(days=30))
    assert "Venció" in text(signed(agent), "/manual/lista/?revision=vencida")


def test_s35_the_export_holds_what_the_list_shows_and_runs_no_formula(
    press, manual, signed, quality, direction
):
    press.page("P-9", '=HYPERLINK("http://x")')
    client = signed(direction)
    answer = client.get("/manual/lista/exportar/?formato=csv&orden=codigo")
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert lines[0].startswith("Código;Título;Versión")
    assert len(lines) == 5  # direction approves: sees every audience
    assert "'=HYPERLINK" in lines[-1]
    answer = client.get("/manual/lista/exportar/?formato=xlsx&capitulo=ATC-01")
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    assert [row[0].value for row in sheet] == ["Código", "ATC-01.1"]


def test_s3_an_export_leaves_out_what_is_above_its_reader(
    press, manual, signed, make_person, make_position
):
    officer = make_person("ada", "auditoria", position=make_position("Auditora"))
    press.page("P-9", "Muy reservado", level=Level.RESERVED)
    answer = signed(officer).get("/manual/lista/exportar/?formato=csv")
    assert "Muy reservado" not in b"".join(answer.streaming_content).decode()


def test_the_export_asks_who_you_are_when_it_was_long_ago(manual, quality):
    client = Client()
    client.force_login(quality)
    answer = client.get("/manual/lista/exportar/?formato=csv")
    assert answer.status_code == 302


def test_the_export_is_refused_without_its_permission(manual, signed, agent):
    assert signed(agent).get("/manual/lista/exportar/").status_code == 403
