"""At the door: signing in through the pages, codes of the moment, mails in the outbox."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from email.header import decode_header, make_header

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core import mail
from django.test import Client
from django.urls import reverse

from apps.accounts.models import Person
from apps.core import mail as outbox
from tests.conftest import PASSWORD

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code_at(moment: float | None = None, secret: str = SECRET) -> str:
    """The six digits an app shows at `moment` (seconds since the epoch)."""
    period = int(time.time() if moment is None else moment) // 30
    return format_hotp_value(hotp_value(secret, period))


@pytest.fixture
def try_password() -> Callable:
    """Post the sign-in form: `try_password(client, "who@aguas.test", "…")`."""

    def post(client: Client, email: str, password: str = PASSWORD, **extra):
        return client.post(
            reverse("account_login"), {"login": email, "password": password}, **extra
        )

    return post


@pytest.fixture
def sign_in_fully(try_password) -> Callable[..., Client]:
    """Password and code through the pages, in a browser of its own."""

    def enter(person: Person, client: Client | None = None, **extra) -> Client:
        client = client or Client(**extra)
        assert try_password(client, person.email).url == reverse("mfa_authenticate")
        answer = client.post(reverse("mfa_authenticate"), {"code": code_at()})
        assert answer.status_code == 302, answer.context["form"].errors
        return client

    return enter


@pytest.fixture
def inside() -> Callable[[Client], bool]:
    """Whether a client is signed in: the account page answers."""
    return lambda client: client.get(reverse("accounts:account")).status_code == 200


@dataclass(frozen=True)
class Letter:
    """A delivered mail as its reader sees it."""

    to: list[str]
    subject: str
    body: str


@pytest.fixture
def mails() -> Callable[[], list[Letter]]:
    """Deliver the outbox and return every mail of this test, oldest first."""

    def read() -> list[Letter]:
        outbox.deliver()
        return [
            Letter(
                to=sent.to,
                subject=str(make_header(decode_header(sent.message()["Subject"]))),
                body=sent.message().get_payload(decode=True).decode(),
            )
            for sent in mail.outbox
        ]

    return read
