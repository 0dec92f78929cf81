"""Sign-in by password: what it answers, what it counts, what it never says."""

from __future__ import annotations

import random
import statistics
import time

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts import checks, devices
from apps.accounts.models import KnownDevice, Person
from tests.accounts.conftest import code_at
from tests.conftest import PASSWORD

WRONG = "no-es-esta-clave-42"
REFUSED = "Hubo varios intentos fallidos"
MISMATCH = "El correo o la contraseña no son correctos."


def test_password_and_code_lead_home(agent, client, try_password, inside):
    assert try_password(client, agent.email).url == reverse("mfa_authenticate")
    answer = client.post(reverse("mfa_authenticate"), {"code": code_at()})
    assert answer.url == reverse("portal:home")
    assert inside(client)


def test_capitals_in_the_email_do_not_matter(agent, client, try_password):
    assert try_password(client, agent.email.upper()).url == reverse("mfa_authenticate")


def test_the_way_on_is_kept_through_both_steps(agent, client):
    login = reverse("account_login")
    way = {"login": agent.email, "password": PASSWORD, "next": "/cuenta/sesiones/"}
    assert client.post(login, way).url.startswith(reverse("mfa_authenticate"))
    assert client.post(reverse("mfa_authenticate"), {"code": code_at()}).url == way["next"]


@pytest.mark.parametrize(
    "way",
    ["https://malo.test/", "//malo.test", "http://localhost/x", "/\\malo.test", "javascript:x"],
)
def test_s31_the_way_on_never_leaves_the_portal(agent, client, way):
    login = reverse("account_login")
    client.post(login, {"login": agent.email, "password": PASSWORD, "next": way})
    answer = client.post(reverse("mfa_authenticate"), {"code": code_at()})
    assert answer.url == reverse("portal:home")


def test_s14_wrong_unknown_and_deactivated_get_the_same_answer(
    agent, make_person, client, try_password
):
    gone = make_person("ida", is_active=False)
    waiting = make_person("nueva")
    waiting.set_unusable_password()
    waiting.save()
    tries = [
        (agent.email, WRONG),
        ("nadie@aguas.test", WRONG),
        (gone.email, WRONG),
        (gone.email, PASSWORD),
        (waiting.email, PASSWORD),
    ]
    answers = [try_password(client, email, password) for email, password in tries]
    assert {answer.status_code for answer in answers} == {200}
    for answer, (email, _password) in zip(answers, tries, strict=True):
        assert answer.context["form"].non_field_errors() == [MISMATCH]
        bare = answer.content.decode().replace(email, "")
        assert "desactiv" not in bare


# How far from a coin's toss the times of two names may be told apart: chance alone passes it in
# one round of 60 tries in a hundred.
NOISE = 0.15


@pytest.fixture
def told(agent, make_person, try_password, settings, monkeypatch):
    """How far from a coin's toss time tells an unknown and a deactivated name from a known one.

    The three names take turns in an order drawn anew each time, so that a busy machine slows
    all of them alike; and ranks are compared, so that one long wait counts like any other.
    """
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    monkeypatch.setattr("django.contrib.auth.hashers.PBKDF2PasswordHasher.iterations", 60_000)
    monkeypatch.setattr("apps.accounts.throttle.PER_PERSON", "1000/5m/key")
    monkeypatch.setattr("apps.accounts.throttle.STRANGER", "1000/5m/key")
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"login": "1000/m/ip"}
    agent.set_password(PASSWORD)
    agent.save()
    gone = make_person("ida", is_active=False)
    client, names = Client(), [agent.email, "nadie@aguas.test", gone.email]

    def seconds(email: str) -> float:
        begun = time.perf_counter()
        answer = try_password(client, email, WRONG)
        took = time.perf_counter() - begun
        assert answer.context["form"].non_field_errors() == [MISMATCH]
        return took

    def auc(one: list[float], other: list[float]) -> float:
        wins = [(a > b) + (a == b) / 2 for a in one for b in other]
        return statistics.fmean(wins)

    def measure(turns: int) -> list[float]:
        took: dict[str, list[float]] = {name: [] for name in names}
        for turn in range(turns):
            for name in random.Random(turn).sample(names, 3):  # noqa: S311  (no order tells)
                took[name].append(seconds(name))
        known = took.pop(agent.email)
        return [abs(auc(known, other) - 0.5) for other in took.values()]

    for email in names * 3:
        seconds(email)
    return measure


@pytest.mark.slow  # real password hashes: the very thing that is measured
def test_s14_time_does_not_tell_whether_somebody_exists(told):
    # Twice running chance does not pass it; a leak does.
    assert max(told(60)) <= NOISE or max(told(60)) <= NOISE


@pytest.mark.slow  # real password hashes: the very thing that is measured
def test_s14_the_measure_sees_a_name_whose_password_is_not_hashed(told, monkeypatch):
    """What is done for an unknown name in place of the check is left out: time tells."""
    monkeypatch.setattr(Person, "set_password", lambda self, raw: None)
    unknown, _deactivated = told(20)
    assert unknown > 2 * NOISE


def test_s16_the_sixth_wrong_password_is_refused_whatever_it_is(agent, client, try_password):
    for _turn in range(5):
        assert MISMATCH in str(try_password(client, agent.email, WRONG).context["form"].errors)
    for password in (WRONG, PASSWORD):
        answer = try_password(client, agent.email, password)
        assert REFUSED in str(answer.context["form"].errors)


def test_s16_the_count_is_shared_by_every_process(agent, try_password):
    """Each try comes from another browser and a cache client of its own."""
    from django.core.cache import caches

    for turn in range(5):
        caches.close_all()
        try_password(Client(REMOTE_ADDR=f"10.0.0.{turn}"), agent.email, WRONG)
    caches.close_all()
    answer = try_password(Client(REMOTE_ADDR="10.0.0.99"), agent.email)
    assert REFUSED in str(answer.context["form"].errors)


def test_s16_somebody_else_behind_the_same_proxy_still_enters(
    agent, supervisor, client, try_password
):
    for _turn in range(8):
        try_password(client, agent.email, WRONG)
    assert try_password(Client(), supervisor.email).url == reverse("mfa_authenticate")


def test_s16_unknown_names_are_counted_alike(client, try_password, db):
    for _turn in range(5):
        try_password(client, "nadie@aguas.test", WRONG)
    answer = try_password(client, "nadie@aguas.test", WRONG)
    assert REFUSED in str(answer.context["form"].errors)


def test_s16_after_five_minutes_the_person_may_try_again(agent, client, try_password, time_machine):
    begun = time.time()
    time_machine.move_to(begun)
    for _turn in range(6):
        try_password(client, agent.email, WRONG)
    time_machine.move_to(begun + 301)
    assert try_password(client, agent.email).status_code == 302


def test_s16_right_passwords_do_not_use_up_the_tries(agent, try_password):
    for _turn in range(8):
        assert try_password(Client(), agent.email).status_code == 302


def test_s16_a_known_browser_is_not_locked_out_by_a_stranger(agent, sign_in_fully, try_password):
    honest = sign_in_fully(agent)
    honest.post(reverse("account_logout"))
    attacker = Client(REMOTE_ADDR="203.0.113.9")
    for _turn in range(7):
        try_password(attacker, agent.email, WRONG)
    assert try_password(honest, agent.email).url == reverse("mfa_authenticate")
    for _turn in range(5):  # and its own count is just as short
        honest.get(reverse("account_login"))
        try_password(honest, agent.email, WRONG)
    assert KnownDevice.objects.get(person=agent)


def test_s16_the_device_of_one_person_gives_no_tries_at_another(
    agent, supervisor, sign_in_fully, try_password
):
    theirs = sign_in_fully(supervisor)
    theirs.post(reverse("account_logout"))
    for _turn in range(5):
        try_password(Client(), agent.email, WRONG)
    answer = try_password(theirs, agent.email, WRONG)
    assert REFUSED in str(answer.context["form"].errors)


def test_s16_limits_hold_while_the_cache_server_is_away(
    agent, client, try_password, valkey_server, settings
):
    from apps.core.cache import ResilientCache

    valkey_server.stop()
    try:
        for _turn in range(5):
            try_password(client, agent.email, WRONG)
        answer = try_password(client, agent.email, WRONG)
        assert REFUSED in str(answer.context["form"].errors)
    finally:
        valkey_server.start()
        ResilientCache._resting_until = 0.0


def test_s18_a_demo_account_is_refused_outside_the_demo(
    make_person, client, try_password, settings, inside
):
    demo = make_person("demo")
    demo.email = "admin@demo.cauce.test"
    demo.save()
    settings.DEMO = False
    answer = try_password(client, demo.email)
    assert answer.context["form"].non_field_errors() == [MISMATCH]
    settings.DEMO = True
    assert try_password(client, demo.email).url == reverse("mfa_authenticate")
    client.post(reverse("mfa_authenticate"), {"code": code_at()})
    assert inside(client)
    settings.DEMO = False
    assert not inside(client)


def test_c21_a_new_device_is_announced_and_the_first_is_not(agent, sign_in_fully, mails):
    windows = "Mozilla/5.0 (Windows NT 10.0) Chrome/130.0 Safari/537.36"
    sign_in_fully(agent, HTTP_USER_AGENT=windows)
    assert [m.subject for m in mails()] == []
    agent.authenticator_set.update(data=_unspent(agent))
    phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) Version/18.0 Mobile Safari/604.1"
    second = sign_in_fully(agent, HTTP_USER_AGENT=phone)
    (notice,) = mails()
    assert notice.to == [agent.email]
    assert notice.subject == "Entrada desde un dispositivo nuevo"
    assert "Safari en iPhone" in notice.body
    agent.authenticator_set.update(data=_unspent(agent))
    second.post(reverse("account_logout"))
    sign_in_fully(agent, second)
    assert len(mails()) == 1


def _unspent(person) -> dict:
    data = person.authenticator_set.get(type="totp").data
    return {"secret": data["secret"]}


def test_c21_the_device_cookie_is_kept_only_as_a_hash(agent, sign_in_fully):
    client = sign_in_fully(agent)
    cookie = client.cookies[devices.cookie_name()]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    device = KnownDevice.objects.get()
    assert cookie.value not in (device.token_hash, device.label)


@pytest.mark.parametrize(
    ("agent_text", "label"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/130 Safari/537.36 Edg/130", "Edge en Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko Firefox/133.0", "Firefox en Linux"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Version/18 Safari/605", "Safari en macOS"),
        ("curl/8", "Un navegador sin nombre"),
        ("<script>alert(1)</script>", "Un navegador sin nombre"),
    ],
)
def test_devices_are_named_from_what_the_browser_says(agent_text, label):
    assert devices.label_of(agent_text) == label


def test_s13_s19_settings_that_open_a_way_around_are_refused(settings):
    assert checks.no_way_around_the_second_factor() == []
    settings.MFA_TOTP_INSECURE_BYPASS_CODE = "000000"
    settings.BASE_URL = "https://cauce.example.org"
    settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
    settings.MFA_WEBAUTHN_USER_VERIFICATION = "preferred"
    faults = {fault.id for fault in checks.no_way_around_the_second_factor()}
    assert faults == {"accounts.E001", "accounts.E002", "accounts.E003"}


@pytest.mark.parametrize(
    ("login", "password"),
    [("", ""), ("no-es-correo", "x"), ("a" * 400 + "@b.co", "x"), ("a@b.co", "x" * 100_000)],
)
def test_s32_bad_input_is_answered_in_words(client, try_password, db, login, password):
    answer = try_password(client, login, password)
    assert answer.status_code == 200
    assert answer.context["form"].errors


def test_s32_a_null_byte_is_answered_in_words(client, try_password, db):
    answer = try_password(client, "a\x00@b.co", "x\x00")
    assert answer.status_code in (200, 400)
