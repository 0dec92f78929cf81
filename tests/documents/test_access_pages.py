"""The page that says who can read a document and why, and what is changed from there."""

from datetime import timedelta

import pytest
from auditlog.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import Holding, Person, Unit
from apps.accounts.permissions import Role as R
from apps.core.access import Level
from apps.documents import services
from apps.documents.models import Document, DocumentUserPermission
from apps.documents.services.sharing import permission_of
from apps.documents.views.access import readers_line

REASON = "Lo necesita para el proyecto de medidores."
URL = "/documentos/POL-01/acceso/"


def today():
    return timezone.localdate()


@pytest.fixture
def document(supervisor, unit, other_unit, quality) -> Document:
    """For the other unit only."""
    document = services.open_document(
        kind=Document.Kind.POLICY,
        code="POL-01",
        title="Política de medidores",
        owner=supervisor,
        unit=unit,
        by=quality,
    )
    services.set_audience(document, [other_unit], by=quality)
    return document


@pytest.fixture
def fabio(make_person, make_position, other_unit) -> Person:
    return make_person("fabio", R.AGENT, position=make_position("Analista", at=other_unit))


def exists_for(person: Person, document: Document) -> bool:
    fresh = Person.objects.with_access().get(pk=person.pk)
    return Document.objects.visible_to(fresh).filter(pk=document.pk).exists()


def html_of(response) -> str:
    assert response.status_code == 200
    return response.content.decode()


def row_of(html: str, name: str) -> str:
    """The table row of that person."""
    rows = [row for row in html.split('<tr role="row">') if f", {name}</a>" in row]
    assert len(rows) == 1, name
    return rows[0]


def test_it_says_why_each_person_reads_it(
    document, fabio, agent, auditor, direction, quality, signed, roles
):
    until = today() + timedelta(days=30)
    services.open_to(document, people=[agent], reason=REASON, until_on=until, by=quality)
    services.open_to(document, roles=[roles[R.AUDITOR]], reason=REASON, by=quality)
    html = html_of(signed(quality).get(URL))
    assert "Su unidad es destinataria: Facturación." in row_of(html, "Fabio")
    assert "Responde por el documento." in row_of(html, "Marta")
    assert "Aprueba documentos por su rol: Dirección." in row_of(html, "Elena")
    assert "Abierto para esta persona." in row_of(html, "Luis")
    assert "Lo decidió Clara Prado Rojas, hasta el" in row_of(html, "Luis")
    assert REASON.rstrip(".") in row_of(html, "Luis")
    assert "Abierto para: rol Auditoría." in row_of(html, "Aurelio")


def test_it_says_why_each_of_the_others_does_not(
    document, agent, direction, outsider, quality, signed
):
    services.hide_from(document, people=[direction], reason=REASON, by=quality)
    html = html_of(signed(quality).get(f"{URL}?ver=no"))
    assert "Su unidad no está entre los destinatarios." in row_of(html, "Luis")
    assert "Oculto para esta persona." in row_of(html, "Elena")
    assert "No tiene ningún rol." in row_of(html, "Otro")
    Document.objects.update(classification=Level.CONFIDENTIAL)
    html = html_of(signed(quality).get(f"{URL}?ver=no"))
    assert "Es de nivel «Confidencial» y su rol no llega." in row_of(html, "Luis")


def test_the_numbers_beside_the_lists_are_those_of_the_lists(document, cast, fabio, signed):
    html = html_of(signed(cast["calidad"]).get(URL))
    people = Person.objects.filter(is_system=False)
    seeing = [p for p in people if Document.objects.visible_to(p).exists()]
    assert f'Lo leen <span class="muted num">{len(seeing)}</span>' in html
    blind = people.count() - len(seeing)
    assert f'No lo ven <span class="muted num">{blind}</span>' in html
    assert html.count('class="row-link"') == len(seeing)


def test_filters_by_name_unit_with_those_below_and_role(
    document, agent, fabio, quality, signed, other_unit, make_person, make_position, roles
):
    below = Unit.objects.create(code="FAC-1", name="Lecturas", parent=other_unit)
    services.set_audience(document, [other_unit], by=quality)
    make_person("dora", R.AGENT, position=make_position(at=below))
    client = signed(quality)
    names = {"Fabio", "Dora", "Marta", "Clara"}

    def listed(query: str) -> set[str]:
        html = html_of(client.get(f"{URL}?{query}"))
        return {name for name in names if f", {name}</a>" in html}

    assert listed("") == names
    assert listed("q=dora") == {"Dora"}
    assert listed(f"unidad={other_unit.pk}") == {"Fabio", "Dora"}
    assert listed(f"unidad={below.pk}") == {"Dora"}
    assert listed(f"rol={roles[R.QUALITY].group_id}") == {"Clara"}
    assert "Buscar personas: dora" in html_of(client.get(f"{URL}?ver=no&q=dora"))
    assert "None" not in html_of(client.get(f"{URL}?ver=no&q=dora"))
    assert listed("unidad=99999999") == names  # told at the field, and left out
    assert "Nadie cumple estos filtros" in html_of(client.get(f"{URL}?q=nadie"))


def test_the_owner_and_who_oversees_may_ask_and_others_may_not(
    document, agent, supervisor, auditor, admin, make_person, quality, signed, make_position
):
    mine = services.open_document(
        kind=Document.Kind.POLICY, code="POL-02", title="Mía", owner=agent,
        unit=document.unit, by=quality,
    )  # fmt: skip
    url = reverse("document_access:readers", args=[mine.code])
    peer = make_person("lucia", R.AGENT, position=make_position())
    for person in (agent, supervisor, auditor, admin, quality):
        assert signed(person).get(url).status_code == 200
    assert signed(peer).get(url).status_code == 403
    html = html_of(signed(agent).get(url))
    assert "/abrir/" not in html
    assert "/destinatarios/" not in html
    assert "Exportar" not in html


def test_s2_for_whom_it_does_not_exist_none_of_its_pages_does(
    document, auditor, quality, agent, signed
):
    """404, never 403, whatever they may do with other documents."""
    assert signed(auditor).get(URL).status_code == 404
    services.hide_from(document, people=[auditor], reason=REASON, by=quality)
    document.audience.clear()
    assert signed(auditor).get(URL).status_code == 404
    assert signed(auditor).get(f"{URL}exportar/?formato=csv").status_code == 404
    Document.objects.update(classification=Level.RESERVED)
    row = document.person_exceptions.get()
    for path in ("", "abrir/", "ocultar/", "destinatarios/", f"persona/{row.pk}/retirar/"):
        assert signed(quality).get(URL + path).status_code == 404, path
        if path:
            assert signed(quality).post(URL + path).status_code == 404, path


def test_s2_an_exception_of_another_document_is_not_withdrawn_here(
    document, agent, fabio, quality, signed
):
    other = services.open_document(
        kind=Document.Kind.POLICY, code="POL-02", title="Otra", owner=agent,
        unit=document.unit, by=quality,
    )  # fmt: skip
    (row,) = services.hide_from(other, people=[fabio], reason=REASON, by=quality)
    assert signed(quality).post(f"{URL}persona/{row.pk}/retirar/").status_code == 404
    assert signed(quality).post(f"{URL}nada/{row.pk}/retirar/").status_code == 404


def test_opening_from_the_list_begins_with_the_person_chosen(document, agent, quality, signed):
    client = signed(quality)
    listed = html_of(client.get(f"{URL}?ver=no"))
    address = f"{URL}abrir/?persona={agent.pk}"
    assert f'href="{address}"' in listed
    assert agent.email in html_of(client.get(address))
    until = today() + timedelta(days=9)
    sent = {"people": agent.email, "reason": REASON, "until_on": until.isoformat()}
    response = client.post(f"{URL}abrir/", sent, follow=True)
    html = html_of(response)
    assert "El documento quedó abierto." in html
    assert REASON in html
    row = document.person_exceptions.get()
    assert (row.user, row.hides, row.until_on, row.given_by) == (agent, False, until, quality)
    assert exists_for(agent, document)


def test_hiding_roles_and_units_and_withdrawing_it(
    document, agent, quality, signed, roles, other_unit, fabio
):
    client = signed(quality)
    sent = {"roles": [roles[R.AGENT].pk], "units": [other_unit.pk], "reason": REASON}
    html = html_of(client.post(f"{URL}ocultar/", sent, follow=True))
    assert "Unidad, con las que dependen de ella" in html
    assert not exists_for(fabio, document)
    for kind, row in (
        ("rol", document.role_exceptions.get()),
        ("unidad", document.unit_exceptions.get()),
    ):
        address = f"{URL}{kind}/{row.pk}/retirar/"
        assert REASON.rstrip(".") in html_of(client.get(address))
        assert "La excepción quedó retirada." in html_of(client.post(address, follow=True))
    assert exists_for(fabio, document)
    assert "No hay excepciones" in html_of(client.get(f"{URL}?ver=excepciones"))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"people": "nadie@aguas.test"}, "No hay nadie activo con el correo: nadie@aguas.test."),
        ({"people": ""}, "Indique al menos una persona, un rol o una unidad."),
        ({"reason": "corto"}, "Explique el motivo con al menos 20 caracteres."),
        ({"until_on": "2020-01-01"}, "Esa fecha ya pasó."),
        ({"until_on": "ayer"}, "fecha"),
        ({"people": " ".join(f"p{n}@aguas.test" for n in range(51))}, "a 50 personas a lo más"),
        ({"roles": ["999999"]}, "error"),
    ],
)
def test_what_is_wrong_is_told_and_changes_nothing(document, agent, quality, signed, wrong, said):
    sent = {"people": agent.email, "reason": REASON} | wrong
    response = signed(quality).post(f"{URL}abrir/", sent)
    assert response.status_code == 422
    assert said in response.content.decode()
    assert not document.person_exceptions.exists()


def test_s7_nobody_opens_it_to_themself_by_the_form(document, quality, signed):
    sent = {"people": quality.email, "reason": REASON}
    response = signed(quality).post(f"{URL}abrir/", sent)
    assert response.status_code == 422
    assert "Nadie se abre un documento a sí mismo." in response.content.decode()


def test_the_same_form_sent_twice_acts_once(document, agent, quality, signed):
    client = signed(quality)
    sent = {
        "people": agent.email, "reason": REASON,
        "envio": "7e57ab1e-0000-4000-8000-000000000001",
    }  # fmt: skip
    for _twice in range(2):
        assert client.post(f"{URL}abrir/", sent).status_code == 302
    row = document.person_exceptions.get()
    assert LogEntry.objects.get_for_object(row).count() == 1


def test_s5_more_fields_than_the_form_has_change_nothing(document, agent, quality, signed):
    sent = {
        "people": agent.email, "reason": REASON, "given_by": agent.pk, "hides": "1",
        "classification": "0", "owner": quality.pk,
    }  # fmt: skip
    signed(quality).post(f"{URL}abrir/", sent)
    row = document.person_exceptions.get()
    assert (row.given_by, row.hides) == (quality, False)
    before = document.owner
    document.refresh_from_db()
    assert (document.classification, document.owner) == (Level.INTERNAL, before)


def test_the_audience_is_changed_after_seeing_who_gains_and_who_loses(
    document, agent, auditor, fabio, quality, signed, unit, other_unit, supervisor
):
    client = signed(quality)
    form = html_of(client.get(f"{URL}destinatarios/"))
    assert f'value="{other_unit.pk}"' in form
    sent = {"units": [unit.pk], "expected": str(other_unit.pk)}
    html = html_of(client.post(f"{URL}destinatarios/", sent))
    # The supervisor owns it and quality approves: they gain nothing.
    assert "2 personas más podrán leerlo: Aurelio Prado Rojas, Luis Prado Rojas." in html
    assert "1 persona dejará de leerlo: Fabio Prado Rojas." in html
    assert set(document.audience.all()) == {other_unit}
    html = html_of(client.post(f"{URL}destinatarios/", sent | {"confirmar": "1"}, follow=True))
    assert "Los destinatarios quedaron guardados." in html
    assert set(document.audience.all()) == {unit}
    preview = html_of(client.post(f"{URL}destinatarios/", {"units": [], "expected": str(unit.pk)}))
    assert "para: todo el personal" in preview
    assert "Nadie dejará de leerlo." in preview


def test_f14_an_audience_that_somebody_else_changed_meanwhile_is_not_overwritten(
    document, quality, signed, unit, other_unit
):
    sent = {"units": [unit.pk], "expected": str(other_unit.pk), "confirmar": "1"}
    services.set_audience(document, [], by=quality)
    response = signed(quality).post(f"{URL}destinatarios/", sent)
    assert response.status_code == 422
    assert "Otra persona cambió los destinatarios" in response.content.decode()
    assert not document.audience.exists()


def test_past_exceptions_are_shown_as_past(document, agent, quality, signed, time_machine):
    services.open_to(document, people=[agent], reason=REASON, until_on=today(), by=quality)
    html = html_of(signed(quality).get(f"{URL}?ver=excepciones"))
    assert "Terminó" not in html
    time_machine.move_to(timezone.now() + timedelta(days=1))
    html = html_of(signed(quality).get(f"{URL}?ver=excepciones"))
    assert "Terminó" in html


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_list_is_exported_as_filtered_and_noted(document, fabio, quality, signed, kind):
    response = signed(quality).get(f"{URL}exportar/?formato={kind}&q=fabio")
    content = b"".join(response.streaming_content)
    assert response.status_code == 200
    if kind == "csv":
        lines = content.decode().strip().splitlines()
        assert len(lines) == 2
        assert "Su unidad es destinataria: Facturación." in lines[1]
    entry = LogEntry.objects.get_for_object(document).filter(action=LogEntry.Action.ACCESS).get()
    assert entry.actor == quality


def test_s35_a_reason_that_looks_like_a_formula_is_text(document, agent, quality, signed):
    services.open_to(document, people=[agent], reason="=cmd|' /C calc'!A0 " * 3, by=quality)
    response = signed(quality).get(f"{URL}exportar/?formato=csv")
    assert ";=cmd" not in b"".join(response.streaming_content).decode()


def test_the_page_of_the_document_says_how_many_and_leads_there(
    document, agent, quality, signed, fabio
):
    html = html_of(signed(quality).get("/documentos/POL-01/"))
    assert f'href="{URL}"' in html
    assert "Lo pueden leer 3 personas" in html  # owner, quality, fabio
    assert readers_line(document, fabio) is None


def crowd(count: int, position, group, document: Document) -> None:
    """So many people more, each fifth with an exception."""
    people = Person.objects.bulk_create(
        [
            Person(email=f"p{n}@aguas.test", first_name=f"N{n:04}", last_name="Apellido")
            for n in range(count)
        ]
    )
    Person.groups.through.objects.bulk_create(
        [Person.groups.through(person=person, group=group) for person in people]
    )
    Holding.objects.bulk_create([Holding(person=p, position=position) for p in people])
    opened = permission_of(hides=False)
    DocumentUserPermission.objects.bulk_create(
        [
            DocumentUserPermission(
                user=person, content_object=document, permission=opened, reason=REASON
            )
            for person in people[::5]
        ]
    )


@pytest.mark.parametrize("count", [60, 2000])
@pytest.mark.parametrize("view", ["", "?ver=no", "?ver=excepciones"])
def test_the_page_asks_little_whatever_the_number_of_people(
    document, agent, quality, signed, django_assert_max_num_queries, count, view
):
    crowd(count, agent.holdings.get().position, agent.groups.get(), document)
    client = signed(quality)
    client.get(URL + view)
    with django_assert_max_num_queries(12):
        response = client.get(URL + view)
    assert response.status_code == 200
    first = response.content.decode()
    onwards = response.context["page"].next_url if response.context else None
    if onwards:
        second = client.get(URL + onwards).content.decode()
        assert second != first
