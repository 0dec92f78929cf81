"""First steps of an empty portal: once, with the token that was printed (S18)."""

from __future__ import annotations

import pytest
from django.urls import reverse

from apps.accounts import services
from apps.accounts.models import Organisation, Person
from apps.core.rules import RuleBroken

TOKEN = "prueba-de-arranque-5d0f"
FORM = {
    "token": TOKEN,
    "organisation": "Aguas del Sur",
    "country": "PE",
    "first_name": "Rosa",
    "last_name": "Quispe",
    "email": "Rosa@aguas.test",
    "password1": "farol-ciruela-quinto-61",
    "password2": "farol-ciruela-quinto-61",
}


@pytest.fixture(autouse=True)
def _printed(settings, db):
    settings.SETUP_TOKEN = TOKEN


@pytest.fixture
def first(client):
    return lambda **changed: client.post(reverse("accounts:first-steps"), FORM | changed)


def test_s18_the_first_admin_is_made_and_goes_on_to_the_second_factor(client, first):
    page = client.get(reverse("accounts:first-steps") + f"?token={TOKEN}")
    assert page.context["form"].initial["token"] == TOKEN
    assert "America/Bogota" in page.content.decode()
    answer = first()
    assert answer.status_code == 302
    person = Person.objects.get()
    assert person.email == "rosa@aguas.test"
    assert person.has_perm("accounts.manage_roles")
    assert Organisation.objects.get().country == "PE"
    choice = client.get(answer.url, follow=True)
    assert choice.redirect_chain[-1][0].startswith(reverse("accounts:choose-factor"))
    assert client.get(reverse("mfa_activate_totp")).status_code == 200


def test_s18_it_works_once_only(client, first):
    first()
    assert client.get(reverse("accounts:first-steps")).status_code == 404
    assert first(email="otra@aguas.test").status_code == 404
    wanted = {k: v for k, v in FORM.items() if not k.startswith("password")}
    with pytest.raises(RuleBroken):
        services.set_up(**wanted | {"email": "otra@aguas.test"}, password=FORM["password1"])
    assert Person.objects.count() == 1


def test_s18_not_without_the_token(first):
    answer = first(token="otro")
    assert "no es el código" in str(answer.context["form"].errors)
    assert not Person.objects.exists()


def test_s18_without_a_configured_token_it_does_not_exist(client, first, settings):
    settings.SETUP_TOKEN = ""
    assert client.get(reverse("accounts:first-steps")).status_code == 404
    assert first(token="").status_code == 404


def test_s18_with_people_but_no_organisation_it_does_not_exist(client, agent):
    assert client.get(reverse("accounts:first-steps")).status_code == 404


@pytest.mark.usefixtures("still_clock")
def test_s18_the_token_cannot_be_guessed_without_end(first):
    for _turn in range(20):
        assert first(token="mal").status_code == 200
    assert first().status_code == 429
    assert not Person.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("organisation", ""), ("organisation", "x" * 121), ("country", "XX"), ("country", ""),
        ("first_name", ""), ("last_name", "y" * 81), ("email", "no es"), ("password1", "corta"),
        ("password2", "otra-cosa"), ("password1", "rosa.quispe.rosa"), ("organisation", "a\x00"),
    ],
)  # fmt: skip
def test_s32_bad_input_is_explained_and_nothing_is_made(first, field, value):
    answer = first(**{field: value})
    assert answer.status_code in (200, 400)
    if answer.status_code == 200:
        assert answer.context["form"].errors
    assert not Person.objects.exists()
    assert not Organisation.objects.exists()


def test_f14_two_at_once_make_one(first):
    """The second finds the organisation's only row taken, also between check and write."""
    from unittest import mock

    Organisation.objects.create(pk=1, name="Otra", country="CO")
    wanted = {k: v for k, v in FORM.items() if not k.startswith("password")}
    with (
        mock.patch("apps.accounts.services.first_run.is_open", return_value=True),
        pytest.raises(RuleBroken),
    ):
        services.set_up(**wanted, password=FORM["password1"])
    assert not Person.objects.exists()
