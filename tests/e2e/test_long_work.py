"""A long sheet, in a browser: its page tells how far it is and ends by itself."""

from __future__ import annotations

import re

import pytest

from apps.accounts.models import Person
from apps.core import long_work
from apps.core.models import LongWork
from tests.e2e.test_every_page import look

pytestmark = [pytest.mark.browser, pytest.mark.slow(reason="drives a browser")]
PAGE = re.compile(r"/trabajos/[0-9a-f-]{36}/")
LINES = 60


@pytest.fixture
def waiting(visit, tmp_path):
    """Maker of the page to which «Importar ahora» leads, before any worker took it up."""

    def make(start=0):
        sheet = tmp_path / "personas.csv"
        rows = [f"larga{start + n}@demo.cauce.test;Ana;Pérez" for n in range(LINES)]
        sheet.write_text("\n".join(["correo;nombre;apellidos", *rows]), "utf-8")
        page = visit("admin", "/organizacion/importar/")
        page.set_input_files("input[type=file]", str(sheet))
        page.get_by_role("button", name="Probar").click()
        page.get_by_role("button", name="Importar ahora").click()
        page.wait_for_url(PAGE)
        return page, LongWork.objects.latest("queued_at")

    return make


def test_its_page_goes_on_and_ends_by_itself(waiting):
    page, work = waiting()
    assert "Espera su turno." in page.inner_text("main")
    LongWork.objects.filter(pk=work.pk).update(state=LongWork.State.RUNNING, done=30)
    page.wait_for_selector("progress[value='50']")
    long_work.run(work.pk)
    page.wait_for_selector("text=60 filas eran nuevas y se crearon.")
    assert page.locator("progress").count() == 0
    page.get_by_role("link", name="Ver la importación").click()
    assert "Importación hecha" in page.inner_text("h1")
    assert Person.objects.filter(email__startswith="larga", email__endswith="test").count() == LINES


def test_its_page_is_accessible_in_each_state(waiting):
    page, work = waiting(start=1000)
    found = []
    for turn, state in enumerate(LongWork.State.values):
        result = {"created": 3, "changed": 1}
        message = "La fila 3 no se puede. No se guardó nada."
        LongWork.objects.filter(pk=work.pk).update(
            state=state, done=30, result=result, message=message
        )
        page.reload()
        found += look(page, turn)
    assert found == []


def test_without_scripts_its_link_asks_again(visit, waiting):
    page, work = waiting(start=2000)
    bare = visit("admin", work.get_absolute_url(), js=False)
    long_work.run(work.pk)
    assert "Espera su turno." in bare.inner_text("main")
    bare.get_by_role("link", name="Actualizar").click()
    assert "60 filas eran nuevas y se crearon." in bare.inner_text("main")
