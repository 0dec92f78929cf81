"""Forms and templates: to find, to download, to publish."""

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.core.rules import RuleBroken
from apps.manual import services
from apps.manual.models import Form

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF"


@pytest.fixture(autouse=True)
def _files_of_this_test(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def form(quality, unit) -> Form:
    return services.create_form(code="FO-012", title="Suspensión de cobro", unit=unit, by=quality)


def upload(name="FO-012.pdf", content=PDF):
    return SimpleUploadedFile(name, content)


def test_editions_are_numbered_and_the_last_is_the_one_to_use(form, quality, signed, agent):
    services.publish_form(form, uploaded=upload(), by=quality)
    services.publish_form(form, uploaded=upload(), note="Nueva casilla.", by=quality)
    html = signed(agent).get("/manual/formularios/FO-012/").content.decode()
    assert "Edición 2" in html
    assert "Edición 1" in html
    assert "Nueva casilla." in html
    assert html.count("La que se usa") == 1


def test_s41_the_file_comes_as_attachment_after_the_check(form, quality, signed, agent, outsider):
    services.publish_form(form, uploaded=upload(), by=quality)
    answer = signed(agent).get("/manual/formularios/FO-012/1/")
    assert b"".join(answer.streaming_content) == PDF
    assert answer["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer["Content-Security-Policy"]
    assert signed(outsider).get("/manual/formularios/FO-012/1/").status_code == 403
    assert signed(agent).get("/manual/formularios/FO-012/2/").status_code == 404
    assert signed(agent).get("/manual/formularios/FO-999/").status_code == 404


def test_forms_are_found_by_code_or_title(form, quality, unit, signed, agent):
    services.create_form(code="PL-007", title="Respuesta a reclamo", unit=unit, by=quality)
    client = signed(agent)
    for words, seen, unseen in (
        ("fo-0", "FO-012", "PL-007"),
        ("reclamo", "PL-007", "FO-012"),
        ("nada", "No hay formularios", "PL-007"),
    ):
        html = client.get("/manual/formularios/", {"q": words}).content.decode()
        assert seen in html
        assert unseen not in html


def test_a_form_names_the_pages_that_ask_for_it_and_i_may_read(
    press, form, signed, agent, other_unit
):
    press.page("ATC-01.1", "La leo", steps=[press.step("a", form=form)])
    press.page("ATC-01.2", "No la leo", steps=[press.step("a", form=form)], audience=[other_unit])
    press.page("ATC-01.3", "No lo pide")
    html = signed(agent).get("/manual/formularios/FO-012/").content.decode()
    assert "La leo" in html
    assert "No la leo" not in html
    assert "No lo pide" not in html


def test_a_form_is_registered_and_published_by_page(unit, signed, quality):
    client = signed(quality)
    assert client.get("/manual/formularios/nuevo/").status_code == 200
    fields = {"code": "FO-100", "title": "Acta", "purpose": "", "unit": unit.pk}
    assert client.post("/manual/formularios/nuevo/", fields).status_code == 302
    assert client.get("/manual/formularios/FO-100/publicar/").status_code == 200
    answer = client.post(
        "/manual/formularios/FO-100/publicar/", {"uploaded": upload(), "note": "Primera."}
    )
    assert answer.status_code == 302
    assert Form.objects.get(code="FO-100").versions.get().note == "Primera."


@pytest.mark.parametrize(
    ("name", "content"),
    [("x.pdf", b"<html>"), ("x.exe", PDF), ("x.pdf", b""), ("x.png", PDF)],
)
def test_s40_a_file_that_lies_is_told_at_its_field(form, signed, quality, name, content):
    answer = signed(quality).post(
        "/manual/formularios/FO-012/publicar/", {"uploaded": upload(name, content), "note": "x"}
    )
    assert answer.status_code == 422
    assert not form.versions.exists()


def test_a_code_is_given_once_and_must_look_like_one(form, unit, signed, quality):
    client = signed(quality)
    for code in ("FO-012", "fo 12", "", "X" * 50):
        fields = {"code": code, "title": "Otro", "unit": unit.pk}
        assert client.post("/manual/formularios/nuevo/", fields).status_code == 422
    with pytest.raises(RuleBroken):
        services.create_form(code="FO-012", title="Otro", unit=unit, by=quality)
    assert Form.objects.count() == 1


def test_only_who_manages_forms_publishes(form, unit, agent, supervisor, signed):
    for person in (agent, supervisor):
        with pytest.raises(PermissionDenied):
            services.publish_form(form, uploaded=upload(), by=person)
        with pytest.raises(PermissionDenied):
            services.create_form(code="FO-013", title="x", unit=unit, by=person)
        assert signed(person).get("/manual/formularios/FO-012/publicar/").status_code == 403
