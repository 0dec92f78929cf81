"""What can be wrong with any cell, whatever the sheet is about."""

from __future__ import annotations

from django.utils.translation import gettext as _

MAX_CELL = 500


def faults_of_cell(column: str, value: str) -> list[str]:
    """Faults of one cell, as sentences."""
    faults = []
    if len(value) > MAX_CELL:
        faults.append(
            _("«%(column)s» tiene más de %(most)s caracteres.")
            % {"column": column, "most": MAX_CELL}
        )
    if value.startswith("="):
        faults.append(_("«%(column)s» es una fórmula: escriba el valor.") % {"column": column})
    if value.startswith("#") and value.endswith(("!", "?", "/A")):
        faults.append(_("«%(column)s» tiene un error de cálculo.") % {"column": column})
    if "\ufffd" in value or _is_garbled(value):
        faults.append(
            _("«%(column)s» tiene letras dañadas: guarde todo como UTF-8.") % {"column": column}
        )
    return faults


def _is_garbled(value: str) -> bool:
    """Whether UTF-8 was read as Windows-1252: «PÃ©rez»."""
    if value.isascii():
        return False
    try:
        value.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return False
    return True
