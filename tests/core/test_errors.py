"""Errors say what happened and nothing of the inside (S54, S60)."""

import json
import re
import sys
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import (
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.db import OperationalError, connection, transaction
from django.http import Http404, HttpResponse, UnreadablePostError
from django.test import Client, override_settings
from django.urls import include, path, reverse
from django.views.debug import ExceptionReporter, get_default_exception_reporter_filter

from apps.accounts.models import Unit
from apps.core.access import public
from apps.core.logs import OneLineFilter, UtcFormatter
from apps.core.rules import RuleBroken
from apps.core.views import errors

pytestmark = pytest.mark.django_db


@public
def explode(request):
    secret = "4711-secreto"  # noqa: F841  (must not be shown)
    raise ZeroDivisionError("división con 4711-secreto")


@public
def rule(request):
    raise RuleBroken("El plazo ya venció: no se puede prorrogar.")


@public
def away(request):
    raise OperationalError("could not connect to server: password=4711")


@public
def files(request):
    raise TooManyFilesSent


@public
def fields(request):
    raise TooManyFieldsSent


@public
def big(request):
    raise RequestDataTooBig


@public
def odd(request):
    raise SuspiciousOperation("4711")


@public
def careless_view(request):
    Unit.objects.filter(name=json.loads(request.POST["name"])).exists()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT %s::int", [request.POST["number"]])
    return HttpResponse(status=204)


@public
def much(request):
    return errors.too_many(request, 30)


@public
def nothing(request):
    raise Http404


@public
def broken(request):
    raise UnreadablePostError


urlpatterns = [
    path("estalla/", explode),
    path("regla/", rule),
    path("sin-base/", away),
    path("archivos/", files),
    path("cortado/", broken),
    path("campos/", fields),
    path("grande/", big),
    path("raro/", odd),
    path("descuidada/", careless_view),
    path("mucho/", much),
    path("nada/", nothing),
    path("", include("config.urls")),
]
handler400 = "apps.core.views.errors.bad_request"
handler403 = "apps.core.views.errors.forbidden"
handler404 = "apps.core.views.errors.not_found"
handler429 = "apps.core.views.errors.too_many"
handler500 = "apps.core.views.errors.server_error"


@pytest.fixture
def careless():
    """A client to which errors are answered, not raised; the views above are routed."""
    with override_settings(ROOT_URLCONF=__name__):
        yield Client(raise_request_exception=False)


def test_s60_an_error_shows_a_reference_only_and_the_log_has_the_same(careless, caplog):
    response = careless.get("/estalla/")
    page = response.content.decode()
    assert response.status_code == 500
    assert "4711" not in page
    assert "ZeroDivisionError" not in page
    assert "Traceback" not in page
    (reference,) = re.findall(r"<code>([0-9a-f]{10})</code>", page)
    assert reference in caplog.text


def test_a_rule_broken_outside_a_form_is_answered_with_its_words(careless):
    response = careless.get("/regla/")
    assert response.status_code == 409
    assert "El plazo ya venció" in response.content.decode()


def test_an_absent_database_is_said_plainly(careless):
    response = careless.get("/sin-base/")
    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0
    assert "4711" not in response.content.decode()


@pytest.mark.parametrize(
    ("where", "status", "words"),
    [
        ("/archivos/", 400, "más archivos de los que se admiten"),
        ("/campos/", 400, "más datos de los que un formulario"),
        ("/grande/", 413, "ocupa más de lo que el portal admite"),
        ("/cortado/", 400, "incompleta"),
        ("/raro/", 400, "incompleta"),
        ("/mucho/", 429, "Podrá seguir en 30 segundos."),
        ("/nada/", 404, "La dirección no existe"),
        ("/regla/", 409, "El plazo ya venció"),
    ],
)
def test_s32_each_refusal_says_why_in_a_page_and_to_a_script(careless, where, status, words):
    page = careless.get(where)
    assert page.status_code == status
    assert 'lang="es"' in page.content.decode()
    assert words in page.content.decode()
    assert "4711" not in page.content.decode()
    told = careless.get(where, headers={"hx-request": "true"})
    assert (told.status_code, told["Content-Type"]) == (status, "text/plain; charset=utf-8")
    assert words in told.content.decode()
    assert ("Retry-After" in page, "Retry-After" in told) == (status == 429, status == 429)


@pytest.mark.parametrize(
    ("name", "number", "status"),
    [
        ('"a"', "7", 204),
        ('"a\\u0000"', "7", 400),
        ('"\\ud800"', "7", 400),
        ("9" * 5000, "7", 400),
        ('"a"', "99999999999999999999", 400),
        ('"a"', "siete", 400),
    ],
)
def test_s32_what_a_careless_view_lets_through_to_the_database_is_bad_input(
    careless, name, number, status
):
    response = careless.post("/descuidada/", {"name": name, "number": number})
    assert response.status_code == status
    assert status == 204 or "No se guardó nada" in response.content.decode()


def test_s32_an_announced_body_over_the_limit_is_refused_before_it_is_read(careless):
    response = careless.post("/estalla/", {"a": "b"}, CONTENT_LENGTH=str(33 * 1024 * 1024))
    assert response.status_code == 413
    assert "ocupa más" in response.content.decode()


def test_s31_a_button_s_address_typed_by_hand_is_explained(client):
    response = client.get(reverse("accounts:theme"))
    assert (response.status_code, response["Allow"]) == (405, "POST")
    assert "Aquí no se llega así" in response.content.decode()


def test_s60_the_log_of_an_error_holds_nothing_that_was_sent(careless, caplog):
    careless.post("/estalla/?documento=79123456", {"nombre": "Ana Rojas", "clave": "x-4712-x"})
    lines = [UtcFormatter().format(r) for r in caplog.records if OneLineFilter().filter(r)]
    written = "\n".join(lines)
    assert "ZeroDivisionError" in written
    for datum in ("79123456", "Ana Rojas", "x-4712-x"):
        assert datum not in written


def test_s60_an_allauth_limit_is_answered_with_our_page(client):
    from allauth.core.ratelimit import respond_429

    response = respond_429(client.get("/").wsgi_request)
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert "Qué puede hacer" in response.content.decode()


def secrets():
    """What must never be shown: keys, and the passwords in addresses."""
    yield settings.SECRET_KEY
    yield from settings.FIELD_KEYS
    yield settings.SETUP_TOKEN or "planted-setup-token"
    for address in (settings.REDIS_URL, settings.CELERY_BROKER_URL):
        yield urlsplit(address).password or address
    yield settings.DATABASES["default"]["PASSWORD"] or "planted"


def test_s54_neither_settings_nor_a_technical_report_show_a_secret(rf, settings):
    settings.SETUP_TOKEN = "planted-setup-token"
    settings.EMAIL_HOST_PASSWORD = "planted-mail-password"
    shown = str(get_default_exception_reporter_filter().get_safe_settings())
    request = rf.post("/", {"password": "planted-typed"}, headers={"cookie": "sesion=planted-one"})
    request.user = AnonymousUser()
    try:
        raise ZeroDivisionError
    except ZeroDivisionError:
        reporter = ExceptionReporter(request, *sys.exc_info(), is_email=True)
        shown += reporter.get_traceback_text() + reporter.get_traceback_html()
    for secret in (*secrets(), "planted-mail-password", "planted-one"):
        assert secret not in shown
    assert settings.SECRET_KEY not in repr(settings)


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 429, 500, 503])
def test_each_error_page_says_what_to_do(status):
    from django.template.loader import render_to_string

    page = render_to_string(f"{status}.html", {"reference": "abcde12345", "theme": "light"})
    assert "Qué puede hacer" in page
    assert "abcde12345" in page or status in (404,)
