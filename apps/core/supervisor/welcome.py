"""What a person is shown once the portal answers."""

from __future__ import annotations

import base64
import hmac
import struct
import time
from pathlib import Path

from django.utils.translation import gettext as _
from rich.console import Console
from rich.panel import Panel
from rich.table import Table

DEMO_PEOPLE = (
    "direccion",
    "calidad",
    "supervision",
    "agente",
    "admin",
    "auditoria",
    "privacidad",
)
DEMO_DOMAIN = "demo.cauce.test"
DEMO_PASSWORD = "cauce-demo-2026"  # noqa: S105  (published; refused outside the demo)


def demo_totp_secret() -> str:
    from apps.portal.demo.accounts import DEMO_TOTP_SECRET  # only a demo knows it

    return DEMO_TOTP_SECRET


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
    secret = demo_totp_secret()
    people = "\n".join(f"{name}@{DEMO_DOMAIN}" for name in DEMO_PEOPLE)
    show(
        [
            (_("Dirección"), address),
            (_("Personas"), people),
            (_("Contraseña"), DEMO_PASSWORD),
            (_("Segundo factor"), secret),
            (_("Código de ahora"), totp_code(secret)),
            (_("Otro código"), _("manage.py serve --code, o esa clave en su aplicación")),
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
