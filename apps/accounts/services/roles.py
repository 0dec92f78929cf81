"""What can happen to roles: what they permit and who holds them. Logged before and after."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from auditlog.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.db import DEFAULT_DB_ALIAS, connection, transaction
from django.db.models import Model
from django.db.models.signals import m2m_changed
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from apps.accounts.audit import BATCH, acting, changed, write
from apps.accounts.models import Person, Role
from apps.accounts.permissions import Perm
from apps.accounts.roles import default_matrix
from apps.core.access import require
from apps.core.rules import RuleBroken, StaleEdit


def log_change(
    subject: Model, field: str, before: Iterable[str], after: Iterable[str], *, by: Person
) -> None:
    """Write the audit row of a many-to-many change: whole list before and after."""
    with acting(by):
        write([_changed(subject, field, before, after)])


def _changed(subject: Model, field: str, before: Iterable[str], after: Iterable[str]) -> LogEntry:
    return changed(subject, {field: [", ".join(sorted(before)), ", ".join(sorted(after))]})


def permissions_of(role: Role) -> set[str]:
    """Permissions of the house ("app.codename") that `role` gives."""
    rows = role.group.permissions.values_list("content_type__app_label", "codename")
    return {f"{app}.{codename}" for app, codename in rows} & set(default_matrix())


@transaction.atomic
def set_role_permissions(
    role: Role, wanted: Iterable[str], *, expected: Iterable[str], by: Person
) -> Role:
    """Make `role` permit exactly `wanted`; in force at the next request of its holders.

    `expected` is what the person saw when they began: if the role changed meanwhile,
    StaleEdit is raised and nothing changes. Raises RuleBroken for an unknown permission, if
    nobody active could manage roles or people any more, or if `by` would widen a role that
    they hold themselves (S7).
    """
    require(by, Perm.MANAGE_ROLES)
    role = Role.objects.select_for_update().select_related("group").get(pk=role.pk)
    known, wanted = default_matrix(), set(wanted)
    if unknown := wanted - set(known):
        raise RuleBroken(
            _("Permiso desconocido: %(names)s."), params={"names": ", ".join(sorted(unknown))}
        )
    before = permissions_of(role)
    if before != set(expected):
        raise StaleEdit(_("Otra persona cambió este rol mientras usted lo editaba."))
    if wanted - before and role.group.user_set.filter(pk=by.pk).exists():
        raise RuleBroken(_("No puede ampliar un rol que usted misma o usted mismo tiene."))
    if wanted == before:
        return role
    role.group.permissions.set(_permission_rows(wanted))
    refuse_lockout()
    log_change(role, "permissions", before, wanted, by=by)
    return role


def _permission_rows(names: Iterable[str]) -> list[Permission]:
    wanted = set(names)
    rows = Permission.objects.select_related("content_type")
    return [row for row in rows if f"{row.content_type.app_label}.{row.codename}" in wanted]


LOCKOUT_LOCK = 0x726F6C65  # "role": one number for every process


def refuse_lockout() -> None:
    """Somebody active must always be able to manage roles, and people.

    Holds a lock until the transaction ends: two changes that each leave the other's people
    would together leave nobody.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCKOUT_LOCK])
    for perm in (Perm.MANAGE_ROLES, Perm.MANAGE_PEOPLE):
        codename = perm.partition(".")[2]
        holders = Person.objects.active().filter(
            groups__permissions__codename=codename,
            groups__permissions__content_type__app_label="accounts",
        )
        if not holders.exists():
            raise RuleBroken(_("Nadie podría administrar el portal: no se cambió nada."))


@transaction.atomic
def set_person_roles(
    person: Person, wanted: Iterable[Role], *, expected: Iterable[str], by: Person
) -> Person:
    """Give `person` exactly the roles `wanted`; in force at their next request (S6).

    `expected` are the role keys shown when the edit began (StaleEdit if they changed).
    Raises RuleBroken if `by` is the person (S7) or nobody could manage the portal any more.
    """
    return set_roles({person.pk: wanted}, expected={person.pk: expected}, by=by)[0]


@transaction.atomic
def set_roles(
    wanted: Mapping[int, Iterable[Role]], *, expected: Mapping[int, Iterable[str]], by: Person
) -> list[Person]:
    """`set_person_roles` for many people by key, in as few statements as for one.

    Who could manage the portal is asked once, of what all the changes leave together.
    """
    require(by, Perm.MANAGE_ROLES)
    # Locked in one order, so that two such changes wait for each other and never both.
    people = list(Person.objects.select_for_update().filter(pk__in=wanted).order_by("pk"))
    if by.pk in wanted:
        raise RuleBroken(_("Sus propios roles los cambia otra persona."))
    held: dict[int, dict[int, str]] = defaultdict(dict)
    memberships = Person.groups.through.objects
    for person_id, group_id, key in memberships.filter(person__in=people).values_list(
        "person_id", "group_id", "group__role__key"
    ):
        held[person_id][group_id] = key
    new: dict[int, set[int]] = {}
    gone: dict[int, set[int]] = {}
    entries = []
    for person in people:
        before = {key for key in held[person.pk].values() if key}
        if before != set(expected[person.pk]):
            raise StaleEdit(_("Otra persona cambió estos roles mientras usted los editaba."))
        groups = {role.group_id: role.key for role in wanted[person.pk]}
        after = set(groups.values())
        if before == after:
            continue
        gone[person.pk] = held[person.pk].keys() - groups.keys()
        new[person.pk] = groups.keys() - held[person.pk].keys()
        entries.append(_changed(person, "roles", before, after))
    memberships.bulk_create(
        [
            Person.groups.through(person_id=person, group_id=group)
            for person, groups in new.items()
            for group in groups
        ],
        batch_size=BATCH,
    )
    for person, groups in gone.items():
        if groups:
            memberships.filter(person_id=person, group_id__in=groups).delete()
    if any(gone.values()):
        refuse_lockout()
    for person in people:
        _tell(person, "post_remove", gone.get(person.pk))
        _tell(person, "post_add", new.get(person.pk))
    with acting(by):
        write(entries)
    return people


def _tell(person: Person, action: str, groups: set[int] | None) -> None:
    """Whoever follows people's roles hears of it, as after `person.groups.add` or `remove`."""
    if groups:
        m2m_changed.send(
            Person.groups.through,
            instance=person,
            action=action,
            reverse=False,
            model=Group,
            pk_set=groups,
            using=DEFAULT_DB_ALIAS,
        )


@transaction.atomic
def save_role(
    role: Role | None, *, title: str, description: str = "", is_sensitive: bool, by: Person
) -> Role:
    """Create a role without permissions, or change the face of `role`.

    Raises RuleBroken if another role has that name.
    """
    require(by, Perm.MANAGE_ROLES)
    if Role.objects.filter(title__iexact=title).exclude(pk=role and role.pk).exists():
        raise RuleBroken({"title": _("Ya hay otro rol con ese nombre.")})
    if role is None:
        key = slugify(title)[:50]
        if not key or Role.objects.filter(key=key).exists():
            raise RuleBroken({"title": _("Elija otro nombre: ese se confunde con otro rol.")})
        if Group.objects.filter(name=title).exists():
            raise RuleBroken({"title": _("Ya hay otro rol con ese nombre.")})
        role = Role(key=key, group=Group.objects.create(name=title))
    else:
        role = Role.objects.select_for_update().select_related("group").get(pk=role.pk)
        role.group.name = title
        role.group.save(update_fields=["name"])
    role.title, role.description, role.is_sensitive = title, description, is_sensitive
    with acting(by):
        role.save()
    return role


@transaction.atomic
def delete_role(role: Role, *, by: Person) -> None:
    """Remove a role nobody holds. Raises RuleBroken for built-in roles or while it is held."""
    require(by, Perm.MANAGE_ROLES)
    role = Role.objects.select_for_update().select_related("group").get(pk=role.pk)
    if role.is_builtin:
        raise RuleBroken(_("Este rol viene con el portal y no se puede borrar."))
    if role.group.user_set.exists():
        raise RuleBroken(_("Hay personas con este rol: cámbielas antes."))
    with acting(by):
        role.delete()
    role.group.delete()
