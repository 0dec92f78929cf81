"""Sessions: new at sign-in, listed, ended, and over when they should be."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from auditlog.models import LogEntry
from django.conf import settings as django_settings
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts import services
from tests.accounts.conftest import code_at

SESSIONS = "accounts:sessions"


def session_cookie(client: Client) -> str:
    return client.cookies[django_settings.SESSION_COOKIE_NAME].value


def with_cookie(value: str) -> Client:
    client = Client()
    client.cookies[django_settings.SESSION_COOKIE_NAME] = value
    return client


def test_s21_the_session_has_a_new_id_after_each_step(agent, client, try_password):
    client.get(reverse("account_login"))
    try_password(client, agent.email)
    halfway = session_cookie(client)
    client.post(reverse("mfa_authenticate"), {"code": code_at()})
    assert session_cookie(client) != halfway


def test_s21_a_planted_id_stays_dead(agent, try_password, inside):
    victim = with_cookie("a" * 32)
    try_password(victim, agent.email)
    victim.post(reverse("mfa_authenticate"), {"code": code_at()})
    assert inside(victim)
    assert not inside(with_cookie("a" * 32))


def test_s21_an_id_taken_before_the_second_step_is_dead_after_it(
    agent, client, try_password, inside
):
    try_password(client, agent.email)
    halfway = session_cookie(client)
    client.post(reverse("mfa_authenticate"), {"code": code_at()})
    assert not inside(with_cookie(halfway))


def test_s21_a_copied_cookie_is_dead_after_sign_out(agent, sign_in_fully, inside):
    client = sign_in_fully(agent)
    copied = session_cookie(client)
    assert inside(with_cookie(copied))
    assert client.get(reverse("account_logout")).status_code == 200
    client.post(reverse("account_logout"))
    assert not inside(with_cookie(copied))
    assert LogEntry.objects.filter(additional_data__event="signed_out", actor=agent).exists()


@pytest.mark.parametrize(("who", "minutes"), [("agent", 60), ("supervisor", 30)])
def test_s22_an_idle_session_ends(who, minutes, request, signed, inside, time_machine):
    begun = time.time()
    time_machine.move_to(begun)
    client = signed(request.getfixturevalue(who))
    time_machine.move_to(begun + minutes * 60 - 1)
    assert inside(client)
    time_machine.move_to(begun + 2 * minutes * 60)
    assert not inside(client)
    assert not inside(client)


def test_s22_use_keeps_a_session_open_but_not_over_twelve_hours(
    supervisor, signed, inside, time_machine
):
    begun = time.time()
    time_machine.move_to(begun)
    client = signed(supervisor)
    for minutes in range(20, 12 * 60, 20):
        time_machine.move_to(begun + minutes * 60)
        assert inside(client), minutes
    time_machine.move_to(begun + 12 * 3600 + 60)
    assert not inside(client)


def test_s22_the_person_is_told_why_and_brought_back(agent, signed, time_machine):
    begun = time.time()
    time_machine.move_to(begun)
    client = signed(agent)
    time_machine.move_to(begun + 3601)
    answer = client.get("/cuenta/sesiones/", follow=True)
    assert answer.redirect_chain == [("/cuenta/entrar/?next=%2Fcuenta%2Fsesiones%2F", 302)]
    assert "Su sesión terminó" in answer.content.decode()
    assert LogEntry.objects.filter(additional_data__event="session_expired").exists()


def test_s22_a_session_without_its_times_is_over(agent, signed, inside):
    client = signed(agent)
    session = client.session
    del session["seen"]
    session.save()
    assert not inside(client)


def test_s23_a_person_sees_their_sessions_and_nobody_elses(agent, supervisor, sign_in_fully):
    phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) Version/18.0 Mobile Safari/604.1"
    client = sign_in_fully(agent)
    open_session(agent, ip="10.3.0.7", user_agent=phone)
    open_session(supervisor, ip="10.9.9.9")
    page = client.get(reverse(SESSIONS)).content.decode()
    assert "Safari en iPhone" in page
    assert "10.3.0.7" in page
    assert "10.9.9.9" not in page
    assert page.count("Esta sesión") == 1


def open_session(person, ip="10.3.0.1", user_agent="Firefox/133.0 Linux", key="") -> UserSession:
    from django.contrib.sessions.backends.cached_db import SessionStore

    store = SessionStore()
    store["mark"] = ip
    store.create()
    return UserSession.objects.create(
        user=person, ip=ip, user_agent=user_agent, session_key=store.session_key
    )


def test_s23_one_session_is_ended(agent, sign_in_fully, inside):
    here, there = sign_in_fully(agent), Client()
    agent.authenticator_set.update(data={"secret": agent.authenticator_set.get().data["secret"]})
    sign_in_fully(agent, there)
    row = UserSession.objects.get(session_key=session_cookie(there))
    answer = here.post(reverse("accounts:end-session", args=[row.pk]))
    assert answer.url == reverse(SESSIONS)
    assert not inside(there)
    assert inside(here)


def test_s23_somebody_elses_session_does_not_exist(agent, supervisor, signed):
    row = open_session(supervisor)
    assert signed(agent).post(reverse("accounts:end-session", args=[row.pk])).status_code == 404
    with pytest.raises(PermissionDenied):
        services.end_session(row, by=agent)
    assert UserSession.objects.filter(pk=row.pk).exists()


def test_s23_all_others_are_ended_and_this_one_stays(agent, sign_in_fully, inside):
    client = sign_in_fully(agent)
    rows = [open_session(agent, ip=f"10.4.0.{n}") for n in range(3)]
    answer = client.post(reverse("accounts:end-other-sessions"), follow=True)
    assert "Se cerraron 3 sesiones." in answer.content.decode()
    assert not UserSession.objects.filter(pk__in=[row.pk for row in rows]).exists()
    assert inside(client)


def test_s23_an_admin_ends_anyones_sessions_and_the_person_is_told(
    agent, admin, signed, inside, mails
):
    theirs = signed(agent)  # listed nowhere: the epoch ends it all the same
    answer = signed(admin).post(reverse("accounts:end-sessions", args=[agent.pk]))
    assert answer.status_code == 302
    assert not inside(theirs)
    assert "cerró sus sesiones" in mails()[0].body


def test_s23_who_may_not_close_sessions_closes_only_their_own(agent, supervisor):
    with pytest.raises(PermissionDenied):
        services.end_sessions(agent, by=supervisor)
    assert services.end_sessions(agent, by=agent) == 0


@pytest.mark.parametrize("count", [3, 30])
def test_the_list_of_sessions_costs_the_same_for_many(
    agent, sign_in_fully, count, django_assert_max_num_queries
):
    client = sign_in_fully(agent)
    for n in range(count):
        open_session(agent, ip=f"10.5.0.{n}")
    client.get(reverse(SESSIONS))
    with django_assert_max_num_queries(6):
        client.get(reverse(SESSIONS))


def test_the_account_page_is_cheap(agent, sign_in_fully, django_assert_max_num_queries):
    client = sign_in_fully(agent)
    client.get(reverse("accounts:account"))
    with django_assert_max_num_queries(5):
        client.get(reverse("accounts:account"))


def test_c21_last_use_and_address_are_kept_up_to_date(agent, sign_in_fully, time_machine):
    begun = time.time()
    time_machine.move_to(begun)
    client = sign_in_fully(agent)
    time_machine.move_to(begun + 120)
    client.get(reverse("accounts:account"), REMOTE_ADDR="10.8.8.8")
    row = UserSession.objects.get(user=agent)
    assert row.ip == "10.8.8.8"
    assert timezone.now() - row.last_seen_at < timedelta(seconds=5)


def test_s25_signed_in_pages_are_not_stored(agent, signed):
    client = signed(agent)
    for name in ("accounts:account", SESSIONS, "accounts:change-email", "portal:home"):
        assert "no-store" in client.get(reverse(name)).headers["Cache-Control"], name


def test_s25_sign_out_clears_what_the_browser_keeps(agent, signed):
    answer = signed(agent).post(reverse("account_logout"))
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert answer.url == reverse("account_login")


def test_s10_a_deactivated_person_loses_every_session_at_once(agent, admin, signed, inside):
    client, other = signed(agent), signed(agent)
    services.deactivate(agent, by=admin)
    assert not inside(client)
    services.reactivate(agent, by=admin)
    assert not inside(other)


def test_s24_cookies_over_tls_have_the_host_prefix():
    from config.transport import transport_settings

    safe = transport_settings("https://cauce.example.org")
    assert safe["SESSION_COOKIE_NAME"].startswith("__Host-")
    assert safe["CSRF_COOKIE_NAME"].startswith("__Host-")
    assert safe["SESSION_COOKIE_SECURE"]
    assert safe["MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN"] is False


def test_s24_the_session_cookie_is_closed_to_scripts(agent, sign_in_fully):
    cookie = sign_in_fully(agent).cookies[django_settings.SESSION_COOKIE_NAME]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_s24_our_own_cookies_follow_the_transport(agent, sign_in_fully, settings):
    settings.SESSION_COOKIE_SECURE = True
    client = sign_in_fully(agent)
    device = client.cookies["__Host-dispositivo"]
    assert device["secure"]
    assert device["path"] == "/"
    assert not device["domain"]


def test_the_theme_is_remembered_for_browser_and_person(agent, signed):
    client = signed(agent)
    answer = client.post(
        reverse("accounts:theme"),
        {"tema": "dark"},
        headers={"Referer": "http://testserver/cuenta/"},
    )
    assert answer.url == "/cuenta/"
    assert client.cookies["tema"].value == "dark"
    agent.refresh_from_db()
    assert agent.theme == "dark"
    assert 'data-bs-theme="dark"' in client.get("/cuenta/").content.decode()


@pytest.mark.parametrize("referer", ["https://malo.test/x", "nada", "http://testserver//malo.test"])
def test_s31_the_theme_button_stays_in_the_portal(client, db, referer):
    answer = client.post(reverse("accounts:theme"), {"tema": "<b>"}, headers={"Referer": referer})
    assert answer.url == "/"
    assert "tema" not in client.cookies
