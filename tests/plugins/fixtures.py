"""Fixtures that the server plugin gives: databases by role, and a Valkey that may be stopped."""

import fcntl
import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from apps.core.embedded import OWNER, WEB
from apps.core.embedded.postgres import create_database, prepare_database

from .keeper import RUN_PREFIX, TESTER
from .place import OwnValkey, Place


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker) -> Iterator[None]:
    """Every process's own clone of the template, instead of Django's test database."""
    from django.db import connections
    from django.test import TransactionTestCase

    def clone_again(self: TransactionTestCase) -> None:
        connections.close_all()
        Place.cluster.clone(Place.database)

    flush = TransactionTestCase._fixture_teardown
    TransactionTestCase._fixture_teardown = clone_again
    Place.cluster.clone(Place.database)
    yield
    TransactionTestCase._fixture_teardown = flush
    with django_db_blocker.unblock():
        connections.close_all()
    Place.cluster.drop(Place.database)


@pytest.fixture(scope="session")
def demo_database(tmp_path_factory) -> tuple[str, Path]:
    """A database with the demo organisation, loaded once per run, and the folder of its files.

    It is there to be copied: `demo` does. Whichever process asks first loads it; the others wait.
    """
    run = json.loads(os.environ["CAUCE_TEST_RUN"])
    base = tmp_path_factory.getbasetemp()
    home = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "demo"
    home.mkdir(exist_ok=True)
    name, loaded = f"{RUN_PREFIX}{run['id']}_demo", home / "loaded"
    with open(home / "turn", "w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not loaded.exists():
            Place.cluster.clone(name)
            seed = subprocess.run(
                [sys.executable, "manage.py", "seed_demo"],
                cwd=Path(__file__).resolve().parents[2],
                env=os.environ
                | {
                    "DJANGO_SETTINGS_MODULE": "config.settings_test",
                    "DATABASE_URL": Place.cluster.url(TESTER, name, options=f"-c role={WEB}"),
                    "CAUCE_DEMO": "true",
                    "CAUCE_HOME": str(home),
                },
                capture_output=True,
                text=True,
                check=False,
            )
            assert seed.returncode == 0, seed.stdout + seed.stderr
            loaded.touch()
    return name, home / "files"


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker, demo_database, tmp_path_factory) -> Iterator[None]:
    """The demo organisation in this process's database, with its files, for one module."""
    from django.conf import settings
    from django.db import connections

    def put(template: str) -> None:
        connections.close_all()
        Place.cluster.clone(Place.database, template)

    database, files = demo_database
    before = settings.DEMO, settings.MEDIA_ROOT
    settings.DEMO, settings.MEDIA_ROOT = True, tmp_path_factory.mktemp("files")
    shutil.copytree(files, settings.MEDIA_ROOT, dirs_exist_ok=True)
    with django_db_blocker.unblock():
        put(database)
    yield
    with django_db_blocker.unblock():
        put("")
    settings.DEMO, settings.MEDIA_ROOT = before


@pytest.fixture
def as_owner() -> Iterator[None]:
    """Act as `cauce_owner` in this test's database connection, for DDL. Ask for it after `db`."""
    from django.db import Error, connection

    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {OWNER}")
    yield
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"SET ROLE {WEB}")
    except Error:
        pass  # a broken transaction: its rollback takes the role along


@pytest.fixture
def web_role_connection(django_db_setup: None) -> Iterator[psycopg2.extensions.connection]:
    """A connection signed in as the web role itself, outside the test's transaction (S63)."""
    connection = psycopg2.connect(Place.cluster.url(WEB, Place.database))
    yield connection
    connection.close()


@pytest.fixture
def owner_connection(django_db_setup: None) -> Iterator[psycopg2.extensions.connection]:
    """A connection signed in as the owner, outside the test's transaction."""
    connection = psycopg2.connect(Place.cluster.url(OWNER, Place.database))
    yield connection
    connection.close()


@pytest.fixture
def database_environment(django_db_setup: None) -> dict[str, str]:
    """Environment for a process of its own (web, worker) on this test's database."""
    return {
        "DATABASE_URL": Place.cluster.url(WEB, Place.database),
        "DATABASE_OWNER_URL": Place.cluster.url(OWNER, Place.database),
        "REDIS_URL": os.environ["REDIS_URL"],
    }


@pytest.fixture
def spare_database() -> Iterator[dict[str, str]]:
    """Environment with an empty, prepared database of its own, for migrations and whole portals."""
    name = f"{RUN_PREFIX}{secrets.token_hex(6)}_spare"
    connection = Place.cluster.connect()
    create_database(connection, name)
    connection.close()
    inside = Place.cluster.connect(name)
    prepare_database(inside, name)
    inside.close()
    yield {
        "DATABASE_URL": Place.cluster.url(WEB, name),
        "DATABASE_OWNER_URL": Place.cluster.url(OWNER, name),
        "REDIS_URL": os.environ["REDIS_URL"],
    }
    Place.cluster.drop(name)


@pytest.fixture
def valkey_server() -> Iterator[OwnValkey]:
    """This process's Valkey, to be stopped and started by the test (F5, F6)."""
    if Place.valkey is None:
        pytest.skip("the Redis server was given from outside")
    yield Place.valkey
    if Place.valkey.process is None:
        Place.valkey.start()
