"""People and units from a spreadsheet: a dry run that tells all, then all or nothing."""

import contextlib
import io
import re
import zipfile

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from apps.accounts.models import ImportRun, Person, Unit
from apps.accounts.permissions import Role as R
from apps.accounts.services import imports
from apps.core.models import OutboxMail
from apps.core.rules import RuleBroken

pytestmark = pytest.mark.django_db
HEAD = "correo;nombre;apellidos;cargo;roles;desde"


def people_sheet(*lines):
    return "\n".join([HEAD, *lines]).encode()


def faults_of(content, by, kind="people", name="hoja.csv"):
    lines = imports.check(imports.read_sheet(name, content, kind=kind), kind=kind, by=by)
    return {line.number: line.faults for line in lines if line.faults}


@pytest.fixture
def till(make_position):
    return make_position("Caja")


def test_a_good_sheet_invites_everyone_once(admin, till):
    content = people_sheet(
        "ana@aguas.test;Ana;Pérez;Caja;agente;24/11/2026",
        "Rosa@Aguas.test;Rosa;Toro;;Agente, Calidad;",
    )
    run = imports.dry_run("hoja.csv", content, kind="people", by=admin)
    assert (run.lines, run.faulty) == (2, 0)
    assert not Person.objects.filter(email="ana@aguas.test").exists()
    imports.apply(run, by=admin)
    imports.apply(run, by=admin)
    ana = Person.objects.with_access().get(email="ana@aguas.test")
    assert ana.unit_ids == [till.unit_id]
    assert ana.has_perm("manual.view_node")
    rosa = Person.objects.get(email="rosa@aguas.test")
    assert set(rosa.groups.values_list("role__key", flat=True)) == {R.AGENT, R.QUALITY}
    assert OutboxMail.objects.count() == 2


def test_every_fault_of_every_line_is_told(admin, agent, till):
    content = people_sheet(
        "sin-arroba;Ana;Pérez;;;",
        "rosa@aguas.test;;Toro;Astronauta;jefe supremo;ayer",
        "dos@aguas.test;Dos;Veces;;;",
        "DOS@aguas.test;Dos;Veces;;;",
        "luis@aguas.test;Luis;Prado;;;",
    )
    faults = faults_of(content, admin)
    assert faults[2] == ["El correo no es válido."]
    assert len(faults[3]) == 4
    assert faults[4] == faults[5] == ["El correo está repetido en el archivo."]
    assert 6 not in faults


def test_one_fault_stops_the_whole_sheet(admin):
    content = people_sheet("ana@aguas.test;Ana;Pérez;;;", "mal;Rosa;Toro;;;")
    run = imports.dry_run("hoja.csv", content, kind="people", by=admin)
    assert run.faulty == 1
    with pytest.raises(RuleBroken):
        imports.apply(run, by=admin)
    assert not Person.objects.filter(email="ana@aguas.test").exists()


def test_what_changed_since_the_dry_run_is_checked_again(admin, till):
    run = imports.dry_run(
        "hoja.csv", people_sheet("ana@aguas.test;Ana;Pérez;Caja;;"), kind="people", by=admin
    )
    till.is_active = False
    till.save()
    with pytest.raises(RuleBroken):
        imports.apply(run, by=admin)


def test_a_second_import_updates_and_repeats_no_position(admin, till):
    content = people_sheet("ana@aguas.test;Ana;Pérez;Caja;agente;")
    for name in ("Ana", "Ana María"):
        run = imports.dry_run(
            "h.csv", content.replace(b";Ana;", f";{name};".encode()), kind="people", by=admin
        )
        imports.apply(run, by=admin)
    ana = Person.objects.get(email="ana@aguas.test")
    assert ana.first_name == "Ana María"
    assert ana.holdings.count() == 1


def test_units_come_with_who_they_depend_on_in_any_order(admin):
    content = b"codigo;nombre;depende de\nB;Hija;A\nA;Madre;\n"
    imports.apply(imports.dry_run("u.csv", content, kind="units", by=admin), by=admin)
    assert Unit.objects.get(code="B").parent.code == "A"


def test_units_that_go_round_or_hang_from_nothing_are_faults(admin):
    content = b"codigo;nombre;depende de\nA;Una;B\nB;Dos;A\nC;Tres;ZZ\n"
    faults = faults_of(content, admin, "units")
    assert "vueltas" in " ".join(faults[2])
    assert "ZZ" in faults[4][0]


@pytest.mark.parametrize(
    "text",
    [
        HEAD.replace(";", ",") + "\nana@aguas.test,Ana,Pérez,,,",
        HEAD.replace(";", "\t") + "\nana@aguas.test\tAna\tPérez\t\t\t",
        "\ufeff" + HEAD + "\r\nana@aguas.test;Ana;Pérez;;;\r\n",
        "CORREO;Nombre;APELLIDOS\nana@aguas.test;Ana;Pérez",
    ],
)
def test_separators_marks_and_capitals_do_not_matter(db, text):
    (line,) = imports.read_sheet("h.csv", text.encode(), kind="people")
    assert line.values["apellidos"] == "Pérez"


def test_windows_letters_are_read(db):
    content = (HEAD + "\nana@aguas.test;Ana;Muñoz;;;").encode("cp1252")
    assert imports.read_sheet("h.csv", content, kind="people")[0].values["apellidos"] == "Muñoz"


def xlsx(*rows):
    book, out = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


def test_an_excel_sheet_is_read_and_a_formula_is_a_fault(admin):
    content = xlsx(
        ["Correo", "Nombre", "Apellidos"], ["ana@aguas.test", '=HYPERLINK("http://x")', "Pérez"]
    )
    assert faults_of(content, admin, name="h.xlsx")[2]


def bomb():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * (60 * 1024 * 1024))
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("h.xlsx", HEAD.encode()),
        ("h.csv", xlsx(["correo"])),
        ("h.xlsx", b"PK\x03\x04 roto"),
        ("h.csv", b"\x00\x01\x02"),
        ("h.csv", b""),
        ("h.csv", b"nombre;apellidos\nAna;Perez"),
        ("h.csv", HEAD.encode()),
        ("h.csv", (HEAD + '\n"sin cerrar;Ana').encode()),
        ("h.csv", (HEAD + "\na@b.co;A;B;;;" * 2001).encode()),
        ("h.csv", b"x" * (imports.MAX_BYTES + 1)),
        ("h.xlsx", bomb()),
    ],
)
def test_a_file_that_cannot_be_read_gets_one_sentence(db, name, content):
    with pytest.raises(RuleBroken) as refusal:
        imports.read_sheet(name, content, kind="people")
    (sentence,) = refusal.value.messages
    assert sentence.endswith(".")


@given(st.binary(max_size=400), st.sampled_from(["h.csv", "h.xlsx", "h"]))
def test_any_bytes_end_in_lines_or_one_sentence(content, name):
    with contextlib.suppress(RuleBroken):
        assert imports.read_sheet(name, content, kind="people")


def test_only_who_may_import_does(supervisor):
    with pytest.raises(PermissionDenied):
        imports.dry_run("h.csv", people_sheet("a@b.co;A;B;;;"), kind="people", by=supervisor)


def post(client, content, name="hoja.csv", kind="people"):
    url = reverse("accounts:imports")
    page = client.get(url).content.decode()
    key = re.search(r'name="envio" value="([^"]+)"', page)[1]
    return client.post(
        url, {"envio": key, "kind": kind, "sheet": SimpleUploadedFile(name, content)}
    )


def test_the_page_tells_every_fault_and_offers_no_import(admin, signed):
    client = signed(admin)
    answer = post(client, people_sheet("mal;Ana;<script>x</script>;;;", "b@aguas.test;B;C;;;"))
    page = client.get(answer["Location"]).content.decode()
    assert "1 fila tiene errores." in page
    assert "El correo no es válido." in page
    assert "<script>x" not in page
    assert "Importar ahora" not in page
    page = client.get(answer["Location"] + "?ver=errores").content.decode()
    assert "b@aguas.test" not in page


def test_a_faultless_sheet_is_imported_by_the_button_once(admin, signed):
    client = signed(admin)
    answer = post(client, people_sheet("ana@aguas.test;Ana;Pérez;;;"))
    run = ImportRun.objects.get()
    assert "Importar ahora" in client.get(answer["Location"]).content.decode()
    apply = reverse("accounts:import-apply", args=[run.pk])
    client.post(apply)
    client.post(apply)
    assert OutboxMail.objects.count() == 1
    assert "Se guardó todo" in client.get(answer["Location"]).content.decode()


def test_a_file_that_lies_is_told_at_the_form(admin, signed):
    answer = post(signed(admin), b"no es un libro", "hoja.xlsx")
    assert answer.status_code == 422
    assert "El contenido no corresponde al nombre" in answer.content.decode()
    assert signed(admin).post(reverse("accounts:imports"), {"kind": "people"}).status_code == 422


def test_somebody_elses_run_does_not_exist(admin, make_person, signed):
    run = imports.dry_run("h.csv", people_sheet("a@b.co;A;B;;;"), kind="people", by=admin)
    other = signed(make_person("berta", R.ADMIN))
    assert other.get(reverse("accounts:import", args=[run.pk])).status_code == 404
    assert other.post(reverse("accounts:import-apply", args=[run.pk])).status_code == 404


@pytest.mark.parametrize("kind", ["people", "units"])
def test_the_template_can_be_filled_in_and_read_back(admin, signed, kind):
    response = signed(admin).get(reverse("accounts:import-template", args=[kind]))
    content = b"".join(response.streaming_content)
    assert len(imports.read_sheet("p.csv", content, kind=kind)) == 1
