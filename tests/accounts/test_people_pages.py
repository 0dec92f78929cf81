"""People: the list, a card, and what admins do with them."""

import re
from datetime import timedelta

import pytest
from django.core import mail as django_mail
from django.urls import reverse
from django.utils import timezone

from apps.accounts import services
from apps.accounts.models import FactorReset, Person
from apps.accounts.permissions import Role as R
from apps.core import jobs
from apps.core.models import OutboxMail

pytestmark = pytest.mark.django_db


def key_of(client, url):
    page = client.get(url).content.decode()
    return {"envio": re.search(r'name="envio" value="([^"]+)"', page)[1]}


@pytest.fixture
def people(make_person, make_position):
    def make(count):
        for number in range(count):
            make_person(f"gente{number}", R.AGENT, position=make_position(f"Cargo {number}"))

    return make


def test_the_list_shows_position_roles_and_state(agent, admin, signed):
    services.deactivate(agent, by=admin)
    page = signed(admin).get(reverse("accounts:people")).content.decode()
    assert "Prado Rojas, Luis" in page
    assert "Agente de atención" in page
    assert "Desactivada" in page


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("q=luis+prado", True),
        ("q=luis@aguas", True),
        ("q=nadie", False),
        ("state=inactive", False),
        ("state=active", True),
    ],
)
def test_the_list_is_filtered(agent, admin, signed, query, shown):
    page = signed(admin).get(f"{reverse('accounts:people')}?{query}").content.decode()
    assert ("Prado Rojas, Luis" in page) == shown


def test_the_list_is_filtered_by_unit_with_what_is_below_and_by_role(
    agent, admin, roles, unit, other_unit, make_person, make_position, signed
):
    other_unit.parent = unit
    other_unit.save()
    make_person("abajo", position=make_position("Caja", at=other_unit))
    url = reverse("accounts:people")
    page = signed(admin).get(f"{url}?unit={unit.pk}").content.decode()
    assert "Abajo" in page
    page = signed(admin).get(f"{url}?unit={other_unit.pk}").content.decode()
    assert "Abajo" in page
    assert "Prado Rojas, Luis" not in page
    page = signed(admin).get(f"{url}?role={roles[R.AGENT].pk}").content.decode()
    assert "Prado Rojas, Luis" in page
    assert "Prado Rojas, Andres" not in page


@pytest.mark.parametrize("query", ["unit=99999", "role=x", "state=otra", "orden=zz", "pagina=zz"])
def test_odd_filters_are_no_error(agent, signed, query):
    assert signed(agent).get(f"{reverse('accounts:people')}?{query}").status_code == 200


@pytest.mark.parametrize("count", [3, 30])
def test_the_list_stays_within_its_queries(
    people, admin, signed, count, django_assert_max_num_queries
):
    people(count)
    client = signed(admin)
    client.get(reverse("accounts:people"))
    with django_assert_max_num_queries(12):
        client.get(reverse("accounts:people"))


def test_the_system_person_is_nobody_to_be_seen(admin, make_person, signed):
    system = make_person("portal", is_system=True)
    assert "Portal" not in signed(admin).get(reverse("accounts:people")).content.decode()
    assert signed(admin).get(system.get_absolute_url()).status_code == 404


def test_the_export_holds_what_the_filter_shows(agent, admin, signed):
    response = signed(admin).get(f"{reverse('accounts:people-export')}?q=luis&formato=csv")
    text = b"".join(response.streaming_content).decode()
    assert "luis@aguas.test" in text
    assert "andres@aguas.test" not in text


def test_the_export_asks_who_one_is_after_a_while(admin, signed, time_machine):
    client = signed(admin)
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 3600
    session["account_authentication_methods"] = session["account_authentication_methods"]
    session.save()
    response = client.get(reverse("accounts:people-export"))
    assert response["Location"].startswith(reverse("account_reauthenticate"))


def test_an_admin_invites_with_position_and_roles(admin, roles, make_position, signed):
    client, url = signed(admin), reverse("accounts:invite")
    position = make_position("Caja")
    data = key_of(client, url) | {
        "email": "Nueva@Aguas.test",
        "first_name": "Nora",
        "last_name": "Nieto",
        "position": position.pk,
        "roles": [roles[R.AGENT].pk],
    }
    answer = client.post(url, data)
    invited = Person.objects.with_access().get(email="nueva@aguas.test")
    assert answer["Location"] == invited.get_absolute_url()
    assert invited.has_perm("manual.view_node")
    assert invited.unit_ids == [position.unit_id]
    client.post(url, data)
    assert OutboxMail.objects.count() == 1
    jobs.deliver_mail()
    assert django_mail.outbox[-1].to == ["nueva@aguas.test"]


def test_a_failed_invitation_leaves_nobody_behind(admin, agent, signed):
    client, url = signed(admin), reverse("accounts:invite")
    data = key_of(client, url) | {"first_name": "Otro", "last_name": "Luis"}
    answer = client.post(url, data | {"email": "LUIS@aguas.test"})
    assert answer.status_code == 422
    assert "Otro" in answer.content.decode()
    assert client.post(url, data | {"email": "no-es-correo"}).status_code == 422
    assert Person.objects.filter(first_name="Otro").count() == 0


def test_an_invitation_is_sent_again_and_revoked(admin, signed):
    invited = services.invite_person(
        email="n@aguas.test", first_name="Nora", last_name="N", by=admin
    )
    client = signed(admin)
    assert "Enviada; vale hasta" in client.get(invited.get_absolute_url()).content.decode()
    resend = reverse("accounts:invitation-resend", args=[invited.pk])
    assert client.get(resend).status_code == 200
    client.post(resend)
    assert OutboxMail.objects.count() == 2
    revoke = reverse("accounts:invitation-revoke", args=[invited.pk])
    assert client.get(revoke).status_code == 200
    client.post(revoke)
    assert "Anulada" in client.get(invited.get_absolute_url()).content.decode()
    assert client.get(revoke).status_code == 404


def test_s10_deactivation_asks_first_and_shuts_the_door_at_once(admin, agent, signed):
    theirs, client = signed(agent), signed(admin)
    url = reverse("accounts:deactivate", args=[agent.pk])
    assert "Sus sesiones se cierran ahora mismo" in client.get(url).content.decode()
    assert theirs.get(reverse("portal:home")).status_code == 200
    client.post(url)
    assert theirs.get(reverse("portal:home")).status_code == 302
    again = reverse("accounts:reactivate", args=[agent.pk])
    assert client.get(again).status_code == 200
    client.post(again)
    agent.refresh_from_db()
    assert agent.is_active


def test_nobody_deactivates_themselves(admin, make_person, signed):
    make_person("berta", R.ADMIN)
    client = signed(admin)
    client.post(reverse("accounts:deactivate", args=[admin.pk]))
    admin.refresh_from_db()
    assert admin.is_active


def test_roles_are_changed_on_a_page_and_in_force_at_once(admin, agent, roles, signed):
    theirs, client = signed(agent), signed(admin)
    url = reverse("accounts:person-roles", args=[agent.pk])
    data = key_of(client, url) | {"expected": "agente", "roles": [roles[R.AUDITOR].pk]}
    assert theirs.get(reverse("accounts:activity")).status_code == 403
    client.post(url, data)
    assert theirs.get(reverse("accounts:activity")).status_code == 200


def test_a_stale_change_of_roles_is_told_and_kept(admin, agent, roles, signed):
    client, url = signed(admin), reverse("accounts:person-roles", args=[agent.pk])
    data = key_of(client, url) | {"expected": "agente", "roles": [roles[R.AUDITOR].pk]}
    services.set_person_roles(agent, [roles[R.QUALITY]], expected=["agente"], by=admin)
    answer = client.post(url, data)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Ahora tiene: Calidad." in page
    assert re.search(rf'value="{roles[R.AUDITOR].pk}"[^>]*checked', page)
    data["expected"] = re.search(r'name="expected" value="([^"]*)"', page)[1]
    data["envio"] = key_of(client, url)["envio"]
    assert client.post(url, data).status_code == 302


def test_s7_ones_own_roles_are_out_of_reach(admin, roles, signed):
    client, url = signed(admin), reverse("accounts:person-roles", args=[admin.pk])
    data = key_of(client, url) | {
        "expected": "admin",
        "roles": [roles[R.ADMIN].pk, roles[R.DATA_OFFICER].pk],
    }
    assert "Sus propios roles los cambia otra persona." in client.post(url, data).content.decode()


def test_people_note_and_remove_their_own_absence(agent, supervisor, signed):
    client, url = signed(agent), reverse("accounts:absence-new", args=[agent.pk])
    today = timezone.localdate()
    data = key_of(client, url) | {
        "from_on": today.isoformat(),
        "to_on": (today + timedelta(days=2)).isoformat(),
        "substitute": supervisor.pk,
        "reason": "Vacaciones",
    }
    client.post(url, data)
    absence = agent.absences.get()
    assert "Vacaciones" in client.get(agent.get_absolute_url()).content.decode()
    remove = reverse("accounts:absence-cancel", args=[absence.pk])
    assert client.get(remove).status_code == 200
    client.post(remove)
    assert not agent.absences.exists()


def test_somebody_elses_absence_is_refused(agent, supervisor, quality, signed):
    url = reverse("accounts:absence-new", args=[agent.pk])
    today = timezone.localdate().isoformat()
    answer = signed(supervisor).post(
        url, {"from_on": today, "to_on": today, "substitute": quality.pk}
    )
    assert answer.status_code == 403
    assert not agent.absences.exists()


def test_s20_losing_every_factor_takes_two_admins(admin, agent, make_person, signed):
    other = make_person("berta", R.ADMIN)
    client, url = signed(admin), reverse("accounts:reset-ask", args=[agent.pk])
    short = client.post(url, key_of(client, url) | {"reason": "perdió"})
    assert "al menos 20 caracteres" in short.content.decode()
    reason = "Perdió el teléfono; lo confirmé en persona."
    client.post(url, key_of(client, url) | {"reason": reason})
    reset = FactorReset.objects.get()
    assert reason in client.get(reverse("accounts:resets")).content.decode()
    decide = reverse("accounts:reset", args=[reset.pk])
    assert client.get(decide).status_code == 200
    client.post(decide, {"decision": "confirmar"})
    reset.refresh_from_db()
    assert reset.decided_at is None
    signed(other).post(decide, {"decision": "confirmar"})
    reset.refresh_from_db()
    assert reset.confirmed
    assert not Person.objects.with_access().get(pk=agent.pk).has_second_factor


def test_an_agent_sees_a_card_but_nothing_of_the_door(agent, supervisor, signed):
    page = signed(agent).get(supervisor.get_absolute_url()).content.decode()
    assert "Marta Prado Rojas" in page
    for word in ("Última entrada", "Desactivar", "Cambiar roles"):
        assert word not in page


def test_s3_who_does_not_manage_people_learns_nothing_of_the_door(agent, quality, admin, signed):
    services.deactivate(quality, by=admin)
    client, url = signed(agent), reverse("accounts:people")
    page = client.get(url).content.decode()
    assert "Prado Rojas, Luis" in page
    for word in ("Clara", "Última entrada", "Administración</td>", 'name="role"', 'name="state"'):
        assert word not in page
    plain = client.get(url).content.decode().count("row-link")
    for query in ("state=inactive", "role=1", "orden=-entrada"):
        assert client.get(f"{url}?{query}").content.decode().count("row-link") == plain
    card = client.get(quality.get_absolute_url()).content.decode()
    assert "Ya no trabaja aquí." in card
    assert "Desactivada el" not in card


def test_the_list_is_sorted_by_last_entry_in_pages(admin, make_person, signed):
    now = timezone.now()
    for number in range(40):
        last = None if number < 5 else now - timedelta(hours=number)
        make_person(f"g{number:02}", last_name=f"A{number:02}", last_login=last)
    client, url, seen = signed(admin), reverse("accounts:people") + "?orden=-entrada", []
    while url:
        page = client.get(url).content.decode()
        seen += re.findall(r">A(\d\d), ", page)
        found = re.search(r'href="([^"]+)" rel="next"', page)
        url = reverse("accounts:people") + found[1].replace("&amp;", "&") if found else ""
    assert seen[:35] == [f"{number:02}" for number in range(5, 40)]
    assert sorted(seen) == [f"{number:02}" for number in range(40)]


def test_names_are_found_without_their_accents(admin, make_person, signed):
    make_person("x", first_name="Íñigo", last_name="Peña Gómez")
    url = reverse("accounts:people")
    for words, found in (("gomez inigo", False), ("gomez iñigo", True), ("pena", False)):
        page = signed(admin).get(url, {"q": words}).content.decode()
        assert ("Peña Gómez, Íñigo" in page) == found


def test_the_export_is_excel_too_and_wrong_filters_export_nothing(agent, admin, signed):
    client, url = signed(admin), reverse("accounts:people-export")
    book = b"".join(client.get(f"{url}?formato=xlsx").streaming_content)
    assert book[:2] == b"PK"
    answer = client.get(f"{url}?formato=csv&unit=99999")
    assert answer["Location"] == f"{reverse('accounts:people')}?unit=99999"


def test_s35_no_name_starts_a_formula_in_the_export(admin, make_person, signed):
    make_person("f", first_name="=cmd()", last_name="@x")
    response = signed(admin).get(f"{reverse('accounts:people-export')}?formato=csv")
    text = b"".join(response.streaming_content).decode()
    assert ";=cmd" not in text
    assert "'=cmd()" in text


def test_a_card_is_changed_and_another_mail_is_told_to_both(admin, agent, signed):
    client, url = signed(admin), reverse("accounts:person-edit", args=[agent.pk])
    page = client.get(url).content.decode()
    data = dict(re.findall(r'name="(envio|expected)" value="([^"]*)"', page))
    data |= {"first_name": "Lucho", "last_name": "Prado", "phone": "Ext. 9"}
    assert client.post(url, data | {"email": "ANDRES@aguas.test"}).status_code == 422
    agent.refresh_from_db()
    assert agent.first_name == "Luis"
    answer = client.post(url, data | {"email": "lucho@aguas.test"})
    assert answer["Location"] == agent.get_absolute_url()
    jobs.deliver_mail()
    told = {address for letter in django_mail.outbox for address in letter.to}
    assert told == {"luis@aguas.test", "lucho@aguas.test"}
    agent.refresh_from_db()
    assert (agent.first_name, agent.phone) == ("Lucho", "Ext. 9")


def test_f14_a_stale_card_is_kept_beside_the_newer(admin, agent, signed):
    client, url = signed(admin), reverse("accounts:person-edit", args=[agent.pk])
    page = client.get(url).content.decode()
    data = dict(re.findall(r'name="(envio|expected)" value="([^"]*)"', page))
    services.update_person(agent, first_name="Luis Alberto", last_name="Prado Rojas", by=admin)
    data |= {"first_name": "Lucho", "last_name": "Prado Rojas", "email": agent.email}
    page = client.post(url, data).content.decode()
    assert "Luis Alberto" in page
    assert "Lucho" in page
    agent.refresh_from_db()
    assert agent.first_name == "Luis Alberto"


def test_deactivation_names_the_positions_it_leaves_empty(admin, agent, signed):
    page = signed(admin).get(reverse("accounts:deactivate", args=[agent.pk])).content.decode()
    assert "Deja sin titular: Agente de atención." in page


@pytest.mark.parametrize(
    "name", ["invite", "person-edit", "deactivate", "reactivate", "person-roles", "reset-ask"]
)
def test_c20_dangerous_acts_ask_who_one_is_after_a_while(admin, agent, signed, name):
    client = signed(admin)
    session = client.session
    session["account_authentication_methods"] = [
        record | {"at": record["at"] - 3600} for record in session["account_authentication_methods"]
    ]
    session.save()
    url = reverse(f"accounts:{name}", args=[] if name == "invite" else [agent.pk])
    for answer in (client.get(url), client.post(url)):
        assert answer["Location"].startswith(reverse("account_reauthenticate"))
    agent.refresh_from_db()
    assert agent.is_active


def test_s23_ending_somebodys_sessions_is_asked_first(admin, agent, signed):
    theirs, client = signed(agent), signed(admin)
    url = reverse("accounts:end-sessions", args=[agent.pk])
    assert "Va a cerrar todas las sesiones de Luis" in client.get(url).content.decode()
    assert theirs.get(reverse("accounts:account")).status_code == 200
    client.post(url)
    assert theirs.get(reverse("accounts:account")).status_code == 302


def test_s2_somebody_elses_absence_does_not_exist(agent, supervisor, quality, signed):
    today = timezone.localdate()
    absence = services.record_absence(
        agent, substitute=quality, from_on=today, to_on=today, by=agent
    )
    url = reverse("accounts:absence-cancel", args=[absence.pk])
    client = signed(supervisor)
    assert client.get(url).status_code == client.post(url).status_code == 404
    assert client.get(reverse("accounts:absence-new", args=[agent.pk])).status_code == 403
    assert agent.absences.exists()
    assert "Reemplaza a" in client.get(quality.get_absolute_url()).content.decode()


def test_s20_a_request_that_ran_out_is_decided_by_nobody(admin, agent, make_person, signed):
    reset = services.request_factor_reset(agent, reason="Perdió el teléfono ayer.", by=admin)
    FactorReset.objects.update(asked_at=timezone.now() - timedelta(hours=73))
    other = signed(make_person("berta", R.ADMIN))
    assert "Venció sin decidirse." in other.get(reverse("accounts:resets")).content.decode()
    page = other.post(
        reverse("accounts:reset", args=[reset.pk]), {"decision": "confirmar"}, follow=True
    )
    assert "venció a las 72 horas" in page.content.decode()
    assert Person.objects.with_access().get(pk=agent.pk).has_second_factor


@pytest.mark.parametrize("decision", ["", "quizá"])
def test_a_decision_that_is_none_changes_nothing(admin, agent, make_person, signed, decision):
    reset = services.request_factor_reset(agent, reason="Perdió el teléfono ayer.", by=admin)
    url = reverse("accounts:reset", args=[reset.pk])
    answer = signed(make_person("berta", R.ADMIN)).post(url, {"decision": decision})
    assert answer.status_code == 200
    reset.refresh_from_db()
    assert reset.decided_at is None


def test_a_rule_about_no_field_of_the_form_stands_above_it(admin, agent, make_position, signed):
    position = make_position("Caja", is_active=False)
    url = reverse("accounts:position-assign", args=[position.pk])
    answer = signed(admin).post(url, {"person": agent.pk, "from_on": "2026-11-01"})
    assert answer.status_code == 422
    assert "Ese cargo ya no está vigente." in answer.content.decode()


def test_who_has_not_answered_an_invitation_is_told_apart(admin, agent, signed):
    services.invite_person(email="n@aguas.test", first_name="Nora", last_name="Nieto", by=admin)
    client, url = signed(admin), reverse("accounts:people")
    assert "bi-envelope" in client.get(url).content.decode()
    page = client.get(f"{url}?state=invited").content.decode()
    assert "Nieto, Nora" in page
    assert "Prado Rojas, Luis" not in page
