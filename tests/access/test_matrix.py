"""Every address × every role, GET and POST, against the agreed matrix (S1, S8, S12, C3)."""

import re
import uuid

import pytest
from django.contrib.auth import SESSION_KEY
from django.test import Client
from django.urls import reverse

from apps.core.access import policy_of
from apps.core.checks import every_view_declares_its_policy, walk_patterns
from tests.access.matrix import EVERYONE, MATRIX

pytestmark = pytest.mark.django_db
VIEWS = {name: pattern for _route, name, pattern in walk_patterns()}
LETTERS = {
    "N": None,
    "O": "sin rol",
    "A": "agente",
    "S": "supervision",
    "C": "calidad",
    "D": "direccion",
    "M": "admin",
    "U": "auditoria",
    "P": "privacidad",
}
# Steps of the door that begin or end at sign-in.
LEADS_TO_SIGN_IN = {"account_logout", "mfa_authenticate", "mfa_login_webauthn"}
SAMPLES = {
    "day": "2026-01-31",
    "int": 987654321,
    "uuid": uuid.UUID("00000000-0000-4000-8000-000000000000"),
    "slug": "nada-de-nada",
    "str": "NADA-99",
    "path": "nada",
    "code": "NADA-99",
    "number": 9,
}


def address(name: str) -> str:
    """An address of that view, with arguments that name nothing."""
    route = str(VIEWS[name].pattern)
    kwargs = {}
    for converter, argument in re.findall(r"<(?:(\w+):)?(\w+)>", route):
        kwargs[argument] = SAMPLES[converter or "str"]
    return reverse(name, kwargs=kwargs)


def is_shut(response) -> bool:
    """Whether the door stayed closed: refused, or sent to sign in."""
    if response.status_code in (301, 302):
        return response["Location"].startswith(reverse("account_login"))
    return response.status_code in (401, 403)


def test_c3_every_view_declares_its_policy_and_has_a_row():
    assert every_view_declares_its_policy() == []
    assert set(VIEWS) == set(MATRIX)


@pytest.mark.parametrize("letter", LETTERS)
@pytest.mark.parametrize("method", ["get", "post"])
def test_s1_every_address_opens_to_whom_the_matrix_names(letter, method, cast, signed):
    wrong, client = [], Client()
    for name, allowed in MATRIX.items():
        if letter != "N" and SESSION_KEY not in client.session:  # at first, or signed out since
            client = signed(cast[LETTERS[letter]])
        if method.upper() not in policy_of(VIEWS[name].callback).methods:
            continue
        if name in LEADS_TO_SIGN_IN and (letter == "N" or method == "post"):
            continue  # it opens, and then answers like a closed door
        response = getattr(client, method)(address(name))
        if is_shut(response) == (letter in allowed):
            wrong.append((name, response.status_code))
        assert response.status_code < 500, name
    assert wrong == []


def test_s8_a_post_without_its_token_is_refused_everywhere(cast):
    from tests.conftest import sign_in

    client = sign_in(Client(enforce_csrf_checks=True), cast["admin"])
    answered = {
        name: client.post(address(name)).status_code
        for name in MATRIX
        if "POST" in policy_of(VIEWS[name].callback).methods and name != "core:csp-report"
    }
    assert {name: code for name, code in answered.items() if code != 403} == {}


def test_s12_without_a_second_factor_only_enrolment_answers(make_person, signed):
    from apps.accounts.permissions import Role

    client = signed(make_person("nuevo", Role.ADMIN, second_factor=False))
    open_doors = set()
    for name in MATRIX:
        policy = policy_of(VIEWS[name].callback)
        for headers in ({}, {"HX-Request": "true"}):
            method = client.get if "GET" in policy.methods else client.post
            response = method(address(name), headers=headers)
            target = response.get("Location", "") + response.get("HX-Redirect", "")
            is_sent = target.startswith(reverse("accounts:choose-factor"))
            if not is_sent and policy.kind not in ("public", "token", "enrolment"):
                open_doors.add(name)
    assert open_doors == set()


def test_s31_unsupported_methods_are_refused_everywhere(cast, signed):
    client = signed(cast["admin"])
    for method in ("put", "patch", "delete", "trace", "options"):
        for name in MATRIX:
            response = getattr(client, method)(address(name))
            assert response.status_code == 405, (method, name)
            assert "GET" in response["Allow"] or "POST" in response["Allow"]


def test_a_view_without_policy_is_refused_at_run_time(rf, cast, caplog):
    from django.core.exceptions import PermissionDenied

    from apps.core.middleware.access import AccessMiddleware

    request = rf.get("/")
    request.user = cast["admin"]
    with pytest.raises(PermissionDenied):
        AccessMiddleware(lambda r: None).process_view(request, lambda r: None, (), {})


def test_everyone_includes_every_column():
    assert set(EVERYONE) == set(LETTERS)
