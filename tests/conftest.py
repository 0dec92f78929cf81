"""The cast: people of every role, each with a second factor, and how to sign them in."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from apps.accounts.models import Holding, Organisation, Person, Position, Role, Unit
from apps.accounts.permissions import Role as R
from apps.core.context import forget_organisation
from apps.core.crypto import seal
from apps.core.prepared import Prepared

TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PASSWORD = "corneja-tinaja-olivo-83"

_with_access = Prepared(lambda _actor, pk: Person.objects.with_access().filter(pk=pk))


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


def _quietly(row: Model) -> Any:
    """Store `row` as if it had always been there: no line in the log, no signal."""
    type(row)._default_manager.bulk_create([row])
    return row


@pytest.fixture
def make_position(unit: Unit) -> Callable[..., Position]:
    def make(title: str = "Agente de atención", *, at: Unit | None = None, **fields) -> Position:
        count = Position.objects.count() + 1
        position = Position(key=f"cargo-{count}", title=title, unit=at or unit, **fields)
        return _quietly(position)

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
        _quietly(person)
        if roles:
            of_roles = Group.objects.filter(role__key__in=[str(role) for role in roles])
            Person.groups.through.objects.bulk_create(
                Person.groups.through(person_id=person.pk, group_id=group.pk) for group in of_roles
            )
        if position is not None:
            _quietly(Holding(person=person, position=position))
        if second_factor:
            add_second_factor(person)
        return _with_access.first(None, pk=person.pk)

    return make


def add_second_factor(person: Person, secret: str = TOTP_SECRET) -> None:
    """Give `person` a TOTP factor with that base32 secret."""
    sealed = base64.b64encode(seal(secret, purpose="factor")).decode()
    _quietly(Authenticator(user=person, type=Authenticator.Type.TOTP, data={"secret": sealed}))


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
    now = time.time()
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session.update({
        SESSION_KEY: str(person.pk),
        BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
        HASH_SESSION_KEY: person.get_session_auth_hash(),
        "account_authentication_methods_user": str(person.pk),
        "account_authentication_methods": [
            {"method": "password", "at": now, "email": person.email, "reauthenticated": True},
            {"method": "mfa", "at": now, "type": "totp"},
        ],
        "began": now,
        "seen": now,
    })  # fmt: skip
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    return client


@pytest.fixture
def signed() -> Callable[[Person], Client]:
    """Maker of clients: `signed(agent).get("/inicio/")`."""
    return lambda person: sign_in(Client(), person)


@pytest.fixture
def roles(db: None) -> dict[str, Role]:
    return {role.key: role for role in Role.objects.select_related("group")}
