"""What the portal is set to, what it is locked to, what its database role may do."""

import ast
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import psycopg2
import pytest
from auditlog.models import LogEntry
from django.conf import settings
from django.core.cache import cache
from django.urls import reverse

from apps.accounts import services

ROOT = Path(settings.BASE_DIR)
SOURCES = sorted((ROOT / "apps").rglob("*.py"))


def test_s61_the_deploy_check_is_silent_over_https():
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "CAUCE_BASE_URL": "https://cauce.example",
        "SECRET_KEY": "k" * 60 + "ABCDefgh12345",
        "CAUCE_KEYS": "t1:" + "A" * 43 + "=",
    }
    environment.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)  # set where a browser runs beside
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout
    for secret in (environment["SECRET_KEY"], environment["CAUCE_KEYS"]):
        assert secret not in done.stdout + done.stderr


def test_s61_debug_is_off():
    assert settings.DEBUG is False


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-test.lock"])
def test_s62_every_package_is_locked_by_hash_and_by_name_only(name):
    text = (ROOT / name).read_text()
    blocks = re.split(r"\n(?=[a-z0-9])", text)
    loose = [b.splitlines()[0] for b in blocks if "==" in b and "--hash=sha256:" not in b]
    assert loose == []
    odd = [b.splitlines()[0] for b in blocks if not re.match(r"[\w.\[\]-]+==[\w.]+", b)]
    assert odd == []
    assert "://" not in text


def test_s62_the_browser_packages_are_locked_by_hash_without_addresses():
    lock = json.loads((ROOT / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values())
    assert "resolved" not in (ROOT / "package-lock.json").read_text()


def test_s62_the_list_of_parts_names_every_locked_package_with_its_hashes(tmp_path):
    target = tmp_path / "sbom.json"
    done = subprocess.run(
        [sys.executable, "scripts/sbom.py", str(target)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    sbom = json.loads(target.read_text())
    assert (sbom["bomFormat"], sbom["specVersion"]) == ("CycloneDX", "1.6")
    parts = {part["purl"]: part for part in sbom["components"]}
    assert len(parts) == len(sbom["components"])
    pinned = re.findall(
        r"^([\w.-]+)(?:\[[\w,-]+\])?==([\w.]+)",
        (ROOT / "requirements.lock").read_text(),
        re.MULTILINE,
    )
    assert {f"pkg:pypi/{name}@{version}" for name, version in pinned} <= parts.keys()
    assert {"pkg:npm/bootstrap@5.3.9", "pkg:pypi/django@5.2.19"} <= parts.keys()
    assert all(
        re.fullmatch(r"[0-9a-f]{64,128}", h["content"]) for p in parts.values() for h in p["hashes"]
    )
    assert all(part["hashes"] for part in parts.values())
    npm = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert len(parts) == len(pinned) + len([name for name in npm if name])


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE intrusa (id int)",
        "ALTER TABLE accounts_person ADD COLUMN x int",
        "DROP TABLE core_cacherow",
        "TRUNCATE accounts_holding",
        "CREATE EXTENSION dblink",
        "ALTER ROLE cauce_web SUPERUSER",
        "UPDATE auditlog_logentry SET object_repr = 'x'",
        "DELETE FROM auditlog_logentry",
        "TRUNCATE auditlog_logentry",
        "ALTER TABLE documents_version DISABLE TRIGGER ALL",
    ],
)
def test_s63_the_web_role_cannot_alter_the_schema_or_the_log(web_role_connection, statement):
    with web_role_connection.cursor() as cursor, pytest.raises(psycopg2.Error) as refusal:
        cursor.execute(statement)
    assert refusal.value.pgcode in ("42501", "P0001")
    web_role_connection.rollback()


@pytest.mark.django_db
def test_the_log_is_append_only_for_the_owner_too(admin, unit, as_owner):
    from django.db import DatabaseError, connection, transaction

    services.save_unit(unit, code="ATC", name="Otra", by=admin)
    row = LogEntry.objects.latest("id")
    for statement in (
        "UPDATE auditlog_logentry SET object_repr = 'x' WHERE id = %s",
        "DELETE FROM auditlog_logentry WHERE id = %s",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, [row.pk])
    assert LogEntry.objects.get(pk=row.pk).object_repr == row.object_repr


@pytest.mark.django_db
def test_s64_no_pickle_lies_in_the_cache_after_browsing(agent, signed):
    client = signed(agent)
    for path in ("/", reverse("portal:home"), reverse("manual:home"), reverse("accounts:people")):
        assert client.get(path).status_code == 200
    server = cache._cache.get_client()
    values = [server.get(key) for key in server.keys("*") if server.type(key) == b"string"]
    assert values
    for value in values:
        json.loads(value)


def test_s64_sessions_and_jobs_speak_json_only():
    assert settings.SESSION_SERIALIZER.endswith("JSONSerializer")
    assert settings.CELERY_ACCEPT_CONTENT == ["json"]
    assert settings.CELERY_TASK_SERIALIZER == "json"
    for path in SOURCES:
        names = {
            alias.name
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        }
        assert not names & {"pickle", "marshal", "shelve"}, path


def test_s34_string_built_sql_is_looked_for_and_every_exception_says_why():
    rules = (ROOT / "pyproject.toml").read_text()
    assert re.search(r'select = \[.*"S"', rules)
    for path in SOURCES:
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
            if re.search(r"noqa:.*S608", line):
                assert re.search(r"S608\s+\(.+", line), f"{path.name}:{number}"


def test_s38_no_template_is_built_from_data():
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                assert name not in ("Template", "from_string", "eval", "exec"), path


def _patterns():
    """Every regular expression that our code compiles or uses, with its flags."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and getattr(node.func.value, "id", "") == "re"
                and node.func.attr != "escape"
                and node.args
            ):
                assert isinstance(node.args[0], ast.Constant), f"{path}:{node.lineno}: built"
                flags = 0
                for given in [*node.args[1:], *(word.value for word in node.keywords)]:
                    for name in re.findall(r"re\.([A-Z]+)", ast.unparse(given)):
                        flags |= getattr(re, name)
                yield f"{path.name}:{node.lineno}", re.compile(node.args[0].value, flags)


HOSTILE = (
    *("a", " ", "=", "<p", "a-", "\n", "a@", "a.", "/a", "'", "0", "&lt;", "\\", "«", "-", "á"),
    *("A1", "<a href=", "<!--", "[", "\u0301", "=\t", "x,", "DETAIL:", "\nLINE 1"),
)


def test_s37_no_regular_expression_hangs_on_hostile_text():
    """30 KB of each piece; what tries every place with every other would take seconds."""
    slow, seen = [], 0
    for where, pattern in _patterns():
        seen += 1
        for piece in HOSTILE:
            text = piece * (30_000 // len(piece)) + "!"
            given = text if isinstance(pattern.pattern, str) else text.encode()
            began = time.thread_time()
            for _match in pattern.finditer(given):
                continue
            pattern.fullmatch(given)
            if time.thread_time() - began > 0.2:
                slow.append((where, piece))
    assert slow == []
    assert seen > 20


@pytest.mark.django_db
def test_s30_audit_rows_ignore_an_address_that_no_proxy_vouches_for(admin, other_unit, signed):
    signed(admin).post(
        reverse("accounts:unit-retire", args=[other_unit.pk]),
        headers={"x-forwarded-for": "203.0.113.9", "x-forwarded-port": "4711"},
    )
    row = LogEntry.objects.filter(actor=admin, remote_addr__isnull=False).latest("id")
    assert row.remote_addr == "127.0.0.1"
