"""Headers of every answer, whatever it is (S25, S27, S28, S30)."""

import json
from io import BytesIO

import pytest
from django.db import OperationalError
from django.http import FileResponse, StreamingHttpResponse
from django.test import Client, override_settings
from django.urls import include, path, reverse

from apps.core.access import public
from apps.core.views import errors
from config.transport import transport_settings

pytestmark = pytest.mark.django_db
EVERYWHERE = {
    "Permissions-Policy",
    "Cross-Origin-Resource-Policy",
    "Cross-Origin-Opener-Policy",
    "Referrer-Policy",
    "X-Content-Type-Options",
    "Content-Security-Policy",
}


@public
def explode(request):
    raise ZeroDivisionError("secreto 4711")


@public
def stream(request):
    return StreamingHttpResponse(iter([b"a", b"b"]), content_type="text/plain")


@public
def download(request):
    return FileResponse(BytesIO(b"a"), filename='x"\r\nSet-Cookie: a=b.txt', as_attachment=True)


@public
def away(request):
    raise OperationalError


@public
def much(request):
    return errors.too_many(request)


urlpatterns = [
    path("estalla/", explode),
    path("chorro/", stream),
    path("descarga/", download),
    path("sin-base/", away),
    path("mucho/", much),
    path("", include("config.urls")),
]
handler400 = "apps.core.views.errors.bad_request"
handler403 = "apps.core.views.errors.forbidden"
handler404 = "apps.core.views.errors.not_found"
handler500 = "apps.core.views.errors.server_error"


@pytest.fixture(autouse=True)
def _routes():
    with override_settings(ROOT_URLCONF=__name__):
        yield


def answers(client):
    """One answer of each kind."""
    client.raise_request_exception = False
    yield "page", client.get("/")
    yield "redirect", Client().get(reverse("portal:home"))
    yield "not found", client.get("/nada/")
    yield "refused", client.get(reverse("accounts:roles"))
    yield "method", client.put("/")
    yield "method in words", client.get(reverse("accounts:theme"))
    yield "fault", client.get("/estalla/")
    yield "stream", client.get("/chorro/")
    yield "download", client.get("/descarga/")
    yield "database away", client.get("/sin-base/")
    yield "too many", client.get("/mucho/")
    yield "too large", client.post("/", CONTENT_LENGTH=str(10**9))
    yield "too many fields", client.post("/", {f"p{n}": 1 for n in range(2500)})
    yield "broken form", client.generic("POST", "/", b"x", content_type="multipart/form-data")
    yield "script", client.get("/nada/", headers={"hx-request": "true"})
    yield "script signed out", Client().get(reverse("portal:home"), headers={"hx-request": "true"})
    yield "bad input", client.get("/?q=%00")
    yield "bad host", client.get("/", headers={"host": "otro.example"})
    yield "static", client.get("/static/css/cauce.css")
    yield "no static", client.get("/static/nada.css")
    yield "health", client.get("/salud/live")
    yield "json", client.get("/salud/ready")
    yield "no token", Client(enforce_csrf_checks=True).post(reverse("account_login"))


def test_s28_every_answer_carries_the_headers(agent, signed):
    missing = {
        kind: sorted(EVERYWHERE - set(response.headers))
        for kind, response in answers(signed(agent))
        if EVERYWHERE - set(response.headers)
    }
    assert missing == {}


def test_s25_nothing_but_static_files_may_be_stored(agent, signed):
    for kind, response in answers(signed(agent)):
        if kind != "static":
            assert "no-store" in response["Cache-Control"], kind


def test_s25_a_static_file_may_be_kept_and_differs_by_its_packing_only(client):
    response = client.get("/static/css/cauce.css")
    assert "max-age" in response["Cache-Control"]
    assert "Cookie" not in response.get("Vary", "")
    assert not response.cookies
    assert "Access-Control-Allow-Origin" not in response


def test_s25_pages_differ_by_cookie_and_by_script(agent, signed):
    assert "Cookie" in signed(agent).get(reverse("portal:home"))["Vary"]


def test_s36_a_file_name_cannot_add_a_header(client):
    response = client.get("/descarga/")
    assert "Set-Cookie" not in response.headers
    assert "\n" not in response["Content-Disposition"]


def test_s27_the_content_policy_names_what_it_allows(client):
    policy = dict(
        part.strip().split(" ", 1)
        for part in client.get("/")["Content-Security-Policy"].split(";")
        if part.strip()
    )
    assert policy["default-src"] == "'none'"
    for name in ("script-src", "style-src", "font-src", "connect-src", "form-action"):
        assert policy[name] == "'self'"
    for name in ("base-uri", "object-src", "frame-ancestors"):
        assert policy[name] == "'none'"
    assert "unsafe" not in str(policy)
    assert "http" not in str(policy)


def report(client, body):
    return client.generic("POST", "/salud/csp", body, content_type="application/csp-report")


@pytest.mark.usefixtures("still_clock")
def test_s27_a_report_is_logged_without_its_query_and_limited(client, caplog):
    body = json.dumps(
        {
            "csp-report": {
                "document-uri": "http://testserver/cuenta/?clave=4711",
                "violated-directive": "script-src\nFALSA",
                "blocked-uri": "http://malo.example/x.js?t=4711",
            }
        }
    )
    assert report(client, body).status_code == 204
    assert "malo.example/x.js" in caplog.text
    assert "4711" not in caplog.text
    for odd in ("", "[]", "no es json", '{"csp-report": 3}'):
        assert report(client, odd).status_code in (204, 400)
    assert report(client, "x" * 9000).status_code == 413
    assert {report(client, body).status_code for _ in range(20)} == {204, 429}


def test_s30_a_hostile_host_is_refused(client):
    for host in ("malo.example", "testserver.malo.example", "testserver:80@malo.example"):
        assert client.get("/", headers={"host": host}).status_code == 400


def test_s30_forwarded_headers_are_ignored_without_a_proxy(client):
    answer = client.get(
        reverse("portal:home"),
        headers={"x-forwarded-host": "malo.example", "x-forwarded-proto": "https"},
    )
    assert "malo.example" not in answer["Location"]
    assert transport_settings("https://a.example")["SECURE_PROXY_SSL_HEADER"] is None
    assert transport_settings("https://a.example", proxies=1)["SECURE_PROXY_SSL_HEADER"]


def test_s30_over_https_the_browser_is_told_to_stay_there(client):
    settings = transport_settings("https://cauce.example")
    with override_settings(**settings):
        secure = client.get("/salud/live", secure=True, headers={"host": "cauce.example"})
        assert "max-age=63072000" in secure["Strict-Transport-Security"]
        plain = client.get("/", headers={"host": "cauce.example"})
        assert plain["Location"] == "https://cauce.example/"


def test_s24_cookies_are_bound_to_the_host_over_https():
    settings = transport_settings("https://cauce.example")
    for name in ("SESSION", "CSRF"):
        assert settings[f"{name}_COOKIE_NAME"].startswith("__Host-")
        assert settings[f"{name}_COOKIE_SECURE"] is True
    from django.conf import settings as live

    assert live.SESSION_COOKIE_HTTPONLY
    assert live.CSRF_COOKIE_HTTPONLY
    assert (live.SESSION_COOKIE_SAMESITE, live.CSRF_COOKIE_SAMESITE) == ("Lax", "Lax")
    assert not getattr(live, "SESSION_COOKIE_DOMAIN", None)


@pytest.mark.parametrize("address", ["/.git/config", "/static/", "/static/../manage.py", "/debug/"])
def test_s61_what_is_not_a_page_is_not_there(client, address):
    assert client.get(address).status_code in (403, 404)


def test_s61_no_header_tells_the_version(client):
    for name in ("Server", "X-Powered-By", "Via"):
        assert name not in client.get("/").headers
