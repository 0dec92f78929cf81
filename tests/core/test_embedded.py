"""The embedded servers' pieces: folders, leftovers, roles, and what stops them said plainly."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg2
import pytest

from apps.core.embedded import Account, Home, Postgres, Trouble, Valkey, server_account
from apps.core.embedded.environment import FILLED, fill_environment
from apps.core.embedded.home import SOCKET_NAME, SOCKET_PATH_MAX
from apps.core.embedded.postgres import binaries
from apps.core.embedded.processes import end_leftover, start_time, wait_until
from apps.core.supervisor.log import Log
from apps.core.supervisor.welcome import totp_code

from .test_serve import small_disk  # noqa: F401  (a fixture)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.prepare()
    return home


def postgres_in(home: Home) -> Postgres:
    keys = home.secrets()
    return Postgres(
        home.postgres,
        home.sockets(),
        keys["superuser_password"],
        server_account(),
        {"fsync": "off"},
    )


def test_secrets_are_made_once_and_closed_to_others(home):
    first = home.secrets()
    assert home.secrets() == first
    assert home.secrets_file.stat().st_mode & 0o777 == 0o600
    name, _, key = first["field_keys"].partition(":")
    assert (name, len(base64.b64decode(key))) == ("k1", 32)


def test_lost_secrets_are_not_replaced_while_the_data_is_there(home):
    home.postgres.mkdir()
    (home.postgres / "PG_VERSION").write_text("18\n")
    with pytest.raises(Trouble, match="sin sus claves"):
        home.secrets()


def test_damaged_secrets_are_said_plainly(home):
    home.secrets_file.write_text("{")
    with pytest.raises(Trouble, match="está dañado"):
        home.secrets()


def test_a_folder_is_held_by_one_at_a_time(home):
    with home.lock("http://127.0.0.1:8000, pid 1"), pytest.raises(Trouble, match="pid 1"):
        home.lock("second")
    home.lock("third").close()


def test_a_long_path_gets_a_short_socket_folder(tmp_path):
    deep = Home(tmp_path / ("x" * 120))
    assert len(os.fsencode(deep.sockets() / SOCKET_NAME)) <= SOCKET_PATH_MAX
    assert deep.sockets() == Home(deep.path).sockets() != Home(tmp_path / "other").sockets()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder to somebody else")
def test_a_socket_folder_made_by_somebody_else_is_refused(home):
    folder = Path(tempfile.mkdtemp())
    os.chown(folder, 12345, 12345)
    server = Postgres(home.postgres, folder, "x", server_account())
    with pytest.raises(Trouble, match="es de otra persona"):
        server._open_sockets()
    folder.rmdir()


def test_a_person_s_own_addresses_are_left_alone(tmp_path):
    environ = {"CAUCE_HOME": str(tmp_path), "DATABASE_URL": "postgres://mine/db"}
    fill_environment(environ)
    assert environ["DATABASE_URL"] == "postgres://mine/db"
    assert "DATABASE_OWNER_URL" not in environ
    assert "REDIS_URL" in environ[FILLED].split(",")
    assert "DATABASE_URL" not in environ[FILLED].split(",")


def test_a_leftover_is_known_by_its_start_and_not_by_its_number():
    sleeper = subprocess.Popen(["sleep", "60"], process_group=0)
    started = start_time(sleeper.pid)
    assert end_leftover(sleeper.pid, "1") is False
    assert sleeper.poll() is None
    assert end_leftover(sleeper.pid, started) is True
    assert sleeper.wait() != 0


@pytest.mark.slow  # initdb and two starts of the server
def test_s63_roles_and_a_leftover_server_and_a_false_pid_file(home):
    postgres = postgres_in(home)
    assert postgres.initialise() is True
    assert postgres.initialise() is False
    first = postgres.start(subprocess.DEVNULL)
    postgres.wait_ready(first)
    postgres.provide("cauce", owner_password="o", web_password="w")
    postgres.provide("cauce", owner_password="o", web_password="w")

    owner = psycopg2.connect(postgres.url("cauce_owner", "o", "cauce"))
    with owner, owner.cursor() as cursor:
        cursor.execute("CREATE TABLE thing (id bigserial PRIMARY KEY, name text)")
        cursor.execute("SELECT show_trgm('añil') IS NOT NULL, unaccent('ñandú')")
        assert cursor.fetchone() == (True, "nandu")
    owner.close()
    web = psycopg2.connect(postgres.url("cauce_web", "w", "cauce"))
    web.autocommit = True
    with web.cursor() as cursor:
        cursor.execute("INSERT INTO thing (name) VALUES ('x') RETURNING id")
        assert cursor.fetchone() == (1,)
        for refused in (
            "CREATE TABLE mine (a int)",
            "CREATE TEMPORARY TABLE mine (a int)",
            "ALTER TABLE thing ADD b int",
            "TRUNCATE thing",
            "DROP TABLE thing",
            "CREATE SCHEMA mine",
            "SET ROLE cauce_owner",
            "COPY thing TO PROGRAM 'cat'",
        ):
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(refused)
        cursor.execute("SHOW synchronous_commit")
        assert cursor.fetchone() == ("on",)
        cursor.execute("SELECT datcollate, datlocprovider FROM pg_database WHERE datname = 'cauce'")
        assert cursor.fetchone() == ("C.UTF-8", "b")
    web.close()

    # Killed hard, its pid file names a process that lives but is not PostgreSQL.
    first.kill()
    first.wait()
    pid_file = home.postgres / "postmaster.pid"
    pid_file.write_text("\n".join([str(os.getpid()), *pid_file.read_text().split("\n")[1:]]))
    second = postgres.start(subprocess.DEVNULL)
    postgres.wait_ready(second)

    # A server that an earlier run left is stopped before a new one starts.
    third = postgres.start(subprocess.DEVNULL)
    postgres.wait_ready(third)
    assert second.wait(5) == 0
    postgres.stop(third)


def test_an_interrupted_initdb_is_done_again(home):
    draft = home.postgres.with_name("postgres.new")
    draft.mkdir()
    (draft / "PG_VERSION").write_text("18\n")
    assert postgres_in(home).initialise() is True
    assert not draft.exists()


def test_f9_a_full_disk_is_said_plainly_and_leaves_nothing(small_disk):  # noqa: F811
    home = Home(small_disk / "home")
    home.prepare()
    with pytest.raises(Trouble, match="No queda espacio en el disco"):
        postgres_in(home).initialise()
    assert not home.postgres.exists()
    assert not home.postgres.with_name("postgres.new").exists()


def test_a_server_that_does_not_start_says_why(home):
    postgres = postgres_in(home)
    home.postgres.mkdir()
    postgres.account.own(home.postgres)
    output = home.logs / "said"
    with output.open("wb") as file:
        process = postgres.start(file)
    with pytest.raises(Trouble, match="PostgreSQL no arrancó: .*postgresql.conf"):
        postgres.wait_ready(process, output.read_text)


def test_valkey_asks_for_its_password_and_keeps_it_off_the_command_line(home):
    valkey = Valkey(home.valkey, "a-password", server_account())
    process = valkey.start(subprocess.DEVNULL)
    try:
        valkey.wait_ready(process)
        assert b"a-password" not in Path(f"/proc/{process.pid}/cmdline").read_bytes()
        assert not Valkey(home.valkey, "another", Account(), valkey.port).answers()
    finally:
        valkey.stop(process)


def test_a_taken_valkey_port_is_said_plainly(home):
    first = Valkey(home.valkey, "p", server_account())
    process = first.start(subprocess.DEVNULL)
    first.wait_ready(process)
    second = Valkey(home.path / "valkey2", "q", server_account(), first.port)
    with pytest.raises(Trouble, match="Valkey no arrancó"):
        second.wait_ready(second.start(subprocess.DEVNULL))
    first.stop(process)


@pytest.mark.skipif(sys.platform != "linux", reason="death signals are Linux's")
def test_a_child_dies_with_its_parent(tmp_path):
    code = (
        "import os, sys; sys.path.insert(0, sys.argv[1])\n"
        "from apps.core.embedded.processes import spawn\n"
        "print(spawn(['sleep', '60']).pid, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    root = Path(__file__).resolve().parents[2]
    said = subprocess.run([sys.executable, "-c", code, root], capture_output=True, text=True)
    assert wait_until(lambda: start_time(int(said.stdout)) is None, 5)


def test_s58_a_component_cannot_forge_a_line(tmp_path, capsys):
    log = Log(tmp_path)
    log.write("web", "2026-11-24T08:30:00Z INFO caja\r2026-11-24T08:30:00Z cauce forged\x1b[31m")
    log.close()
    line = (tmp_path / "cauce.log").read_text()
    assert line.count("\n") == 1
    assert "INFO caja\\r2026" in line
    assert "\x1b" not in line + capsys.readouterr().out


def test_the_demo_s_code_is_that_of_rfc_6238():
    secret = base64.b32encode(b"12345678901234567890").decode()
    assert [totp_code(secret, at) for at in (59, 1111111109, 2000000000)] == [
        "287082",
        "081804",
        "279037",
    ]


@pytest.mark.slow  # initdb and a start of the server
def test_the_script_for_a_server_of_one_s_own_gives_the_same_roles(home):
    postgres = postgres_in(home)
    postgres.initialise()
    process = postgres.start(subprocess.DEVNULL)
    postgres.wait_ready(process)
    root = Path(__file__).resolve().parents[2]
    subprocess.run(
        [
            *(binaries() / "psql", "-q", "-v", "owner_password=o", "-v", "web_password=w"),
            *("-f", root / "deploy/roles.sql", "-h", postgres.sockets, "-U", "postgres"),
        ],
        env=os.environ | {"PGPASSWORD": postgres.password},
        check=True,
    )
    by_script = privileges(postgres, "cauce")
    postgres.provide("other", owner_password="o", web_password="w")
    assert by_script == privileges(postgres, "other")
    postgres.stop(process)


def privileges(postgres: Postgres, database: str) -> list[tuple]:
    """Who may what in a database, its extensions included."""
    connection = postgres.connect(database)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT 'database', pg_get_userbyid(datdba), datacl::text
                FROM pg_database WHERE datname = current_database()
            UNION ALL SELECT 'schema', pg_get_userbyid(nspowner), nspacl::text
                FROM pg_namespace WHERE nspname = 'public'
            UNION ALL SELECT 'defaults ' || defaclobjtype::text, NULL, defaclacl::text
                FROM pg_default_acl
            UNION ALL SELECT 'extension', extname, NULL FROM pg_extension
            ORDER BY 1, 2
            """
        )
        found = cursor.fetchall()
    connection.close()
    return found
