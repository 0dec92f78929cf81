"""The organigram: drawn and listed alike, with its gaps (M4)."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from apps.accounts import selectors, services
from apps.accounts.models import Person, Position, Unit

pytestmark = pytest.mark.django_db


@pytest.fixture
def house(unit, other_unit, make_position, make_person):
    """Two units, one below the other, with three people."""
    other_unit.parent = unit
    other_unit.save()
    chief = make_position("Jefatura", at=unit)
    clerk = make_position("Analista", at=other_unit, reports_to=chief, seats=2)
    return {
        "chief": make_person("berta", position=chief),
        "clerk": make_person("carmen", position=clerk),
        "second": make_person("dario", position=clerk),
    }


def organigram_of(client):
    page = client.get(reverse("accounts:organigram")).content.decode()
    drawn, _mark, listed = page.partition('id="lista"')
    return drawn, listed


def test_m4_the_drawing_and_the_list_hold_the_same_people(house, agent, signed):
    drawn, listed = organigram_of(signed(agent))
    for person in house.values():
        assert str(person) in drawn
        assert str(person) in listed
    for name in (unit.name for unit in Unit.objects.all()):
        assert name in drawn
        assert name in listed


def test_m4_whoever_is_deactivated_appears_as_a_gap_at_the_next_request(house, admin, signed):
    client = signed(admin)
    assert "Jefatura" not in client.get(reverse("accounts:gaps")).content.decode()
    services.deactivate(house["chief"], by=admin)
    page = client.get(reverse("accounts:gaps")).content.decode()
    assert "Jefatura" in page
    assert "Nadie lo ocupa" in page
    drawn, listed = organigram_of(client)
    assert "Sin titular" in strip_tags(drawn)
    assert str(house["chief"]) not in listed


def test_m4_a_position_with_fewer_people_than_seats_is_a_gap(house, admin):
    services.deactivate(house["second"], by=admin)
    (gap,) = [
        gap
        for gap in selectors.gaps(admin, timezone.localdate())
        if gap.seat.position.title == "Analista"
    ]
    assert (gap.missing, gap.seat.is_vacant) == (1, False)


def test_a_substitute_stands_beside_the_absent(house, agent, signed):
    today = timezone.localdate()
    services.record_absence(
        house["chief"], substitute=house["clerk"], from_on=today, to_on=today, by=house["chief"]
    )
    _drawn, listed = organigram_of(signed(agent))
    assert "Berta Prado Rojas (le reemplaza Carmen Prado Rojas)" in listed


def test_the_organigram_costs_the_same_however_big(
    house, agent, signed, make_position, make_person, django_assert_max_num_queries
):
    client = signed(agent)
    organigram_of(client)
    with django_assert_max_num_queries(8):
        organigram_of(client)
    for number in range(30):
        make_person(f"p{number}", position=make_position(f"Cargo {number}"))
    with django_assert_max_num_queries(8):
        organigram_of(client)


def test_without_the_permission_nothing_of_it_exists(house, outsider, signed):
    client = signed(outsider)
    assert client.get(reverse("accounts:organigram")).status_code == 403
    assert selectors.organigram(outsider, timezone.localdate()) == []
    assert not Person.objects.visible_to(outsider).exists()


def test_a_unit_page_shows_its_positions_and_its_place(house, other_unit, agent, signed):
    page = signed(agent).get(other_unit.get_absolute_url()).content.decode()
    assert "Analista" in page
    assert "Carmen Prado Rojas, Dario Prado Rojas" in page
    assert "Atención al cliente" in page


def test_a_position_page_tells_who_held_it(house, admin, signed):
    position = Position.objects.get(title="Jefatura")
    holding = position.holdings.get()
    holding.from_on = timezone.localdate() - timedelta(days=30)
    holding.save()
    services.end_holding(holding, until_on=timezone.localdate() - timedelta(days=1), by=admin)
    page = signed(admin).get(reverse("accounts:position", args=[position.pk])).content.decode()
    assert "Hoy no lo ocupa nadie" in page
    assert "Quién lo ocupó" in page


def form_of(client, url):
    """The submission key of the form at `url`."""
    page = client.get(url).content.decode()
    return {"envio": re.search(r'name="envio" value="([^"]+)"', page)[1]}


def test_an_admin_makes_changes_and_retires_a_unit(admin, unit, signed):
    client = signed(admin)
    url = reverse("accounts:unit-new")
    data = form_of(client, url) | {"code": "OFS", "name": "Oficina Sur", "order": 5}
    answer = client.post(url, data | {"parent": unit.pk})
    made = Unit.objects.get(code="OFS")
    assert answer["Location"] == made.get_absolute_url()
    assert made.parent == unit
    again = client.post(url, data | {"code": "OTRA"})
    assert again["Location"] == made.get_absolute_url()
    assert not Unit.objects.filter(code="OTRA").exists()

    edit = reverse("accounts:unit-edit", args=[made.pk])
    client.post(
        edit, form_of(client, edit) | {"code": "OFS", "name": "Oficina del Sur", "order": 5}
    )
    made.refresh_from_db()
    assert made.name == "Oficina del Sur"

    retire = reverse("accounts:unit-retire", args=[made.pk])
    assert "Qué va a pasar" in client.get(retire).content.decode()
    client.post(retire)
    made.refresh_from_db()
    assert not made.is_active


def test_wrong_input_is_told_at_its_field_and_kept(admin, unit, signed):
    client = signed(admin)
    url = reverse("accounts:unit-edit", args=[unit.pk])
    answer = client.post(
        url, {"code": "ATC", "name": "", "parent": unit.pk, "purpose": "Atender.", "order": "x"}
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Atender." in page
    unit.refresh_from_db()
    assert unit.name == "Atención al cliente"

    answer = client.post(url, {"code": "ATC", "name": "A", "parent": unit.pk, "order": 1})
    assert "Una unidad no puede depender de sí misma." in answer.content.decode()


def test_s5_fields_that_were_not_asked_change_nothing(admin, unit, signed):
    client = signed(admin)
    url = reverse("accounts:unit-edit", args=[unit.pk])
    client.post(url, {"code": "ATC", "name": "A", "order": 1, "is_active": "", "id": 99, "pk": 99})
    unit.refresh_from_db()
    assert unit.is_active
    assert Unit.objects.filter(pk=unit.pk).exists()


def test_positions_are_made_assigned_and_ended_by_forms(admin, agent, unit, signed):
    client = signed(admin)
    url = reverse("accounts:position-new")
    client.post(
        url,
        form_of(client, url)
        | {
            "title": "Caja",
            "key": "caja",
            "unit": unit.pk,
            "duties": "Cobrar\n\nCuadrar la caja",
            "seats": 1,
        },
    )
    till = Position.objects.get(key="caja")
    assert till.duties == ["Cobrar", "Cuadrar la caja"]
    url = reverse("accounts:position-assign", args=[till.pk])
    client.post(url, form_of(client, url) | {"person": agent.pk, "from_on": "2026-11-01"})
    holding = till.holdings.get()
    url = reverse("accounts:holding-end", args=[holding.pk])
    answer = client.post(url, form_of(client, url) | {"until_on": "2026-10-01"})
    assert "La fecha final es anterior a la inicial." in answer.content.decode()
    client.post(url, form_of(client, url) | {"until_on": "2026-11-20"})
    holding.refresh_from_db()
    assert str(holding.until_on) == "2026-11-20"
    assert client.post(reverse("accounts:position-retire", args=[till.pk])).status_code == 302
    edit = reverse("accounts:position-edit", args=[till.pk])
    assert "Caja" in client.get(edit).content.decode()


def test_everyone_may_read_and_only_admins_see_the_buttons(house, unit, agent, admin, signed):
    url = unit.get_absolute_url()
    assert (
        reverse("accounts:unit-edit", args=[unit.pk]) not in signed(agent).get(url).content.decode()
    )
    assert reverse("accounts:unit-edit", args=[unit.pk]) in signed(admin).get(url).content.decode()


def test_m4_nobody_is_only_drawn_or_only_listed(house, agent, signed):
    drawn, listed = organigram_of(signed(agent))
    everyone = [str(person) for person in Person.objects.all()]
    shown = [{name for name in everyone if name in part} for part in (drawn, listed)]
    assert shown[0] == shown[1]
    assert str(house["chief"]) in shown[0]


def test_an_absence_without_anyone_who_can_stand_in_is_a_gap(house, admin, make_person):
    today = timezone.localdate()
    helper = make_person("helper")
    services.record_absence(
        house["chief"], substitute=helper, from_on=today, to_on=today, by=house["chief"]
    )

    def chief_gap():
        found = selectors.gaps(admin, today)
        return next(gap for gap in found if gap.seat.position.title == "Jefatura")

    assert (chief_gap().missing, str(chief_gap().reason)) == (0, "Hoy no está nadie; hay reemplazo")
    services.deactivate(helper, by=admin)
    assert (chief_gap().missing, str(chief_gap().reason)) == (1, "Hoy no está nadie")


def test_m4_a_role_nobody_active_holds_is_a_gap_for_who_may_see_roles(house, admin, agent, signed):
    url = reverse("accounts:gaps")
    assert "Roles que nadie tiene" in signed(admin).get(url).content.decode()
    assert "Roles que nadie tiene" not in signed(agent).get(url).content.decode()


@pytest.mark.parametrize("count", [3, 30])
def test_the_gaps_cost_the_same_however_many(
    agent, signed, make_position, count, django_assert_max_num_queries
):
    for number in range(count):
        make_position(f"Vacante {number}")
    client = signed(agent)
    client.get(reverse("accounts:gaps"))
    with django_assert_max_num_queries(8):
        client.get(reverse("accounts:gaps"))


def hidden_of(client, url):
    page = client.get(url).content.decode()
    return dict(re.findall(r'name="(envio|expected)" value="([^"]*)"', page))


def test_f14_a_stale_edit_of_a_unit_is_kept_beside_the_newer(admin, unit, make_person, signed):
    client, url = signed(admin), reverse("accounts:unit-edit", args=[unit.pk])
    data = hidden_of(client, url) | {"code": "ATC", "name": "La mía", "order": 1}
    services.save_unit(unit, code="ATC", name="La de otra persona", order=1, by=admin)
    answer = client.post(url, data)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Lo que usted escribió" in page
    assert "La de otra persona" in page
    assert 'value="La mía"' in page
    unit.refresh_from_db()
    assert unit.name == "La de otra persona"
    data["expected"] = re.search(r'name="expected" value="([^"]*)"', page)[1]
    assert client.post(url, data).status_code == 302
    unit.refresh_from_db()
    assert unit.name == "La mía"


def test_f14_a_stale_edit_of_a_position_is_kept_beside_the_newer(
    admin, unit, make_position, signed
):
    post = make_position("Caja", duties=["Cobrar"])
    client, url = signed(admin), reverse("accounts:position-edit", args=[post.pk])
    data = hidden_of(client, url) | {
        "title": "Caja",
        "key": post.key,
        "unit": unit.pk,
        "duties": "Cobrar\nCuadrar",
        "seats": 1,
    }
    services.save_position(
        post, key=post.key, title="Caja central", unit=unit, duties=["Cobrar"], by=admin
    )
    page = client.post(url, data).content.decode()
    assert "Caja central" in page
    assert "Cuadrar" in page
    post.refresh_from_db()
    assert post.duties == ["Cobrar"]


@pytest.mark.parametrize("name", ["unit", "position", "unit-edit", "position-assign", "person"])
def test_s32_a_number_that_cannot_be_is_just_not_there(admin, signed, name):
    url = reverse(f"accounts:{name}", args=[10**20 - 1])
    assert signed(admin).get(url).status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [{"parent": 10**20}, {"parent": "x"}, {"order": -1}, {"order": 10**20}, {"name": "n" * 121}],
)
def test_s32_odd_values_are_told_at_their_field(admin, unit, signed, wrong):
    url = reverse("accounts:unit-edit", args=[unit.pk])
    answer = signed(admin).post(url, {"code": "ATC", "name": "A", "order": 1} | wrong)
    assert answer.status_code == 422
    assert 'class="error' in answer.content.decode()
    unit.refresh_from_db()
    assert unit.name == "Atención al cliente"


def test_text_from_people_is_never_markup(admin, unit, signed):
    services.save_unit(unit, code="ATC", name="<script>x</script>", purpose="<b>y</b>", by=admin)
    client = signed(admin)
    for name, args in (("organigram", []), ("unit", [unit.pk]), ("activity", [])):
        page = client.get(reverse(f"accounts:{name}", args=args)).content.decode()
        assert "<script>x" not in page
        assert "<b>y" not in page
