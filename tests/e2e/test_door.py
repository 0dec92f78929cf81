"""The door in a real browser: password, code, passkey, and what a passkey must prove."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import Page, expect

from apps.accounts.models import Person
from apps.core.supervisor.welcome import totp_code
from apps.portal.demo.accounts import DEMO_PASSWORD, DEMO_TOTP_SECRET

NAME = "auditoria"
EMAIL = f"{NAME}@demo.cauce.test"


@pytest.fixture
def person() -> Iterator[Person]:
    """The demo account, left with its own factor only."""
    person = Person.objects.get(email=EMAIL)
    own = person.authenticator_set.get(type=Authenticator.Type.TOTP)
    own.data = {"secret": own.data["secret"]}  # no code of it is spent
    own.save()
    yield person
    person.authenticator_set.exclude(pk=own.pk).delete()


@pytest.fixture
def authenticator() -> Callable[..., None]:
    """Gives a page's browser a virtual authenticator, with or without finger and PIN."""

    def attach(page: Page, *, verifies: bool = True) -> None:
        session = page.context.new_cdp_session(page)
        session.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": verifies,
            "isUserVerified": verifies,
            "automaticPresenceSimulation": True,
        }
        session.send("WebAuthn.addVirtualAuthenticator", {"options": options})

    return attach


def type_password(page: Page) -> None:
    page.fill("[name=login]", EMAIL)
    page.fill("[name=password]", DEMO_PASSWORD)
    page.click("main button.btn-primary")


def sign_out(page: Page) -> None:
    page.goto("/cuenta/salir/")
    page.click("main button.btn-primary")
    page.wait_for_url(re.compile("/cuenta/entrar/"))


def test_password_and_code_without_any_script(visit, person):
    page = visit(None, "/cuenta/entrar/?next=/cuenta/", js=False)
    type_password(page)
    page.fill("[name=code]", totp_code(DEMO_TOTP_SECRET))
    page.click("main button.btn-primary")
    expect(page).to_have_url(re.compile("/cuenta/$"))


def test_s19_a_passkey_is_added_and_then_signs_in_alone(visit, person, authenticator):
    page = visit(None, "/cuenta/entrar/")
    authenticator(page)
    type_password(page)
    page.fill("[name=code]", totp_code(DEMO_TOTP_SECRET))
    page.click("main button.btn-primary")
    page.wait_for_url(re.compile("/inicio/"))
    page.goto("/cuenta/llaves/nueva/")
    page.fill("[name=password]", DEMO_PASSWORD)  # confirms first
    page.click("main button.btn-primary")
    page.fill("[name=name]", "Portátil")
    page.click("[data-passkey-go]")
    page.wait_for_url(re.compile("/segundo-factor/codigos/"))  # the first time, with codes
    assert person.authenticator_set.get(type="webauthn").data["name"] == "Portátil"
    sign_out(page)
    page.click("[data-passkey-go]")
    page.wait_for_url(re.compile("/inicio/"))
    sign_out(page)
    type_password(page)  # and it is the second step after a password
    page.click("[data-passkey-go]")
    page.wait_for_url(re.compile("/inicio/"))


def test_s19_a_key_that_verifies_nobody_is_not_taken(visit, person, authenticator):
    page = visit(NAME, "/cuenta/llaves/nueva/")
    authenticator(page, verifies=False)
    page.click("[data-passkey-go]")
    expect(page.locator("[data-passkey-status]")).to_contain_text("No se pudo usar la llave")
    assert not person.authenticator_set.filter(type="webauthn").exists()
