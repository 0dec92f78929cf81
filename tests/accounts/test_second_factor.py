"""The second factor: obligatory, single use, never the last one removed."""

from __future__ import annotations

import time

import pytest
from allauth.mfa.models import Authenticator
from auditlog.models import LogEntry
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.urls import reverse

from apps.accounts import services
from apps.accounts.models import FactorReset
from apps.core.rules import RuleBroken
from tests.accounts.conftest import SECRET, code_at
from tests.conftest import PASSWORD, sign_in

REASON = "Perdió el teléfono ayer en el tranvía."
ADD_PASSKEY = "mfa_add_webauthn"


@pytest.fixture
def newcomer(make_person):
    return make_person("nina", "agente", second_factor=False)


@pytest.fixture
def half_in(newcomer, client, try_password):
    """Signed in by password, no factor yet."""
    try_password(client, newcomer.email)
    return client


def secret_on(page) -> str:
    return page.context["form"].secret


def enrol(client, run_on_commit) -> None:
    page = client.get(reverse("mfa_activate_totp"))
    assert page.status_code == 200
    with run_on_commit(execute=True):
        answer = client.post(
            reverse("mfa_activate_totp"), {"code": code_at(secret=secret_on(page))}
        )
    assert answer.url == reverse("mfa_view_recovery_codes")


def test_s12_without_a_factor_pages_and_downloads_lead_to_enrolment(half_in):
    """Every address is walked in tests/access; here by page and by htmx."""
    for path in ("/inicio/", "/manual/lista/exportar/?formato=csv", "/cuenta/sesiones/"):
        assert half_in.get(path).url.startswith(reverse("accounts:choose-factor"))
        htmx = half_in.get(path, headers={"HX-Request": "true"})
        assert htmx.headers["HX-Redirect"].startswith(reverse("accounts:choose-factor"))


def test_c20_enrolment_goes_from_choice_to_codes_to_where_one_wanted(
    half_in, inside, django_capture_on_commit_callbacks
):
    start = half_in.get("/cuenta/sesiones/")
    choice = half_in.get(start.url)
    assert reverse("mfa_activate_totp") in choice.content.decode()
    assert reverse(ADD_PASSKEY) in choice.content.decode()
    enrol(half_in, django_capture_on_commit_callbacks)
    page = half_in.get(reverse("mfa_view_recovery_codes"))
    assert len(page.context["unused_codes"]) == 10
    assert page.context["way_on"] == "/cuenta/sesiones/"
    assert inside(half_in)


def test_c20_the_secret_is_shown_as_picture_and_in_groups_of_four(half_in):
    page = half_in.get(reverse("mfa_activate_totp"))
    secret = secret_on(page)
    shown = page.content.decode()
    assert " ".join(secret[i : i + 4] for i in range(0, 32, 4)) in shown
    assert 'src="data:image/svg+xml;base64,' in shown
    assert secret_on(half_in.get(reverse("mfa_activate_totp"))) == secret  # reloading keeps it


def test_s53_the_secret_waits_sealed_in_the_session(half_in):
    secret = secret_on(half_in.get(reverse("mfa_activate_totp")))
    assert secret not in str(dict(half_in.session))


def test_s53_secrets_and_seeds_are_encrypted_at_rest(
    half_in, newcomer, django_capture_on_commit_callbacks
):
    secret = secret_on(half_in.get(reverse("mfa_activate_totp")))
    enrol(half_in, django_capture_on_commit_callbacks)
    codes = half_in.get(reverse("mfa_view_recovery_codes")).context["unused_codes"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(data::text, ' ') FROM mfa_authenticator")
        stored = cursor.fetchone()[0]
        cursor.execute("SELECT string_agg(t::text, ' ') FROM auditlog_logentry t")
        logged = cursor.fetchone()[0]
    for word in (secret, *codes):
        assert word not in stored
        assert word not in logged


def test_s12_a_session_opened_by_password_alone_does_not_grow(
    newcomer, half_in, try_password, inside, django_capture_on_commit_callbacks
):
    other = Client()
    try_password(other, newcomer.email)
    enrol(half_in, django_capture_on_commit_callbacks)
    assert inside(half_in)
    assert not inside(other)
    assert other.get(reverse("accounts:choose-factor")).url.startswith(reverse("account_login"))


def test_s12_the_password_alone_is_not_a_session(agent, client, try_password, inside):
    try_password(client, agent.email)
    assert not inside(client)
    for name in ("accounts:choose-factor", "mfa_activate_totp", "account_change_password"):
        assert client.get(reverse(name)).url.startswith(reverse("account_login"))


def test_s13_a_code_works_once_in_its_whole_window(agent, try_password, time_machine):
    begun = 30 * (int(time.time()) // 30)
    time_machine.move_to(begun)
    code = code_at(begun)
    for at, expected in ((0, 302), (1, 200), (31, 200), (59, 200)):
        time_machine.move_to(begun + at)
        client = Client()
        try_password(client, agent.email)
        answer = client.post(reverse("mfa_authenticate"), {"code": code})
        assert answer.status_code == expected, at


def test_s13_an_earlier_code_is_spent_by_a_later_one(agent, try_password, time_machine):
    begun = 30 * (int(time.time()) // 30)
    time_machine.move_to(begun)
    for code, expected in ((code_at(begun), 302), (code_at(begun - 30), 200)):
        client = Client()
        try_password(client, agent.email)
        answer = client.post(reverse("mfa_authenticate"), {"code": code})
        assert answer.status_code == expected


def test_f13_a_clock_that_was_ahead_does_not_lock_the_person_out(agent, try_password, time_machine):
    now = time.time()
    for moment in (now + 90 * 86400, now):
        time_machine.move_to(moment)
        client = Client()
        try_password(client, agent.email)
        answer = client.post(reverse("mfa_authenticate"), {"code": code_at(moment)})
        assert answer.status_code == 302


def test_s13_the_code_that_activated_the_app_is_spent(
    half_in, newcomer, try_password, django_capture_on_commit_callbacks
):
    secret = secret_on(half_in.get(reverse("mfa_activate_totp")))
    enrol(half_in, django_capture_on_commit_callbacks)
    client = Client()
    try_password(client, newcomer.email)
    answer = client.post(reverse("mfa_authenticate"), {"code": code_at(secret=secret)})
    assert answer.status_code == 200


def test_s13_a_code_with_spaces_is_the_same_code(agent, client, try_password):
    try_password(client, agent.email)
    code = code_at()
    answer = client.post(reverse("mfa_authenticate"), {"code": f"{code[:3]} {code[3:]}"})
    assert answer.status_code == 302


def test_s13_a_recovery_code_works_once(
    half_in, newcomer, try_password, django_capture_on_commit_callbacks
):
    enrol(half_in, django_capture_on_commit_callbacks)
    code = half_in.get(reverse("mfa_view_recovery_codes")).context["unused_codes"][0]
    for expected in (302, 200):
        client = Client()
        try_password(client, newcomer.email)
        answer = client.post(reverse("mfa_authenticate"), {"code": code})
        assert answer.status_code == expected


def test_s13_recovery_codes_are_shown_once(half_in, django_capture_on_commit_callbacks):
    enrol(half_in, django_capture_on_commit_callbacks)
    page = reverse("mfa_view_recovery_codes")
    codes = half_in.get(page).context["unused_codes"]
    again = half_in.get(page)
    assert not any(code in again.content.decode() for code in codes)
    assert "Le quedan 10 códigos" in again.content.decode()


def test_s13_codes_are_limited_per_person_whatever_the_address(agent, try_password, mails):
    for turn in range(5):
        client = Client(REMOTE_ADDR=f"10.1.0.{turn}")
        try_password(client, agent.email)
        client.post(reverse("mfa_authenticate"), {"code": "000000"})
    client = Client(REMOTE_ADDR="10.2.0.1")
    try_password(client, agent.email)
    for _turn in range(2):
        answer = client.post(reverse("mfa_authenticate"), {"code": code_at()})
        assert "Espere cinco minutos" in str(answer.context["form"].errors)
    (notice,) = mails()
    assert "cinco veces mal el código" in notice.body
    failed = LogEntry.objects.filter(additional_data__event="second_factor_failed")
    assert failed.count() == 5


def test_s12_the_last_factor_is_not_removed(agent, signed):
    client = signed(agent)
    answer = client.post(reverse("mfa_deactivate_totp"))
    assert "Agregue otro antes" in answer.content.decode()
    assert Authenticator.objects.filter(user=agent).count() == 1


def test_one_of_two_factors_may_be_removed_and_the_person_is_told(agent, signed, mails):
    key = add_passkey(agent)
    client = signed(agent)
    assert client.get(reverse("mfa_remove_webauthn", args=[key.pk])).status_code == 200
    answer = client.post(reverse("mfa_remove_webauthn", args=[key.pk]))
    assert answer.url == reverse("accounts:account")
    assert not Authenticator.objects.filter(pk=key.pk).exists()
    assert "Se quitó una llave" in mails()[0].body


def test_s12_the_last_passkey_is_not_removed(newcomer, signed):
    key = add_passkey(newcomer)
    client = signed(newcomer)
    client.post(reverse("mfa_remove_webauthn", args=[key.pk]))
    assert Authenticator.objects.filter(pk=key.pk).exists()


def test_the_app_may_be_removed_while_a_passkey_stays(agent, signed, mails):
    add_passkey(agent)
    client = signed(agent)
    assert "Quitar la aplicación" in client.get(reverse("mfa_deactivate_totp")).content.decode()
    client.post(reverse("mfa_deactivate_totp"))
    assert not Authenticator.objects.filter(user=agent, type="totp").exists()
    assert "Se quitó la aplicación" in mails()[0].body


def test_a_passkey_is_renamed_only_by_its_person(agent, supervisor, signed):
    key = add_passkey(agent)
    edit = reverse("mfa_edit_webauthn", args=[key.pk])
    assert signed(supervisor).post(edit, {"name": "Mía"}).status_code == 404
    assert signed(supervisor).post(reverse("mfa_remove_webauthn", args=[key.pk])).status_code == 404
    client = signed(agent)
    assert client.get(edit).status_code == 200
    assert client.post(edit, {"name": "Teléfono"}).url == reverse("accounts:account")
    key.refresh_from_db()
    assert key.data["name"] == "Teléfono"


def add_passkey(person) -> Authenticator:
    return Authenticator.objects.create(
        user=person, type="webauthn", data={"name": "Llave", "credential": {}}
    )


def test_s19_passkeys_ask_for_user_verification_and_can_sign_in_alone(newcomer, half_in):
    page = half_in.get(reverse(ADD_PASSKEY))
    wanted = page.context["js_data"]["creation_options"]["publicKey"]["authenticatorSelection"]
    assert wanted["userVerification"] == "required"
    assert wanted["residentKey"] == "required"
    options = (
        Client().get(reverse("mfa_login_webauthn"), headers={"Accept": "application/json"}).json()
    )
    assert options["request_options"]["publicKey"]["userVerification"] == "required"


@pytest.mark.parametrize(
    "credential",
    [
        "", "nada", "[]", "{}", "3", "null", '"x"', '{"response": 5}', '{"response": {}}',
        '{"id": "x", "rawId": "x", "type": "public-key", "response": {"userHandle": "!!"}}',
        '{"id":"eA","rawId":"eA","type":"public-key","response":'
        '{"clientDataJSON":"eA","authenticatorData":"eA","signature":"eA","userHandle":"eA"}}',
    ],
)  # fmt: skip
def test_s32_a_malformed_passkey_is_refused_in_words(client, agent, signed, credential):
    sent = {"credential": credential}
    assert client.post(reverse("mfa_login_webauthn"), sent).url == reverse("account_login")
    inside = signed(agent)
    answer = inside.post(reverse(ADD_PASSKEY), sent)
    assert answer.status_code == 200
    assert answer.context["form"].errors


def test_s17_changing_factors_asks_for_confirmation(agent, signed):
    client = signed(agent)
    forget_confirmation(client)
    for name in (ADD_PASSKEY, "mfa_deactivate_totp", "mfa_generate_recovery_codes"):
        answer = client.get(reverse(name))
        assert answer.url.startswith(reverse("account_reauthenticate")), name


def forget_confirmation(client) -> None:
    session = client.session
    session["account_authentication_methods"] = [
        record | {"reauthenticated": False} for record in session["account_authentication_methods"]
    ]
    session.save()


def test_s17_confirming_by_password_or_code_leads_back(agent, signed):
    for way, proof in (
        ("account_reauthenticate", {"password": PASSWORD}),
        ("mfa_reauthenticate", {"code": code_at()}),
    ):
        client = signed(agent)
        forget_confirmation(client)
        assert client.get(reverse(way)).status_code == 200
        answer = client.post(reverse(way), proof | {"next": "/cuenta/correo/"})
        assert answer.url == "/cuenta/correo/"
        assert client.get("/cuenta/correo/").status_code == 200


def test_s17_a_wrong_confirmation_does_not_pass(agent, signed):
    client = signed(agent)
    forget_confirmation(client)
    client.post(reverse("account_reauthenticate"), {"password": "otra-cosa-11"})
    assert client.get("/cuenta/correo/").status_code == 302


def test_confirming_by_passkey_is_offered_to_who_has_one(agent, signed, monkeypatch):
    add_passkey(agent)
    monkeypatch.setattr(
        "apps.accounts.door.passkeys.webauthn.auth.get_credentials", lambda user: []
    )
    page = signed(agent).get(reverse("mfa_reauthenticate_webauthn"))
    assert page.context["js_data"]["request_options"]["publicKey"]["userVerification"] == "required"


def test_recovery_codes_are_renewed_and_told(
    agent, signed, mails, django_capture_on_commit_callbacks
):
    client = signed(agent)
    assert client.get(reverse("mfa_generate_recovery_codes")).status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(reverse("mfa_generate_recovery_codes"))
    assert answer.url == reverse("mfa_view_recovery_codes")
    assert len(client.get(answer.url).context["unused_codes"]) == 10
    assert "códigos de recuperación nuevos" in mails()[0].body


def test_a_wrong_first_code_keeps_the_same_secret(half_in):
    secret = secret_on(half_in.get(reverse("mfa_activate_totp")))
    answer = half_in.post(reverse("mfa_activate_totp"), {"code": "000000"})
    assert "no corresponde" in str(answer.context["form"].errors)
    assert secret_on(answer) == secret


def test_allauths_lists_of_factors_lead_to_the_account(agent, signed):
    client = signed(agent)
    for name in ("mfa_index", "mfa_list_webauthn"):
        assert client.get(reverse(name)).url == reverse("accounts:account")
    assert client.get(reverse("accounts:choose-factor")).url == reverse("accounts:account")


# Losing every factor (S20) ----------------------------------------------------------------
@pytest.fixture
def second_admin(make_person):
    return make_person("berta", "admin")


def test_s20_two_admins_reset_the_factors_and_the_person_is_told(
    agent, admin, second_admin, signed, inside, mails
):
    client = signed(agent)
    reset = services.request_factor_reset(agent, reason=REASON, by=admin)
    assert Authenticator.objects.filter(user=agent).exists()
    assert inside(client)
    services.decide_factor_reset(reset, confirm=True, by=second_admin)
    assert not Authenticator.objects.filter(user=agent).exists()
    assert not inside(client)
    bodies = [m.body for m in mails()]
    assert any("Otra debe confirmarlo" in body for body in bodies)
    assert any("Se quitaron sus segundos factores" in body for body in bodies)
    rows = LogEntry.objects.get_for_object(reset)
    assert {row.actor for row in rows} == {admin, second_admin}
    assert LogEntry.objects.filter(additional_data__event="factors_reset", actor=second_admin)


def test_s20_who_asked_cannot_confirm(agent, admin):
    reset = services.request_factor_reset(agent, reason=REASON, by=admin)
    with pytest.raises(RuleBroken):
        services.decide_factor_reset(reset, confirm=True, by=admin)
    assert Authenticator.objects.filter(user=agent).exists()


def test_s20_nobody_asks_for_or_decides_their_own(admin, second_admin):
    with pytest.raises(RuleBroken):
        services.request_factor_reset(admin, reason=REASON, by=admin)
    reset = services.request_factor_reset(admin, reason=REASON, by=second_admin)
    with pytest.raises(RuleBroken):
        services.decide_factor_reset(reset, confirm=True, by=admin)


def test_s20_only_who_may_reset_factors(agent, supervisor, admin):
    with pytest.raises(PermissionDenied):
        services.request_factor_reset(agent, reason=REASON, by=supervisor)
    reset = services.request_factor_reset(agent, reason=REASON, by=admin)
    with pytest.raises(PermissionDenied):
        services.decide_factor_reset(reset, confirm=True, by=supervisor)


def test_s20_a_refusal_changes_nothing_and_is_final(agent, admin, second_admin, mails):
    reset = services.request_factor_reset(agent, reason=REASON, by=admin)
    services.decide_factor_reset(reset, confirm=False, by=second_admin)
    assert Authenticator.objects.filter(user=agent).exists()
    assert "No se aprobó" in mails()[-1].body
    with pytest.raises(RuleBroken):
        services.decide_factor_reset(reset, confirm=True, by=second_admin)


def test_s20_a_request_expires_after_72_hours(agent, admin, second_admin, time_machine):
    begun = time.time()
    time_machine.move_to(begun)
    reset = services.request_factor_reset(agent, reason=REASON, by=admin)
    time_machine.move_to(begun + 72 * 3600 + 1)
    with pytest.raises(RuleBroken):
        services.decide_factor_reset(reset, confirm=True, by=second_admin)
    assert services.waiting_reset(agent) is None
    assert services.request_factor_reset(agent, reason=REASON, by=admin)


@pytest.mark.parametrize("reason", ["", "  corto  "])
def test_s20_a_request_needs_a_reason(agent, admin, reason):
    with pytest.raises(RuleBroken):
        services.request_factor_reset(agent, reason=reason, by=admin)


def test_s20_one_request_at_a_time_and_only_for_who_has_a_factor(agent, admin, newcomer):
    services.request_factor_reset(agent, reason=REASON, by=admin)
    with pytest.raises(RuleBroken):
        services.request_factor_reset(agent, reason=REASON, by=admin)
    with pytest.raises(RuleBroken):
        services.request_factor_reset(newcomer, reason=REASON, by=admin)
    assert FactorReset.objects.count() == 1


def test_s20_no_request_for_a_deactivated_person(agent, admin):
    services.deactivate(agent, by=admin)
    with pytest.raises(RuleBroken):
        services.request_factor_reset(agent, reason=REASON, by=admin)


def test_s13_the_demo_secret_is_not_handed_to_newcomers(half_in):
    assert secret_on(half_in.get(reverse("mfa_activate_totp"))) != SECRET


def test_a_session_without_second_factor_record_is_none(agent, inside):
    client = sign_in(Client(), agent)
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time()}]
    session.save()
    assert not inside(client)
