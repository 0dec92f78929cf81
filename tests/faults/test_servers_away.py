"""The cache and broker away, emptied or silent; the database away (F6, F20, S60)."""

import os
import re
import signal
import time
from contextlib import contextmanager

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.backends.cached_db import KEY_PREFIX, SessionStore
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse

from apps.accounts.services.sessions import drop_sessions, end_session
from apps.core.cache import ResilientCache
from apps.core.forms import KEY_FIELD
from apps.core.models import KeptForm, OutboxMail
from tests.conftest import sign_in

ADDED_SECONDS = 1


@pytest.fixture(autouse=True)
def _not_resting(monkeypatch):
    monkeypatch.setattr(ResilientCache, "_resting_until", 0.0)


def invite(client):
    """Post the form of an invitation: a row, a mail in the outbox, a word to the broker."""
    url = reverse("accounts:invite")
    (key,) = re.findall(rf'name="{KEY_FIELD}" value="([^"]+)"', client.get(url).content.decode())
    ResilientCache._resting_until = 0.0
    began = time.monotonic()
    who = {"email": "rosa@aguas.test", "first_name": "Rosa", "last_name": "Quispe"}
    response = client.post(url, who | {KEY_FIELD: key})
    return response, time.monotonic() - began


def state():
    return Client().get("/salud/ready").json()["status"]


@pytest.mark.django_db(transaction=True)
def test_f6_a_form_is_taken_while_cache_and_broker_are_gone(
    admin, organisation, signed, valkey_server
):
    client = signed(admin)
    client.get(reverse("portal:home"))
    valkey_server.stop()
    response, seconds = invite(client)
    assert response.status_code == 302
    assert seconds < ADDED_SECONDS
    assert OutboxMail.objects.get().state == OutboxMail.State.WAITING
    assert state() == "degraded"
    valkey_server.start()
    ResilientCache._resting_until = 0.0
    assert state() == "ready"
    assert client.get(reverse("portal:home")).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_f6_a_form_is_taken_while_cache_and_broker_are_silent(
    admin, organisation, signed, valkey_server
):
    """They hold the connection and never answer, which costs more than being gone."""
    client = signed(admin)
    client.get(reverse("portal:home"))
    pid = valkey_server.process.pid
    os.kill(pid, signal.SIGSTOP)
    try:
        response, seconds = invite(client)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert response.status_code == 302
    assert seconds < ADDED_SECONDS
    assert OutboxMail.objects.get().state == OutboxMail.State.WAITING


@pytest.mark.django_db
def test_f6_a_person_who_signs_in_meanwhile_stays_signed_in(agent, valkey_server):
    valkey_server.stop()
    client = sign_in(Client(), agent)
    assert client.get(reverse("portal:home")).status_code == 200
    valkey_server.start()
    ResilientCache._resting_until = 0.0
    assert client.get(reverse("portal:home")).status_code == 200


@pytest.mark.django_db
def test_f20_people_stay_signed_in_when_the_session_store_is_lost(agent, signed, valkey_server):
    client = signed(agent)
    assert client.get(reverse("portal:home")).status_code == 200
    cache._cache.get_client().flushall()
    assert client.get(reverse("portal:home")).status_code == 200
    valkey_server.stop()
    valkey_server.start()
    ResilientCache._resting_until = 0.0
    assert client.get(reverse("portal:home")).status_code == 200


@contextmanager
def silent(valkey_server):
    """The server keeps what it holds and answers nobody, as behind a cut line."""
    pid = valkey_server.process.pid
    os.kill(pid, signal.SIGSTOP)
    try:
        assert not cache.answers()  # from now on it is not asked either
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
    ResilientCache._resting_until = 0.0


def cookie_of(client):
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def with_cookie(value):
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = value
    return client


@pytest.mark.django_db
@pytest.mark.parametrize("how", ["closed elsewhere", "signed out", "password changed elsewhere"])
def test_s23_a_session_ended_while_the_cache_is_away_does_not_come_back(
    agent, signed, valkey_server, how
):
    """Its copy is still in the cache when that returns; what counts is the row."""
    client = signed(agent)
    assert client.get(reverse("portal:home")).status_code == 200
    copied = cookie_of(client)
    row = UserSession.objects.create(
        user=agent, ip="10.3.0.1", user_agent="Firefox", session_key=copied
    )
    with silent(valkey_server):
        if how == "closed elsewhere":
            end_session(row, by=agent)
        elif how == "signed out":
            client.post(reverse("account_logout"))
        else:
            drop_sessions(agent, by=agent, keep="another")
    key = f"{KEY_PREFIX}{copied}"
    assert cache.get(key), "the cache holds no copy: the test shows nothing"
    thief = with_cookie(copied)
    assert thief.get(reverse("portal:home")).status_code == 302
    assert cache.get(key) is None
    assert thief.get(reverse("portal:home")).status_code == 302
    answer = with_cookie(copied).post(reverse("accounts:change-email"), {"email": "a@b.co"})
    assert answer["Location"].startswith(reverse("account_login"))
    assert not KeptForm.objects.exists()


@pytest.mark.django_db
def test_s23_a_session_ended_while_a_request_loads_it_does_not_come_back(agent, signed):
    """Read from the database before it was ended, put into the cache after."""
    client = signed(agent)
    key = cookie_of(client)
    loaded = SessionStore(key).load()
    row = UserSession.objects.create(user=agent, ip="10.3.0.1", user_agent="x", session_key=key)
    end_session(row, by=agent)
    cache.set(f"{KEY_PREFIX}{key}", loaded, 1000)
    assert with_cookie(key).get(reverse("portal:home")).status_code == 302


@contextmanager
def without_database():
    """Nothing listens where the database was."""
    connection.close()
    place = {name: connection.settings_dict[name] for name in ("HOST", "PORT")}
    connection.settings_dict |= {"HOST": "127.0.0.1", "PORT": "1"}
    try:
        yield
    finally:
        connection.settings_dict |= place
        connection.close()


@pytest.fixture
def database_away(transactional_db):
    with without_database():
        yield


@pytest.mark.parametrize("path", ["/inicio/", "/cuenta/entrar/", "/nada/", "/atencion/manual/"])
def test_s60_without_the_database_pages_say_so_and_what_was_kept(agent, signed, request, path):
    client = signed(agent)
    client.raise_request_exception = False
    cache.clear()
    request.getfixturevalue("database_away")
    response = client.get(path)
    page = response.content.decode()
    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0
    assert 'lang="es"' in page
    assert "Lo que ya estaba guardado sigue guardado" in page
    assert re.search(r"<code>[0-9a-f]{10}</code>", page)
    assert "OperationalError" not in page
    assert "default-src 'none'" in response["Content-Security-Policy"]


def test_s60_without_the_database_a_form_is_not_taken(agent, signed, request):
    client = signed(agent)
    client.raise_request_exception = False
    request.getfixturevalue("database_away")
    assert client.post(reverse("account_login"), {"login": "a@b.co"}).status_code == 503


def test_readiness_tells_the_balancer_and_liveness_lets_the_process_live(database_away):
    client = Client(raise_request_exception=False)
    ready = client.get("/salud/ready")
    assert (ready.status_code, ready.json()["status"]) == (503, "down")
    assert client.get("/salud/live").status_code == 200
    assert client.get("/static/css/cauce.css").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_database_that_comes_back_is_found_without_a_restart(agent, signed):
    client = signed(agent)
    client.raise_request_exception = False
    with without_database():
        assert client.get(reverse("portal:home")).status_code == 503
    assert client.get(reverse("portal:home")).status_code == 200
