"""People and units from a spreadsheet: first a dry run that tells every line's fault.

A sheet is CSV (`;`, `,` or tab; UTF-8 or Windows-1252) or XLSX with a head of Spanish column
names. Nothing is written unless the whole sheet is faultless.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from openpyxl import load_workbook

from apps.accounts.models import Holding, ImportRun, Person, Position, Role, Unit
from apps.accounts.permissions import Perm
from apps.accounts.services import organisation, roles
from apps.core.access import require
from apps.core.crypto import seal, unseal
from apps.core.rules import RuleBroken

MAX_BYTES = 2 * 1024 * 1024
MAX_LINES = 2000
MAX_UNPACKED_BYTES = 50 * 1024 * 1024
MAX_CELL = 500

PEOPLE_COLUMNS = ("correo", "nombre", "apellidos", "cargo", "roles", "desde", "telefono")
UNIT_COLUMNS = ("codigo", "nombre", "depende de", "proposito")
REQUIRED = {
    "people": ("correo", "nombre", "apellidos"),
    "units": ("codigo", "nombre"),
}


@dataclass
class Line:
    """One line of a sheet: its number there, values, what would happen, and its faults."""

    number: int
    values: dict[str, str]
    action: str = ""
    faults: list[str] = field(default_factory=list)


def read_sheet(name: str, content: bytes, *, kind: str) -> list[Line]:
    """Lines of a CSV or XLSX sheet of `kind` ("people" or "units").

    Raises RuleBroken if it is too large, of another type, unreadable, empty or lacks a
    required column. Cell values are text without control characters.
    """
    if len(content) > MAX_BYTES:
        raise RuleBroken(_("El archivo pesa más de 2 MB. Divídalo en partes."))
    is_zip = content[:4] == b"PK\x03\x04"
    if name.lower().endswith(".xlsx") != is_zip:
        raise RuleBroken(_("El contenido no corresponde al nombre: guárdelo como CSV o XLSX."))
    rows = _xlsx_rows(content) if is_zip else _csv_rows(content)
    head, *body = rows or [[]]
    columns = [_fold(cell) for cell in head]
    missing = [column for column in REQUIRED[kind] if column not in columns]
    if missing:
        raise RuleBroken(
            _("Faltan columnas en la primera fila: %(names)s.") % {"names": ", ".join(missing)}
        )
    lines = [
        Line(number, {c: v for c, v in zip(columns, row, strict=False) if c})
        for number, row in enumerate(body, start=2)
        if any(row)
    ]
    if not lines:
        raise RuleBroken(_("El archivo no tiene ninguna fila con datos."))
    if len(lines) > MAX_LINES:
        raise RuleBroken(
            _("El archivo tiene más de %(most)s filas. Divídalo en partes.") % {"most": MAX_LINES}
        )
    return lines


def _csv_rows(content: bytes) -> list[list[str]]:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise RuleBroken(_("No se pudo leer el texto: guárdelo como CSV UTF-8."))
    if "\x00" in text:
        raise RuleBroken(_("El archivo no es de texto: guárdelo como CSV o XLSX."))
    head = text.splitlines()[0] if text.strip() else ""
    delimiter = max(";,\t", key=head.count)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        return [[_clean(cell) for cell in row] for row in reader]
    except csv.Error as fault:
        raise RuleBroken(
            _("El archivo está roto cerca de la fila %(line)s.") % {"line": reader.line_num}
        ) from fault


def _xlsx_rows(content: bytes) -> list[list[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED_BYTES:
                raise RuleBroken(_("El archivo es demasiado grande al abrirlo."))
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        rows = book.active.iter_rows(max_row=MAX_LINES + 2, max_col=20, values_only=True)
        return [[_clean(cell) for cell in row] for row in rows]
    except RuleBroken:
        raise
    except Exception as fault:  # noqa: BLE001  (openpyxl raises anything on a broken file)
        raise RuleBroken(_("No se pudo abrir el archivo: guárdelo de nuevo como XLSX.")) from fault


def _clean(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    text = "".join(c for c in str(cell) if c.isprintable())
    return " ".join(text.split())


def _fold(text: str) -> str:
    table = str.maketrans("áéíóúü", "aeiouu")
    return text.strip().lower().translate(table)


def check(lines: list[Line], *, kind: str) -> list[Line]:
    """Fill in what each line would do and everything that is wrong with it."""
    checker = {"people": _check_people, "units": _check_units}[kind]
    checker(lines)
    for line in lines:
        for column, value in line.values.items():
            if len(value) > MAX_CELL:
                line.faults.append(
                    _("«%(column)s» tiene más de %(most)s caracteres.")
                    % {"column": column, "most": MAX_CELL}
                )
    return lines


def _check_people(lines: list[Line]) -> None:
    positions = _by_name(Position.objects.filter(is_active=True), lambda p: (p.key, p.title))
    known_roles = _by_name(Role.objects.all(), lambda r: (r.key, r.title))
    emails = [line.values.get("correo", "").lower() for line in lines]
    present = {p.email: p for p in Person.objects.filter(email__in=emails)}
    for line, email in zip(lines, emails, strict=True):
        values, faults = line.values, line.faults
        line.action = _("Actualizar") if email in present else _("Crear e invitar")
        try:
            validate_email(email)
        except ValidationError:
            faults.append(_("El correo no es válido."))
        if emails.count(email) > 1:
            faults.append(_("El correo está repetido en el archivo."))
        for column in ("nombre", "apellidos"):
            if not values.get(column):
                faults.append(_("Falta «%(column)s».") % {"column": column})
            elif len(values[column]) > 80:
                faults.append(_("«%(column)s» es demasiado largo.") % {"column": column})
        if (title := values.get("cargo")) and _fold(title) not in positions:
            faults.append(_("No existe el cargo «%(title)s».") % {"title": title[:60]})
        for name in _names(values.get("roles", "")):
            if _fold(name) not in known_roles:
                faults.append(_("No existe el rol «%(name)s».") % {"name": name[:60]})
        if values.get("desde") and _date(values["desde"]) is None:
            faults.append(_("La fecha «desde» no se entiende: escriba 2026-11-24 o 24/11/2026."))
        if email in present and not present[email].is_active:
            faults.append(_("Esa persona está desactivada: actívela antes."))


def _check_units(lines: list[Line]) -> None:
    codes = [line.values.get("codigo", "").upper() for line in lines]
    present = {unit.code.upper() for unit in Unit.objects.all()}
    parents = {
        code: line.values.get("depende de", "").upper()
        for code, line in zip(codes, lines, strict=True)
    }
    for line, code in zip(lines, codes, strict=True):
        line.action = _("Actualizar") if code in present else _("Crear")
        if not code or len(code) > 20:
            line.faults.append(_("El código falta o tiene más de 20 caracteres."))
        if codes.count(code) > 1:
            line.faults.append(_("El código está repetido en el archivo."))
        if not line.values.get("nombre") or len(line.values["nombre"]) > 120:
            line.faults.append(_("El nombre falta o tiene más de 120 caracteres."))
        parent = parents[code]
        if parent and parent not in present and parent not in parents:
            line.faults.append(_("No existe la unidad «%(code)s».") % {"code": parent[:20]})
        if _goes_round(code, parents):
            line.faults.append(_("La dependencia da vueltas sobre sí misma."))


def _goes_round(code: str, parents: dict[str, str]) -> bool:
    seen, at = set(), code
    while at:
        if at in seen:
            return True
        seen.add(at)
        at = parents.get(at, "")
    return False


def _by_name(rows: Iterable[Any], names: Callable[[Any], Iterable[str]]) -> dict[str, Any]:
    return {_fold(name): row for row in rows for name in names(row)}


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.replace(";", ",").split(",") if name.strip()]


def _date(text: str) -> date | None:
    for pattern in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(text, pattern).date()  # noqa: DTZ007  (a calendar day)
        except ValueError:
            continue
    return None


@transaction.atomic
def dry_run(name: str, content: bytes, *, kind: str, by: Person) -> ImportRun:
    """Read and check a sheet, and keep it sealed for `apply`. Writes nothing else.

    Raises PermissionDenied, or RuleBroken when the file as a whole cannot be read.
    """
    require(by, Perm.IMPORT_PEOPLE)
    lines = check(read_sheet(name, content, kind=kind), kind=kind)
    run = ImportRun(kind=kind, asked_by=by, lines=len(lines))
    run.faulty = sum(bool(line.faults) for line in lines)
    run.sealed = seal([asdict(line) for line in lines], purpose="import", subject=str(run.pk))
    run.save()
    return run


def lines_of(run: ImportRun) -> list[Line]:
    """The lines of a run, with their faults as they were found."""
    return [Line(**line) for line in unseal(run.sealed, purpose="import", subject=str(run.pk))]


@transaction.atomic
def apply(run: ImportRun, *, by: Person) -> ImportRun:
    """Write what a faultless run says, all or nothing. Twice changes nothing more.

    The lines are checked again against what is there now. Raises PermissionDenied unless
    `by` asked for the run, RuleBroken if any line is at fault.
    """
    require(by, Perm.IMPORT_PEOPLE)
    run = ImportRun.objects.select_for_update().get(pk=run.pk, asked_by=by)
    if run.applied_at is not None:
        return run
    lines = [Line(line.number, line.values) for line in lines_of(run)]
    check(lines, kind=run.kind)
    if any(line.faults for line in lines):
        raise RuleBroken(_("Hay filas con errores: corríjalas y suba el archivo de nuevo."))
    {"people": _apply_people, "units": _apply_units}[run.kind](lines, by)
    run.applied_at, run.sealed = timezone.now(), b""
    run.save(update_fields=["applied_at", "sealed"])
    return run


def _apply_people(lines: list[Line], by: Person) -> None:
    from apps.accounts.services import invite_person

    positions = _by_name(Position.objects.filter(is_active=True), lambda p: (p.key, p.title))
    known_roles = _by_name(Role.objects.select_related("group"), lambda r: (r.key, r.title))
    for line in lines:
        values = line.values
        email = values["correo"].lower()
        person = Person.objects.filter(email=email).first()
        names = {"first_name": values["nombre"], "last_name": values["apellidos"]}
        if person is None:
            person = invite_person(email=email, **names, by=by)
        else:
            person.first_name, person.last_name = names["first_name"], names["last_name"]
        if values.get("telefono"):
            person.phone = values["telefono"][:40]
        person.save()
        if title := values.get("cargo"):
            position = positions[_fold(title)]
            today = timezone.localdate()
            if not Holding.objects.current(today).filter(person=person, position=position).exists():
                organisation.assign_position(
                    person, position, from_on=_date(values.get("desde", "")) or today, by=by
                )
        if wanted := [known_roles[_fold(name)] for name in _names(values.get("roles", ""))]:
            held = Role.objects.filter(group__user=person).values_list("key", flat=True)
            roles.set_person_roles(person, wanted, expected=list(held), by=by)


def _apply_units(lines: list[Line], by: Person) -> None:
    by_code = {unit.code.upper(): unit for unit in Unit.objects.all()}
    for line in lines:  # first all of them, then who depends on whom
        values, code = line.values, line.values["codigo"].upper()
        unit = by_code.get(code)
        by_code[code] = organisation.save_unit(
            unit,
            code=code,
            name=values["nombre"],
            purpose=values.get("proposito", unit.purpose if unit else ""),
            parent=unit.parent if unit else None,
            order=unit.order if unit else 100,
            by=by,
        )
    for line in lines:
        if "depende de" in line.values:
            unit = by_code[line.values["codigo"].upper()]
            unit.parent = by_code.get(line.values["depende de"].upper())
            unit.save()


KIND_TITLES = {"people": gettext_lazy("Personas"), "units": gettext_lazy("Unidades")}
