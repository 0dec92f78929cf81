"""What a person is shown once the portal answers."""

from __future__ import annotations

import base64
import hmac
import struct
import time
from importlib import import_module
from pathlib import Path
from types import ModuleType

from django.utils.translation import gettext as _
from rich.console import Console
from rich.panel import Panel
from rich.table import Table


def demo_accounts() -> ModuleType:
    """The published accounts of the demo, loaded by name: a portal in earnest never has them.

    They are data of the top floor, so nothing here may import them.
    """
    return import_module("apps.portal.demo.accounts")


def demo_code() -> str:
    return totp_code(demo_accounts().DEMO_TOTP_SECRET)


def totp_code(secret: str, at: float | None = None) -> str:
    """The six-digit code of a base32 `secret` at `at` seconds since the epoch (RFC 6238)."""
    counter = int((time.time() if at is None else at) // 30)
    key = base64.b32decode(secret.upper() + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, struct.pack(">Q", counter), "sha1")
    offset = digest[-1] & 15
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


def show(lines: list[tuple[str, str]], title: str, foot: str) -> None:
    """A framed list of name and value on the terminal; never in the log file."""
    table = Table.grid(padding=(0, 2))
    for name, value in lines:
        table.add_row(f"[bold]{name}[/bold]", value)
    console = Console(highlight=False, soft_wrap=False)
    console.print(Panel(table, title=title, subtitle=foot, border_style="cyan", expand=False))


def welcome_demo(address: str, mail: Path) -> None:
    demo = demo_accounts()
    people = "\n".join(f"{name}@{demo.DEMO_DOMAIN}" for name in demo.DEMO_ACCOUNTS)
    show(
        [
            (_("Dirección"), address),
            (_("Personas"), people),
            (_("Contraseña"), demo.DEMO_PASSWORD),
            (_("Segundo factor"), demo.DEMO_TOTP_SECRET),
            (_("Código de ahora"), demo_code()),
            (
                _("Otro código"),
                _(".venv/bin/python manage.py serve --code, o esa clave en su aplicación"),
            ),
            (_("Correos"), str(mail)),
        ],
        _("Cauce: demostración de Aguas del Valle"),
        _("Ctrl-C para detener"),
    )


def welcome_portal(address: str, setup_token: str | None, mail: Path) -> None:
    """For a portal that is not a demo; with a token while nobody has been set up."""
    lines = [(_("Dirección"), address)]
    if setup_token:
        lines.append((_("Primeros pasos"), _("abra la dirección que sigue a este cuadro")))
    lines.append((_("Correos"), str(mail)))
    show(lines, "Cauce", _("Ctrl-C para detener"))
    if setup_token:  # outside the frame, which would cut it
        print(f"{address}/primeros-pasos/?token={setup_token}", flush=True)  # noqa: T201
