"""Invitation, acceptance, deactivation and back, another e-mail."""

from __future__ import annotations

import re
import time
from datetime import timedelta

import pytest
from auditlog.models import LogEntry
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts import services
from apps.accounts.models import Invitation, Person
from apps.core.rules import RuleBroken
from tests.conftest import PASSWORD

NINA = {"email": "nina@aguas.test", "first_name": "Nina", "last_name": "Soto"}
NEW = "farol-ciruela-quinto-61"


@pytest.fixture
def nina(admin) -> Person:
    return services.invite_person(**NINA, by=admin)


def link_in(letter) -> str:
    return re.search(r"http://testserver(/cuenta/\S+)", letter.body).group(1)


def accept(client: Client, link: str, password: str = NEW, again: str | None = None):
    page = client.get(link, follow=True)
    assert page.status_code == 200
    return client.post(
        reverse("accounts:invitation-accept"),
        {"password1": password, "password2": password if again is None else again},
    )


def test_an_invited_person_chooses_a_password_and_goes_on_to_the_second_factor(nina, client, mails):
    (letter,) = mails()
    assert letter.to == [nina.email]
    assert letter.subject == "Invitación al portal"
    assert "Nina" not in letter.subject
    answer = accept(client, link_in(letter))
    assert answer.status_code == 302
    choice = client.get(answer.url, follow=True)
    assert choice.redirect_chain[-1][0].startswith(reverse("accounts:choose-factor"))
    assert client.get(reverse("mfa_activate_totp")).status_code == 200  # not asked again
    nina.refresh_from_db()
    assert nina.check_password(NEW)


def test_the_secret_leaves_the_address_before_anything_is_shown(nina, client, mails):
    link = link_in(mails()[0])
    answer = client.get(link)
    assert answer.url == reverse("accounts:invitation-accept")


def test_only_the_hash_of_the_link_is_kept(nina, mails):
    token = link_in(mails()[0]).rstrip("/").rsplit("/", 1)[1]
    invitation = Invitation.objects.get()
    assert token not in invitation.token_hash
    assert not LogEntry.objects.filter(changes__icontains=invitation.token_hash).exists()


def test_a_link_works_once(nina, client, mails):
    link = link_in(mails()[0])
    accept(client, link)
    again = Client().get(link, follow=True)
    assert again.status_code == 410
    with pytest.raises(RuleBroken):
        services.accept_invitation(link.rstrip("/").rsplit("/", 1)[1], password=NEW)


def test_a_link_dies_after_72_hours(nina, client, mails, time_machine):
    link = link_in(mails()[0])
    begun = time.time()
    time_machine.move_to(begun + 72 * 3600 - 5)
    assert client.get(link, follow=True).status_code == 200
    time_machine.move_to(begun + 72 * 3600 + 5)
    assert client.get(link, follow=True).status_code == 410


def test_a_new_link_ends_the_earlier_one(nina, admin, client, mails):
    first = link_in(mails()[0])
    services.resend_invitation(nina, by=admin)
    assert client.get(first, follow=True).status_code == 410
    assert client.get(link_in(mails()[1]), follow=True).status_code == 200


def test_a_revoked_link_is_dead(nina, admin, client, mails):
    services.revoke_invitation(nina.invitations.get(), by=admin)
    services.revoke_invitation(nina.invitations.get(), by=admin)
    assert client.get(link_in(mails()[0]), follow=True).status_code == 410


def test_an_accepted_invitation_is_neither_revoked_nor_sent_again(nina, admin, client, mails):
    accept(client, link_in(mails()[0]))
    with pytest.raises(RuleBroken):
        services.revoke_invitation(nina.invitations.get(), by=admin)
    with pytest.raises(RuleBroken):
        services.resend_invitation(nina, by=admin)


@pytest.mark.parametrize(
    ("password", "again", "word"),
    [
        ("", "", "Escriba la contraseña"),
        (NEW, NEW + "x", "no son iguales"),
        ("corta", "corta", "12"),
        ("nina.soto.nina", "nina.soto.nina", ""),
        ("x" * 129, "x" * 129, "128"),
    ],
)
def test_s11_a_weak_password_is_refused_and_the_link_stays(
    nina, client, mails, password, again, word
):
    link = link_in(mails()[0])
    answer = accept(client, link, password, again)
    assert answer.status_code == 200
    assert word in str(answer.context["form"].errors)
    assert accept(client, link).status_code == 302


@pytest.mark.usefixtures("still_clock")
def test_links_cannot_be_guessed_without_end(client, db):
    for _turn in range(60):
        assert client.get(reverse("accounts:invitation-accept")).status_code == 410
    assert client.get(reverse("accounts:invitation-accept")).status_code == 429


def test_only_who_manages_people_invites(supervisor, admin, nina):
    with pytest.raises(PermissionDenied):
        services.invite_person(**NINA | {"email": "otra@aguas.test"}, by=supervisor)
    for act in (services.resend_invitation, services.deactivate, services.reactivate):
        with pytest.raises(PermissionDenied):
            act(nina, by=supervisor)
    with pytest.raises(PermissionDenied):
        services.revoke_invitation(nina.invitations.get(), by=supervisor)


def test_an_email_belongs_to_one_person(agent, admin):
    with pytest.raises(RuleBroken):
        services.invite_person(**NINA | {"email": agent.email.upper()}, by=admin)
    for wrong in ({"email": "no es correo"}, {"first_name": ""}, {"last_name": "x" * 81}):
        with pytest.raises(ValidationError):
            services.invite_person(**NINA | wrong, by=admin)


def test_the_admin_is_named_in_the_log_also_outside_a_request(nina, admin):
    assert {row.actor for row in LogEntry.objects.get_for_object(nina)} == {admin}
    assert LogEntry.objects.get_for_object(nina.invitations.get()).get().actor == admin


def test_deactivation_voids_invitations_and_remembers_when(nina, admin, client, mails):
    services.deactivate(nina, by=admin)
    assert client.get(link_in(mails()[0]), follow=True).status_code == 410
    nina.refresh_from_db()
    assert not nina.is_active
    assert timezone.now() - nina.deactivated_at < timedelta(minutes=1)
    with pytest.raises(RuleBroken):
        services.resend_invitation(nina, by=admin)
    assert services.deactivate(nina, by=admin).deactivated_at == nina.deactivated_at


def test_nobody_deactivates_themselves(admin):
    with pytest.raises(RuleBroken):
        services.deactivate(admin, by=admin)


def test_the_last_admin_is_not_deactivated(admin, make_person):
    """`by` may still be a person whose role was taken meanwhile."""
    other = make_person("berta", "admin")
    services.deactivate(other, by=admin)
    other.refresh_from_db()
    assert not other.is_active
    from apps.accounts.services.roles import refuse_lockout

    Person.objects.filter(pk=admin.pk).update(is_active=False)
    with pytest.raises(RuleBroken):
        refuse_lockout()


def test_the_portal_itself_is_not_deactivated(admin, make_person):
    system = make_person("portal", is_system=True)
    with pytest.raises(RuleBroken):
        services.deactivate(system, by=admin)


def test_reactivation_keeps_password_and_factor(agent, admin, sign_in_fully, inside):
    services.deactivate(agent, by=admin)
    services.reactivate(agent, by=admin)
    services.reactivate(agent, by=admin)
    assert inside(sign_in_fully(agent))


def test_who_never_accepted_gets_a_new_link_at_reactivation(nina, admin, client, mails):
    services.deactivate(nina, by=admin)
    services.reactivate(nina, by=admin)
    assert client.get(link_in(mails()[-1]), follow=True).status_code == 200


# Another e-mail ---------------------------------------------------------------------------
def test_s17_an_email_changes_once_the_new_address_has_answered(agent, signed, mails):
    client = signed(agent)
    form = reverse("accounts:change-email")
    assert client.get(form).status_code == 200
    assert client.post(form, {"email": "Luis.Nuevo@aguas.test"}).url == reverse("accounts:account")
    (letter,) = mails()
    assert letter.to == ["luis.nuevo@aguas.test"]
    link = link_in(letter)
    assert "luis" not in link
    assert "luis.nuevo@aguas.test" in client.get(link).content.decode()
    agent.refresh_from_db()
    assert agent.email == "luis@aguas.test"
    client.post(link)
    agent.refresh_from_db()
    assert agent.email == "luis.nuevo@aguas.test"
    told = [to for letter in mails()[1:] for to in letter.to]
    assert told == ["luis@aguas.test", "luis.nuevo@aguas.test"]
    assert client.get(link).status_code == 404  # once


def test_s17_the_link_is_for_the_same_person_within_the_hour(
    agent, supervisor, signed, mails, time_machine
):
    begun = time.time()
    time_machine.move_to(begun)
    signed(agent).post(reverse("accounts:change-email"), {"email": "otro1@aguas.test"})
    link = link_in(mails()[0])
    assert signed(supervisor).post(link).status_code == 404
    time_machine.move_to(begun + 3601)
    assert signed(agent).post(link).status_code == 404
    agent.refresh_from_db()
    assert agent.email == "luis@aguas.test"


@pytest.mark.parametrize("token", ["x", "00", "zz" * 40])
def test_s32_a_broken_link_is_answered_in_words(agent, signed, token):
    answer = signed(agent).get(reverse("accounts:confirm-email", args=[token]))
    assert answer.status_code == 404
    assert "El enlace ya no sirve" in answer.content.decode()


def test_an_email_of_somebody_else_is_refused(agent, supervisor, admin, signed):
    answer = signed(agent).post(reverse("accounts:change-email"), {"email": supervisor.email})
    assert "Ya hay una persona" in str(answer.context["form"].errors)
    with pytest.raises(RuleBroken):
        services.change_email(agent, supervisor.email, by=admin)


def test_an_admin_changes_an_email_and_others_do_not(agent, supervisor, admin, mails):
    with pytest.raises(PermissionDenied):
        services.change_email(agent, "nuevo@aguas.test", by=supervisor)
    services.change_email(agent, "nuevo@aguas.test", by=admin)
    assert services.change_email(agent, "NUEVO@aguas.test", by=admin).email == "nuevo@aguas.test"
    assert len(mails()) == 2


def test_a_person_with_a_new_email_signs_in_with_it_only(agent, admin, client, try_password):
    services.change_email(agent, "nuevo@aguas.test", by=admin)
    assert try_password(client, "luis@aguas.test", PASSWORD).status_code == 200
    assert try_password(client, "nuevo@aguas.test", PASSWORD).status_code == 302


@pytest.mark.usefixtures("still_clock")
def test_mails_to_new_addresses_are_limited(agent, signed):
    client = signed(agent)
    for n in range(5):
        sent = client.post(reverse("accounts:change-email"), {"email": f"nuevo{n}@aguas.test"})
        assert sent.status_code == 302
    answer = client.post(reverse("accounts:change-email"), {"email": "nuevo9@aguas.test"})
    assert answer.status_code == 429
