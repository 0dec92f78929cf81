"""Errors say what happened and nothing of the inside (S54, S60)."""

import re

import pytest
from django.conf import settings
from django.core.exceptions import TooManyFilesSent
from django.db import OperationalError
from django.http import UnreadablePostError
from django.test import Client, override_settings
from django.urls import include, path
from django.views.debug import get_default_exception_reporter_filter

from apps.core.access import public
from apps.core.rules import RuleBroken

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
def broken(request):
    raise UnreadablePostError


urlpatterns = [
    path("estalla/", explode),
    path("regla/", rule),
    path("sin-base/", away),
    path("archivos/", files),
    path("cortado/", broken),
    path("", include("config.urls")),
]
handler400 = "apps.core.views.errors.bad_request"
handler403 = "apps.core.views.errors.forbidden"
handler404 = "apps.core.views.errors.not_found"
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


@pytest.mark.parametrize("where", ["/archivos/", "/cortado/"])
def test_a_broken_request_is_answered_in_spanish(careless, where):
    response = careless.get(where)
    assert response.status_code == 400
    assert 'lang="es"' in response.content.decode()


def test_s54_settings_of_an_error_report_are_masked():
    shown = get_default_exception_reporter_filter().get_safe_settings()
    for name in ("SECRET_KEY", "FIELD_KEYS", "SETUP_TOKEN", "REDIS_URL", "CELERY_BROKER_URL"):
        assert str(getattr(settings, name) or "x") not in str(shown[name]), name
    assert (
        settings.DATABASES["default"]["PASSWORD"] not in str(shown)
        or not (settings.DATABASES["default"]["PASSWORD"])
    )


@pytest.mark.parametrize("status", [400, 403, 404, 409, 429, 500, 503])
def test_each_error_page_says_what_to_do(status):
    from django.template.loader import render_to_string

    page = render_to_string(f"{status}.html", {"reference": "abcde12345", "theme": "light"})
    assert "Qué puede hacer" in page
    assert "abcde12345" in page or status in (404,)
