"""What can stop the embedded servers, in one sentence a person can act on."""

import errno
from typing import Any


def _(text: str) -> str:
    """Mark `text` for translation; this module is used before Django's settings exist."""
    return text


DISK_FULL = _("No queda espacio en el disco de %(path)s. Libere espacio y vuelva a empezar.")
NO_PERMISSION = _("No hay permiso para usar %(path)s. Revise a quién pertenece esa carpeta.")
READ_ONLY = _("La carpeta %(path)s es de solo lectura. Elija otra con CAUCE_HOME.")
UNUSABLE = _("No se puede usar %(path)s: %(reason)s.")


class Trouble(Exception):
    """A start that cannot go on. `message` is a Spanish msgid, `params` its placeholders."""

    def __init__(self, message: str, **params: Any) -> None:
        super().__init__(message)
        self.message = message
        self.params = params

    def __str__(self) -> str:
        return self.message % self.params


def trouble_with(path: object, error: OSError) -> Trouble:
    """The sentence for an operating-system error met at `path`."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Trouble(DISK_FULL, path=path)
    if error.errno in (errno.EACCES, errno.EPERM):
        return Trouble(NO_PERMISSION, path=path)
    if error.errno == errno.EROFS:
        return Trouble(READ_ONLY, path=path)
    return Trouble(UNUSABLE, path=path, reason=error.strerror or str(error))
