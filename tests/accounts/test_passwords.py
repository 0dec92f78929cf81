"""Passwords: strength, change, and the link when one is forgotten."""

from __future__ import annotations

import re
import time

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from apps.accounts import services
from apps.core.models import OutboxMail
from tests.accounts.conftest import code_at
from tests.conftest import PASSWORD

NEW = "farol-ciruela-quinto-61"


def ask(client: Client, email: str):
    return client.post(reverse("account_reset_password"), {"email": email})


def link_in(letter) -> str:
    return re.search(r"http://testserver(/cuenta/\S+)", letter.body).group(1)


def choose(client: Client, link: str, password: str = NEW):
    form = client.get(link)
    if form.status_code != 302:
        return form
    return client.post(form.url, {"password1": password, "password2": password})


@pytest.mark.parametrize("password", [PASSWORD, "ñandú corazón 火 árbol", "x7 " + "paloma-" * 17])
def test_s11_any_characters_up_to_128_are_accepted(db, password):
    validate_password(password)


@pytest.mark.parametrize(
    "password",
    [
        "once-letras",
        "contraseña123",
        "Contraseña.2026",
        "cauce-cauce-cauce",
        "aaaaaaaaaaaaaa",
        "y" * 129,
        "qwertyuiop[]",
        "EneroFebrero2026",
    ],
)
def test_s11_short_common_and_own_words_are_refused(db, password):
    with pytest.raises(ValidationError):
        validate_password(password)


def test_s11_the_name_of_the_person_is_no_password(agent):
    with pytest.raises(ValidationError):
        validate_password("prado-rojas-luis", agent)


def test_s15_known_unknown_and_deactivated_get_the_same_answer(agent, make_person, client, mails):
    make_person("ida", is_active=False)
    waiting = make_person("nueva")
    waiting.set_unusable_password()
    waiting.save()
    emails = [agent.email, "nadie@aguas.test", "ida@aguas.test", waiting.email]
    answers = [ask(client, email) for email in emails]
    assert {(answer.status_code, answer.url) for answer in answers} == {
        (302, reverse("account_reset_password_done"))
    }
    assert [letter.to for letter in mails()] == [[agent.email]]
    assert client.get(reverse("account_reset_password_done")).status_code == 200


def test_s15_an_unknown_name_costs_the_same_queries(agent, client):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for email in (agent.email, "nadie@aguas.test"):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            ask(client, email)
        counts.append(len(queries))
    assert counts[1] - counts[0] == 1  # its row is taken away again
    assert OutboxMail.objects.count() == 1


def test_s15_the_link_works_once(agent, client, mails, try_password):
    ask(client, agent.email)
    link = link_in(mails()[0])
    done = choose(client, link)
    assert done.url == reverse("account_reset_password_from_key_done")
    assert client.get(done.url).status_code == 200
    assert "ya no sirve" in choose(Client(), link).content.decode()
    assert try_password(Client(), agent.email, PASSWORD).status_code == 200
    assert try_password(Client(), agent.email, NEW).status_code == 302


def test_s15_an_older_link_dies_with_the_newer(agent, client, mails):
    ask(client, agent.email)
    ask(client, agent.email)
    first, second = (link_in(letter) for letter in mails())
    choose(client, second)
    assert "ya no sirve" in choose(Client(), first).content.decode()


def test_s15_the_link_dies_after_an_hour(agent, client, mails, time_machine):
    begun = int(time.time())
    time_machine.move_to(begun)
    ask(client, agent.email)
    link = link_in(mails()[0])
    time_machine.move_to(begun + 3601)
    assert "ya no sirve" in choose(client, link).content.decode()


def test_s15_the_second_factor_is_still_asked(agent, client, mails, try_password, inside):
    ask(client, agent.email)
    choose(client, link_in(mails()[0]))
    assert not inside(client)
    assert try_password(client, agent.email, NEW).url == reverse("mfa_authenticate")
    assert not inside(client)
    client.post(reverse("mfa_authenticate"), {"code": code_at()})
    assert inside(client)


def test_s15_every_session_ends_and_the_person_is_told(agent, signed, inside, mails):
    one, other = signed(agent), signed(agent)
    ask(other, agent.email)
    choose(other, link_in(mails()[0]))
    assert not inside(one)
    assert not inside(other)
    assert "enlace de olvido" in mails()[-1].body


def test_s15_a_link_of_a_deactivated_person_is_dead(agent, admin, client, mails):
    ask(client, agent.email)
    services.deactivate(agent, by=admin)
    assert "ya no sirve" in choose(client, link_in(mails()[0])).content.decode()


def test_s15_a_link_after_the_email_changed_is_dead(agent, admin, client, mails):
    ask(client, agent.email)
    link = link_in(mails()[0])
    services.change_email(agent, "nuevo@aguas.test", by=admin)
    assert "ya no sirve" in choose(client, link).content.decode()


def test_s15_asking_is_limited_per_name(agent, client):
    for _turn in range(5):
        assert ask(client, agent.email).status_code == 302
    assert ask(client, agent.email).status_code == 429


def test_s16_a_new_password_by_mail_ends_the_lock(agent, client, mails, try_password):
    for _turn in range(6):
        try_password(client, agent.email, "no-es-esta-42")
    ask(client, agent.email)
    choose(client, link_in(mails()[0]))
    assert try_password(client, agent.email, NEW).url == reverse("mfa_authenticate")


@pytest.mark.parametrize(
    ("one", "two", "word"),
    [("corta", "corta", "12"), (NEW, "otra", "iguales"), ("", "", "Escriba")],
)
def test_a_bad_new_password_is_explained(agent, client, mails, one, two, word):
    ask(client, agent.email)
    form = client.get(link_in(mails()[0]))
    answer = client.post(form.url, {"password1": one, "password2": two})
    assert word in str(answer.context["form"].errors)


@pytest.mark.parametrize("email", ["", "no es", "a\x00@b.co"])
def test_s32_a_bad_email_is_explained(client, db, email):
    assert ask(client, email).status_code in (200, 400)


def change(client: Client, old: str = PASSWORD, one: str = NEW, two: str = NEW):
    return client.post(
        reverse("account_change_password"),
        {"oldpassword": old, "password1": one, "password2": two},
    )


def test_s17_a_password_is_changed_with_the_old_one_and_told(agent, signed, inside, mails):
    here, elsewhere = signed(agent), signed(agent)
    assert here.get(reverse("account_change_password")).status_code == 200
    assert change(here).url == reverse("accounts:account")
    assert inside(here)
    assert not inside(elsewhere)
    (letter,) = mails()
    assert letter.subject == "Aviso de seguridad de su cuenta"
    assert "Se cambió la contraseña" in letter.body


def test_s17_without_the_old_password_nothing_changes(agent, signed):
    client = signed(agent)
    answer = change(client, old="no-es-esta-42")
    assert "no es su contraseña actual" in str(answer.context["form"].errors)
    agent.refresh_from_db()
    assert agent.check_password(PASSWORD)


def test_s16_the_old_password_cannot_be_tried_at_will(agent, signed):
    client = signed(agent)
    for _turn in range(5):
        change(client, old="no-es-esta-42")
    answer = change(client)
    assert answer.status_code == 429 or "Espere" in str(answer.context["form"].errors)
    agent.refresh_from_db()
    assert agent.check_password(PASSWORD)


def test_rows_of_allauths_addresses_open_nothing(agent, client, try_password, mails):
    EmailAddress.objects.create(user=agent, email="ajena@malo.test", verified=True, primary=True)
    assert try_password(client, "ajena@malo.test").status_code == 200
    ask(client, "ajena@malo.test")
    assert mails() == []
    assert try_password(client, agent.email).status_code == 302


def test_s11_words_of_the_organisation_are_no_password(organisation):
    with pytest.raises(ValidationError):
        validate_password("AguasDelValle-Aguas")
    validate_password("aguas-corneja-tinaja-olivo")
