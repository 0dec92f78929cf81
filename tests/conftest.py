"""The cast: people of every role, each with a second factor, and how to sign them in."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from apps.accounts.models import Holding, Organisation, Person, Position, Role, Unit
from apps.accounts.permissions import Role as R
from apps.core.context import forget_organisation
from apps.core.crypto import seal

TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PASSWORD = "corneja-tinaja-olivo-83"


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    """No cached value or counted try passes from one test to the next."""
    cache.clear()
    forget_organisation()


@pytest.fixture(autouse=True)
def _mail_goes_through_the_outbox(settings) -> None:
    """Django's test environment puts its own mail backend in; ours is under test too."""
    settings.EMAIL_BACKEND = "apps.core.mail.OutboxBackend"


@pytest.fixture
def still_clock(time_machine) -> None:
    """The clock stands still: tries that are counted by the minute or hour fall in one window."""
    time_machine.move_to(timezone.now(), tick=False)


@pytest.fixture
def organisation(db: None) -> Organisation:
    return Organisation.objects.create(pk=1, name="Aguas del Valle", country="CO")


@pytest.fixture
def unit(db: None) -> Unit:
    return Unit.objects.create(code="ATC", name="Atención al cliente")


@pytest.fixture
def other_unit(db: None) -> Unit:
    return Unit.objects.create(code="FAC", name="Facturación")


@pytest.fixture
def make_position(unit: Unit) -> Callable[..., Position]:
    def make(title: str = "Agente de atención", *, at: Unit | None = None, **fields) -> Position:
        count = Position.objects.count() + 1
        return Position.objects.create(key=f"cargo-{count}", title=title, unit=at or unit, **fields)

    return make


@pytest.fixture
def make_person(db: None) -> Callable[..., Person]:
    """Maker of people: `make_person("luis", R.AGENT, position=…)`. With a second factor."""

    def make(
        name: str,
        *roles: str,
        position: Position | None = None,
        second_factor: bool = True,
        **fields,
    ) -> Person:
        person = Person(
            email=f"{name}@aguas.test",
            first_name=fields.pop("first_name", name.capitalize()),
            last_name=fields.pop("last_name", "Prado Rojas"),
            **fields,
        )
        person.set_password(PASSWORD)
        person.save()
        person.groups.set(Group.objects.filter(role__key__in=[str(role) for role in roles]))
        if position is not None:
            Holding.objects.create(person=person, position=position)
        if second_factor:
            add_second_factor(person)
        return Person.objects.with_access().get(pk=person.pk)

    return make


def add_second_factor(person: Person, secret: str = TOTP_SECRET) -> None:
    """Give `person` a TOTP factor with that base32 secret."""
    Authenticator.objects.create(
        user=person,
        type=Authenticator.Type.TOTP,
        data={"secret": base64.b64encode(seal(secret, purpose="factor")).decode()},
    )


@pytest.fixture
def agent(make_person, make_position) -> Person:
    return make_person("luis", R.AGENT, position=make_position("Agente de atención"))


@pytest.fixture
def supervisor(make_person, make_position) -> Person:
    return make_person("marta", R.SUPERVISOR, position=make_position("Supervisión de atención"))


@pytest.fixture
def quality(make_person, make_position) -> Person:
    return make_person("clara", R.QUALITY, position=make_position("Analista de calidad"))


@pytest.fixture
def direction(make_person, make_position) -> Person:
    return make_person("elena", R.DIRECTION, position=make_position("Dirección general"))


@pytest.fixture
def admin(make_person, make_position) -> Person:
    return make_person("andres", R.ADMIN, position=make_position("Administración de sistemas"))


@pytest.fixture
def auditor(make_person, make_position) -> Person:
    return make_person("aurelio", R.AUDITOR, position=make_position("Auditoría interna"))


@pytest.fixture
def data_officer(make_person, make_position) -> Person:
    return make_person("pilar", R.DATA_OFFICER, position=make_position("Oficial de datos"))


@pytest.fixture
def outsider(make_person) -> Person:
    """Signs in, holds no role and no position."""
    return make_person("otro")


@pytest.fixture
def cast(agent, supervisor, quality, direction, admin, auditor, data_officer, outsider):
    """Everybody by role key; `outsider` has none."""
    return {
        "agente": agent,
        "supervision": supervisor,
        "calidad": quality,
        "direccion": direction,
        "admin": admin,
        "auditoria": auditor,
        "privacidad": data_officer,
        "sin rol": outsider,
    }


def sign_in(client: Client, person: Person) -> Client:
    """Sign `person` in as the door does: password, second factor, just confirmed."""
    client.force_login(person)
    session = client.session
    now = time.time()
    session["account_authentication_methods_user"] = str(person.pk)
    session["account_authentication_methods"] = [
        {"method": "password", "at": now, "email": person.email, "reauthenticated": True},
        {"method": "mfa", "at": now, "type": "totp"},
    ]
    session["began"] = session["seen"] = now
    session.save()
    return client


@pytest.fixture
def signed() -> Callable[[Person], Client]:
    """Maker of clients: `signed(agent).get("/inicio/")`."""
    return lambda person: sign_in(Client(), person)


@pytest.fixture
def roles(db: None) -> dict[str, Role]:
    return {role.key: role for role in Role.objects.select_related("group")}
