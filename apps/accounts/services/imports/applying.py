"""A sheet is checked and kept sealed; a faultless one is written, all or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.audit import acting
from apps.accounts.models import Holding, ImportRun, Person, Role, Unit
from apps.accounts.permissions import Perm
from apps.accounts.services import organisation, people, roles
from apps.accounts.services.imports.checking import (
    check,
    code_of,
    day_of,
    email_of,
    names_in,
    positions_by_name,
    roles_by_name,
)
from apps.accounts.services.imports.sheet import Line, fold, read_sheet
from apps.core.access import require
from apps.core.crypto import seal, unseal
from apps.core.rules import RuleBroken

FORGOTTEN_AFTER = timedelta(hours=24)
NEEDED = {"people": Perm.MANAGE_PEOPLE, "units": Perm.MANAGE_ORGANISATION}
# What a run keeps of each line once it is applied.
KEY_COLUMN = {"people": "correo", "units": "codigo"}


@transaction.atomic
def dry_run(name: str, content: bytes, *, kind: str, by: Person) -> ImportRun:
    """Read and check a sheet, and keep it sealed for `apply`. Writes nothing else.

    Runs that nobody applied within 24 hours are forgotten. Raises PermissionDenied, or
    RuleBroken when the file as a whole cannot be read.
    """
    _allow(kind, by)
    lines = check(read_sheet(name, content, kind=kind), kind=kind, by=by)
    for old in ImportRun.objects.filter(
        applied_at=None, asked_at__lt=timezone.now() - FORGOTTEN_AFTER
    ):
        old.delete()
    run = ImportRun(kind=kind, asked_by=by, lines=len(lines))
    run.faulty = sum(bool(line.faults) for line in lines)
    run.sealed = _sealed(run, lines)
    run.save()
    return run


def _allow(kind: str, by: Person) -> None:
    require(by, Perm.IMPORT_PEOPLE)
    require(by, NEEDED[kind])


def _sealed(run: ImportRun, lines: Iterable[Line]) -> bytes:
    return seal([asdict(line) for line in lines], purpose="import", subject=str(run.pk))


def lines_of(run: ImportRun) -> list[Line]:
    """The lines of a run with their faults; once applied, only what identifies each."""
    return [Line(**line) for line in unseal(run.sealed, purpose="import", subject=str(run.pk))]


@transaction.atomic
def apply(run: ImportRun, *, by: Person) -> ImportRun:
    """Write what a faultless run says, all or nothing. Twice changes nothing more.

    The lines are checked again against what is there now. Raises PermissionDenied unless
    `by` asked for the run and may do all it says, RuleBroken if a line is at fault.
    """
    _allow(run.kind, by)
    run = ImportRun.objects.select_for_update().get(pk=run.pk)
    if run.asked_by_id != by.pk:
        raise PermissionDenied
    if run.applied_at is not None:
        return run
    lines = [Line(line.number, line.values) for line in lines_of(run)]
    check(lines, kind=run.kind, by=by)
    if any(line.faults for line in lines):
        raise RuleBroken(_("Hay filas con errores: corríjalas y suba el archivo de nuevo."))
    with acting(by):
        {"people": _apply_people, "units": _apply_units}[run.kind](lines, by)
        key = KEY_COLUMN[run.kind]
        done = [Line(line.number, {key: line.values[key]}, line.action) for line in lines]
        run.applied_at, run.sealed = timezone.now(), _sealed(run, done)
        run.save(update_fields=["applied_at", "sealed"])
    return run


@contextmanager
def _named(line: Line) -> Iterator[None]:
    """A rule that stops the import says at which line."""
    try:
        yield
    except RuleBroken as rule:
        raise RuleBroken(
            _("Fila %(number)s: %(reason)s No se importó nada.")
            % {"number": line.number, "reason": " ".join(rule.messages)}
        ) from rule


def _apply_people(lines: list[Line], by: Person) -> None:
    positions, known_roles = positions_by_name(), roles_by_name()
    present = {
        person.email: person
        for person in Person.objects.filter(email__in=[email_of(line) for line in lines])
    }
    today = timezone.localdate()
    current = Holding.objects.current(today).filter(person__in=present.values())
    held = set(current.values_list("person_id", "position_id"))
    for line in lines:
        values = line.values
        with _named(line):
            person = _write_person(present.get(email_of(line)), values, by)
            if title := values.get("cargo"):
                position = positions[fold(title)]
                if (person.pk, position.pk) not in held:
                    organisation.assign_position(
                        person, position, from_on=day_of(values.get("desde", "")) or today, by=by
                    )
            if wanted := [known_roles[fold(name)] for name in names_in(values.get("roles", ""))]:
                _give_roles(person, wanted, by)


def _write_person(person: Person | None, values: dict[str, str], by: Person) -> Person:
    names = {"first_name": values["nombre"], "last_name": values["apellidos"]}
    if person is None:
        phone = values.get("telefono", "")
        return people.invite_person(email=values["correo"], phone=phone, **names, by=by)
    phone = values.get("telefono") or person.phone
    return people.update_person(person, phone=phone, **names, by=by)


def _give_roles(person: Person, wanted: list[Role], by: Person) -> None:
    held = set(Role.objects.filter(group__user=person).values_list("key", flat=True))
    if held != {role.key for role in wanted}:
        roles.set_person_roles(person, wanted, expected=held, by=by)


def _apply_units(lines: list[Line], by: Person) -> None:
    by_code = {unit.code.upper(): unit for unit in Unit.objects.select_related("parent")}
    for line in lines:  # first all of them, then who depends on whom
        values, unit = line.values, by_code.get(code_of(line))
        with _named(line):
            by_code[code_of(line)] = organisation.save_unit(
                unit,
                code=code_of(line),
                name=values["nombre"],
                purpose=values.get("proposito", unit.purpose if unit else ""),
                parent=unit.parent if unit else None,
                order=unit.order if unit else 100,
                by=by,
            )
    for line in lines:
        parent = by_code.get(line.values.get("depende de", "").upper())
        unit = by_code[code_of(line)]
        if "depende de" in line.values and unit.parent_id != (parent.pk if parent else None):
            # The check saw the tree as it will be; half-way it may go round for a moment.
            unit.parent = parent
            unit.save()
