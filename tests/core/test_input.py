"""Input nobody should send: 4xx in Spanish, never 500 (S32)."""

import re
from html.parser import HTMLParser
from urllib.parse import urlencode, urlsplit

import pytest
from allauth.account.utils import get_next_redirect_url
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from apps.core import kept, pagination
from apps.core.access import policy_of
from apps.core.checks import walk_patterns
from tests.access.matrix import MATRIX
from tests.access.test_matrix import VIEWS
from tests.manual.makers import Press

pytestmark = pytest.mark.django_db
NASTY = {
    "int": ["0", "99999999999999999999", "9223372036854775808", "007", "9" * 5000, "-1"],
    "number": ["0", "99999999999999999999", "9" * 5000, "-1"],
    "uuid": ["00000000-0000-0000-0000-000000000000", "0"],
    "day": ["2026-02-30", "2999-12-31", "1000-01-01", "0000-00-00", "9999-99-99", "%00"],
    "slug": ["a" * 300, "-", "0"],
    "str": ["%00", "%ED%A0%80", "%FF", "a" * 2000, "..", "%27%22%3C", "%F0%9F%92%A7", "%0D%0A"],
}
FIELD_TAGS = ("input", "select", "textarea", "button")
NASTY["code"] = NASTY["str"]
# Values of a parameter, as they stand in an address.
VALUES = [
    "%00", "%ED%A0%80", "%FF%FE", "a" * 1500, "%27%20OR%201=1--", "%25_%5C", "-1",
    "99999999999999999999", "2026-02-30", "99999-01-01", "0000-00-00", "//malo.example/",
    "javascript:alert(1)", "%3Cscript%3E", "%C2%B2", "%D9%A3", "NaN", "1e999", "%5B%5D",
]  # fmt: skip
FIELDS = {
    "nul": "a\x00b",
    "long": "x" * 20_000,
    "number": "99999999999999999999",
    "surrogate": "\ud800",
    "escaped surrogate": '{"id": "\\ud800", "type": "public-key"}',
    "markup": "<script>alert(1)</script>{{ 7|add:7 }}",
    "digits": "9" * 5000,
    "nested": "[" * 3000,
    "date": "2026-13-45",
    "year": "99999-01-01",
}


class Form(HTMLParser):
    """Names of the fields of a page's forms but the bar's: `by["get"]`, `by["post"]`."""

    def __init__(self, page):
        super().__init__()
        self.by, self.method = {"get": set(), "post": set()}, None
        self.feed(page.content.decode("utf-8", "replace") if not page.streaming else "")

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if tag == "form":
            self.method = (values.get("method") or "get").lower()
        elif (
            values.get("name")
            and values.get("id") != "q"
            and tag in ("input", "select", "textarea", "button")
        ):
            self.by[self.method or "get"].add(values["name"])

    def handle_endtag(self, tag):
        if tag == "form":
            self.method = None


def read_parameters():
    """Names that our code reads from the address without a form."""
    found = set()
    for path in sorted((settings.BASE_DIR / "apps").rglob("*.py")):
        found.update(re.findall(r'GET(?:\.get\(|\[)"(\w+)"', path.read_text("utf-8")))
    return found | {pagination.PARAMETER, kept.QUERY, "orden"}


@pytest.fixture
def known(admin, agent, supervisor, quality, unit, make_position):
    """Arguments that name something, by the beginning of the view's name."""
    press = Press(quality=quality, author=supervisor, unit=unit, position=make_position("Voz"))
    document = press.document("ATC-01")
    press.version(document)
    press.version(document)
    page = {"code": "ATC-01", "number": 1}
    return {
        "accounts:unit": {"pk": unit.pk},
        "accounts:position": {"pk": agent.holdings.get().position_id},
        "accounts:holding": {"pk": agent.holdings.get().pk},
        "accounts:role": {"key": "agente"},
        "accounts:import-template": {"kind": "people"},
        "accounts:": {"pk": agent.pk, "key": NASTY["uuid"][0], "token": "x"},
        "manual:": page,
        "": {"pk": 7, "uidb36": "7", "key": "7"},
    }


def full_route(name):
    return next(route for route, each, _pattern in walk_patterns() if each == name)


def addresses(name, known):
    """Addresses of that view: one that names something, then every nasty argument."""
    route = full_route(name)
    arguments = re.findall(r"<(?:(\w+):)?(\w+)>", route)
    given = next(values for begin, values in known.items() if name.startswith(begin))

    def filled(**other):
        path = "/" + route
        for kind, argument in arguments:
            value = other.get(argument, given.get(argument, 7))
            if kind == "uuid" and argument not in other:
                value = NASTY["uuid"][0]
            elif kind == "day" and argument not in other:
                value = "2026-03-01"
            path = re.sub(rf"<(?:\w+:)?{argument}>", lambda _m, v=value: str(v), path)
        return path

    yield filled()
    for kind, argument in arguments:
        for value in NASTY[kind or "str"]:
            yield filled(**{argument: value})


def fault_of(response):
    """What is wrong with an answer to bad input, if anything."""
    target = response.get("Location", "")
    if response.status_code >= 500:
        return response.status_code
    if target and (urlsplit(target).netloc or target.startswith(("//", "/\\"))):
        return f"leads to {target}"
    page = "html" in response.get("Content-Type", "") and response.content.decode()
    if response.status_code >= 400 and page and 'lang="es"' not in page:
        return "not in Spanish"
    return None


@pytest.fixture
def visitor(admin, quality, signed):
    """Client for a view: of the admin where they reach it, else of quality."""
    clients = {"M": signed(admin), "C": signed(quality)}
    for client in clients.values():
        client.raise_request_exception = False
    return lambda name: clients["M" if "M" in MATRIX[name] else "C"]


def views(method):
    for name in MATRIX:
        if method in policy_of(VIEWS[name].callback).methods and name != "account_logout":
            yield name


def queries_for(own, everywhere, turn):
    """Queries for one page: every value in all its parameters at once, and each alone with
    some; `turn` chooses them, so that all pages together meet every value."""
    together = sorted(everywhere | own)
    for value in VALUES[turn % 3 :: 3] if own else VALUES[turn % 6 :: 6]:
        yield "&".join(f"{parameter}={value[:300]}" for parameter in together)
    for number, parameter in enumerate(sorted(own)):
        for value in VALUES[(turn + number) % 10 :: 10]:
            yield f"{parameter}={value}"


def test_s32_no_argument_or_parameter_breaks_a_page(visitor, known):
    broken, everywhere = [], read_parameters()
    for turn, name in enumerate(views("GET")):
        client = visitor(name)
        paths = list(addresses(name, known))
        own = Form(client.get(paths[0])).by["get"] | ({"q"} if "search" in name else set())
        paths += [f"{paths[0]}?{query}" for query in queries_for(own, everywhere, turn)]
        broken += [(path[:80], f) for path in paths if (f := fault_of(client.get(path)))]
    assert broken == []


def test_s32_no_argument_or_parameter_breaks_a_page_for_a_stranger(known):
    client = Client(raise_request_exception=False)
    everywhere, broken = read_parameters(), []
    for name in views("GET"):
        paths = list(addresses(name, known))
        for value in VALUES[:: 1 if "N" in MATRIX[name] else 6]:
            paths.append(f"{paths[0]}?" + "&".join(f"{p}={value[:300]}" for p in everywhere))
        broken += [(path[:80], f) for path in paths if (f := fault_of(client.get(path)))]
    assert broken == []


def values_for(turn):
    """Values for the fields of one form: three that every form gets, and a third of the others,
    by turns."""
    kinds = list(FIELDS)
    return {kind: FIELDS[kind] for kind in [*kinds[:3], *kinds[3 + turn % 3 :: 3]]}


def test_s32_no_posted_value_breaks_a_form(visitor, known):
    broken = []
    for turn, name in enumerate(views("POST")):
        client = visitor(name)
        path = next(addresses(name, known))
        fields = {"envio", "login", "password", "code", "credential", "id", "texto"}
        if "GET" in policy_of(VIEWS[name].callback).methods:
            fields |= Form(client.get(path)).by["post"]
        for kind, value in values_for(turn).items():
            data = {field: value for field in fields if field != "csrfmiddlewaretoken"}
            body = urlencode(data, errors="surrogatepass")
            response = client.generic(
                "POST", path, body, content_type="application/x-www-form-urlencoded"
            )
            if fault := fault_of(response):
                broken.append((name, kind, fault))
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
