"""What sheets of people and units are called, and their columns."""

from django.utils.translation import gettext_lazy

from apps.core import sheets

COLUMNS = {
    "people": ("correo", "nombre", "apellidos", "cargo", "roles", "desde", "telefono"),
    "units": ("codigo", "nombre", "depende de", "proposito"),
}
REQUIRED = {
    "people": ("correo", "nombre", "apellidos"),
    "units": ("codigo", "nombre"),
}
KIND_TITLES = {"people": gettext_lazy("Personas"), "units": gettext_lazy("Unidades")}


def read_sheet(name: str, content: bytes, *, kind: str) -> list[sheets.Line]:
    """Lines of a sheet of `kind` ("people" or "units"); raises as `core.sheets.read_sheet`."""
    return sheets.read_sheet(name, content, required=REQUIRED[kind])
