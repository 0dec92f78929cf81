"""Roles and their default permissions: code gives the first word, admins the last."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.utils.translation import gettext_noop as _

from apps.accounts.permissions import Role as R

# key -> (title, description, sees sensitive data)
BUILTIN: dict[str, tuple[str, str, bool]] = {
    R.AGENT: (
        _("Agente"),
        _("Atiende a los clientes, lee el manual y registra casos."),
        False,
    ),
    R.SUPERVISOR: (
        _("Supervisión"),
        _("Asigna casos, da seguimiento y revisa respuestas de su unidad."),
        True,
    ),
    R.QUALITY: (
        _("Calidad"),
        _("Cuida el manual, los estándares, las encuestas y la mejora."),
        True,
    ),
    R.DIRECTION: (_("Dirección"), _("Aprueba documentos y ve los resultados."), True),
    R.ADMIN: (
        _("Administración"),
        _("Gestiona personas, unidades, roles y revisiones de acceso."),
        True,
    ),
    R.AUDITOR: (_("Auditoría"), _("Lee los registros, sin ver los datos."), True),
    R.DATA_OFFICER: (
        _("Privacidad"),
        _("Responde por la confidencialidad y autoriza accesos."),
        True,
    ),
}


def default_matrix() -> dict[str, tuple[str, ...]]:
    """Every permission of the house ("app.codename") with the roles that begin with it."""
    matrix: dict[str, tuple[str, ...]] = {}
    for config in apps.get_app_configs():
        name = f"{config.name}.permissions"
        if config.name.startswith("apps.") and find_spec(name):
            for perm, roles in import_module(name).DEFAULTS.items():
                matrix[str(perm)] = tuple(str(role) for role in roles)
    return matrix


@transaction.atomic
def sync_roles(**kwargs: Any) -> None:
    """Create the built-in roles and give each *new* permission its default roles.

    Runs after every migration. What admins changed since stays as they left it.
    """
    from apps.accounts.models import AppliedDefault, Role

    for order, (key, (title, description, sensitive)) in enumerate(BUILTIN.items()):
        if not Role.objects.filter(key=key).exists():
            group, _created = Group.objects.get_or_create(name=title)
            Role.objects.create(
                group=group,
                key=key,
                title=title,
                description=description,
                is_sensitive=sensitive,
                is_builtin=True,
                position=order,
            )
    known = set(AppliedDefault.objects.values_list("permission", flat=True))
    groups = {role.key: role.group for role in Role.objects.select_related("group")}
    for perm, roles in default_matrix().items():
        if perm in known:
            continue
        app_label, _dot, codename = perm.partition(".")
        permission = Permission.objects.filter(
            content_type__app_label=app_label, codename=codename
        ).first()
        if permission is None:  # its app is migrated later in the same run
            continue
        for role in roles:
            groups[role].permissions.add(permission)
        AppliedDefault.objects.create(permission=perm)
