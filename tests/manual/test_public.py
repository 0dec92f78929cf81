"""What customers read of the manual, without signing in."""

import pytest
from django.test import Client

from apps.core.access import Level
from apps.manual.models import Step

URL = "/atencion/manual/ATC-01.1/"


@pytest.fixture
def page(press, make_position):
    return press.page(
        "ATC-01.1",
        "Cómo pedir un plan de pagos",
        level=Level.PUBLIC,
        parent=press.heading("ATC-01"),
        body='<p><a href="/manual/ATC-09/">Lo interno</a>, <a href="https://a.co/">la ley</a>.</p>',
        inputs=["Su factura"],
        notes="<p>Si vive en arriendo.</p>",
        steps=[
            press.step(
                "pedir",
                accountable=make_position("Jefatura secreta"),
                limit_amount=1,
                limit_unit=Step.LimitUnit.DAYS,
                tool="Sistema comercial interno",
                channel="Teléfono",
                record="Nota interna",
            )
        ],
    )


def test_anyone_reads_a_public_page_in_plain_words(page):
    html = Client().get(URL).content.decode()
    for words in (
        "Cómo pedir un plan de pagos",
        "Su factura",
        "Agente telefónico",
        "1 día",
        "Teléfono",
        "Si vive en arriendo.",
        'href="https://a.co/"',
    ):
        assert words in html, words


def test_a_public_page_names_nobody_and_nothing_internal(page):
    html = Client().get(URL).content.decode()
    for words in (
        "Sistema comercial interno",
        "Jefatura secreta",
        "Nota interna",
        "Marta",
        "Clara",
        'href="/manual/',
    ):
        assert words not in html, words


def test_the_public_list_holds_public_pages_only(press, page):
    press.page("ATC-01.2", "Solo para adentro")
    html = Client().get("/atencion/manual/").content.decode()
    assert "Cómo pedir un plan de pagos" in html
    assert "Solo para adentro" not in html


@pytest.mark.parametrize("level", [Level.INTERNAL, Level.CONFIDENTIAL, Level.RESERVED])
def test_s2_what_is_not_public_does_not_exist_outside(press, level):
    press.page("ATC-01.2", level=level)
    assert Client().get("/atencion/manual/ATC-01.2/").status_code == 404


def test_s2_a_public_level_with_an_audience_stays_inside(press, other_unit):
    press.page("ATC-01.2", level=Level.PUBLIC, audience=[other_unit])
    assert Client().get("/atencion/manual/ATC-01.2/").status_code == 404


def test_headings_and_drafts_do_not_exist_outside(press):
    press.heading("ATC-01")
    press.document("ATC-01.2", level=Level.PUBLIC)
    for code in ("ATC-01", "ATC-01.2", "NADA"):
        assert Client().get(f"/atencion/manual/{code}/").status_code == 404


def test_an_empty_public_manual_says_so(db):
    assert "Todavía no hay páginas" in Client().get("/atencion/manual/").content.decode()


def test_a_public_page_costs_one_query_once_kept(page, django_assert_num_queries):
    Client().get(URL)
    with django_assert_num_queries(1):
        Client().get(URL)
