"""The difference of two versions, by fact, step and word (M10)."""

import pytest

from apps.manual.comparison import compare
from apps.manual.content import Content, StepContent


def step(key: str, number: int, text: str = "<p>Igual.</p>", **fields) -> StepContent:
    fields = {"title": key.capitalize(), "role": "Agente"} | fields
    return StepContent(key=key, number=number, text=text, **fields)


def content(number: int, *keys: str, **fields) -> Content:
    steps = tuple(step(key, at) for at, key in enumerate(keys, start=1))
    return Content(number=number, title="Título", body="", steps=steps, **fields)


def kinds(old: Content, new: Content) -> dict[str, tuple[str, ...]]:
    return {step.key: step.kinds for step in compare(old, new).steps}


def test_m10_equal_versions_differ_in_nothing():
    result = compare(content(1, "a", "b"), content(2, "a", "b"))
    assert (result.steps, result.facts, result.texts) == ([], [], [])
    assert result.same_steps == 2
    assert result.summary == ["Los dos textos son iguales."]


def test_m10_a_new_step_is_named_and_those_after_it_have_not_moved():
    old, new = content(1, "a", "b"), content(2, "a", "x", "b")
    assert kinds(old, new) == {"x": ("added",)}
    assert compare(old, new).summary == ["Se añade el paso 2."]


def test_m10_a_step_taken_away_is_named_by_its_old_number():
    old, new = content(3, "a", "b", "c"), content(4, "a", "c")
    assert kinds(old, new) == {"b": ("removed",)}
    assert compare(old, new).summary == ["Se quita el paso 2 de la versión 3."]


@pytest.mark.parametrize(
    ("after", "moved"),
    [("bac", {"a"}), ("cab", {"c"}), ("bca", {"a"}), ("cba", {"a", "b"}), ("acb", {"b"})],
)
def test_m10_a_step_that_changed_its_place_is_named(after, moved):
    found = kinds(content(1, *"abc"), content(2, *after))
    assert len(found) == len(moved)
    assert all(kind == ("moved",) for kind in found.values())


def test_m10_words_are_marked_by_element_text_and_sign():
    old = Content(1, "T", "", steps=(step("a", 1, "<p>Supera el 50 % del <b>consumo</b>.</p>"),))
    new = Content(2, "T", "", steps=(step("a", 1, "<p>Supera el 30 % del <b>consumo</b>.</p>"),))
    html = compare(old, new).steps[0].text
    assert html.startswith("<p>Supera el <del>")
    assert "texto quitado: " in html
    assert "−</span>50</del>" in html
    assert "texto nuevo: " in html
    assert "+</span>30</ins> % del <b>consumo</b>.</p>" in html


def test_m10_what_surrounds_a_step_is_compared_too():
    old = Content(1, "T", "", steps=(step("a", 1, limit="1 hora", tool="Radio"),))
    new = Content(2, "T", "", steps=(step("a", 1, limit="2 horas", tool="Radio"),))
    how = compare(old, new).steps[0].how
    assert [str(item.label) for item in how] == ["Plazo"]
    assert "1 hora" in how[0].html


def test_m10_facts_and_free_texts_are_compared():
    old = Content(1, "T", "<p>Uno.</p>", purpose="Para A.", facts={"scope": "Todo"})
    new = Content(
        2, "Otro", "<p>Uno.</p><p>Dos.</p>", purpose="Para B.", facts={"standard": "EST-1"}
    )
    result = compare(old, new)
    assert [str(item.label) for item in result.facts] == [
        "Título",
        "Para qué sirve",
        "Se aplica a",
        "Estándar",
    ]
    assert result.texts[0].html.startswith("<p>Uno.</p><p><ins>")
    assert result.summary == [
        "Cambia: Título, Para qué sirve, Se aplica a, Estándar y Introducción."
    ]


def test_m10_the_summary_says_each_kind_in_words():
    old = content(3, "a", "b", "c", "d")
    new = Content(
        4,
        "Título",
        "",
        steps=(
            step("a", 1, "<p>Otro.</p>"),
            step("c", 2, "<p>Otro.</p>"),
            step("x", 3),
            step("d", 4),
        ),
    )
    assert compare(old, new).summary == [
        "Cambian los pasos 1 y 2.",
        "Se añade el paso 3.",
        "Se quita el paso 2 de la versión 3.",
    ]


# The page -------------------------------------------------------------------------------------


@pytest.fixture
def versions(press):
    document = press.page("ATC-01.1", steps=[press.step("a", "<p>Uno dos.</p>")], days_ago=30)
    press.version(document, [press.step("a", "<p>Uno tres.</p>")], days_ago=20)
    press.version(
        document, [press.step("b"), press.step("a", "<p>Uno tres.</p>")], days_ago=10, scope="Todo."
    )
    return document


def test_m10_the_page_compares_any_two_versions_oldest_first(versions, signed, agent):
    client = signed(agent)
    html = client.get("/manual/ATC-01.1/comparar/?de=1&a=3").content.decode()
    assert "De la 1 a la 3" in html
    assert "Paso añadido" in html
    assert "Se añade el paso 1." in html
    assert "−</span>dos</del>" in html
    assert "Se aplica a" in html
    assert client.get("/manual/ATC-01.1/comparar/?de=3&a=1").content.decode().count("De la 1") == 1


def test_m10_without_numbers_the_last_two_are_compared(versions, signed, agent):
    html = signed(agent).get("/manual/ATC-01.1/comparar/").content.decode()
    assert "De la 2 a la 3" in html


def test_m10_without_numbers_a_version_to_come_waits(versions, press, signed, agent):
    press.version(versions, days_ago=-7)
    assert "De la 2 a la 3" in signed(agent).get("/manual/ATC-01.1/comparar/").content.decode()


@pytest.mark.parametrize(
    "query", ["de=9&a=1", "de=x&a=1", "de=&a=1", "de=-1&a=1", "de=" + "9" * 30]
)
def test_a_version_that_is_not_there_is_told_at_its_field(versions, signed, agent, query):
    answer = signed(agent).get(f"/manual/ATC-01.1/comparar/?{query}")
    assert answer.status_code == 400
    assert 'class="error"' in answer.content.decode()


def test_a_single_version_compares_with_itself(press, signed, agent):
    press.page("ATC-01.2")
    answer = signed(agent).get("/manual/ATC-01.2/comparar/")
    assert "Los dos textos son iguales." in answer.content.decode()


def test_comparing_costs_the_same_with_many_steps(
    press, signed, agent, django_assert_max_num_queries
):
    document = press.page("ATC-01.3", steps=[press.step(f"a-{n}") for n in range(40)], days_ago=9)
    press.version(document, [press.step(f"a-{n}", "<p>Otro.</p>") for n in range(40)], days_ago=5)
    client = signed(agent)
    client.get("/manual/ATC-01.3/")
    with django_assert_max_num_queries(12):
        client.get("/manual/ATC-01.3/comparar/?de=1&a=2")
