"""What each line of a sheet would do, and everything that is wrong with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import Holding, Person, Position, Role, Unit
from apps.accounts.permissions import Perm
from apps.accounts.services.imports.columns import COLUMNS
from apps.core.sheets import Line, faults_of_cell, fold

MAX_PHONE = 40
AMBIGUOUS = object()
# What a line does to what is there already; any other action makes something new.
UPDATE = gettext_lazy("Actualizar")


def check(lines: list[Line], *, kind: str, by: Person) -> list[Line]:
    """Fill in the action and the faults of each line, as `by` would import it."""
    {"people": _check_people, "units": _check_units}[kind](lines, by)
    for line in lines:
        for column, value in line.values.items():
            if column in COLUMNS[kind]:
                line.faults += faults_of_cell(column, value)
    return lines


def _check_people(lines: list[Line], by: Person) -> None:
    positions = positions_by_name()
    known_roles = roles_by_name()
    emails = [email_of(line) for line in lines]
    times = Counter(emails)
    present = {
        person.email: person
        for person in Person.objects.filter(email__in=set(emails)).prefetch_related("groups__role")
    }
    held = _days_held(present.values())
    may_assign = by.has_perm(Perm.MANAGE_ORGANISATION)
    may_give_roles = by.has_perm(Perm.MANAGE_ROLES)
    for line, email in zip(lines, emails, strict=True):
        values, faults = line.values, line.faults
        person = present.get(email)
        line.action = str(UPDATE) if person else _("Crear e invitar")
        try:
            validate_email(email)
        except ValidationError:
            faults.append(_("El correo no es válido."))
        if len(email) > 254:
            faults.append(_("El correo es demasiado largo."))
        if times[email] > 1:
            faults.append(_("El correo está repetido en el archivo."))
        if person and person.is_system:
            faults.append(_("Ese correo es del propio portal."))
        elif person and not person.is_active:
            faults.append(_("Esa persona está desactivada: actívela antes."))
        for column in ("nombre", "apellidos"):
            if not values.get(column):
                faults.append(_("Falta «%(column)s».") % {"column": column})
            elif len(values[column]) > 80:
                faults.append(_("«%(column)s» es demasiado largo.") % {"column": column})
        if len(values.get("telefono", "")) > MAX_PHONE:
            faults.append(_("«%(column)s» es demasiado largo.") % {"column": "telefono"})
        since = day_of(values.get("desde", ""))
        if values.get("desde") and since is None:
            faults.append(_("La fecha «desde» no se entiende: escriba 2026-11-24 o 24/11/2026."))
        if title := values.get("cargo"):
            position = positions.get(fold(title))
            if not may_assign:
                faults.append(_("Usted no puede asignar cargos: deje vacío «cargo»."))
            elif position is None:
                faults.append(_("No existe el cargo «%(title)s».") % {"title": title[:60]})
            elif position is AMBIGUOUS:
                faults.append(
                    _("Hay varios cargos «%(title)s»: escriba la clave de uno.")
                    % {"title": title[:60]}
                )
            elif person and _overlaps(held.get((person.pk, position.pk), []), since):
                faults.append(_("Ya ocupa ese cargo en alguno de esos días."))
        wanted = names_in(values.get("roles", ""))
        if wanted and not may_give_roles:
            faults.append(_("Usted no puede dar roles: deje vacío «roles»."))
        for name in wanted:
            if known_roles.get(fold(name)) in (None, AMBIGUOUS):
                faults.append(_("No existe el rol «%(name)s».") % {"name": name[:60]})
        if wanted and person and person.pk == by.pk:
            have = {group.role.key for group in person.groups.all() if hasattr(group, "role")}
            asked = {getattr(known_roles.get(fold(name)), "key", "") for name in wanted}
            if have != asked:
                faults.append(_("Sus propios roles los cambia otra persona."))


def _days_held(people: Iterable[Person]) -> dict[tuple[int, int], list[tuple[date, date | None]]]:
    held: dict[tuple[int, int], list[tuple[date, date | None]]] = {}
    for row in Holding.objects.filter(person__in=[person.pk for person in people]):
        held.setdefault((row.person_id, row.position_id), []).append((row.from_on, row.until_on))
    return held


def _overlaps(days: list[tuple[date, date | None]], since: date | None) -> bool:
    """Whether a holding that is not in force today would meet one without end from `since`."""
    today = timezone.localdate()
    since = since or today
    if any(start <= today and (end is None or end >= today) for start, end in days):
        return False  # holds it already: nothing to assign
    return any(end is None or end >= since for _start, end in days)


def _check_units(lines: list[Line], by: Person) -> None:
    units = {unit.pk: unit for unit in Unit.objects.all()}
    present = {unit.code.upper(): unit for unit in units.values()}
    codes = [code_of(line) for line in lines]
    times = Counter(codes)
    # Who hangs from whom once the sheet is written: what is there, and the sheet over it.
    above = {
        code: units[unit.parent_id].code.upper() if unit.parent_id else ""
        for code, unit in present.items()
    }
    above |= {
        code: line.values["depende de"].upper()
        for code, line in zip(codes, lines, strict=True)
        if "depende de" in line.values
    }
    for line, code in zip(lines, codes, strict=True):
        faults, unit = line.faults, present.get(code)
        line.action = str(UPDATE) if unit else _("Crear")
        if not code or len(code) > 20:
            faults.append(_("El código falta o tiene más de 20 caracteres."))
        if times[code] > 1:
            faults.append(_("El código está repetido en el archivo."))
        if not line.values.get("nombre") or len(line.values["nombre"]) > 120:
            faults.append(_("El nombre falta o tiene más de 120 caracteres."))
        if unit and not unit.is_active:
            faults.append(_("Esa unidad está retirada."))
        parent = line.values.get("depende de", "").upper()
        if parent and parent not in times and parent not in present:
            faults.append(_("No existe la unidad «%(code)s».") % {"code": parent[:20]})
        elif parent in present and not present[parent].is_active:
            faults.append(_("La unidad «%(code)s» está retirada.") % {"code": parent[:20]})
        if _goes_round(code, above):
            faults.append(_("La dependencia da vueltas sobre sí misma."))


def _goes_round(code: str, above: dict[str, str]) -> bool:
    seen, at = set(), code
    while at:
        if at in seen:
            return True
        seen.add(at)
        at = above.get(at, "")
    return False


def email_of(line: Line) -> str:
    """E-mail of a line, as it is kept."""
    return line.values.get("correo", "").lower()


def code_of(line: Line) -> str:
    """Code of a line's unit, as it is kept."""
    return line.values.get("codigo", "").upper()


def positions_by_name() -> dict[str, Any]:
    """Positions by key and by title; a title that several have is AMBIGUOUS."""
    return _by_name(Position.objects.filter(is_active=True), lambda p: (p.title,), lambda p: p.key)


def roles_by_name() -> dict[str, Any]:
    """Roles by key and by title."""
    return _by_name(Role.objects.select_related("group"), lambda r: (r.title,), lambda r: r.key)


def _by_name(
    rows: Iterable[Any], names: Callable[[Any], Iterable[str]], key: Callable[[Any], str]
) -> dict[str, Any]:
    rows, found = list(rows), {}
    for row in rows:
        for name in map(fold, names(row)):
            found[name] = AMBIGUOUS if name in found else row
    return found | {fold(key(row)): row for row in rows}


def names_in(text: str) -> list[str]:
    """Names between commas or semicolons."""
    return [name.strip() for name in text.replace(";", ",").split(",") if name.strip()]


def day_of(text: str) -> date | None:
    """The calendar day of «2026-11-24» or «24/11/2026», else None."""
    for pattern in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(text, pattern).date()  # noqa: DTZ007  (a calendar day)
        except ValueError:
            continue
    return None
