"""One's own notices: the list, opening and marking them, what comes by mail; lost mail."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.core.context import UNREAD_CAP
from apps.core.forms import KEY_FIELD
from apps.core.models import OutboxMail
from apps.notifications.models import Notice, Preference
from apps.notifications.services import notify

pytestmark = pytest.mark.django_db
LIST = "/avisos/"


@pytest.fixture
def tell(agent):
    def tell(number=1, kind="test_daily", to=agent, **words):
        words = {"title": f"Cambió la página {number}", "url": "/manual/"} | words
        notify(kind, to=[to], key=f"cosa:{number}", **words)
        return Notice.objects.get(person=to, key=f"cosa:{number}")

    return tell


def text_of(response):
    assert response.status_code == 200
    return response.content.decode()


def test_the_list_shows_unread_notices_first_and_what_they_are(agent, signed, tell):
    old, new = tell(1), tell(2, text="Paso 3.")
    client = signed(agent)
    client.post(reverse("notifications:read", args=[new.pk]))
    html = text_of(client.get(LIST))
    places = [
        html.index(words)
        for words in (">Sin leer</h2>", "página 1<", ">Leídos</h2>", "página 2<", "Paso 3.")
    ]
    assert places == sorted(places)
    assert "Pruebas del día" in html
    assert f'href="/avisos/{old.pk}/"' in html
    # One can still be marked, the other cannot.
    assert f"/avisos/{old.pk}/leido/" in html
    assert f"/avisos/{new.pk}/leido/" not in html


def test_nobody_sees_opens_or_marks_anothers_notice(agent, quality, signed, tell):
    notice = tell()
    client = signed(quality)
    assert "Cambió la página" not in text_of(client.get(LIST))
    assert client.get(notice.get_absolute_url()).status_code == 404
    assert client.post(reverse("notifications:read", args=[notice.pk])).status_code == 404
    client.post(reverse("notifications:read-all"), {"until": timezone.now().isoformat()})
    notice.refresh_from_db()
    assert notice.is_unread


def test_opening_a_notice_marks_it_and_leads_to_what_it_tells_of(agent, signed, tell):
    notice = tell()
    client = signed(agent)
    assert client.head(notice.get_absolute_url()).status_code == 302
    notice.refresh_from_db()
    assert notice.is_unread
    response = client.get(notice.get_absolute_url())
    assert (response.status_code, response["Location"]) == (302, "/manual/")
    notice.refresh_from_db()
    first = notice.read_at
    client.get(notice.get_absolute_url())
    notice.refresh_from_db()
    assert notice.read_at == first


@pytest.mark.parametrize("url", ["//otra.test/", "https://otra.test/", "/\\otra.test/"])
def test_s31_a_notice_never_leads_to_another_site(agent, signed, tell, monkeypatch, url):
    notice = tell()
    notice.url = url
    monkeypatch.setattr(
        "apps.notifications.views.notices.get_object_or_404", lambda *a, **k: notice
    )
    assert signed(agent).get(notice.get_absolute_url()).status_code == 404


def test_all_are_marked_as_read_except_what_came_after_the_page_was_drawn(agent, signed, tell):
    tell(1)
    client = signed(agent)
    html = text_of(client.get(LIST + "?kind=test_daily"))
    (until,) = re.findall(r'name="until" value="([^"]+)"', html)
    assert 'name="kind" value="test_daily"' in html
    Notice.objects.update(created_at=timezone.now() - timedelta(minutes=5))
    later = tell(2)
    Notice.objects.filter(pk=later.pk).update(created_at=timezone.now() + timedelta(seconds=2))
    for _twice in range(2):
        response = client.post(
            reverse("notifications:read-all"), {"until": until, "kind": "test_daily"}
        )
        assert response["Location"] == LIST + "?kind=test_daily"
    assert list(Notice.objects.unread()) == [later]
    assert "Marcó 1 aviso como leído." in text_of(client.get(LIST))


@pytest.mark.parametrize("until", ["", "ayer", "2026-13-45T00:00", "9" * 5000])
def test_marking_all_with_a_wrong_instant_changes_nothing(agent, signed, tell, until):
    tell()
    response = signed(agent).post(reverse("notifications:read-all"), {"until": until})
    assert response["Location"] == LIST
    assert Notice.objects.unread().count() == 1


def test_a_way_back_is_built_from_known_filters_only(agent, signed, tell):
    response = signed(agent).post(
        reverse("notifications:read", args=[tell().pk]), {"kind": "nada", "next": "//otra.test/"}
    )
    assert response["Location"] == LIST


def test_the_list_is_filtered_by_state_and_kind(agent, signed, tell):
    tell(1)
    tell(2, kind="test_now")
    client = signed(agent)
    client.post(reverse("notifications:read", args=[tell(3).pk]))
    assert "página 3<" not in text_of(client.get(LIST + "?unread=1"))
    assert "página 1<" not in text_of(client.get(LIST + "?unread=0"))
    html = text_of(client.get(LIST + "?kind=test_now"))
    assert "página 2<" in html
    assert "página 1<" not in html
    assert "No hay avisos con estos filtros" in text_of(client.get(LIST + "?kind=test_quiet"))
    assert client.get(LIST + "?kind=nada&unread=7").status_code == 200


def test_an_empty_list_says_what_to_do(agent, signed):
    html = text_of(signed(agent).get(LIST))
    assert "Todavía no tiene avisos" in html
    assert reverse("notifications:preferences") in html
    assert "Marcar todos" not in html


def test_pages_of_the_list_hold_every_notice_once(agent, signed, tell):
    for number in range(70):
        tell(number)
    client = signed(agent)
    for notice in Notice.objects.order_by("pk")[:35]:
        client.post(reverse("notifications:read", args=[notice.pk]))
    seen, address = [], LIST
    while address:
        html = text_of(client.get(address))
        seen += re.findall(r'<a href="/avisos/(\d+)/"', html)
        found = re.search(r'href="(\?pagina=[^"]+)" rel="next"', html)
        address = LIST + found[1] if found else None
    assert len(seen) == len(set(seen)) == 70


@pytest.mark.parametrize("rows", [3, 30])
def test_the_list_takes_few_statements(agent, signed, tell, rows, django_assert_max_num_queries):
    for number in range(rows):
        tell(number)
    client = signed(agent)
    client.get(LIST)
    with django_assert_max_num_queries(2):
        client.get(LIST)


def test_a_notice_whose_kind_is_gone_is_still_shown(agent, signed, tell):
    tell()
    Notice.objects.update(kind="of_old")
    assert "Cambió la página 1" in text_of(signed(agent).get(LIST))


@pytest.mark.parametrize(
    ("count", "shown"), [(0, None), (1, "1"), (UNREAD_CAP, "99"), (UNREAD_CAP + 20, "99+")]
)
def test_every_page_counts_unread_notices_without_a_statement_more(
    agent, quality, signed, tell, count, shown, django_assert_max_num_queries
):
    for number in range(count):
        tell(number)
    tell(1, to=quality)
    client, page = signed(agent), reverse("portal:styleguide")
    client.get(page)
    with django_assert_max_num_queries(1):
        html = text_of(client.get(page))
    found = re.search(r"Avisos</span> (\S+)<span class=\"visually-hidden\"> sin leer", html)
    assert (found and found[1]) == shown


def test_a_person_chooses_what_comes_by_mail(agent, signed, tell):
    waiting = tell(kind="test_now")
    client = signed(agent)
    page = reverse("notifications:preferences")
    html = text_of(client.get(page))
    assert "Cuando algo cambia." in html
    (key,) = re.findall(rf'name="{KEY_FIELD}" value="([^"]+)"', html)
    choices = {f"kind_{kind}": "daily" for kind in re.findall(r'name="kind_(\w+)"', html)} | {
        "kind_test_now": "never"
    }
    for _twice in range(2):
        response = client.post(page, choices | {KEY_FIELD: key})
        assert response["Location"] == page
    html = text_of(client.get(page))
    assert "Sus preferencias quedaron guardadas." in html
    assert re.search(r'id="id_kind_test_now">.*?value="never" selected', html, re.S)
    waiting.refresh_from_db()
    assert waiting.mail == Notice.MailState.NONE
    assert tell(2, kind="test_now").mail == Notice.MailState.NONE


def test_a_duty_cannot_be_silenced_by_a_forged_form(agent, signed):
    client = signed(agent)
    page = reverse("notifications:preferences")
    kinds = re.findall(r'name="kind_(\w+)"', text_of(client.get(page)))
    choices = {f"kind_{kind}": "daily" for kind in kinds}
    for wrong in ({"kind_test_duty": "never"}, {"kind_test_now": "siempre"}):
        response = client.post(page, choices | wrong)
        assert response.status_code == 422
        assert "error" in response.content.decode()
    assert not Preference.objects.exists()


def test_without_kinds_there_is_nothing_to_choose(agent, signed, monkeypatch):
    from apps.notifications.kinds import kinds

    monkeypatch.setattr(kinds, "_entries", {})
    page = text_of(signed(agent).get(reverse("notifications:preferences")))
    assert "Todavía no hay tipos de aviso" in page


# Mail that was not delivered -------------------------------------------------------------


@pytest.fixture
def lost(db):
    def lost(number=1, state=OutboxMail.State.UNDELIVERABLE, **fields):
        fields = {"kind": "invitation", "attempts": 7, "last_error": "TimeoutError"} | fields
        return OutboxMail.objects.create(
            message_id=f"<{number}@aguas.test>", sealed=b"secreto", state=state, **fields
        )

    return lost


def test_lost_mail_is_shown_without_what_it_says(admin, signed, lost):
    lost(1)
    lost(2, kind="", last_error="SMTPRecipientsRefused 550", attempts=1)
    lost(3, state=OutboxMail.State.SENT, last_error="Nunca")
    lost(4, state=OutboxMail.State.WAITING, last_error="Aún no")
    html = text_of(signed(admin).get(reverse("notifications:mails")))
    for words in ("Invitación", "Otro correo", "SMTPRecipientsRefused 550", "1 está en camino."):
        assert words in html
    for words in ("secreto", "@aguas.test", "Nunca", "Aún no"):
        assert words not in html


def test_lost_mail_is_for_those_who_look_after_it(quality, signed, lost):
    row = lost()
    client = signed(quality)
    assert client.get(reverse("notifications:mails")).status_code == 403
    for address in (
        reverse("notifications:mail-retry", args=[row.pk]),
        reverse("notifications:mails-retry"),
    ):
        assert client.post(address).status_code == 403
    assert "Correo sin entregar" not in text_of(client.get(LIST))
    row.refresh_from_db()
    assert row.state == OutboxMail.State.UNDELIVERABLE


def test_lost_mail_is_tried_again_once(admin, signed, lost):
    row, other = lost(1), lost(2)
    client = signed(admin)
    for _twice in range(2):
        response = client.post(reverse("notifications:mail-retry", args=[row.pk]))
        assert response["Location"] == reverse("notifications:mails")
    row.refresh_from_db()
    other.refresh_from_db()
    assert (row.state, row.attempts) == (OutboxMail.State.WAITING, 0)
    assert other.state == OutboxMail.State.UNDELIVERABLE


def test_all_lost_mail_is_tried_again(admin, signed, lost):
    for number in range(3):
        lost(number)
    sent = lost(9, state=OutboxMail.State.SENT)
    client = signed(admin)
    for _twice in range(2):
        client.post(reverse("notifications:mails-retry"))
    assert OutboxMail.objects.filter(state=OutboxMail.State.WAITING).count() == 3
    sent.refresh_from_db()
    assert sent.state == OutboxMail.State.SENT
    assert "Todo el correo salió" in text_of(client.get(reverse("notifications:mails")))


@pytest.mark.parametrize("rows", [3, 30])
def test_the_list_of_lost_mail_takes_few_statements(
    admin, signed, lost, rows, django_assert_max_num_queries
):
    for number in range(rows):
        lost(number)
    client = signed(admin)
    client.get(reverse("notifications:mails"))
    with django_assert_max_num_queries(4):
        client.get(reverse("notifications:mails"))
