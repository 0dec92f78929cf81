"""What people do in a day, in a browser, on the demo (issue: done when)."""

from __future__ import annotations

import re

import pytest

from apps.accounts.models import Person
from apps.portal.demo.accounts import DEMO_ACCOUNTS, DEMO_PASSWORD, DEMO_TOTP_SECRET
from tests.e2e.codes import code_of

pytestmark = [pytest.mark.browser, pytest.mark.slow(reason="drives a browser")]


@pytest.mark.parametrize("name", DEMO_ACCOUNTS)
def test_each_demo_account_signs_in_with_its_second_factor_and_reads(name, visit):
    page = visit(None, "/cuenta/entrar/")
    page.fill("input[name=login]", f"{name}@demo.cauce.test")
    page.fill("input[name=password]", DEMO_PASSWORD)
    page.click("main button.btn-primary")
    page.fill("input[name=code]", code_of(DEMO_TOTP_SECRET))
    page.click("main button.btn-primary")
    page.wait_for_url("**/inicio/")
    page.goto("/manual/ATC-02.3.1/")
    assert page.locator("ol.steps > li").count() >= 5


def test_a_reader_finds_a_procedure_from_the_bar_and_reads_what_changed(visit):
    page = visit("agente", "/inicio/")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.type("cuando me reconectan el agua si ya pague", delay=5)
    page.keyboard.press("Enter")
    page.wait_for_url("**/buscar/?**")
    assert any("Reconexión" in each for each in page.locator(".results li").all_inner_texts()[:3])
    page.goto("/manual/ATC-02.3.1/")
    page.get_by_role("link", name="Comparar con la 3").click()
    assert page.locator("ins").count() >= 1
    assert page.locator("del").count() >= 1


def test_suggestions_follow_the_typing_and_the_arrows(visit):
    page = visit("agente", "/inicio/")
    page.click("#q")
    page.keyboard.type("reconex", delay=20)
    page.wait_for_selector("#sugerencias li")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/manual/**")


def test_everything_works_without_scripts(visit):
    page = visit("agente", "/buscar/?q=fuga", js=False)
    assert page.locator(".results li").count() >= 3
    page.locator(".results li a").first.click()
    assert page.locator("h1").count() == 1


def test_an_admin_deactivates_and_reactivates_a_person(visit):
    person = Person.objects.get(email="natalia.castrillon@demo.cauce.test")
    page = visit("admin", person.get_absolute_url())
    page.get_by_role("link", name="Desactivar").click()
    assert "Qué va a pasar" in page.inner_text("main")
    page.get_by_role("button", name="Desactivar").click()
    assert "Desactivada" in page.inner_text("main")
    person.refresh_from_db()
    assert not person.is_active
    page.get_by_role("link", name="Volver a activar").click()
    page.get_by_role("button", name="Activar").click()
    person.refresh_from_db()
    assert person.is_active


def test_an_import_with_faults_tells_each_and_writes_nothing(visit, tmp_path):
    sheet = tmp_path / "personas.csv"
    sheet.write_text(
        "correo;nombre;apellidos;cargo;roles\n"
        "sin-arroba;Ana;Pérez;;\n"
        "rosa.nueva@demo.cauce.test;Rosa;Toro;Astronauta;agente\n",
        "utf-8",
    )
    before = Person.objects.count()
    page = visit("admin", "/organizacion/importar/")
    page.set_input_files("input[type=file]", str(sheet))
    page.get_by_role("button", name="Probar").click()
    page.wait_for_url(re.compile(r"/organizacion/importar/[0-9a-f-]{36}/"))
    text = page.inner_text("main")
    assert "correo no es válido" in text
    assert "Astronauta" in text
    assert Person.objects.count() == before


def test_a_changed_role_is_in_force_and_logged(visit):
    agent = visit("agente", "/organizacion/actividad/")
    assert agent.locator("h1").inner_text() != "Actividad"
    page = visit("admin", "/organizacion/roles/agente/")
    page.check("input[value='accounts.view_log']")
    page.locator("main form button.btn-primary").first.click()
    while page.url.endswith("/roles/agente/"):  # the summary before saving
        page.locator("main form button.btn-primary").first.click()
    agent.goto("/organizacion/actividad/")
    assert agent.locator("h1").inner_text() == "Actividad"
    page.goto("/organizacion/actividad/")
    assert "Agente" in page.inner_text("main")
