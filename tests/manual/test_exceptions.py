"""What is opened to one person, or hidden from one, stays so on every page (S2, S3, S6)."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.accounts import services as accounts
from apps.accounts.permissions import Role as R
from apps.core.access import Level
from apps.documents import services as documents
from apps.manual import services
from apps.manual.models import Form

REASON = "Lo necesita para el proyecto de medidores."
CODE, TITLE = "ATC-01.8", "Almidonar la zarzuela"


@pytest.fixture
def chapter(press):
    return press.heading("ATC-01", "Primer contacto")


@pytest.fixture
def neighbour(press, chapter, quality, unit):
    """A page for all that leads to the other, with the form that both ask for."""
    form = services.create_form(code="FO-012", title="Acta", unit=unit, by=quality)
    step = press.step("levantar", form=form)
    return press.page("ATC-01.1", "Recibir una llamada", parent=chapter, steps=[step])


@pytest.fixture
def make_page(press, chapter, neighbour, quality):
    """Maker of the page in question; it stands beside the neighbour and in its related ones."""

    def make(**fields):
        form = Form.objects.get()
        step = press.step("almidonar", form=form)
        document = press.page(CODE, TITLE, parent=chapter, steps=[step], **fields)
        press.version(document, steps=[step, press.step("planchar")], title=TITLE, days_ago=1)
        documents.relate(neighbour, [document], by=quality)
        return document

    return make


@pytest.fixture
def ana(make_person, make_position):
    return make_person("ana", R.AGENT, position=make_position())


@pytest.fixture
def luis(make_person, ana):
    """Same role, same position, same unit as Ana."""
    return make_person("luis", R.AGENT, position=ana.holdings.get().position)


PLACES = {
    "tree": "/manual/ATC-01.1/",
    "chapter": "/manual/ATC-01/",
    "overview": "/manual/",
    "changes": "/manual/cambios/",
    "list": "/manual/lista/",
    "form": "/manual/formularios/FO-012/",
    "search": "/buscar/?q=almidonar",
    "search by code": f"/buscar/?q={CODE}",
    "suggestions": "/buscar/sugerencias/?q=almidonar",
    "home": "/inicio/",
}


def where_shown(client) -> set[str]:
    """Names of the places where the page is told of."""
    found = set()
    for name, url in PLACES.items():
        response = client.get(url)
        assert response.status_code == 200, url
        html = response.content.decode()
        if TITLE in html or f"/manual/{CODE}/" in html:
            found.add(name)
    return found


def statuses(client) -> set[int]:
    """Status of every address of the page."""
    addresses = [("page", []), ("print", []), ("compare", []), ("history", [])]
    addresses += [("version", [1]), ("version", [2]), ("pdf", [2])]
    return {
        client.get(reverse(f"manual:{name}", args=[CODE, *more])).status_code
        for name, more in addresses
    }


EVERYWHERE = set(PLACES) - {"home"}


@pytest.mark.parametrize("level", [Level.INTERNAL, Level.CONFIDENTIAL])
def test_s2_s3_opened_to_one_person_it_is_told_of_to_no_other(
    make_page, other_unit, ana, luis, signed, quality, level
):
    document = make_page(level=level, audience=[other_unit])
    documents.open_to(
        document, people=[ana], reason=REASON, until_on=timezone.localdate(), by=quality
    )
    # In turns, so that whatever is kept for one is offered to the other.
    for _turn in range(2):
        assert where_shown(signed(ana)) >= EVERYWHERE
        assert statuses(signed(ana)) == {200}
        assert where_shown(signed(luis)) == set()
        assert statuses(signed(luis)) == {404}


def test_s2_s3_hidden_from_one_person_it_is_told_of_to_all_others(
    make_page, ana, luis, signed, quality
):
    document = make_page()
    documents.hide_from(document, people=[luis], reason=REASON, by=quality)
    for _turn in range(2):
        assert where_shown(signed(ana)) >= EVERYWHERE
        assert where_shown(signed(luis)) == set()
        assert statuses(signed(luis)) == {404}


def test_s3_an_owner_from_whose_unit_it_is_hidden_shares_no_kept_page(
    make_page, ana, luis, signed, quality, unit, other_unit, make_position
):
    document = make_page(owner=ana)
    quality.holdings.update(position=make_position(at=other_unit))
    documents.hide_from(document, units=[unit], reason=REASON, by=quality)
    for _turn in range(2):
        assert where_shown(signed(ana)) >= EVERYWHERE
        assert where_shown(signed(luis)) == set()


def test_s3_a_role_exception_separates_people_of_one_unit(
    make_page, ana, luis, signed, quality, admin, other_unit
):
    """Roles of equal permissions: only the exception tells them apart."""
    document = make_page(audience=[other_unit])
    twin = accounts.save_role(None, title="Gemelo", is_sensitive=False, by=admin)
    agents = ana.groups.get()
    twin.group.permissions.set(agents.permissions.all())
    ana.groups.set([twin.group])
    documents.open_to(document, roles=[twin], reason=REASON, by=quality)
    for _turn in range(2):
        assert where_shown(signed(ana)) >= EVERYWHERE
        assert where_shown(signed(luis)) == set()


def test_s3_counts_exports_and_facets_leave_out_what_is_hidden(
    make_page, auditor, make_person, signed, quality, ana
):
    document = make_page()
    other = make_person("olga", R.AUDITOR, position=auditor.holdings.get().position)
    documents.hide_from(document, people=[auditor], reason=REASON, by=quality)
    for person, rows in ((other, 2), (auditor, 1)):
        client = signed(person)
        export = client.get("/manual/lista/exportar/?formato=csv")
        text = b"".join(export.streaming_content).decode()
        assert text.count("ATC-01.") == rows
        assert (TITLE in text) == (rows == 2)
        assert (TITLE in client.get("/buscar/?q=planchar").content.decode()) == (rows == 2)
        listed = client.get("/manual/lista/").content.decode()
        assert (f"{rows} resultado" in listed) == (rows > 0)


def test_s6_an_exception_works_at_the_next_request_of_an_open_session(
    make_page, ana, signed, quality
):
    document = make_page()
    client = signed(ana)
    assert where_shown(client) >= EVERYWHERE
    (row,) = documents.hide_from(document, people=[ana], reason=REASON, by=quality)
    assert statuses(client) == {404}
    assert where_shown(client) == set()
    documents.end_exception(row, by=quality)
    assert statuses(client) == {200}
    assert where_shown(client) >= EVERYWHERE


def test_s6_a_role_taken_away_takes_its_exceptions_along(
    make_page, ana, signed, quality, admin, other_unit
):
    document = make_page(audience=[other_unit])
    reader = accounts.save_role(None, title="Proyecto", is_sensitive=False, by=admin)
    ana.groups.add(reader.group)
    documents.open_to(document, roles=[reader], reason=REASON, by=quality)
    client = signed(ana)
    assert statuses(client) == {200}
    ana.groups.remove(reader.group)
    assert statuses(client) == {404}
    assert where_shown(client) == set()


def test_s6_an_exception_that_ends_at_midnight_leaves_no_kept_tree(
    make_page, ana, signed, quality, other_unit, unit, time_machine
):
    document = make_page(audience=[other_unit])
    documents.open_to(
        document, units=[unit], reason=REASON, until_on=timezone.localdate(), by=quality
    )
    assert where_shown(signed(ana)) >= EVERYWHERE
    time_machine.move_to(timezone.now() + timedelta(days=1))
    assert where_shown(signed(ana)) == set()
    assert statuses(signed(ana)) == {404}
