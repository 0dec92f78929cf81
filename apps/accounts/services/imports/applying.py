"""A sheet is checked and kept sealed; a faultless one is written, all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.audit import acting
from apps.accounts.models import Holding, ImportRun, Person, Role, Unit
from apps.accounts.permissions import Perm
from apps.accounts.services import organisation, people, roles
from apps.accounts.services.imports.checking import (
    UPDATE,
    check,
    code_of,
    day_of,
    email_of,
    names_in,
    positions_by_name,
    roles_by_name,
)
from apps.accounts.services.imports.columns import read_sheet
from apps.core import long_work
from apps.core.access import require
from apps.core.models import LongWork
from apps.core.rules import RuleBroken
from apps.core.sheets import FAULTY, Line, fold

NEEDED = {"people": Perm.MANAGE_PEOPLE, "units": Perm.MANAGE_ORGANISATION}
# What a run keeps of each line once it is applied.
KEY_COLUMN = {"people": "correo", "units": "codigo"}
# So many lines are written with the same statements, and then told of.
BATCH = 100

# A sheet of so many lines is written while its author waits, for a second at most: that is
# simpler to follow than a page of progress, and needs no worker.
LINES_AT_ONCE = 50
WORK = "import"

Advance = Callable[[int], None]


@transaction.atomic
def dry_run(name: str, content: bytes, *, kind: str, by: Person) -> ImportRun:
    """Read and check a sheet, and keep it sealed for `apply`. Writes nothing else.

    Runs that nobody applied within 24 hours are forgotten. Raises PermissionDenied, or
    RuleBroken when the file as a whole cannot be read.
    """
    _allow(kind, by)
    lines = check(read_sheet(name, content, kind=kind), kind=kind, by=by)
    return ImportRun.keep(lines, by=by, kind=kind)


def _allow(kind: str, by: Person) -> None:
    require(by, Perm.IMPORT_PEOPLE)
    require(by, NEEDED[kind])


def lines_of(run: ImportRun) -> list[Line]:
    """The lines of a run with their faults; once applied, only what identifies each."""
    return run.kept_lines()


@transaction.atomic
def apply_later(run: ImportRun, *, by: Person) -> LongWork:
    """Let a job `apply` the run; what is returned shows how far it is. Twice is once.

    Raises PermissionDenied unless `by` asked for the run and may do all it says, RuleBroken
    if a line is at fault.
    """
    _allow(run.kind, by)
    if run.asked_by_id != by.pk:
        raise PermissionDenied
    if run.faulty:
        raise RuleBroken(FAULTY)
    return long_work.start(WORK, subject=str(run.pk), total=run.lines, by=by)


def work_of(run: ImportRun) -> LongWork | None:
    """The work that writes the run or wrote it, if `apply_later` was asked and did not fail."""
    return long_work.find(WORK, str(run.pk))


def counts_of(run: ImportRun) -> dict[str, int]:
    """How many lines of a run make something new, and how many change what is there."""
    lines = lines_of(run)
    changed = sum(line.action == UPDATE for line in lines)
    return {"created": len(lines) - changed, "changed": changed}


@transaction.atomic
def apply(run: ImportRun, *, by: Person, advance: Advance = lambda lines: None) -> ImportRun:
    """Write what a faultless run says, all or nothing. Twice changes nothing more.

    The lines are checked again against what is there now; `advance` is told how many are
    written. Raises PermissionDenied unless `by` asked for the run and may do all it says,
    RuleBroken if a line is at fault.
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
        raise RuleBroken(FAULTY)
    with acting(by):
        {"people": _apply_people, "units": _apply_units}[run.kind](lines, by, advance)
        key = KEY_COLUMN[run.kind]
        done = [Line(line.number, {key: line.values[key]}, line.action) for line in lines]
        run.applied_at = timezone.now()
        run.seal_lines(done)
        run.save(update_fields=["applied_at", "sealed"])
    return run


@contextmanager
def _named(line: Line | None = None) -> Iterator[None]:
    """A rule that stops the import says at which line, where it is one line's."""
    try:
        yield
    except RuleBroken as rule:
        reason = " ".join(rule.messages)
        if line is None:
            raise RuleBroken(_("%(reason)s No se importó nada.") % {"reason": reason}) from rule
        raise RuleBroken(
            _("Fila %(number)s: %(reason)s No se importó nada.")
            % {"number": line.number, "reason": reason}
        ) from rule


def _apply_people(lines: list[Line], by: Person, advance: Advance) -> None:
    positions, known_roles = positions_by_name(), roles_by_name()
    everybody = {
        person.email: person
        for person in Person.objects.filter(email__in=[email_of(line) for line in lines])
    }
    today = timezone.localdate()
    current = Holding.objects.current(today).filter(person__in=everybody.values())
    held = set(current.values_list("person_id", "position_id"))
    for start in range(0, len(lines), BATCH):
        batch = lines[start : start + BATCH]
        new = [line for line in batch if email_of(line) not in everybody]
        for line in batch:
            if person := everybody.get(email_of(line)):
                with _named(line):
                    _update_person(person, line.values, by)
        assignments = []
        with _named():
            invited = people.invite_people([_invitee(line.values) for line in new], by=by)
            everybody |= {person.email: person for person in invited}
            for line in batch:
                if title := line.values.get("cargo"):
                    person, position = everybody[email_of(line)], positions[fold(title)]
                    if (person.pk, position.pk) not in held:
                        since = day_of(line.values.get("desde", "")) or today
                        assignments.append(organisation.Assignment(person, position, since))
            if assignments:
                organisation.assign_positions(assignments, by=by)
        advance(start + len(batch))
    wanted = {
        everybody[email_of(line)].pk: [known_roles[fold(name)] for name in names]
        for line in lines
        if (names := names_in(line.values.get("roles", "")))
    }
    with _named():
        _give_roles(wanted, by)


def _invitee(values: dict[str, str]) -> people.Invitee:
    return people.Invitee(
        values["correo"], values["nombre"], values["apellidos"], values.get("telefono", "")
    )


def _update_person(person: Person, values: dict[str, str], by: Person) -> None:
    wanted = {
        "first_name": values["nombre"],
        "last_name": values["apellidos"],
        "phone": values.get("telefono") or person.phone,
    }
    if any(getattr(person, name) != value for name, value in wanted.items()):
        people.update_person(person, **wanted, by=by)


def _give_roles(wanted: dict[int, list[Role]], by: Person) -> None:
    held: dict[int, set[str]] = {key: set() for key in wanted}
    for person, role in Role.objects.filter(group__user__in=wanted).values_list(
        "group__user", "key"
    ):
        held[person].add(role)
    wanted = {
        person: given
        for person, given in wanted.items()
        if held[person] != {role.key for role in given}
    }
    if wanted:
        roles.set_roles(wanted, expected=held, by=by)


def _apply_units(lines: list[Line], by: Person, advance: Advance) -> None:
    by_code = {unit.code.upper(): unit for unit in Unit.objects.select_related("parent")}
    for done, line in enumerate(lines, start=1):  # first all, then who depends on whom
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
        if done % BATCH == 0:
            advance(done)
    for line in lines:
        parent = by_code.get(line.values.get("depende de", "").upper())
        unit = by_code[code_of(line)]
        if "depende de" in line.values and unit.parent_id != (parent.pk if parent else None):
            # The check saw the tree as it will be; half-way it may go round for a moment.
            unit.parent = parent
            unit.save()
