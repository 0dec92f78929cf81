"""The private calendar address: shown once, read without a session, ended at once (M14)."""

import logging
import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from auditlog.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from apps.accounts.services import deactivate
from apps.core.access import Level
from apps.core.logs import OneLineFilter, without_data
from apps.documents import services
from apps.documents.models import CalendarFeed
from apps.documents.views import feeds

pytestmark = pytest.mark.django_db


def url_of(token):
    return reverse("reviews:ical", args=[token])


def events(person_url):
    answer = Client().get(person_url)
    assert answer.status_code == 200
    return Calendar.from_ical(answer.content).walk("VEVENT")


def summaries(person_url):
    return {str(event["summary"]) for event in events(person_url)}


@pytest.fixture
def token(agent):
    return services.create_feed(by=agent)[1]


def test_m14_the_feed_tells_the_reviews_that_fall_to_one(publish, agent, token):
    mine = publish("POL-1", due_in=3, owner=agent, title="Trato; «cliente», ñandú 🙂")
    publish("POL-2", due_in=4)
    answer = Client().get(url_of(token))
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert "no-store" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] == "no-referrer"
    assert not answer.cookies
    calendar = Calendar.from_ical(answer.content)
    (event,) = calendar.walk("VEVENT")
    assert str(event["summary"]) == "Revisar POL-1, Trato; «cliente», ñandú 🙂"
    assert event["dtstart"].dt == mine.next_review_on
    assert event["dtend"].dt == mine.next_review_on + timedelta(days=1)
    assert str(event["url"]).endswith(reverse("reviews:review", args=["POL-1"]))
    assert b"\r\n" in answer.content
    assert max(len(line) for line in answer.content.split(b"\r\n")) <= 75
    assert event["uid"] == events(url_of(token))[0]["uid"]


def test_m14_all_one_may_see_on_request_and_nothing_more(publish, agent, token):
    publish("POL-1", due_in=3)
    publish("POL-2", due_in=4, classification=Level.CONFIDENTIAL, title="Secreta")
    assert summaries(url_of(token)) == set()
    assert summaries(f"{url_of(token)}?todas=1") == {"Revisar POL-1, Política POL-1"}


def test_m14_a_new_address_ends_the_former(agent, token):
    _feed, newer = services.create_feed(by=agent)
    assert Client().get(url_of(token)).status_code == 404
    assert Client().get(url_of(newer)).status_code == 200
    assert services.revoke_feed(by=agent) == 1
    assert services.revoke_feed(by=agent) == 0
    assert Client().get(url_of(newer)).status_code == 404


def test_m14_the_address_of_who_left_dies_at_once(agent, admin, token):
    assert Client().get(url_of(token)).status_code == 200
    deactivate(agent, by=admin)
    assert Client().get(url_of(token)).status_code == 404


def test_m14_without_the_permission_to_read_the_address_says_nothing(agent, token):
    agent.groups.clear()
    assert Client().get(url_of(token)).status_code == 404


def test_the_token_has_256_bits_and_only_its_hash_is_kept(agent, token):
    assert len(token) == 43
    row = CalendarFeed.objects.get()
    assert row.token_hash != token
    assert re.fullmatch(r"[0-9a-f]{64}", row.token_hash)
    assert token not in str(list(LogEntry.objects.values_list("changes", "additional_data")))
    assert row.token_hash not in str(list(LogEntry.objects.values_list("changes")))
    assert Client().get(url_of(row.token_hash)).status_code == 404


@pytest.mark.parametrize("token", ["x", "x" * 43, "ñ", "..", "a%2Fb", "%0d%0aX: y", "0" * 2000])
def test_a_token_that_opens_nothing_is_404(db, token):
    assert Client().get(f"/documentos/revisiones/{token}.ics").status_code in (400, 404, 414)


def test_s46_the_token_reaches_no_log(agent, token, caplog):
    with caplog.at_level(logging.DEBUG):
        Client().get(url_of(token))
        Client().get(url_of(token[:-1] + "A"))
    keep = OneLineFilter()
    for record in caplog.records:
        keep.filter(record)
        assert token[:-1] not in record.getMessage()
    for made in (token, *(services.create_feed(by=agent)[1] for _ in range(50))):
        assert made not in without_data(f"Not Found: {url_of(made)}")


def test_use_is_noted_once_an_hour(agent, token, time_machine):
    Client().get(url_of(token))
    first = CalendarFeed.objects.get().last_used_at
    Client().get(url_of(token))
    assert CalendarFeed.objects.get().last_used_at == first
    time_machine.move_to(timezone.now() + timedelta(minutes=61))
    Client().get(url_of(token))
    assert CalendarFeed.objects.get().last_used_at > first


@pytest.mark.usefixtures("still_clock")
def test_asking_too_often_is_slowed_down(agent, token, monkeypatch):
    monkeypatch.setattr(feeds, "ASKED_OF_ONE_FEED", 2)
    monkeypatch.setattr(feeds, "ASKED_FROM_ONE_PLACE", 4)
    codes = [Client().get(url_of(token)).status_code for _ in range(3)]
    assert codes == [200, 200, 429]
    codes = [Client().get(url_of(f"guess-{n}")).status_code for n in range(2)]
    assert codes == [404, 429]


@pytest.mark.parametrize("rows", [3, 30])
def test_the_feed_costs_the_same_with_3_or_30_reviews(
    publish, agent, token, django_assert_max_num_queries, rows
):
    for number in range(rows):
        publish(f"POL-{number}", due_in=number, owner=agent)
    Client().get(url_of(token))
    with django_assert_max_num_queries(4):
        Client().get(url_of(token))


def test_m14_the_page_shows_the_address_once(publish, agent, signed):
    publish("POL-1", due_in=3, owner=agent)
    client, page = signed(agent), reverse("reviews:feed")
    html = client.get(page).content.decode()
    assert "No tiene ninguna dirección" in html
    form = {"envio": str(client.get(page).context["form"]["envio"].value())}
    html = client.post(page, form).content.decode()
    address = re.search(r"https?://\S+?\.ics", html)[0]
    assert f"{address}?todas=1" in html
    assert summaries(urlsplit(address).path) == {"Revisar POL-1, Política POL-1"}
    # Sent again (a reload, a double click): no other address, and this one is not shown.
    answer = client.post(page, form)
    assert answer.url == page
    assert CalendarFeed.objects.count() == 1
    html = client.get(page).content.decode()
    assert ".ics" not in html
    assert "Anularla" in html


def test_m14_the_page_ends_the_address(agent, token, signed):
    client = signed(agent)
    assert "deja de funcionar" in client.get(reverse("reviews:feed-revoke")).content.decode()
    assert client.post(reverse("reviews:feed-revoke")).url == reverse("reviews:feed")
    assert Client().get(url_of(token)).status_code == 404


def test_one_ends_only_ones_own_address(agent, supervisor, token):
    services.revoke_feed(by=supervisor)
    assert Client().get(url_of(token)).status_code == 200
