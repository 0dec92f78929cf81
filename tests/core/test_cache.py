"""The shared cache, and the table that stands in for it (F6, F20, S16, S64)."""

import threading
import time

import pytest
from django.core.cache import cache, caches
from django.db import connection
from django.test import Client
from django.urls import reverse

from apps.core import cache as module
from apps.core.cache import ResilientCache
from apps.core.ratelimit import consume
from tests.conftest import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def away(monkeypatch):
    """The server does not answer: nothing listens where the portal looks for it."""
    server = cache._cache
    monkeypatch.setattr(server, "_servers", ["redis://127.0.0.1:1/0"])
    monkeypatch.setattr(server, "_pools", {})
    monkeypatch.setattr(server, "_kept", None)
    monkeypatch.setattr(ResilientCache, "_resting_until", 0.0)
    yield
    ResilientCache._resting_until = 0.0


@pytest.mark.parametrize("name", ["default", "fallback"])
def test_both_caches_keep_add_count_and_forget(name, time_machine):
    store = caches[name]
    store.set("a", {"uno": [1, "dos", None]}, 100)
    assert store.get("a") == {"uno": [1, "dos", None]}
    assert store.add("a", 1) is False
    assert store.add("n", 1, 100) is True
    assert store.incr("n") == 2
    assert store.get_many(["a", "n", "z"]) == {"a": {"uno": [1, "dos", None]}, "n": 2}
    store.delete("a")
    assert store.get("a", "nada") == "nada"
    with pytest.raises(ValueError, match="not found"):
        store.incr("z")


def test_the_table_forgets_in_time(time_machine):
    store = caches["fallback"]
    time_machine.move_to("2026-11-24T09:00:00Z", tick=False)
    store.set("a", 1, 10)
    time_machine.shift(9)
    assert store.get("a") == 1
    time_machine.shift(2)
    assert store.get("a") is None
    assert store.add("a", 2, 10) is True


def test_f6_without_the_server_the_table_answers_and_little_time_is_lost(away):
    began = time.monotonic()
    cache.set("a", "b")
    assert cache.get("a") == "b"
    assert caches["fallback"].get("a") == "b"
    assert time.monotonic() - began < 1


def test_f6_the_server_is_asked_again_after_a_rest(away, monkeypatch):
    cache.set("a", "b")
    resting_until = ResilientCache._resting_until
    monkeypatch.undo()
    assert time.monotonic() < resting_until
    monkeypatch.setattr(ResilientCache, "_resting_until", 0.0)
    cache.set("c", "d")
    assert caches["fallback"].get("c") is None
    assert module.REST_SECONDS <= 10


@pytest.mark.usefixtures("still_clock")
def test_f6_limits_hold_while_the_server_is_away(away):
    tries = [consume("x", "y", amount=3, seconds=600) for _ in range(5)]
    assert tries == [True, True, True, False, False]


def test_f6_signed_in_people_work_on_without_the_server(agent, away):
    client = sign_in(Client(), agent)
    assert client.get(reverse("portal:home")).status_code == 200
    assert client.get("/salud/ready").json() == {
        "status": "degraded",
        "database": True,
        "cache": False,
        "disk": True,
    }


def test_f20_an_emptied_server_signs_nobody_out(agent, signed):
    client = signed(agent)
    assert client.get(reverse("portal:home")).status_code == 200
    cache.clear()
    assert client.get(reverse("portal:home")).status_code == 200


def test_a_limit_counts_each_key_alone_and_starts_anew(time_machine):
    time_machine.move_to("2026-11-24T09:00:00Z", tick=False)
    assert [consume("x", "a", amount=2, seconds=60) for _ in range(3)] == [True, True, False]
    assert consume("x", "b", amount=2, seconds=60)
    time_machine.shift(61)
    assert consume("x", "a", amount=2, seconds=60)


def test_the_limit_keeps_no_name(agent):
    consume("x", "ana@aguas.test", amount=2, seconds=60)
    assert not [k for k in cache._cache.get_client().keys("*") if b"ana" in k]


@pytest.mark.django_db(transaction=True)
def test_the_table_counts_every_one_of_many_at_once():
    store = caches["fallback"]
    store.set("n", 0, 100)

    def add():
        for _ in range(10):
            caches["fallback"].incr("n")
        connection.close()

    threads = [threading.Thread(target=add) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.get("n") == 50
