"""Real servers for the tests: PostgreSQL with a migrated template, one Valkey per process.

Loaded by `-p tests.plugins.cluster` (pyproject.toml), before pytest-django reads the settings.

- The run's first process sees to a shared embedded PostgreSQL (`tests.plugins.keeper`) and to a
  template database, named by a hash of everything that decides its content; both are kept in
  `.cauce/test-cluster/` between runs. `--create-db` builds the template anew.
- Each process that runs tests clones the template into its own database and starts its own
  Valkey. Several runs at once do not meet.
- Tests act as `cauce_web`, the role of the web processes, so a page that would need more
  privileges fails here first (S63). The fixture `as_owner` lends the owner's role (DDL).
- After a transactional test the database is cloned again instead of flushed: rows of data
  migrations come back, and an append-only table needs no exception.

`TEST_DATABASE_URL` (a superuser of a server meant for tests) and `TEST_REDIS_URL` or `REDIS_URL`
use real servers instead.
"""

import atexit
import fcntl
import hashlib
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
import pytest
from psycopg2 import sql
from psycopg2.extensions import make_dsn

from apps.core.embedded import OWNER, WEB
from apps.core.embedded.postgres import create_database, prepare_database

from . import fixtures
from .keeper import RUN_PREFIX, TESTER, Shelf, provide_tester
from .place import Cluster, OwnValkey, Place, drop

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE_PREFIX = "cauce_test_template_"
TEMPLATES_KEPT = 6
TEMPLATE_SOURCES = (
    "apps/**/migrations/*.py",
    "apps/**/apps.py",
    "apps/**/permissions.py",
    "apps/**/roles.py",
    "config/settings*.py",
    "requirements.lock",
    "apps/core/embedded/postgres.py",
)
WITHOUT_SERVERS = {
    "-h",
    "--help",
    "-V",
    "--version",
    "--fixtures",
    "--markers",
    "--co",
    "--collect-only",
}


# The server and the template: once per run -----------------------------------------------


def shelf_folder() -> Path:
    """Where the server is kept between runs; in the temporary folder if the tree is read-only."""
    folder = ROOT / ".cauce" / "test-cluster"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK) or folder.stat().st_uid != os.getuid():
            raise PermissionError
    except OSError:
        mark = hashlib.sha256(os.fsencode(ROOT)).hexdigest()[:10]
        folder = Path(tempfile.gettempdir()) / f"cauce-test-{os.getuid()}-{mark}"
        folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def shared_server() -> Cluster:
    """The embedded server, started if no other run has; it stays while this process lives."""
    shelf = Shelf(shelf_folder())
    users = os.open(shelf.users, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(users, fcntl.LOCK_SH)  # kept open, and so held, until this process ends
    with open(shelf.path / "start", "w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        postgres = shelf.postgres()
        if not answers(postgres):
            shelf.ready.unlink(missing_ok=True)
            with open(shelf.path / "keeper.log", "wb") as log:
                keeper = subprocess.Popen(
                    [sys.executable, "-m", "tests.plugins.keeper", str(shelf.path)],
                    cwd=ROOT,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            while not shelf.ready.exists():
                if keeper.poll() is not None:
                    said = (shelf.path / "keeper.log").read_text()
                    raise pytest.UsageError(f"the test PostgreSQL did not start:\n{said}")
                time.sleep(0.02)
            if error := json.loads(shelf.ready.read_text() or "{}").get("error"):
                raise pytest.UsageError(error)
    dsn = make_dsn(host=str(postgres.sockets), user="postgres", password=postgres.password)
    return Cluster(dsn, postgres.password)


def answers(postgres) -> bool:
    try:
        postgres.connect().close()
    except psycopg2.OperationalError:
        return False
    return True


def given_server(url: str) -> Cluster:
    cluster = Cluster(url, "cauce-test")
    connection = cluster.connect()
    provide_tester(connection, cluster.password)
    connection.close()
    return cluster


def template_name() -> str:
    digest = hashlib.sha256()
    for pattern in TEMPLATE_SOURCES:
        for path in sorted(ROOT.glob(pattern)):
            digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return TEMPLATE_PREFIX + digest.hexdigest()[:16]


def provide_template(cluster: Cluster, *, rebuild: bool) -> None:
    """Make sure that the template for the present migrations exists."""
    cluster.template = template_name()
    connection = cluster.connect()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = 0")
            cursor.execute("SELECT pg_advisory_lock(hashtext('cauce test template'))")
            cursor.execute(
                "SELECT datname FROM pg_database WHERE datistemplate AND starts_with(datname, %s)"
                " ORDER BY oid DESC",
                [TEMPLATE_PREFIX],
            )
            present = [name for (name,) in cursor.fetchall()]
        if cluster.template in present and not rebuild:
            return
        build_template(cluster, connection)
        for old in [name for name in present if name != cluster.template][TEMPLATES_KEPT - 1 :]:
            drop(connection, old)
    finally:
        connection.close()


def build_template(cluster: Cluster, connection) -> None:
    drop(connection, cluster.template)
    create_database(connection, cluster.template)
    inside = cluster.connect(cluster.template)
    prepare_database(inside, cluster.template)
    inside.close()
    url = cluster.url(OWNER, cluster.template)
    migrate = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--no-input", "--verbosity=0"],
        cwd=ROOT,
        env=os.environ
        | {
            "DJANGO_SETTINGS_MODULE": "config.settings_test",
            "DATABASE_URL": url,
            "DATABASE_OWNER_URL": url,
            "REDIS_URL": "redis://127.0.0.1:1/0",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if migrate.returncode:
        drop(connection, cluster.template)
        said = "\n".join((migrate.stdout + migrate.stderr).splitlines()[-20:])
        raise pytest.UsageError(f"migrate failed:\n{said}")
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("ALTER DATABASE {} IS_TEMPLATE true").format(sql.Identifier(cluster.template))
        )


# Each process ----------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(args: list[str]) -> Iterator[None]:
    """Tell the settings where the servers are before pytest-django loads them."""
    if not WITHOUT_SERVERS & set(args):
        worker = os.environ.get("PYTEST_XDIST_WORKER")
        if worker is None:
            os.environ["CAUCE_TEST_RUN"] = open_run(rebuild="--create-db" in args)
        run = json.loads(os.environ["CAUCE_TEST_RUN"])
        Place.cluster = Cluster(run["dsn"], run["password"], run["template"])
        Place.database = f"{RUN_PREFIX}{run['id']}_{worker or 'main'}"
        options = {"options": f"-c role={WEB}"}
        os.environ["DATABASE_URL"] = Place.cluster.url(TESTER, Place.database, **options)
        os.environ["DATABASE_OWNER_URL"] = Place.cluster.url(OWNER, Place.database)
        os.environ["REDIS_URL"] = own_redis_url(run["redis"], worker)
    return (yield)


def open_run(*, rebuild: bool) -> str:
    """What all processes of this run must know, as JSON."""
    given = os.environ.get("TEST_DATABASE_URL")
    cluster = given_server(given) if given else shared_server()
    provide_template(cluster, rebuild=rebuild)
    return json.dumps(
        {
            "id": f"{os.getpid()}_{secrets.token_hex(3)}",
            "dsn": cluster.dsn,
            "password": cluster.password,
            "template": cluster.template,
            "redis": os.environ.get("TEST_REDIS_URL") or (given and os.environ.get("REDIS_URL")),
        }
    )


def own_redis_url(given: str | None, worker: str | None) -> str:
    """This process's own server, or its own database number on a given one."""
    if given:
        number = int(worker.removeprefix("gw")) + 1 if worker else 0
        return urlsplit(given)._replace(path=f"/{number}").geturl()
    Place.valkey = OwnValkey()
    atexit.register(Place.valkey.remove)
    return Place.valkey.url


def pytest_configure(config: pytest.Config) -> None:
    """Register the fixtures now: later than pytest-django, so that ours take precedence."""
    config.addinivalue_line("markers", "slow: takes over a second and says why")
    config.pluginmanager.register(fixtures, "cauce-cluster-fixtures")
