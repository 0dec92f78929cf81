"""People and units from a spreadsheet: a dry run that tells all, then all or nothing."""

import contextlib
import io
import re
import zipfile
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from auditlog.models import LogEntry
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from apps.accounts.models import ImportRun, Person, Unit
from apps.accounts.permissions import Role as R
from apps.accounts.services import imports, people
from apps.accounts.services import roles as role_services
from apps.core import jobs, long_work
from apps.core.models import LongWork, OutboxMail
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


# Faults of cells -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("=1+1", "es una fórmula"),
        ("#REF!", "error de cálculo"),
        ("#N/A", "error de cálculo"),
        ("PÃ©rez", "letras dañadas"),
        ("P\ufffdrez", "letras dañadas"),
        ("x" * 501, "más de 500 caracteres"),
    ],
)
def test_a_cell_that_is_no_plain_text_is_a_fault_of_its_line(admin, cell, words):
    faults = faults_of(people_sheet(f"ana@aguas.test;Ana;{cell};;;"), admin)
    assert any(words in fault for fault in faults[2])


def test_letters_of_two_encodings_in_one_file_are_told_at_their_line(admin):
    content = (HEAD + "\n").encode()
    content += "ana@aguas.test;Ana;Muñoz;;;\n".encode("cp1252")
    content += "eva@aguas.test;Eva;Muñoz;;;\n".encode()
    assert list(faults_of(content, admin)) == [3]


def test_good_spanish_is_never_taken_for_damaged(admin):
    content = people_sheet("a@b.co;Íñigo Ángel;Núñez Güell – «Pepe»;;;")
    assert faults_of(content, admin) == {}
    assert faults_of(content.decode().encode("cp1252"), admin) == {}


def test_hard_spaces_and_decomposed_accents_are_tidied(db):
    content = people_sheet("a@b.co;Ana\u00a0María;Pe\u0301rez;;;")
    (line,) = imports.read_sheet("h.csv", content, kind="people")
    assert (line.values["nombre"], line.values["apellidos"]) == ("Ana María", "Pérez")


def test_numbers_and_days_of_excel_become_text(db):
    content = xlsx(
        ["correo", "nombre", "apellidos", "desde", "telefono"],
        ["a@b.co", "Ana", "Pérez", datetime(2026, 11, 24), 204.0],  # noqa: DTZ001
    )
    (line,) = imports.read_sheet("h.xlsx", content, kind="people")
    assert (line.values["desde"], line.values["telefono"]) == ("2026-11-24", "204")


def test_a_position_that_several_titles_name_is_asked_for_by_its_key(admin, make_position):
    one, _other = make_position("Caja"), make_position("Caja")
    assert "varios cargos" in faults_of(people_sheet("a@b.co;A;B;caja;;"), admin)[2][0]
    assert faults_of(people_sheet(f"a@b.co;A;B;{one.key};;"), admin) == {}


def test_who_cannot_be_imported_is_told(admin, agent, make_person):
    make_person("portal", is_system=True)
    agent.is_active = False
    agent.save()
    faults = faults_of(
        people_sheet(
            "portal@aguas.test;P;P;;;",
            "luis@aguas.test;L;P;;;",
            "andres@aguas.test;Andrés;Prado;;auditoria;",
        ),
        admin,
    )
    assert "propio portal" in faults[2][0]
    assert "desactivada" in faults[3][0]
    assert "Sus propios roles" in faults[4][0]
    own = faults_of(people_sheet("andres@aguas.test;Andrés;Prado;;admin;"), admin)
    assert own == {}


def test_s7_an_import_gives_nothing_that_its_author_may_not_give(admin, make_person, till):
    role = role_services.save_role(None, title="Altas", is_sensitive=False, by=admin)
    wanted = {"accounts.import_people", "accounts.manage_people"}
    role_services.set_role_permissions(role, wanted, expected=set(), by=admin)
    clerk = make_person("alta", "altas")
    content = people_sheet("a@b.co;A;B;Caja;admin;")
    faults = faults_of(content, clerk)[2]
    assert len(faults) == 2
    run = imports.dry_run("h.csv", content, kind="people", by=clerk)
    with pytest.raises(RuleBroken):
        imports.apply(run, by=clerk)
    with pytest.raises(PermissionDenied):
        imports.dry_run("u.csv", b"codigo;nombre\nA;Una", kind="units", by=clerk)
    good = imports.dry_run("h.csv", people_sheet("a@b.co;A;B;;;"), kind="people", by=clerk)
    imports.apply(good, by=clerk)
    assert Person.objects.get(email="a@b.co").groups.count() == 0


def test_a_tree_goes_round_through_what_is_already_there(admin, unit, other_unit):
    other_unit.parent = unit
    other_unit.save()
    faults = faults_of(b"codigo;nombre;depende de\nATC;Arriba;FAC\n", admin, "units")
    assert "vueltas" in faults[2][0]
    # turned round as a whole it is a tree again
    content = b"codigo;nombre;depende de\nATC;Arriba;FAC\nFAC;Abajo;\n"
    imports.apply(imports.dry_run("u.csv", content, kind="units", by=admin), by=admin)
    unit.refresh_from_db()
    other_unit.refresh_from_db()
    assert (unit.parent, other_unit.parent) == (other_unit, None)


def test_a_retired_unit_is_neither_changed_nor_built_upon(admin, unit):
    unit.is_active = False
    unit.save()
    faults = faults_of(b"codigo;nombre;depende de\nATC;Una;\nB;Dos;ATC\n", admin, "units")
    assert "retirada" in faults[2][0]
    assert "retirada" in faults[3][0]


def test_a_rule_that_stops_the_writing_says_the_line_and_nothing_stays(admin, agent, monkeypatch):
    run = imports.dry_run(
        "h.csv",
        people_sheet("a@aguas.test;Ana;A;;;", "luis@aguas.test;Bea;B;;;"),
        kind="people",
        by=admin,
    )

    def refuse(*args, **kwargs):
        raise RuleBroken("Es el propio portal: no se cambia.")

    monkeypatch.setattr(people, "update_person", refuse)
    with pytest.raises(RuleBroken, match="Fila 3: Es el propio portal"):
        imports.apply(run, by=admin)
    assert not Person.objects.filter(email="a@aguas.test").exists()
    assert not OutboxMail.objects.exists()


def test_a_rule_of_the_whole_sheet_is_told_and_nothing_stays(admin, make_person):
    role = role_services.save_role(None, title="Altas", is_sensitive=False, by=admin)
    wanted = {"accounts.import_people", "accounts.manage_people", "accounts.manage_roles"}
    role_services.set_role_permissions(role, wanted, expected=set(), by=admin)
    clerk = make_person("alta", "altas")
    rows = people_sheet("a@aguas.test;Ana;A;;;", "andres@aguas.test;Andrés;Prado Rojas;;agente;")
    run = imports.dry_run("h.csv", rows, kind="people", by=clerk)
    # Gone since the request read what the clerk may do: the sheet would leave nobody who may.
    role.group.permissions.remove(*role.group.permissions.filter(codename="manage_people"))
    with pytest.raises(RuleBroken, match="Nadie podría administrar.*No se importó nada"):
        imports.apply(run, by=clerk)
    assert not Person.objects.filter(email="a@aguas.test").exists()
    assert not OutboxMail.objects.exists()


def test_one_sheet_may_hand_the_administration_over(admin, make_person):
    """What counts is what the sheet leaves, not what stands after one of its lines."""
    clerk = make_person("alta", R.ADMIN)
    other = make_person("otra")
    rows = people_sheet(
        "andres@aguas.test;Andrés;Prado Rojas;;agente;", "otra@aguas.test;Otra;Prado;;admin;"
    )
    run = imports.dry_run("h.csv", rows, kind="people", by=clerk)
    imports.apply(run, by=clerk)
    assert Person.objects.with_access().get(pk=other.pk).has_perm("accounts.manage_roles")
    assert not Person.objects.with_access().get(pk=admin.pk).has_perm("accounts.manage_roles")


@pytest.mark.parametrize("count", [3, 60])
def test_importing_many_takes_no_more_statements_than_importing_few(
    admin, till, count, django_assert_max_num_queries
):
    lines = [f"p{number}@aguas.test;P;Q;Caja;agente;" for number in range(count)]
    run = imports.dry_run("h.csv", people_sheet(*lines), kind="people", by=admin)
    with django_assert_max_num_queries(60):
        imports.apply(run, by=admin)


def test_a_line_that_changes_nothing_writes_nothing(admin, agent):
    rows = people_sheet(f"luis@aguas.test;{agent.first_name};{agent.last_name};;agente;")
    before = LogEntry.objects.get_for_object(agent).count()
    imports.apply(imports.dry_run("h.csv", rows, kind="people", by=admin), by=admin)
    assert LogEntry.objects.get_for_object(agent).count() == before


def test_the_log_says_the_same_of_one_and_of_many(admin, till):
    """What an import writes at once leaves the rows that saving one by one would."""
    rows = people_sheet("a@aguas.test;Ana;Pérez;Caja;agente;2026-01-02")
    imports.apply(imports.dry_run("h.csv", rows, kind="people", by=admin), by=admin)
    ana = Person.objects.get(email="a@aguas.test")
    one = Person(email="b@aguas.test", first_name="Ana", last_name="Pérez")
    one.set_unusable_password()
    one.save()
    many, single = (LogEntry.objects.get_for_object(person) for person in (ana, one))
    created = many.get(action=LogEntry.Action.CREATE)
    expected = single.get(action=LogEntry.Action.CREATE)
    assert created.changes.keys() == expected.changes.keys()
    assert created.changes["first_name"] == expected.changes["first_name"] == ["None", "Ana"]
    assert (created.object_id, created.object_repr) == (ana.pk, "Ana Pérez")
    assert "password" not in created.changes
    assert many.get(action=LogEntry.Action.UPDATE).changes == {"roles": ["", "agente"]}
    for row in (*ana.holdings.all(), *ana.invitations.all()):
        entry = LogEntry.objects.get_for_object(row).get()
        assert (entry.action, entry.actor, entry.actor_email) == (0, admin, admin.email)
    invitation = LogEntry.objects.get_for_object(ana.invitations.get()).get()
    assert "token_hash" not in invitation.changes


def test_somebody_elses_run_is_not_applied(admin, make_person):
    run = imports.dry_run("h.csv", people_sheet("a@b.co;A;B;;;"), kind="people", by=admin)
    with pytest.raises(PermissionDenied):
        imports.apply(run, by=make_person("berta", R.ADMIN))


def test_a_run_nobody_applied_is_forgotten_after_a_day(admin, time_machine):
    start = timezone.now()
    time_machine.move_to(start, tick=False)
    old = imports.dry_run("h.csv", people_sheet("a@b.co;A;B;;;"), kind="people", by=admin)
    time_machine.move_to(start + timedelta(hours=25), tick=False)
    imports.dry_run("h.csv", people_sheet("a@b.co;A;B;;;"), kind="people", by=admin)
    assert not ImportRun.objects.filter(pk=old.pk).exists()


def test_what_is_kept_of_a_sheet_cannot_be_read_in_the_database(admin):
    run = imports.dry_run("h.csv", people_sheet("a@b.co;Ana;Secreta;;;"), kind="people", by=admin)
    imports.apply(run, by=admin)
    run.refresh_from_db()
    assert b"Secreta" not in bytes(run.sealed)
    (line,) = imports.lines_of(run)
    assert line.values == {"correo": "a@b.co"}


def test_each_imported_change_names_its_author_in_the_log(admin):
    run = imports.dry_run("h.csv", people_sheet("a@b.co;A;B;;;"), kind="people", by=admin)
    imports.apply(run, by=admin)
    entry = LogEntry.objects.get_for_object(Person.objects.get(email="a@b.co")).first()
    assert entry.actor == admin


@pytest.mark.parametrize("name", ["h.exe", "h.xls", "h", "h.csv.zip"])
def test_only_names_of_sheets_are_taken(db, name):
    with pytest.raises(RuleBroken):
        imports.read_sheet(name, people_sheet("a@b.co;A;B;;;"), kind="people")


def test_a_column_that_comes_twice_is_refused(db):
    with pytest.raises(RuleBroken, match="repetidas"):
        imports.read_sheet("h.csv", b"correo;nombre;apellidos;Correo\na@b.co;A;B;c", kind="people")


def test_two_thousand_lines_are_read_and_shown_in_pages(admin, signed):
    lines = [f"p{number}@aguas.test;P;Q;;;" for number in range(imports.MAX_LINES)]
    answer = post(signed(admin), people_sheet(*lines))
    client, url = signed(admin), answer["Location"]
    page = client.get(url).content.decode()
    assert "p0@aguas.test" in page
    assert "p300@aguas.test" not in page
    assert "p300@aguas.test" in client.get(f"{url}?tras=201").content.decode()
    for odd in ("tras=x", "tras=-1", "tras=99999999999999999999", "tras=²"):
        assert client.get(f"{url}?{odd}").status_code == 200


def test_the_report_names_columns_it_does_not_read(admin, signed):
    content = b"correo;nombre;apellidos;telefno\na@b.co;A;B;204\n"
    client = signed(admin)
    page = client.get(post(client, content)["Location"]).content.decode()
    assert "Columnas que no se usan" in page
    assert "telefno" in page


WHOLE = xlsx(["correo", "nombre", "apellidos"], ["a@b.co", "Ana", "Pérez"])


@given(st.integers(0, len(WHOLE) - 1), st.binary(min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_a_damaged_workbook_ends_in_lines_or_one_sentence(at, bytes_):
    content = WHOLE[:at] + bytes_ + WHOLE[at + len(bytes_) :]
    with suppress(RuleBroken):
        assert imports.read_sheet("h.xlsx", content, kind="people")


def test_c20_writing_an_import_asks_who_one_is_after_a_while(admin, signed):
    client = signed(admin)
    run = imports.dry_run("h.csv", people_sheet("a@b.co;A;B;;;"), kind="people", by=admin)
    session = client.session
    session["account_authentication_methods"] = [
        record | {"at": record["at"] - 3600} for record in session["account_authentication_methods"]
    ]
    session.save()
    answer = client.post(reverse("accounts:import-apply", args=[run.pk]))
    assert answer["Location"].startswith(reverse("account_reauthenticate"))
    assert not Person.objects.filter(email="a@b.co").exists()


# Many lines are left to a job ----------------------------------------------------------------


def many(count=imports.LINES_AT_ONCE + 1):
    return people_sheet(*[f"p{number}@aguas.test;P;Q;;agente;" for number in range(count)])


def long_run(by):
    return imports.dry_run("h.csv", many(), kind="people", by=by)


def test_a_long_sheet_is_left_to_a_job_and_its_page_ends_with_the_result(admin, agent, signed):
    client = signed(admin)
    rows = many() + f"\nluis@aguas.test;{agent.first_name};Otro;;;".encode()
    report = post(client, rows)["Location"]
    assert "verá cómo avanza" in client.get(report).content.decode()
    run = ImportRun.objects.get()
    answer = client.post(reverse("accounts:import-apply", args=[run.pk]))
    work = LongWork.objects.get()
    assert answer.url == work.get_absolute_url()
    assert not Person.objects.filter(email="p0@aguas.test").exists()
    page = client.get(report).content.decode()
    assert "Importar ahora" not in page
    assert f'href="{answer.url}">Ver cómo va' in page
    again = client.post(reverse("accounts:import-apply", args=[run.pk]))
    assert again.url == answer.url
    jobs.do_long_work(str(work.pk))
    page = client.get(answer.url).content.decode()
    assert f"{imports.LINES_AT_ONCE + 1} filas eran nuevas y se crearon." in page
    assert "1 fila ya estaba y quedó al día." in page
    assert f'href="{report}">Ver la importación' in page
    assert "Se guardó todo" in client.get(report).content.decode()
    assert OutboxMail.objects.count() == imports.LINES_AT_ONCE + 1


def test_a_short_sheet_is_written_at_once(admin, signed):
    client = signed(admin)
    post(client, many(imports.LINES_AT_ONCE))
    run = ImportRun.objects.get()
    answer = client.post(reverse("accounts:import-apply", args=[run.pk]))
    assert answer.url == reverse("accounts:import", args=[run.pk])
    assert not LongWork.objects.exists()
    assert Person.objects.filter(email="p0@aguas.test").exists()


def test_a_long_sheet_that_no_longer_holds_says_so_and_may_be_tried_again(
    admin, signed, monkeypatch
):
    run = long_run(admin)
    work = imports.apply_later(run, by=admin)
    Person.objects.create_user("p7@aguas.test", first_name="Y", last_name="A", is_active=False)
    long_work.run(work.pk)
    client = signed(admin)
    page = client.get(work.get_absolute_url()).content.decode()
    assert "Hay filas con errores" in page
    assert reverse("accounts:import", args=[run.pk]) in page
    assert not Person.objects.filter(email="p0@aguas.test").exists()
    assert (
        "Importar ahora" in client.get(reverse("accounts:import", args=[run.pk])).content.decode()
    )
    assert imports.apply_later(run, by=admin) != work


def test_what_its_author_lost_meanwhile_is_not_done_by_the_job(admin, make_person):
    work = imports.apply_later(long_run(admin), by=admin)
    make_person("otra", R.ADMIN)
    admin.groups.clear()
    long_work.run(work.pk)
    work.refresh_from_db()
    assert work.state == LongWork.State.FAILED
    assert not Person.objects.filter(email="p0@aguas.test").exists()


def test_a_run_that_was_forgotten_while_it_waited_says_so(admin):
    run = long_run(admin)
    work = imports.apply_later(run, by=admin)
    run.delete()
    long_work.run(work.pk)
    work.refresh_from_db()
    assert "suba el archivo de nuevo" in work.message


def test_only_its_author_leaves_a_faultless_run_to_a_job(admin, make_person, supervisor):
    run = long_run(admin)
    for other in (make_person("berta", R.ADMIN), supervisor):
        with pytest.raises(PermissionDenied):
            imports.apply_later(run, by=other)
    faulty = imports.dry_run("h.csv", many() + b"\nmal;A;B;;;", kind="people", by=admin)
    with pytest.raises(RuleBroken):
        imports.apply_later(faulty, by=admin)
    assert not LongWork.objects.exists()


def test_the_row_of_the_work_holds_no_personal_data(admin):
    work = imports.apply_later(long_run(admin), by=admin)
    long_work.run(work.pk)
    work.refresh_from_db()
    assert work.result == {"created": imports.LINES_AT_ONCE + 1, "changed": 0}
    assert "@" not in f"{work.subject}{work.message}"


@pytest.mark.parametrize(("kind", "told"), [("people", [100, 200, 201]), ("units", [100, 200])])
def test_how_many_lines_are_written_is_told(admin, kind, told):
    rows = (
        many(201)
        if kind == "people"
        else b"codigo;nombre\n" + b"".join(b"U%d;Una\n" % number for number in range(201))
    )
    seen = []
    run = imports.dry_run("h.csv", rows, kind=kind, by=admin)
    imports.apply(run, by=admin, advance=seen.append)
    assert seen == told
