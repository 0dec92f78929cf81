"""Many notices that differ, in one statement."""

import pytest

from apps.notifications.models import Notice, Preference
from apps.notifications.services import Tiding, notify_each

pytestmark = pytest.mark.django_db


def test_each_is_told_their_own_thing_once(agent, supervisor, django_assert_num_queries):
    tidings = [
        Tiding(agent.pk, "a", "Uno", "/uno/"),
        Tiding(agent.pk, "b", "Dos\nlíneas", "/dos/", "Texto %s 'raro'."),
        Tiding(supervisor.pk, "a", "Tres", "/tres/"),
    ]
    with django_assert_num_queries(3):  # savepoint, statement, release
        assert notify_each("test_daily", tidings) == 3
    assert notify_each("test_daily", tidings) == 0
    second = Notice.objects.get(person=agent, key="b")
    assert (second.title, second.text, second.url) == ("Dos líneas", "Texto %s 'raro'.", "/dos/")
    assert second.mail == Notice.MailState.DIGEST


def test_each_gets_mail_as_they_chose_and_only_who_may_enter(agent, supervisor, quality):
    Preference.objects.create(person=agent, kind="test_daily", mail="never")
    quality.is_active = False
    quality.save()
    people = (agent, supervisor, quality)
    told = notify_each("test_daily", [Tiding(p.pk, "a", "Uno", "/uno/") for p in people])
    assert told == 2
    assert Notice.objects.get(person=agent).mail == Notice.MailState.NONE


def test_what_goes_out_at_once_wakes_the_mail(
    agent, monkeypatch, django_capture_on_commit_callbacks
):
    woken = []
    monkeypatch.setattr("apps.notifications.services.writing.soon", lambda *a: woken.append(a))
    with django_capture_on_commit_callbacks(execute=True):
        notify_each("test_now", [Tiding(agent.pk, key, "Uno", "/uno/") for key in "abc"])
    assert len(woken) == 1


def test_nothing_to_tell_asks_nothing(agent, django_assert_num_queries):
    with django_assert_num_queries(2):
        assert notify_each("test_daily", []) == 0


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("nada", {}),
        ("test_daily", {"url": "//fuera.test/"}),
        ("test_daily", {"key": ""}),
        ("test_daily", {"key": "x" * 201}),
    ],
)
def test_an_address_elsewhere_a_long_key_or_an_unknown_kind_is_refused(agent, kind, fields):
    good = {"person_id": agent.pk, "key": "a", "title": "Uno", "url": "/uno/"}
    with pytest.raises((KeyError, ValueError)):
        notify_each(kind, [Tiding(**good | fields)])
    assert Notice.objects.count() == 0
