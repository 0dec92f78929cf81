"""A form acts once, however often it is posted (DESIGN §10)."""

import threading
import uuid

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import RequestFactory

from apps.accounts.models import Unit
from apps.core.forms import once


def post(person, key):
    request = RequestFactory().post("/", {"envio": key})
    request.user = person
    return request


def create_unit(request, code):
    with once(request) as ticket:
        if not ticket.answer:
            Unit.objects.create(code=code, name="Unidad")
            ticket.answer = f"/unidad/{code}/"
    return ticket.answer


def test_a_second_post_changes_nothing_and_leads_to_the_same_place(agent):
    key = uuid.uuid4()
    assert create_unit(post(agent, key), "A") == "/unidad/A/"
    assert create_unit(post(agent, key), "B") == "/unidad/A/"
    assert not Unit.objects.filter(code="B").exists()


def test_a_failed_try_leaves_the_key_free(agent):
    key = uuid.uuid4()
    with pytest.raises(ZeroDivisionError), once(post(agent, key)):
        raise ZeroDivisionError
    assert create_unit(post(agent, key), "A") == "/unidad/A/"


def test_somebody_elses_key_neither_tells_nor_blocks(agent, supervisor):
    key = uuid.uuid4()
    create_unit(post(agent, key), "A")
    assert create_unit(post(supervisor, key), "B") == "/unidad/B/"


@pytest.mark.parametrize("key", ["", "no-es-una-clave", "x" * 10_000, "\x00"])
def test_a_missing_or_odd_key_is_no_error(agent, key):
    assert create_unit(post(agent, key), "A") == "/unidad/A/"


@pytest.mark.django_db(transaction=True)
def test_two_posts_at_the_same_instant_act_once():
    key, answers = uuid.uuid4(), []
    barrier = threading.Barrier(6)

    def one(n):
        barrier.wait()
        answers.append(create_unit(post(AnonymousUser(), key), f"U{n}"))
        connection.close()

    threads = [threading.Thread(target=one, args=[n]) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Unit.objects.filter(name="Unidad").count() == 1
    assert len(set(answers)) == 1
