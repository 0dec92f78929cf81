"""What every template keeps: no inline style or script, named parts, one heading, and they draw."""

import re
from collections import Counter
from pathlib import Path

import pytest
from crispy_forms.bootstrap import FormActions, PrependedAppendedText
from crispy_forms.helper import FormHelper
from crispy_forms.layout import ButtonHolder, Fieldset, Hidden, Layout, Submit
from crispy_forms.utils import render_crispy_form
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.template import Context, Engine, Template
from django.template.loader import get_template, render_to_string

from apps.core.options import Option
from apps.core.styleguide import SampleForm, sample_context

ROOT = Path(settings.BASE_DIR) / "templates"
EVERY = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.html"))
# Mail programs know no style sheets and typst is no HTML: their own tests look at them.
WEB = [name for name in EVERY if not name.startswith(("emails/", "pdf/"))]
FRAMES = {"base.html", "staff.html", "public.html", "plain.html"}

FORBIDDEN = {
    "inline style": re.compile(r"""\sstyle\s*=|<style\b""", re.I),
    "inline script": re.compile(r"<script(?![^>]*\bsrc=)", re.I),
    "handler in an attribute": re.compile(r"""\son[a-z]+\s*=\s*["']""", re.I),
    "hx-on needs eval": re.compile(r"\bhx-on\b", re.I),
    "an htmx filter needs eval": re.compile(r"""hx-trigger\s*=\s*"[^"]*\["""),
    "js: or javascript: needs eval": re.compile(r"""["']\s*(js|javascript):""", re.I),
    "unescaped text": re.compile(r"\|\s*safe(seq)?\b|\{%\s*autoescape\s+off"),
    "an icon's name in pieces is not found by set-up": re.compile(r"bi-[a-z0-9-]*\{%[^%]*%\}-"),
    "an address outside": re.compile(r"""(src|href)\s*=\s*["'](https?:)?//""", re.I),
}


def source(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def bare(name: str) -> str:
    """The template without its comments."""
    text = re.sub(r"\{#.*?#\}", "", source(name))
    return re.sub(r"\{%\s*comment.*?endcomment\s*%\}", "", text, flags=re.S)


@pytest.mark.parametrize("name", WEB)
def test_nothing_inline_and_nothing_unescaped(name):
    found = [what for what, pattern in FORBIDDEN.items() if pattern.search(bare(name))]
    assert not found


@pytest.mark.parametrize("name", [name for name in WEB if Path(name).name.startswith("_")])
def test_a_partial_says_what_it_takes(name):
    head = "\n".join(source(name).splitlines()[:2])
    assert re.search(r"\{#.*\bTakes\b.*#\}", head), "line 1 or 2: {# What it is. Takes: … #}"


@pytest.mark.parametrize("name", WEB)
def test_a_partial_is_included_with_only(name):
    calls = re.findall(r"\{%\s*include\s+[\"'][^\"']*/_[^\"']*[\"'][^%]*%\}", bare(name))
    assert not [call for call in calls if not re.search(r"\bonly\s*%\}", call)]


@pytest.mark.parametrize("name", WEB)
def test_no_id_twice(name):
    ids = Counter(re.findall(r"""\sid="([^"{}]+)\"""", bare(name)))
    assert not [value for value, times in ids.items() if times > 1]


@pytest.mark.parametrize(
    "name", [n for n in WEB if re.search(r"\{%\s*extends", source(n)) and n not in FRAMES]
)
def test_a_page_has_one_heading_and_one_main(name):
    text = bare(name)
    # Branches of one condition exclude each other; what a browser shows is counted in e2e.
    branches = re.split(r"\{%\s*(?:else|elif)\b[^%]*%\}", text)
    headings = [len(re.findall(r"<h1\b|\sheading=", branch)) for branch in branches]
    assert max(headings) <= 1, "one h1 per page"
    own_body = re.search(r"\{%\s*block body\s*%\}", text)
    assert len(re.findall(r"<main\b", text)) == (1 if own_body else 0)


@pytest.mark.parametrize("name", WEB)
def test_every_template_can_be_read(name):
    get_template(name)


def test_every_component_is_used_somewhere():
    """A component that nothing includes or answers with has no purpose."""
    python = (ROOT.parent / "apps").rglob("*.py")
    texts = [source(name) for name in EVERY] + [path.read_text("utf-8") for path in python]
    names = [f"components/{path.name}" for path in (ROOT / "components").glob("*.html")]
    unused = [name for name in names if not any(f'"{name}"' in text for text in texts)]
    # Answered by the search and drawn behind the landing page, which come with those pages.
    assert set(unused) <= {"components/_suggestions.html", "components/_river.html"}


# Drawn ---------------------------------------------------------------------------------------


def test_the_style_guide_draws_every_component():
    page = render_to_string("styleguide.html", sample_context() | {"theme": "dark"})
    ids = Counter(re.findall(r'\sid="([^"]+)"', page))
    assert not [value for value, times in ids.items() if times > 1 and value != "resumen-titulo"]
    assert page.count("<h1") == page.count("<main") == 1
    assert 'data-bs-theme="dark"' in page
    assert 'width="94.1"' in page, "lengths in pictures are not written with a Spanish comma"


def test_the_error_of_last_resort_needs_nothing():
    """Neither database, request nor context: what failed may be one of them."""
    for name in ("500.html", "503.html"):
        page = get_template(name).template.render(Context({}))
        assert "Qué puede hacer" in page
        assert "Referencia" not in page
        assert "7F3A" in render_to_string(name, {"reference": "7F3A"})


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "409", "429", "500", "503"])
def test_an_error_page_says_what_to_do_and_its_reference(name):
    page = render_to_string(f"{name}.html", {"reference": "7F3A-91C2"})
    assert page.count("<h1") == 1
    assert "Qué puede hacer" in page
    assert "7F3A-91C2" in page


def test_a_rule_that_stopped_something_is_told_in_its_own_words():
    page = render_to_string("409.html", {"messages_of_rule": ["El plazo ya venció."]})
    assert "El plazo ya venció." in page
    assert "Otra persona" not in page


def test_a_stale_edit_is_shown_beside_the_newer():
    sample = sample_context()
    page = render_to_string(
        "409.html", {"rows": sample["stale_rows"], "by": "Ana G.", "at": sample["moment"]}
    )
    assert "24 nov, 9:41" in page
    assert "Lo que usted escribió" in page


def test_waiting_is_said_in_seconds():
    assert "Podrá seguir en 60 segundos." in render_to_string(
        "429.html", {"retry_after_seconds": 60}
    )


def test_a_step_is_confirmed_on_a_page_of_its_own():
    page = render_to_string(
        "confirm.html",
        {
            "heading": "Retirar el acceso",
            "what": "Ana G. deja de ver la identidad.",
            "consequences": ["Se le avisa hoy."],
            "action": "Retirar",
            "danger": True,
            "cancel_url": "/inicio/",
            "crumbs": [("Reserva", "/reserva/"), ("Retirar", "")],
            "hidden": [("version", 3)],
        },
    )
    assert '<button class="btn btn-danger">Retirar</button>' in page
    assert 'name="version" value="3"' in page


def test_suggestions_escape_what_was_typed():
    page = render_to_string(
        "components/_suggestions.html",
        {"results": sample_context()["results"], "query": "<b>&", "search_url": "/buscar/"},
    )
    assert page.count('role="option"') == 3
    assert "«&lt;b&gt;&amp;»" in page
    assert "?q=%3Cb%3E%26" in page


# Forms ---------------------------------------------------------------------------------------

CRISPY = Template("{% load crispy_forms_tags %}{{ form|crispy }}")


def drawn(form) -> str:
    return CRISPY.render(Context({"form": form}))


def test_a_field_is_label_hint_error_control_in_this_order():
    page = drawn(SampleForm({"story": "Sin agua."}))
    part = page[page.index('id="div_id_story"') :]
    order = [
        part.index(mark)
        for mark in ('for="id_story"', "id_story_helptext", "id_story_error", "<textarea")
    ]
    assert order == sorted(order)
    assert 'aria-describedby="id_story_helptext id_story_error"' in part
    assert "Error:</" not in part
    assert "Error: cuéntenos un poco más. Escribió 9 caracteres" in part


def test_the_summary_leads_to_each_field_that_is_wrong():
    page = drawn(SampleForm({"story": "Sin agua."}))
    assert "Faltan 3 datos para continuar" in page
    for target in ("id_kind_0", "id_subject", "id_story"):
        assert f'href="#{target}"' in page
        assert f'id="{target}"' in page


def test_one_missing_datum_is_said_in_singular():
    data = {"kind": "queja", "subject": "Agua"}
    assert "Falta 1 dato para continuar" in drawn(SampleForm(data | {"story": "Corto."}))


def test_a_rule_of_the_whole_form_is_not_a_missing_datum():
    form = SampleForm({"kind": "queja", "subject": "Agua", "story": "Desde el sábado no hay agua."})
    form.add_error(None, ValidationError("El plazo ya venció."))
    page = drawn(form)
    assert "No se puede continuar" in page
    assert "El plazo ya venció." in page


def test_what_may_be_left_out_says_so_and_nothing_has_an_asterisk():
    page = drawn(SampleForm())
    assert page.count("(opcional)") == 6  # a checkbox needs no such word
    assert "*" not in re.sub(r"<[^>]+>", "", page)


def test_a_choice_has_its_second_line_and_a_plain_label_has_none():
    page = drawn(SampleForm())
    assert "<b>Queja</b><span>No está conforme" in page
    assert Option("Queja", hint="x") == "Queja"
    assert '<label class="form-check-label" for="id_channels_0">Web</label>' in page


def test_text_from_people_is_escaped_in_labels_and_errors():
    class Hostile(forms.Form):
        field = forms.CharField(label="<b>a</b>", help_text="<i>b</i>")

    form = Hostile({})
    form.add_error("field", "<u>c</u>")
    page = drawn(form)
    assert not re.search(r"<(b|i|u)>[abc]", page)


def test_an_error_that_begins_with_initials_keeps_them():
    form = SampleForm({"kind": "queja", "subject": "Agua", "story": "Desde el sábado no hay agua."})
    form.add_error("subject", "PDF no admitido.")
    assert "Error: PDF no admitido." in drawn(form)


class Row(forms.Form):
    name = forms.CharField(label="Nombre")
    units = forms.IntegerField(label="Unidades", required=False)
    secret = forms.CharField(widget=forms.HiddenInput, required=False)
    paid = forms.BooleanField(label="Pagada", required=False)


def test_crispy_layouts_follow_the_same_hand():
    form = Row({"name": ""})
    form.helper = FormHelper()
    form.helper.layout = Layout(
        Fieldset("Datos", "name", "paid", css_id="datos"),
        PrependedAppendedText("units", "#", "un."),
        Hidden("paso", "2"),
        FormActions(Submit("guardar", "Guardar")),
        ButtonHolder(Submit("otro", "Guardar y seguir")),
    )
    form.helper.add_input(Submit("final", "Terminar"))
    page = render_crispy_form(form)
    assert '<fieldset id="datos" class="group"' in page
    assert "<legend>Datos</legend>" in page
    assert '<span class="input-group-text">un.</span>' in page
    assert page.count("btn btn-primary") == 3
    assert "Error: este campo es obligatorio." in page


def test_sets_of_forms_are_drawn_below_each_other_or_as_a_table():
    formset_class = forms.formset_factory(Row, extra=0, min_num=1, validate_min=True)
    data = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "0", "form-0-name": ""}
    page = drawn(formset_class(data))
    assert 'class="one-of"' in page
    assert 'role="alert"' in page
    formset = formset_class()
    helper = FormHelper()
    helper.template = "bootstrap5/table_inline_formset.html"
    table = render_crispy_form(formset, helper)
    assert '<th scope="col">Nombre</th>' in table
    assert table.count("<td") == 3


def test_a_stored_file_is_named_and_may_be_taken_away():
    class Stored(str):
        url = "/archivo/7/"
        name = "acta.pdf"

    class WithFile(forms.Form):
        file = forms.FileField(label="Acta", required=False)

    page = drawn(WithFile(initial={"file": Stored("acta.pdf")}))
    assert 'href="/archivo/7/"' in page
    assert "Quitar este archivo" in page


def test_the_frame_of_public_pages_has_no_navigation():
    engine = Engine.get_default()
    page = engine.from_string(
        '{% extends "public.html" %}{% block river %}{% include "components/_river.html" only %}'
        "{% endblock %}{% block content %}<h1>Hola</h1>{% endblock %}"
    ).render(Context({"shell": {"organisation": "Aguas del Valle", "demo": True}}))
    assert '<nav class="rail"' not in page
    assert "Aguas del Valle" in page
    assert "Demostración" in page
    assert "htmx" not in page.replace("htmx-config", "")
