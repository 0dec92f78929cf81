"""Writing in a browser: the editor under the strict policy, autosave, two tabs, the keyboard."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from apps.documents.models import Version
from apps.manual.models import Step

pytestmark = [pytest.mark.browser, pytest.mark.slow(reason="drives a browser")]
WORD = (Path(__file__).parents[1] / "core/word.html").read_text()
PASTE = """(html) => {
  const data = new DataTransfer();
  data.setData('text/html', html);
  document.getElementById('id_body-editor').dispatchEvent(
    new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
}"""


def start(visit, code: str, name: str = "calidad"):
    page = visit(name, f"/manual/{code}/borrador/")
    if "empezar" in page.url:
        page.check("input[value=minor]")
        page.get_by_role("button", name="Empezar").click()
    page.wait_for_selector("#id_body-editor")
    return page


def draft_of(code: str) -> Version:
    return Version.objects.get(document__code=code, state="draft")


def saved(page, act) -> None:
    """`act`, and the autosave that follows it."""
    with page.expect_response("**/borrador/guardar/") as answer:
        act()
    assert answer.value.status == 200
    expect(page.locator("#guardado")).to_have_text(re.compile("^Guardado a las"))


def test_word_is_cleaned_as_it_is_pasted_and_the_draft_saves_itself(visit, tmp_path):
    page = start(visit, "ATC-02.1")
    page.locator("#id_body-editor").click()
    page.keyboard.press("Control+A")
    saved(page, lambda: page.evaluate(PASTE, WORD))
    body = draft_of("ATC-02.1").body
    for part in ("<h2>Atender</h2>", "<li><p>Salude a la persona.</p><ul>", "<ol>", "<table>"):
        assert part in body
    for trace in ("mso", "Mso", "style", "<span", "·"):
        assert trace not in body
    page.keyboard.press("Control+End")
    page.keyboard.press("Enter")
    page.keyboard.type("Pida siempre el radicado.")
    bar = page.locator(".editor-bar").first
    saved(page, lambda: bar.locator("select").select_option("aviso"))
    assert '<aside class="aviso"><p>Pida siempre el radicado.</p></aside>' in (
        draft_of("ATC-02.1").body
    )


def test_a_picture_asks_for_its_words_and_a_link_finds_its_document(visit, tmp_path):
    picture = tmp_path / "medidor.png"
    Image.new("RGB", (60, 30), "teal").save(picture)
    page = start(visit, "ATC-02.2")
    page.locator("#id_body-editor").click()
    page.keyboard.press("Control+End")
    bar = page.locator(".editor-bar").first
    bar.get_by_role("button", name="Imagen").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("input[type=file]").set_input_files(picture)
    dialog.get_by_role("button", name="Insertar").click()
    assert dialog.get_by_text("Describa la imagen en una frase.").is_visible()
    dialog.get_by_label("Qué muestra la imagen").fill("El medidor visto de frente")
    saved(page, lambda: dialog.get_by_role("button", name="Insertar").click())
    assert 'alt="El medidor visto de frente"' in draft_of("ATC-02.2").body
    bar.get_by_role("button", name="Enlace", exact=True).click()
    dialog.get_by_label("Buscar un documento").fill("ATC-07.1")
    dialog.get_by_role("button", name="ATC-07.1").first.click()
    saved(page, lambda: dialog.get_by_role("button", name="Insertar").click())
    assert 'href="/manual/ATC-07.1/"' in draft_of("ATC-02.2").body


def test_m2_steps_move_by_keyboard_and_drag_and_change_in_place(visit):
    page = start(visit, "ATC-01.2")
    code = "ATC-01.2"
    before = list(Step.objects.filter(version=draft_of(code)).values_list("key", flat=True))
    second = page.locator(f"#paso-{before[1]}")
    up = second.locator("button[value=arriba]")
    up.focus()
    with page.expect_response("**/pasos/orden/") as answer:
        page.keyboard.press("Enter")
    assert answer.value.status == 204
    # The first row goes no further up: the focus is on what it can still do.
    expect(second.locator("button[value=abajo]")).to_be_focused()
    with page.expect_response("**/pasos/orden/") as answer:
        page.locator(f"#paso-{before[0]} .drag").drag_to(page.locator(f"#paso-{before[1]}"))
    assert answer.value.status == 204
    page.locator(f"#paso-{before[0]}").get_by_role("link", name="Editar").click()
    page.wait_for_selector(".step-open .editor-text")
    page.locator(".step-open input[name=title]").fill("Otro título")
    page.get_by_role("button", name="Guardar el paso").click()
    page.wait_for_selector(".step-open", state="detached")
    step = Step.objects.get(version=draft_of(code), key=before[0])
    assert (step.number, step.title) == (1, "Otro título")
    saved(page, lambda: page.fill("#id_scope", "A quien atiende."))  # still in step


def test_f14_two_tabs_lose_nothing(visit):
    first = start(visit, "ATC-01.4")
    second = start(visit, "ATC-01.4")
    saved(second, lambda: second.fill("#id_title", "Título de la segunda"))
    with first.expect_response("**/borrador/guardar/") as answer:
        first.fill("#id_title", "Título de la primera")
    assert answer.value.status == 409
    first.get_by_text("Otra persona guardó un cambio.").wait_for()
    first.get_by_role("button", name="Guardar", exact=True).click()
    first.get_by_role("heading", name="Hay dos textos").wait_for()
    assert draft_of("ATC-01.4").title == "Título de la segunda"
    assert first.input_value("#id_title") == "Título de la primera"
    first.check("#tomar-title")
    first.get_by_role("button", name="Guardar", exact=True).click()
    first.get_by_text("Se guardó el borrador.").wait_for()
    assert draft_of("ATC-01.4").title == "Título de la segunda"


def test_a_draft_is_written_without_scripts(visit):
    page = visit("calidad", "/manual/ATC-01.5/borrador/", js=False)
    if "empezar" in page.url:
        page.check("input[value=minor]")
        page.get_by_role("button", name="Empezar").click()
    page.fill("#id_notes", "Primero esto.\n\nLuego aquello.")
    page.get_by_role("button", name="Guardar", exact=True).click()
    assert draft_of("ATC-01.5").procedure.notes == "<p>Primero esto.</p><p>Luego aquello.</p>"
