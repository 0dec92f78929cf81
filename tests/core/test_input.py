"""Input nobody should send: 4xx in Spanish, never 500 (S32)."""

import re

import pytest
from allauth.account.utils import get_next_redirect_url
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import NoReverseMatch, reverse

from apps.core.access import policy_of
from tests.access.matrix import MATRIX
from tests.access.test_matrix import VIEWS

pytestmark = pytest.mark.django_db
NASTY = {
    "int": ["0", "99999999999999999999", "9223372036854775808", "007"],
    "uuid": ["00000000-0000-0000-0000-000000000000"],
    "slug": ["a" * 300, "-", "0"],
    "str": ["%00", "%ED%A0%80", "%FF", "a" * 2000, "..", "%27%22%3C", "%F0%9F%92%A7", "%0D%0A"],
}
QUERY = [
    "q=%00", "q=%ED%A0%80", "q=%FF%FE", f"q={'a' * 4000}", "q='%20OR%201=1--", "q=%25_%5C",
    "pagina=%00", "pagina=x", "orden=%27", "formato=exe", "ver=%3Cscript%3E", "de=x&a=%27",
    "de=99999999999999999999&a=-1", "since=2026-02-30", "until=99999-01-01", "unit=-1",
    "unit=99999999999999999999", "next=//malo.example/", "next=javascript:alert(1)",
    "q=1&q=2&q[]=3", "&".join(f"p{number}=1" for number in range(900)),
]  # fmt: skip
FIELDS = {
    "nul": "a\x00b",
    "surrogate": "\\ud800",
    "long": "x" * 100_000,
    "markup": "<script>alert(1)</script>{{ 7|add:7 }}",
    "number": "99999999999999999999",
    "date": "2026-13-45",
}


def addresses(name):
    """Addresses of that view with every nasty argument."""
    route = str(VIEWS[name].pattern)
    arguments = re.findall(r"<(?:(\w+):)?(\w+)>", route)
    if not arguments:
        yield reverse(name)
        return
    plain = {"int": "7", "uuid": NASTY["uuid"][0]}
    yield reverse(name, kwargs={a: plain.get(k, "7") for k, a in arguments})
    for kind, argument in arguments:
        for value in NASTY.get(kind, NASTY["str"]):
            path = "/" + full_route(name)
            for other, each in arguments:
                given = value if each == argument else plain.get(other, "7")
                path = re.sub(rf"<(?:\w+:)?{each}>", given, path)
            yield path


def full_route(name):
    from apps.core.checks import walk_patterns

    return next(route for route, known, _pattern in walk_patterns() if known == name)


@pytest.mark.parametrize("who", ["nobody", "admin"])
def test_s32_no_address_argument_or_parameter_breaks_a_page(who, admin, signed):
    client = signed(admin) if who == "admin" else Client()
    client.raise_request_exception = False
    broken = []
    for name in MATRIX:
        if "GET" not in policy_of(VIEWS[name].callback).methods or name == "account_logout":
            continue
        for path in addresses(name):
            response = client.get(path)
            if response.status_code >= 500:
                broken.append((path[:80], response.status_code))
        try:
            plain = reverse(name)
        except NoReverseMatch:
            continue
        for query in QUERY:
            response = client.get(f"{plain}?{query}")
            if response.status_code >= 500 or "malo.example" in response.get("Location", ""):
                broken.append((f"{plain}?{query[:40]}", response.status_code))
    assert broken == []


def test_s32_no_posted_value_breaks_a_form(admin, signed):
    client = signed(admin)
    client.raise_request_exception = False
    broken = []
    for name in MATRIX:
        if "POST" not in policy_of(VIEWS[name].callback).methods or name == "account_logout":
            continue
        path = next(iter(addresses(name)))
        page = client.get(path)
        fields = set(re.findall(r'name="([\w-]+)"', page.content.decode("utf-8", "replace")))
        fields |= {"envio", "login", "password", "code"}
        for kind, value in FIELDS.items():
            data = {field: value for field in fields if field != "csrfmiddlewaretoken"}
            response = client.post(path, data)
            if response.status_code >= 500:
                broken.append((name, kind, response.status_code))
    assert broken == []


def test_s32_ten_thousand_parameters_are_refused_in_spanish(client):
    data = {f"p{number}": "1" for number in range(10_000)}
    response = client.post(reverse("account_login"), data)
    assert response.status_code in (400, 413)
    assert 'lang="es"' in response.content.decode()
    query = "&".join(f"p{number}=1" for number in range(10_000))
    assert client.get(f"/?{query}").status_code in (400, 414)


def test_s32_a_megabyte_in_a_field_is_refused_or_told(client):
    response = client.post(reverse("account_login"), {"login": "a" * (1024 * 1024)})
    assert response.status_code in (200, 400, 413)
    response = client.post(reverse("account_login"), {"login": "a" * (3 * 1024 * 1024)})
    assert response.status_code in (400, 413)


def test_s32_broken_bodies_are_refused(client):
    client.raise_request_exception = False
    url = reverse("account_login")
    for body, kind in (
        (b"--x\r\nroto", "multipart/form-data; boundary=x"),
        (b"--x\r\nroto", "multipart/form-data"),
        (b"\xff\xfe\x00", "application/x-www-form-urlencoded"),
        (b"{", "application/json"),
        (b"a=%ED%A0%80&b=%00", "application/x-www-form-urlencoded"),
    ):
        response = client.generic("POST", url, body, content_type=kind)
        assert response.status_code < 500, (body, kind)


def test_s32_odd_headers_and_cookies_are_no_error(client):
    for headers in (
        {"accept-language": "x" * 5000},
        {"cookie": "sesion=" + "a" * 5000},
        {"cookie": 'sesion="; csrf=\\ud800'},
        {"hx-request": "true", "hx-target": "<x>"},
        {"referer": "javascript:alert(1)"},
    ):
        assert client.get("/atencion/accesibilidad/", headers=headers).status_code < 500


def test_s32_a_file_name_with_tricks_is_told_at_the_form(admin, signed):
    sheet = SimpleUploadedFile("a\u202e\r\nx.csv", b"x")
    response = signed(admin).post(reverse("accounts:imports"), {"kind": "people", "sheet": sheet})
    assert response.status_code == 422


@pytest.mark.parametrize(
    "target",
    ["//malo.example/", "https://malo.example/", "/\\malo.example", "javascript:alert(1)", "\x00"],
)
def test_s31_the_way_back_never_leaves_the_site(rf, target):
    assert get_next_redirect_url(rf.get("/", {"next": target})) is None


def test_s31_the_theme_button_leads_back_inside(client):
    response = client.post(
        reverse("accounts:theme"),
        {"tema": "dark", "next": "//malo.example/"},
        headers={"referer": "https://malo.example/x"},
    )
    assert "malo.example" not in response["Location"]
