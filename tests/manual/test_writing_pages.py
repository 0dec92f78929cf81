"""The pages where drafts are written (M2, M5, M6, M8, M12, F14), what they refuse and cost."""

from __future__ import annotations

import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from apps.core.access import Level
from apps.documents import services as documents
from apps.documents.models import Document, Version
from apps.manual import services
from apps.manual.models import Picture, Procedure, Step
from tests.manual.makers import REASON

DRAFT = "/manual/ATC-01.1/borrador/"


@pytest.fixture
def document(press):
    steps = [press.step(key) for key in ("uno", "dos", "tres")]
    return press.page("ATC-01.1", "Recibir", steps=steps)


@pytest.fixture
def draft(document, supervisor) -> Version:
    return documents.start_version(document, change=Version.Change.MINOR, by=supervisor)


def posted(**fields):
    return {
        "revision": 0,
        "title": "Recibir bien",
        "change": "minor",
        "justification": REASON,
        "purpose": "Para algo.",
        "inputs": "Llamada\n\n Carta ",
        "body": "<p>Texto nuevo.</p>",
    } | fields


def text_of(page) -> str:
    return page.content.decode()


# Opening, restoring, giving up ------------------------------------------------------------------


def test_m6_a_new_version_asks_what_kind_of_change_it_is(document, supervisor, signed):
    client = signed(supervisor)
    assert client.get(DRAFT).url == f"{DRAFT}empezar/"
    page = client.get(f"{DRAFT}empezar/")
    assert page.status_code == 200
    refused = client.post(f"{DRAFT}empezar/", {"justification": "x"})
    assert refused.status_code == 422
    assert "Elija qué tipo de cambio es." in text_of(refused)
    assert client.post(f"{DRAFT}empezar/", {"change": "minor"}).url == DRAFT
    assert document.versions.get(number=2).change == "minor"
    assert client.get(f"{DRAFT}empezar/").url == DRAFT


def test_m12_an_older_text_opens_as_a_draft_with_its_reason(press, document, supervisor, signed):
    press.version(document, [press.step("otro")], days_ago=1)
    client = signed(supervisor)
    url = "/manual/ATC-01.1/versiones/1/restaurar/"
    assert client.get(url).status_code == 200
    assert client.post(url, {"change": "minor", "reason": "corto"}).status_code == 422
    assert client.post(url, {"change": "minor", "reason": REASON}).url == DRAFT
    draft = document.versions.get(number=3)
    assert draft.restored_from.number == 1
    assert [step.key for step in draft.steps.all()] == ["uno", "dos", "tres"]
    assert client.get(url).url == DRAFT  # one draft at a time
    assert client.get("/manual/ATC-01.1/versiones/2/restaurar/").status_code == 404


def test_a_draft_is_discarded_after_asking(document, draft, supervisor, signed):
    client = signed(supervisor)
    assert "Descartar el borrador" in text_of(client.get(f"{DRAFT}descartar/"))
    assert client.post(f"{DRAFT}descartar/").url == "/manual/ATC-01.1/"
    assert document.versions.count() == 1
    assert client.get(f"{DRAFT}descartar/").url == f"{DRAFT}empezar/"


def test_m8_while_in_review_the_page_only_shows_it(document, draft, supervisor, signed):
    Version.objects.filter(pk=draft.pk).update(justification=REASON)
    documents.submit(draft, by=supervisor)
    client = signed(supervisor)
    assert client.get(DRAFT).url == f"{DRAFT}vista/"
    assert "nadie la cambia" in text_of(client.get(f"{DRAFT}vista/"))
    assert client.post(DRAFT, posted()).url == f"{DRAFT}vista/"
    assert client.post(f"{DRAFT}guardar/", posted()).status_code == 422
    client.post(f"{DRAFT}descartar/")
    draft.refresh_from_db()
    assert draft.title == "Recibir"
    assert draft.state == Version.State.IN_REVIEW


# The form as a whole ----------------------------------------------------------------------------


def test_the_form_shows_and_saves_everything(draft, supervisor, signed):
    client = signed(supervisor)
    page = text_of(client.get(DRAFT))
    for words in ("Borrador", "Qué cambia y por qué", "Pasos", "Qué falta", 'data-id="tres"'):
        assert words in page
    assert client.post(DRAFT, posted()).url == DRAFT
    draft.refresh_from_db()
    procedure = Procedure.objects.get(version=draft)
    assert (draft.title, draft.body, draft.revision) == ("Recibir bien", "<p>Texto nuevo.</p>", 1)
    assert procedure.inputs == ["Llamada", "Carta"]
    assert "Guardado el" in text_of(client.get(DRAFT))


def test_plain_words_and_pasted_word_are_taken(draft, supervisor, signed):
    word = "<p class=MsoNormal style='mso-fareast-language:ES'>Hola<o:p></o:p></p>"
    client = signed(supervisor)
    client.post(DRAFT, posted(body="Uno\n\nDos < tres", example=word))
    draft.refresh_from_db()
    assert draft.body == "<p>Uno</p><p>Dos &lt; tres</p>"
    assert Procedure.objects.get(version=draft).example == "<p>Hola</p>"


def test_what_is_wrong_is_told_and_what_was_written_stays(draft, supervisor, signed):
    page = signed(supervisor).post(DRAFT, posted(title=" ", body="<p>Mi texto</p>"))
    assert page.status_code == 422
    assert "Escriba el título." in text_of(page)
    assert "Mi texto" in text_of(page)


def test_bad_input_a_megabyte_pasted_is_refused_in_words(draft, supervisor, signed):
    page = signed(supervisor).post(DRAFT, posted(body="<p>" + "x" * 1_000_000))
    assert page.status_code == 422
    assert "demasiado largo" in text_of(page)
    draft.refresh_from_db()
    assert draft.revision == 0


def test_f14_a_stale_edit_is_shown_beside_the_newer_and_merged(draft, supervisor, quality, signed):
    mine, other = signed(supervisor), signed(quality)
    other.post(DRAFT, posted(title="De calidad", body="<p>Texto de calidad.</p>"))
    page = mine.post(DRAFT, posted(title="De supervisión", body="<p>Texto de supervisión.</p>"))
    assert page.status_code == 422
    for words in ("Hay dos textos", "De calidad", "De supervisión", "Clara Prado Rojas guardó"):
        assert words in text_of(page)
    draft.refresh_from_db()
    assert draft.title == "De calidad"
    revision = re.search(r'name="revision" value="(\d+)"', text_of(page)).group(1)
    # The title of the other, the text of mine, knowingly.
    again = posted(
        revision=revision, title="De supervisión", body="<p>Los dos.</p>", tomar=["title"]
    )
    assert mine.post(DRAFT, again).url == DRAFT
    draft.refresh_from_db()
    assert (draft.title, draft.body) == ("De calidad", "<p>Los dos.</p>")


def test_f14_the_same_text_twice_is_no_conflict(draft, supervisor, quality, signed):
    signed(quality).post(DRAFT, posted())
    assert signed(supervisor).post(DRAFT, posted()).url == DRAFT
    draft.refresh_from_db()
    assert draft.revision == 1


# Autosave ---------------------------------------------------------------------------------------


def test_autosave_saves_the_same_draft_and_tells_what_is_missing(
    document, draft, supervisor, signed
):
    client = signed(supervisor)
    saved = client.post(f"{DRAFT}guardar/", posted(justification="", body="<h4>Salta</h4>"))
    assert (saved.status_code, saved.headers["X-Revision"]) == (200, "1")
    assert "Falta explicar por qué cambia." in text_of(saved)
    assert "se salta un nivel" in text_of(saved)
    saved = client.post(f"{DRAFT}guardar/", posted(revision=1))
    assert (saved.headers["X-Revision"], "Está completo" in text_of(saved)) == ("2", True)
    assert document.versions.count() == 2


def test_autosave_refuses_in_plain_words(draft, supervisor, quality, signed):
    client = signed(supervisor)
    assert client.post(f"{DRAFT}guardar/", posted(title="")).status_code == 422
    signed(quality).post(DRAFT, posted(title="De calidad"))
    stale = client.post(f"{DRAFT}guardar/", posted())
    assert (stale.status_code, stale.headers["Content-Type"]) == (409, "text/plain; charset=utf-8")
    draft.refresh_from_db()
    assert draft.title == "De calidad"
    documents.discard_draft(draft, by=supervisor)
    assert client.post(f"{DRAFT}guardar/", posted()).status_code == 409


# Steps ------------------------------------------------------------------------------------------


def step_fields(**fields):
    return {"revision": 0, "title": "Llamar", "text": "Marque.\n\nEspere."} | fields


def test_m2_a_step_is_added_edited_moved_and_taken_out_without_scripts(
    draft, press, supervisor, signed
):
    client = signed(supervisor)
    assert client.get(f"{DRAFT}pasos/").status_code == 200
    added = client.post(f"{DRAFT}pasos/", step_fields(role=press.position.pk))
    assert added.url == f"{DRAFT}#paso-llamar"
    page = client.get(f"{DRAFT}pasos/llamar/")
    assert "&lt;p&gt;Marque.&lt;/p&gt;" in text_of(page)
    edited = step_fields(revision=1, title="Volver a llamar", limit_amount=2, limit_unit="days")
    assert client.post(f"{DRAFT}pasos/llamar/", edited).status_code == 302
    moved = client.post(f"{DRAFT}pasos/orden/", {"id": "llamar", "mover": "arriba", "revision": 2})
    assert moved.url == f"{DRAFT}#paso-llamar"
    assert list(draft.steps.values_list("key", flat=True)) == ["uno", "dos", "llamar", "tres"]
    assert "Volver a llamar" in text_of(client.get(f"{DRAFT}pasos/llamar/quitar/"))
    client.post(f"{DRAFT}pasos/llamar/quitar/", {"revision": 3})
    assert list(draft.steps.values_list("key", flat=True)) == ["uno", "dos", "tres"]


def test_m2_in_place_a_step_answers_with_its_row_and_the_new_revision(draft, supervisor, signed):
    client = signed(supervisor)
    htmx = {"HX-Request": "true"}
    form = client.get(f"{DRAFT}pasos/dos/", headers=htmx)
    assert "<html" not in text_of(form)
    assert 'hx-post="/manual/ATC-01.1/borrador/pasos/dos/"' in text_of(form)
    saved = client.post(f"{DRAFT}pasos/dos/", step_fields(), headers=htmx)
    assert saved.headers["X-Revision"] == "1"
    assert 'id="paso-dos"' in text_of(saved)
    assert "Sin responsable" in text_of(saved)
    assert 'hx-swap-oob="true"' in text_of(saved)
    assert "El paso 2 no tiene responsable." in text_of(saved)
    row = client.get(f"{DRAFT}pasos/dos/fila/", headers=htmx)
    assert 'id="paso-dos"' in text_of(row)
    assert client.get(f"{DRAFT}pasos/dos/fila/").url == f"{DRAFT}#paso-dos"
    added = client.post(f"{DRAFT}pasos/", step_fields(revision=1), headers=htmx)
    assert 'id="paso-llamar"' in text_of(added)
    wrong = client.post(f"{DRAFT}pasos/", step_fields(revision=2, title=""), headers=htmx)
    assert wrong.status_code == 422
    assert client.get(f"{DRAFT}pasos/", headers=htmx).status_code == 200


def test_m2_a_drag_answers_the_new_revision(draft, supervisor, signed):
    client = signed(supervisor)
    fetch = {"X-Requested-With": "fetch"}
    body = {"id": "tres", "posicion": 0, "padre": "", "revision": 0}
    moved = client.post(f"{DRAFT}pasos/orden/", body, headers=fetch)
    assert (moved.status_code, moved.headers["X-Revision"]) == (204, "1")
    assert client.post(f"{DRAFT}pasos/orden/", body, headers=fetch).status_code == 409
    assert client.post(f"{DRAFT}pasos/orden/", body).status_code == 302
    assert client.post(f"{DRAFT}pasos/orden/", body | {"id": "nada"}).status_code == 404
    bad = client.post(f"{DRAFT}pasos/orden/", body | {"revision": "9" * 40, "posicion": "x"})
    assert bad.status_code == 302
    assert draft.steps.first().key == "tres"


def test_f14_a_stale_step_shows_both_texts(draft, press, supervisor, quality, signed):
    mine, other = signed(supervisor), signed(quality)
    other.post(f"{DRAFT}pasos/dos/", step_fields(title="De calidad", text="Otro texto."))
    page = mine.post(f"{DRAFT}pasos/dos/", step_fields(title="Mío", role=press.position.pk))
    assert page.status_code == 422
    for words in ("De calidad", "Mío", "Lo que está guardado"):
        assert words in text_of(page)
    assert draft.steps.get(key="dos").title == "De calidad"
    assert re.search(r'name="revision" value="1"', text_of(page))
    gone = step_fields(revision=1)
    other.post(f"{DRAFT}pasos/dos/quitar/", {"revision": 1})
    assert mine.post(f"{DRAFT}pasos/dos/", gone).status_code == 404


def test_bad_input_a_step_with_a_limit_without_unit_is_told_at_the_field(draft, supervisor, signed):
    page = signed(supervisor).post(f"{DRAFT}pasos/", step_fields(limit_amount=3))
    assert "Diga en qué se mide el plazo." in text_of(page)
    assert Step.objects.filter(version=draft).count() == 3


def test_m3_a_step_without_responsible_is_not_submitted(draft, supervisor):
    Step.objects.filter(version=draft, key="dos").update(role=None)
    Version.objects.filter(pk=draft.pk).update(justification=REASON)
    with pytest.raises(documents.writing.RuleBroken, match="responsable"):
        documents.submit(draft, by=supervisor)


# Preview ----------------------------------------------------------------------------------------


def test_m5_the_preview_is_what_readers_will_see_and_is_never_kept(draft, supervisor, signed):
    client = signed(supervisor)
    client.post(
        DRAFT,
        posted(body='<aside class="aviso"><p>Corte el agua.</p></aside>'),
    )
    page = text_of(client.get(f"{DRAFT}vista/"))
    assert "Así la verá" in page or "así la verá" in page
    assert 'class="callout callout-aviso" role="note"' in page
    assert "Aviso</p>" in page
    client.post(DRAFT, posted(revision=1, body="<p>Otro.</p>"))
    assert "Corte el agua" not in text_of(client.get(f"{DRAFT}vista/"))
    assert "Corte el agua" not in text_of(client.get("/manual/ATC-01.1/"))


# Pictures and links -----------------------------------------------------------------------------


def picture_file(name: str = "medidor.png") -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (4, 4), "red").save(out, format="PNG")
    return SimpleUploadedFile(name, out.getvalue(), "image/png")


@pytest.fixture(autouse=True)
def _files_in_a_place_of_their_own(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def test_a_picture_is_kept_shown_and_allowed_in_texts(draft, supervisor, agent, signed, client):
    writer = signed(supervisor)
    answer = writer.post(f"{DRAFT}imagen/", {"imagen": picture_file()})
    assert answer.status_code == 201
    url = answer.json()["url"]
    shown = signed(agent).get(url)
    assert shown.headers["Content-Type"] == "image/png"
    assert client.get(url).status_code == 404  # nobody in particular
    writer.post(DRAFT, posted(body=f'<p><img src="{url}" alt="El medidor"></p>'))
    draft.refresh_from_db()
    assert f'src="{url}"' in draft.body
    page = text_of(writer.get(f"{DRAFT}vista/"))
    assert f'<img src="{url}" alt="El medidor">' in page


def test_a_picture_of_a_hidden_document_does_not_exist(press, supervisor, quality, agent, signed):
    secret = press.document("ATC-09.1", level=Level.CONFIDENTIAL, owner=quality)
    made = Picture.objects.create(
        document=secret,
        file=services.opening.store_upload(picture_file(), by=quality),
    )
    assert signed(agent).get(made.get_absolute_url()).status_code == 404


def test_a_public_picture_is_seen_by_customers(press, quality, client):
    shown = press.page("ATC-08.1", level=Level.PUBLIC)
    made = services.add_picture(shown, uploaded=picture_file(), by=quality)
    assert client.get(made.get_absolute_url()).status_code == 200


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.svg", b"<svg onload=alert(1)></svg>"),
        ("x.png", b"<script>alert(1)</script>"),
        ("x.pdf", b"%PDF-1.4"),
        ("x.png", b""),
    ],
)
def test_bad_input_what_is_no_picture_is_refused_in_words(draft, supervisor, signed, name, content):
    answer = signed(supervisor).post(
        f"{DRAFT}imagen/", {"imagen": SimpleUploadedFile(name, content)}
    )
    assert (answer.status_code, answer.headers["Content-Type"][:10]) == (422, "text/plain")
    assert not Picture.objects.exists()


def test_bad_input_a_picture_of_fifty_megabytes_is_refused(draft, supervisor, signed, settings):
    settings.UPLOAD_MAX_BYTES = 100  # by the same rule as 50 MB: only the size is read
    big = SimpleUploadedFile("x.png", b"\x89PNG" + b"x" * 200)
    answer = signed(supervisor).post(f"{DRAFT}imagen/", {"imagen": big})
    assert answer.status_code == 422
    assert "pesa más" in text_of(answer)
    assert signed(supervisor).post(f"{DRAFT}imagen/", {}).status_code == 422


def test_documents_to_link_to_are_found_as_far_as_they_exist(
    press, document, draft, supervisor, quality, signed, other_unit
):
    press.page("ATC-05.1", "Recibir cartas", audience=[other_unit], owner=quality)
    press.document("ATC-06.1", "Recibir visitas")
    client = signed(supervisor)
    found = client.get("/manual/enlaces/?q=recibir").json()["targets"]
    assert [(row["code"], row["state"]) for row in found] == [
        ("ATC-01.1", ""),
        ("ATC-06.1", "todavía no está en vigor"),
    ]
    assert client.get("/manual/enlaces/?q=zzz").json() == {"targets": []}


def test_a_link_says_what_became_of_its_target(press, supervisor, agent, signed):
    target = press.page("ATC-02.1", "Destino")
    press.version(target, days_ago=1)
    body = (
        '<p><a href="/manual/ATC-02.1/">uno</a> <a href="/manual/ATC-02.1/versiones/1/">dos</a>'
        ' <a href="/manual/NADA-1/">tres</a> <a href="https://a.co/">cuatro</a></p>'
    )
    press.page("ATC-03.1", body=body)
    page = text_of(signed(agent).get("/manual/ATC-03.1/"))
    assert page.count("link-state") == 2
    assert 'dos</a> <span class="link-state">(versión sustituida)</span>' in page
    assert 'tres</a> <span class="link-state">(ya no está en el manual)</span>' in page
    type(target).objects.filter(pk=target.pk).update(retired_on=timezone.localdate())
    page = text_of(signed(agent).get("/manual/ATC-03.1/"))
    assert 'uno</a> <span class="link-state">(documento retirado)</span>' in page


def test_checks_tell_of_links_and_pictures_that_readers_will_miss(
    press, document, draft, supervisor, quality, signed
):
    other = press.page("ATC-04.1")
    made = services.add_picture(other, uploaded=picture_file(), by=quality)
    body = f'<p><a href="/manual/NADA-1/">x</a><img src="{made.get_absolute_url()}" alt="y"></p>'
    saved = signed(supervisor).post(f"{DRAFT}guardar/", posted(body=body))
    assert "El enlace a NADA-1: ya no está en el manual." in text_of(saved)
    assert "imagen de otro documento" in text_of(saved)


# New documents and templates --------------------------------------------------------------------


@pytest.fixture
def chapter(press):
    return press.heading("ATC-07", "Visitas")


def opened(chapter, supervisor, unit, **fields):
    return {
        "kind": "procedure",
        "parent": chapter.code,
        "code": "",
        "title": "Recibir visitas",
        "unit": unit.pk,
        "owner": supervisor.pk,
        "classification": 1,
    } | fields


def test_a_new_document_takes_the_next_code_and_the_template(
    chapter, supervisor, unit, agent, signed
):
    client = signed(supervisor)
    assert client.get("/manual/nuevo/").status_code == 200
    assert text_of(client.get("/manual/nuevo/codigo/?parent=ATC-07")) == "ATC-07.1"
    assert text_of(client.get("/manual/nuevo/codigo/?parent=nada")) == ""
    made = client.post("/manual/nuevo/", opened(chapter, supervisor, unit))
    assert made.url == "/manual/ATC-07.1/borrador/"
    page = text_of(client.get(made.url))
    assert "Recibir la solicitud" in page
    draft = Version.objects.get(document__code="ATC-07.1")
    assert (draft.change, draft.steps.count()) == ("first", 5)
    assert "Explique en dos o tres frases" in draft.body
    assert signed(agent).get("/manual/ATC-07.1/").status_code == 404
    assert "ATC-07.1" not in text_of(signed(agent).get("/manual/"))
    assert client.post(made.url, posted(change="")).url == made.url
    assert "también se quita su lugar" in text_of(client.get(f"{made.url}descartar/"))
    assert client.post(f"{made.url}descartar/").url == "/manual/"
    assert client.get(f"{made.url}empezar/").status_code == 404
    assert not Document.objects.filter(code="ATC-07.1").exists()
    assert text_of(client.get("/manual/nuevo/codigo/?parent=ATC-07")) == "ATC-07.1"


@pytest.mark.parametrize("kind", ["policy", "standard", "charter", "protocol", "case"])
def test_each_kind_has_a_template_that_may_be_submitted(chapter, supervisor, unit, signed, kind):
    client = signed(supervisor)
    made = client.post("/manual/nuevo/", opened(chapter, supervisor, unit, kind=kind))
    page = text_of(client.get(made.url))
    assert ("Agregar un paso" in page) == (kind == "protocol")
    draft = Version.objects.get(document__code="ATC-07.1")
    assert len(draft.body) > 100
    assert "Antes de enviar" in page
    assert "se salta un nivel" not in page
    if kind != "protocol":
        assert client.get(f"{made.url}pasos/").status_code == 404


def test_bad_input_of_a_new_document_is_told_at_its_field(
    chapter, press, document, supervisor, unit, signed
):
    client = signed(supervisor)
    taken = client.post("/manual/nuevo/", opened(chapter, supervisor, unit, code="ATC-01.1"))
    assert taken.status_code == 422
    assert "Ese código ya está en uso." in text_of(taken)
    for wrong in ({"parent": "ATC-01.1"}, {"code": "a b"}, {"classification": 3}, {"kind": "x"}):
        page = client.post("/manual/nuevo/", opened(chapter, supervisor, unit, **wrong))
        assert page.status_code == 422, wrong


def test_quality_writes_the_templates(quality, supervisor, signed):
    client = signed(quality)
    assert "Procedimiento" in text_of(client.get("/manual/plantillas/"))
    assert client.get("/manual/plantillas/nada/").status_code == 404
    url = "/manual/plantillas/policy/"
    assert "Qué nos proponemos" in text_of(client.get(url))
    assert client.post(url, {"body": "<p>Otra.</p>"}).status_code == 302
    assert "Otra." in text_of(client.get(url))
    assert "Pasos" in text_of(client.get("/manual/plantillas/procedure/"))


# Cost -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [3, 30])
def test_the_draft_page_costs_the_same_with_any_number_of_steps(
    draft, press, supervisor, signed, django_assert_max_num_queries, count
):
    Step.objects.filter(version=draft).delete()
    for number in range(1, count + 1):
        Step.objects.create(
            version=draft, key=f"p{number}", number=number, title="x", text="<p>x</p>",
            role=press.position,
        )  # fmt: skip
    client = signed(supervisor)
    client.get(DRAFT)
    with django_assert_max_num_queries(12):
        client.get(DRAFT)
    with django_assert_max_num_queries(30):
        client.post(f"{DRAFT}guardar/", posted())
    with django_assert_max_num_queries(12):
        client.get(f"{DRAFT}vista/")


def test_a_hidden_draft_does_not_exist(document, draft, quality, make_person, other_unit, signed):
    from apps.accounts.permissions import Role

    documents.set_audience(document, [other_unit], by=quality)
    far = make_person("lejos", Role.SUPERVISOR)
    for path in ("", "empezar/", "vista/", "descartar/", "pasos/", "pasos/dos/"):
        assert signed(far).get(f"{DRAFT}{path}").status_code == 404, path
    assert signed(far).post(f"{DRAFT}guardar/", posted()).status_code == 404


def test_a_text_kept_when_the_session_ended_comes_back_into_the_draft(draft, supervisor, signed):
    from apps.core import kept

    written = posted(title="Lo que escribí", revision="0")
    row = kept.keep(supervisor, DRAFT, {name: [value] for name, value in written.items()})
    page = text_of(signed(supervisor).get(f"{DRAFT}?texto={row.pk}"))
    assert 'value="Lo que escribí"' in page
    assert "Texto nuevo." in page
    services.save_procedure(draft, revision=0, facts=None, title="Otra", body="", change="minor",
                            by=supervisor)  # fmt: skip
    page = text_of(signed(supervisor).get(f"{DRAFT}?texto={row.pk}"))
    assert 'name="revision" value="0"' in page  # sent again, it is told as stale
