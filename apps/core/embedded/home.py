"""CAUCE_HOME: the folder with everything an embedded portal keeps."""

import base64
import fcntl
import hashlib
import json
import os
import secrets
import shutil
import tempfile
from pathlib import Path
from typing import Any, TextIO

from .trouble import Trouble, _, trouble_with

SOCKET_PATH_MAX = 107  # bytes of sun_path, without its final NUL
SOCKET_NAME = ".s.PGSQL.5432"


class Home:
    """Paths, secrets and the lock of one data folder."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path).expanduser().absolute()
        self.postgres = self.path / "postgres"
        self.valkey = self.path / "valkey"
        self.logs = self.path / "logs"
        self.mail = self.path / "mail"
        self.run = self.path / "run"
        self.secrets_file = self.path / "secrets.json"
        self.state_file = self.path / "run" / "servers.json"

    def prepare(self) -> None:
        """Create the folder. Raises Trouble when it cannot be used."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            for folder in (self.logs, self.mail, self.run):
                folder.mkdir(mode=0o700, exist_ok=True)
            probe = self.run / "probe"
            probe.write_bytes(b"0" * 65536)
            probe.unlink()
        except OSError as error:
            raise trouble_with(self.path, error) from error

    def free_mebibytes(self) -> int:
        return shutil.disk_usage(self.path).free // 1024**2

    def lock(self, note: str) -> TextIO:
        """Hold this folder until the returned file is closed or the process ends.

        Raises Trouble, with the note of the present holder, when another process holds it.
        """
        # Open for as long as the lock must hold: the caller closes it.
        handle = open(self.run / "serve.lock", "a+", encoding="utf-8")  # noqa: SIM115
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            holder = handle.read().strip()
            handle.close()
            raise Trouble(
                _("Cauce ya está en marcha con la carpeta %(path)s (%(holder)s)."),
                path=self.path,
                holder=holder or "?",
            ) from None
        handle.truncate(0)
        handle.write(note)
        handle.flush()
        return handle

    def secrets(self) -> dict[str, str]:
        """Passwords and keys of this folder, made on first use.

        Raises Trouble when they cannot be read, or are gone while the data is still there.
        """
        try:
            if not self.secrets_file.exists():
                if (self.postgres / "PG_VERSION").exists():
                    raise Trouble(
                        _(
                            "Falta %(path)s y sin sus claves los datos no se pueden abrir. "
                            "Recupérelo de una copia, o borre la carpeta para empezar de cero."
                        ),
                        path=self.secrets_file,
                    )
                self._write_secrets()
            return json.loads(self.secrets_file.read_text(encoding="utf-8"))
        except OSError as error:
            raise trouble_with(self.secrets_file, error) from error
        except ValueError as error:
            raise Trouble(
                _("El archivo %(path)s está dañado. Recupérelo de una copia."),
                path=self.secrets_file,
            ) from error

    def _write_secrets(self) -> None:
        content = {
            "secret_key": secrets.token_urlsafe(50),
            "field_keys": "k1:" + base64.b64encode(secrets.token_bytes(32)).decode(),
            "superuser_password": secrets.token_urlsafe(24),
            "owner_password": secrets.token_urlsafe(24),
            "web_password": secrets.token_urlsafe(24),
            "valkey_password": secrets.token_urlsafe(24),
            "setup_token": secrets.token_urlsafe(24),
        }
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self.path, prefix=".secrets-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(content, file, indent=2)
                file.flush()
                os.fsync(file.fileno())
            # A link, not a rename: of two processes starting at once, the first one's keys stay.
            os.link(name, self.secrets_file)
        except FileExistsError:
            pass
        finally:
            os.unlink(name)

    def sockets(self) -> Path:
        """Folder of the database's Unix socket: short enough for the kernel, always the same."""
        inside = self.path / "sockets"
        if len(os.fsencode(inside / SOCKET_NAME)) <= SOCKET_PATH_MAX:
            return inside
        digest = hashlib.sha256(os.fsencode(self.path)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"cauce-{os.getuid()}-{digest}"

    def state(self) -> dict[str, Any]:
        """What the running (or last) servers wrote about themselves."""
        try:
            return json.loads(self.state_file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}

    def write_state(self, **values: Any) -> None:
        state = self.state() | values
        draft = self.state_file.with_suffix(".new")
        draft.write_text(json.dumps(state), encoding="utf-8")
        draft.replace(self.state_file)
