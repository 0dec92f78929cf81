"""Is it alive, is it ready; what browsers report (F6, S27)."""

import json
import shutil
from collections import namedtuple

import pytest
from django.db import DatabaseError, connection

from apps.core.views import health

pytestmark = pytest.mark.django_db


def ready(client):
    response = client.get("/salud/ready")
    return response.status_code, response.json()


def test_a_live_process_says_so_and_asks_nobody(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get("/salud/live")
    assert (response.status_code, response.content) == (200, b"ok")
    assert not response.cookies


def test_all_parts_there_is_ready(client, django_assert_num_queries):
    with django_assert_num_queries(1):
        status, told = ready(client)
    assert (status, told["status"]) == (200, "ready")
    assert set(told) == {"status", "database", "cache", "disk"}


def test_a_full_disk_is_degraded_and_still_serves(client, monkeypatch, settings, tmp_path):
    settings.CAUCE_HOME = tmp_path
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(10, 10, 0))
    status, told = ready(client)
    assert (status, told["status"], told["disk"]) == (200, "degraded", False)


def test_a_database_that_refuses_is_down(client, monkeypatch):
    def refuse():
        raise DatabaseError("password=4711")

    monkeypatch.setattr(connection, "cursor", refuse)
    status, told = ready(client)
    assert (status, told["status"], told["database"]) == (503, "down", False)
    assert "4711" not in json.dumps(told)


@pytest.mark.parametrize("path", ["/salud/live", "/salud/ready"])
def test_health_is_read_only_and_tells_nothing_of_the_inside(client, path):
    assert client.post(path).status_code == 405
    text = client.get(path).content.decode()
    for word in ("postgres", "redis", "127.0.0.1", "/"):
        assert word not in text


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("", 400),
        ("no es json", 400),
        ("[]", 400),
        ("7", 400),
        ("[" * 8000, 400),
        ("9" * 5000, 400),
        ('{"csp-report": 3}', 204),
        ('{"csp-report": {"document-uri": ["x"], "blocked-uri": null}}', 204),
        ('{"csp-report": {"document-uri": "\\ud800"}}', 204),
        ("x" * (health.REPORT_MAX_BYTES + 1), 413),
    ],
)
def test_s27_noise_instead_of_a_report_is_no_error(client, body, status):
    kind = "application/csp-report"
    assert client.generic("POST", "/salud/csp", body, content_type=kind).status_code == status


def test_s27_a_report_is_one_line_whatever_it_holds(client, caplog):
    report = {"document-uri": "http://t/a\n2026 INFO falsa?t=4711", "violated-directive": "x\ny"}
    body = json.dumps({"csp-report": report})
    client.generic("POST", "/salud/csp", body, content_type="application/csp-report")
    assert "content policy" in caplog.text
    assert "4711" not in caplog.text
