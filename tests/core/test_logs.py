"""Log lines: one record a line, in UTC (S58, S59)."""

import logging
import sys

from apps.core.logs import OneLineFilter, UtcFormatter


def line(message, *args):
    record = logging.LogRecord("cauce", logging.INFO, "", 0, message, args, None)
    record.created = 1_795_510_800.0  # 2026-11-24T09:00:00Z
    OneLineFilter().filter(record)
    return UtcFormatter().format(record)


def test_s58_a_line_break_in_user_text_forges_no_line():
    written = line("queja %s", "a\r\n2026-11-24T00:00:00Z INFO auth entró admin\x1b[2J\u2028x")
    assert written.splitlines() == [written]
    assert "\\r\\n2026" in written


def test_s59_times_are_in_utc():
    assert line("hola").startswith("2026-11-24T")
    assert "Z INFO cauce hola" in line("hola")


def test_s58_a_traceback_stays_on_its_line():
    try:
        raise ValueError("uno\n2026-11-24T00:00:00Z INFO auth entró admin")
    except ValueError:
        record = logging.LogRecord("cauce", logging.ERROR, "", 0, "falló", (), sys.exc_info())
    written = UtcFormatter().format(record)
    assert len(written.splitlines()) == 1
    assert "ValueError: uno" in written
