"""The system account under which the embedded servers run when Cauce is started by root."""

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .trouble import Trouble, _

NAME = "embedded_postgres"


@dataclass(frozen=True)
class Account:
    """A user id to run a server under; None means the caller's own."""

    uid: int | None = None
    gid: int | None = None

    def popen_options(self) -> dict[str, object]:
        if self.uid is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        """Hand `path` over to this account, closed to everyone else."""
        if self.uid is not None:
            os.chown(path, self.uid, self.gid)

    def reach(self, path: Path) -> None:
        """Let this account pass through the folders above `path` (search permission only)."""
        if self.uid is None:
            return
        for folder in path.resolve().parents:
            mode = folder.stat().st_mode
            if not mode & stat.S_IXOTH:
                folder.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)

    def read(self, tree: Path) -> None:
        """Let this account read and run the program tree `tree` (an installed package)."""
        if self.uid is None:
            return
        self.reach(tree)
        for path in (tree, *tree.rglob("*")):
            mode = stat.S_IMODE(path.stat().st_mode)
            wanted = mode | stat.S_IROTH
            if mode & stat.S_IXUSR:
                wanted |= stat.S_IXOTH
            if wanted != mode:
                path.chmod(wanted)


def server_account() -> Account:
    """The account for the servers: the caller's, or a system user when the caller is root.

    PostgreSQL refuses to run as root. Raises Trouble when the user cannot be created.
    """
    if os.geteuid() != 0:
        return Account()
    try:
        entry = pwd.getpwnam(NAME)
    except KeyError:
        entry = _create()
    return Account(entry.pw_uid, entry.pw_gid)


def _create() -> pwd.struct_passwd:
    commands = (
        ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", NAME],
        ["adduser", "-S", "-D", "-H", "-s", "/sbin/nologin", NAME],
    )
    for command in commands:
        if program := shutil.which(command[0], path="/usr/sbin:/sbin:/usr/bin:/bin"):
            # Fixed arguments, a program of the system's own folders.
            subprocess.run([program, *command[1:]], capture_output=True, check=False)  # noqa: S603
    try:
        return pwd.getpwnam(NAME)
    except KeyError:
        raise Trouble(
            _(
                "PostgreSQL no funciona como root y no se pudo crear el usuario de sistema "
                "%(name)s. Inicie Cauce con un usuario corriente."
            ),
            name=NAME,
        ) from None
