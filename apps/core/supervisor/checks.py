"""What must hold before a portal starts, each refusal in one sentence."""

from __future__ import annotations

import http.client
import shutil
import socket
from urllib.parse import urlsplit

from django.utils.translation import gettext_noop as _

from apps.core.embedded import Home, Trouble

LEAST_FREE_MEBIBYTES = 300


def check_kind(home: Home, *, demo: bool) -> None:
    """A demo and a real portal never share a folder (S18)."""
    kind = home.state().get("kind")
    if kind == "demo" and not demo:
        raise Trouble(
            _(
                "%(path)s guarda la demostración. Ábrala con --demo, elija otra carpeta "
                "con CAUCE_HOME o empiece de cero con --reset."
            ),
            path=home.path,
        )
    if kind == "portal" and demo:
        raise Trouble(
            _(
                "%(path)s guarda un portal que no es de demostración. "
                "Elija otra carpeta con CAUCE_HOME."
            ),
            path=home.path,
        )


def check_room(home: Home) -> None:
    free = home.free_mebibytes()
    if free < LEAST_FREE_MEBIBYTES:
        raise Trouble(
            _(
                "Quedan %(free)s MB libres en el disco de %(path)s y hacen falta %(least)s. "
                "Libere espacio o elija otra carpeta con CAUCE_HOME."
            ),
            free=free,
            least=LEAST_FREE_MEBIBYTES,
            path=home.path,
        )


def check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise Trouble(
                _("No hay permiso para usar el puerto %(port)s: pruebe --port 8000."), port=port
            ) from None
        except OverflowError:
            raise Trouble(_("El puerto %(port)s no existe: van de 1 a 65535."), port=port) from None
        except OSError:
            raise Trouble(
                _("El puerto %(port)s ya está en uso. Elija otro con --port (o PORT= con make)."),
                port=port,
            ) from None


def answers(port: int, address: str) -> bool:
    """Whether the web on loopback `port`, known to people as `address`, says that it lives."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        link.request("GET", "/salud/live", headers={"Host": urlsplit(address).netloc})
        return link.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        link.close()


def start_over(home: Home) -> None:
    """Delete what a portal keeps in `home`: database, files, mails, keys. Raises Trouble."""
    home.prepare()
    with home.lock("--reset"):
        for name in ("postgres", "postgres.new", "valkey", "files", "mail", "logs", "assets"):
            shutil.rmtree(home.path / name, ignore_errors=True)
        for file in (home.secrets_file, home.state_file):
            file.unlink(missing_ok=True)
    home.prepare()
