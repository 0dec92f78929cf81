"""Log lines: one record a line, in UTC, without data of people (S46, S58, S59, S60)."""

import logging
import sys

import pytest
from django.db import IntegrityError

from apps.core.logs import OneLineFilter, UtcFormatter


def line(message, *args):
    record = logging.LogRecord("cauce", logging.INFO, "", 0, message, args, None)
    record.created = 1_795_510_800.0  # 2026-11-24T09:00:00Z
    OneLineFilter().filter(record)
    return UtcFormatter().format(record)


def line_of(fault):
    try:
        raise fault
    except type(fault):
        record = logging.LogRecord("cauce", logging.ERROR, "", 0, "falló", (), sys.exc_info())
    return UtcFormatter().format(record)


def test_s58_a_line_break_in_user_text_forges_no_line():
    written = line("queja %s", "a\r\n2026-11-24T00:00:00Z INFO auth entró admin\x1b[2J\u2028x")
    assert written.splitlines() == [written]
    assert "\\r\\n2026" in written


def test_s59_times_are_in_utc():
    assert line("hola").startswith("2026-11-24T")
    assert "Z INFO cauce hola" in line("hola")


def test_s58_a_traceback_stays_on_its_line():
    written = line_of(ValueError("uno\n2026-11-24T00:00:00Z INFO auth entró admin"))
    assert len(written.splitlines()) == 1
    assert "ValueError: uno" in written


@pytest.mark.parametrize(
    ("fault", "kept"),
    [
        (ValueError("invalid literal for int() with base 10: 'Ana Rojas 79'"), "base 10: '…'"),
        (ValueError("no se envió a ana.rojas@aguas.test"), "no se envió a …@…"),
        (KeyError("expected"), "KeyError: 'expected'"),
        (AttributeError("'NoneType' object has no attribute 'pk'"), "no attribute 'pk'"),
        (TypeError("documento 79123456 duplicado"), "documento … duplicado"),
    ],
)
def test_s60_an_exception_is_logged_without_what_it_quotes(fault, kept):
    written = line_of(fault)
    assert kept in written
    assert "test_logs.py:" in written
    for datum in ("Ana", "Rojas", "ana.rojas", "79123456"):
        assert datum not in written


@pytest.mark.django_db
def test_s60_a_refused_row_is_logged_by_its_constraint_only(agent):
    from apps.accounts.models import Person

    fields = {"email": agent.email, "first_name": "Rosa", "last_name": "Quispe"}
    try:
        Person.objects.create(**fields)
    except IntegrityError:
        record = logging.LogRecord("cauce", logging.ERROR, "", 0, "falló", (), sys.exc_info())
    written = UtcFormatter().format(record)
    assert "SQLSTATE 23505 accounts_person" in written
    assert agent.email not in written
    assert "Rosa" not in written


def test_s60_a_message_loses_addresses_of_people_and_values_of_rows():
    written = line("raised: %r", "duplicate key\nDETAIL:  Key (email)=(ana@aguas.test) exists")
    assert "duplicate key" in written
    assert "aguas.test" not in written
    assert "ana@" not in line("correo de ana@aguas.test devuelto")


def test_s46_a_path_is_logged_without_the_token_it_carries():
    for token in ("kq3J-x0_Zr7aP1bC9dEfGhIjKlMnOpQr", "1a-d5x2kq-0123456789abcdef0123456789abcdef"):
        written = line("Not Found: %s", f"/cuenta/invitacion/{token}/")
        assert written.endswith("Not Found: /cuenta/invitacion/…/")
    for plain in (
        "/manual/atencion-de-reclamos-por-facturacion/",
        f"/archivos/{'0' * 8}-0000-4000-8000-000000000000/",
    ):
        assert plain in line("Not Found: %s", plain)
