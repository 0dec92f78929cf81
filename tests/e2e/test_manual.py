"""The manual in a browser: dragging, the tree without scripts, the printed page."""

from __future__ import annotations

import gzip

import pytest

from apps.manual.models import Node

pytestmark = [pytest.mark.browser, pytest.mark.slow(reason="drives a browser")]


def order_of(code: str) -> list[str]:
    return list(Node.objects.filter(parent__code=code).values_list("code", flat=True))


def test_m1_a_row_is_dragged_to_another_place(visit):
    before = order_of("ATC-01")
    page = visit("calidad", "/manual/organizar/")
    first, third = (Node.objects.get(code=code) for code in (before[0], before[2]))
    source = page.locator(f"li[data-id='{first.pk}'] > .sortable-row .drag")
    target = page.locator(f"li[data-id='{third.pk}'] > .sortable-row")
    box = target.bounding_box()
    with page.expect_response("**/manual/organizar/orden/") as answer:
        source.drag_to(target, target_position={"x": 40, "y": box["height"] - 3})
    assert answer.value.status == 204
    after = order_of("ATC-01")
    assert sorted(after) == sorted(before)
    assert after != before
    assert after.index(first.code) > 0


def test_m1_a_row_moves_with_the_keyboard_alone_and_without_scripts(visit):
    before = order_of("ATC-02")
    page = visit("calidad", "/manual/organizar/", js=False)
    node = Node.objects.get(code=before[1])
    button = page.locator(f"li[data-id='{node.pk}'] > .sortable-row button[value='arriba']")
    button.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert order_of("ATC-02")[0] == node.code


def test_the_tree_opens_without_scripts_on_a_narrow_screen(visit):
    page = visit("agente", "/manual/ATC-07.1/", width=360, js=False)
    tree = page.locator("#arbol")
    assert not tree.is_visible()
    page.get_by_role("link", name="Ver el árbol del manual").click()
    assert tree.is_visible()
    assert tree.locator("[aria-current=page]").is_visible()


def test_m25_the_printed_page_has_its_marks_and_no_navigation(visit):
    page = visit("agente", "/manual/ATC-07.1/")
    page.emulate_media(media="print")
    assert page.locator(".print-only").is_visible()
    assert "Copia no controlada" in page.locator(".print-only").inner_text()
    for part in (".topbar", ".rail", "#arbol", "aside"):
        assert not page.locator(part).first.is_visible(), part


def test_the_first_visit_to_a_reading_page_weighs_at_most_150_kb(visit):
    page = visit("agente", "/cuenta/")
    weights: dict[str, int] = {}

    def weigh(response) -> None:
        body = response.body()
        packed = len(gzip.compress(body, 6)) if "font" not in response.url else len(body)
        weights[response.url] = min(len(body), packed)

    page.context.new_cdp_session(page).send("Network.clearBrowserCache")
    page.on("response", weigh)
    page.goto("/manual/ATC-07.1/", wait_until="networkidle")
    assert any("woff2" in url for url in weights)
    assert sum(weights.values()) <= 150 * 1024, weights
