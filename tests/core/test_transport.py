"""What follows from the address people type, at a real server behind a proxy (S24, S30, S61)."""

import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings

from apps.core.embedded import WEB
from apps.core.embedded.valkey import free_port
from apps.core.ratelimit import client_address
from config.transport import transport_settings
from tests.plugins.place import Place

ROOT = Path(settings.BASE_DIR)
HOST = "cauce.example"
SIGN_IN = "/cuenta/entrar/"


@pytest.mark.parametrize("address", ["https://cauce.example", "https://cauce.example:8443"])
def test_s24_over_https_cookies_belong_to_this_host_alone(address):
    settings = transport_settings(address)
    assert settings["SESSION_COOKIE_NAME"].startswith("__Host-")
    assert settings["CSRF_COOKIE_NAME"].startswith("__Host-")
    assert settings["SESSION_COOKIE_SECURE"] is settings["CSRF_COOKIE_SECURE"] is True
    assert settings["ALLOWED_HOSTS"] == ["cauce.example"]
    assert settings["SECURE_HSTS_SECONDS"] >= 365 * 24 * 3600
    assert settings["MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN"] is False


def test_s24_over_http_only_loopback_is_served_and_nothing_is_promised():
    settings = transport_settings("http://127.0.0.1:8000")
    assert not any(name.startswith("__Host-") for name in map(str, settings.values()))
    assert set(settings["ALLOWED_HOSTS"]) == {"127.0.0.1", "localhost", "[::1]"}
    assert settings["SECURE_HSTS_SECONDS"] == 0


def test_s24_the_scripts_store_nothing_in_the_browser():
    for path in (ROOT / "static" / "js").glob("*.js"):
        stores = re.findall(
            r"localStorage|sessionStorage|indexedDB|document\.cookie", path.read_text()
        )
        assert stores == [], path.name


def test_s30_the_proxy_refuses_old_tls_and_hides_the_server():
    proxy = (ROOT / "deploy" / "Caddyfile").read_text()
    assert re.search(r"^\s*protocols tls1\.2 tls1\.3$", proxy, re.MULTILINE)
    assert re.search(r"^\s*header -Server$", proxy, re.MULTILINE)
    assert "trusted_proxies" not in proxy  # what a visitor forwards is replaced


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.9", "127.0.0.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (1, None, "127.0.0.1"),
        (2, "198.51.100.1, 203.0.113.9", "198.51.100.1"),
        (2, "203.0.113.9", "127.0.0.1"),
        (2, "198.51.100.1, 203.0.113.9, 192.0.2.7", "203.0.113.9"),
    ],
)
def test_s30_an_address_is_believed_from_the_trusted_proxies_only(
    rf, settings, proxies, forwarded, address
):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    headers = {"x-forwarded-for": forwarded} if forwarded else {}
    assert client_address(rf.get("/", headers=headers)) == address


def test_s46_no_server_of_ours_logs_addresses_of_pages():
    for name in ("Dockerfile", "docker-compose.yml", "deploy/Caddyfile"):
        text = (ROOT / name).read_text()
        assert "--access-log" not in text, name
        assert not re.search(r"^\s*log\b", text, re.MULTILINE), name
    assert "--access-log" not in (ROOT / "apps/core/supervisor/portal.py").read_text()


class Server:
    """The portal over https behind one proxy, as granian serves it; asked in plain bytes."""

    def __init__(self) -> None:
        self.port = free_port()
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "config.settings_test",
            "CAUCE_BASE_URL": f"https://{HOST}",
            "CAUCE_PROXIES": "1",
            "DATABASE_URL": Place.cluster.url(WEB, Place.database),
        }
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"),
                *("--port", str(self.port), "--no-ws", "--blocking-threads", "2"),
                *("--log-level", "warning", "config.wsgi:application"),
            ],
            cwd=ROOT,
            env=environment,
            stderr=subprocess.STDOUT,
            stdout=subprocess.PIPE,
        )

    def ask(self, start: str, *headers: str, host: str = HOST, seconds: float = 5) -> str:
        """The whole answer to one request, as text."""
        lines = [start, f"Host: {host}", "Connection: close", *headers, "", ""]
        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as link:
            link.sendall("\r\n".join(lines).encode("latin-1"))
            received = b""
            while piece := link.recv(65536):
                received += piece
        return received.decode("utf-8", "replace")

    def wait(self) -> None:
        for _ in range(200):
            try:
                self.ask("GET /salud/live HTTP/1.1")
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise AssertionError(self.process.stdout.read())


@pytest.fixture(scope="module")
def server(django_db_setup):
    """One for the file: it takes a second or two to start."""
    portal = Server()
    portal.wait()
    yield portal
    portal.process.terminate()
    portal.process.communicate(timeout=20)


def head(answer: str) -> str:
    return answer.partition("\r\n\r\n")[0].lower()


def test_s30_http_is_sent_to_https(server):
    answer = server.ask(f"GET {SIGN_IN} HTTP/1.1", "X-Forwarded-Proto: http")
    assert f"location: https://{HOST}{SIGN_IN}" in head(answer)
    assert answer.startswith("HTTP/1.1 301")


def test_s30_what_the_proxy_says_came_over_tls_is_answered_with_hsts_and_bound_cookies(server):
    answer = head(server.ask(f"GET {SIGN_IN} HTTP/1.1", "X-Forwarded-Proto: https"))
    assert answer.startswith("http/1.1 200")
    assert "strict-transport-security: max-age=63072000" in answer
    cookies = re.findall(r"set-cookie:\s*(.*)", answer)
    assert cookies
    for cookie in cookies:
        assert cookie.startswith("__host-")
        for attribute in ("secure", "httponly", "samesite=lax", "path=/"):
            assert attribute in cookie
        assert "domain=" not in cookie


@pytest.mark.parametrize("host", ["malo.example", "cauce.example.malo.example", "a@cauce.example"])
def test_s30_a_hostile_host_is_refused_in_our_words(server, host):
    answer = server.ask("GET / HTTP/1.1", "X-Forwarded-Proto: https", host=host)
    assert answer.startswith("HTTP/1.1 400")
    assert "default-src 'none'" in head(answer)
    assert 'lang="es"' in answer


def test_s30_a_forwarded_host_changes_nothing(server):
    answer = server.ask(
        "GET /inicio/ HTTP/1.1", "X-Forwarded-Proto: https", "X-Forwarded-Host: malo.example"
    )
    assert "malo.example" not in answer


def test_s61_the_server_names_no_version(server):
    answer = head(server.ask("GET / HTTP/1.1", "X-Forwarded-Proto: https"))
    assert re.findall(r"server: (\S*)", answer) in ([], ["granian"])
    assert "x-powered-by" not in answer


@pytest.mark.parametrize(
    "path",
    [
        *("/static/../config/settings.py", "/static/..%2fmanage.py", "/static/%2e%2e/manage.py"),
        *("/.git/HEAD", "/.env", "/.cauce/secrets.json", "/static/", "/static/css/"),
        *("/static//etc/passwd", "/static/css/cauce.css.map", "/files/", "/requirements.lock"),
    ],
)
def test_s61_nothing_but_pages_and_published_files_is_there(server, path):
    answer = server.ask(f"GET {path} HTTP/1.1", "X-Forwarded-Proto: https")
    assert re.match(r"HTTP/1\.1 (400|404)", answer), answer[:200]
    assert "SECRET_KEY" not in answer


@pytest.mark.parametrize(
    "lines",
    [
        ("GET / HTTP/1.1", "X-A: a\0b"),
        ("GET /\0 HTTP/1.1",),
        ("GET / HTTP/1.1", "Content-Length: -1"),
        ("POST /cuenta/entrar/ HTTP/1.1", "Content-Length: 5", "Transfer-Encoding: chunked"),
        ("GET / HTTP/1.1", "Cookie: " + "a" * 200_000),
        ("GET /" + "a" * 100_000 + " HTTP/1.1",),
        ("GET / HTTP/9.9",),
        ("NADA",),
    ],
)
def test_s32_a_broken_request_never_reaches_a_fault_of_ours(server, lines):
    try:
        answer = server.ask(*lines, seconds=2)
    except OSError:
        answer = ""  # cut off, which says enough
    assert not answer.startswith("HTTP/1.1 5")
    assert server.ask("GET /salud/live HTTP/1.1").startswith("HTTP/1.1 200")


def test_s31_trace_is_refused(server):
    answer = server.ask("TRACE / HTTP/1.1", "X-Forwarded-Proto: https", "X-Secret: 4711")
    assert answer.startswith("HTTP/1.1 405")
    assert "4711" not in answer


def test_s28_headers_also_stand_on_what_the_server_streams(server):
    answer = head(server.ask("GET /static/css/cauce.css HTTP/1.1", "X-Forwarded-Proto: https"))
    assert answer.startswith("http/1.1 200")
    for name in ("permissions-policy", "cross-origin-resource-policy", "content-security-policy"):
        assert name in answer
    assert "access-control-allow-origin" not in answer
