from enum import StrEnum


class Role(StrEnum):
    """The roles every portal begins with; admins may add others."""

    AGENT = "agente"
    SUPERVISOR = "supervision"
    QUALITY = "calidad"
    DIRECTION = "direccion"
    ADMIN = "admin"
    AUDITOR = "auditoria"
    DATA_OFFICER = "privacidad"


class Perm(StrEnum):
    VIEW_PEOPLE = "accounts.view_person"
    MANAGE_PEOPLE = "accounts.manage_people"
    IMPORT_PEOPLE = "accounts.import_people"
    VIEW_ORGANISATION = "accounts.view_unit"
    MANAGE_ORGANISATION = "accounts.manage_organisation"
    VIEW_ROLES = "accounts.view_role"
    MANAGE_ROLES = "accounts.manage_roles"
    CLOSE_SESSIONS = "accounts.close_sessions"
    RESET_FACTORS = "accounts.reset_factors"
    VIEW_LOG = "accounts.view_log"


EVERYONE = tuple(Role)

DEFAULTS: dict[str, tuple[str, ...]] = {
    Perm.VIEW_PEOPLE: EVERYONE,
    Perm.VIEW_ORGANISATION: EVERYONE,
    Perm.MANAGE_PEOPLE: (Role.ADMIN,),
    Perm.IMPORT_PEOPLE: (Role.ADMIN,),
    Perm.MANAGE_ORGANISATION: (Role.ADMIN,),
    Perm.VIEW_ROLES: (Role.ADMIN, Role.AUDITOR, Role.DIRECTION, Role.DATA_OFFICER),
    Perm.MANAGE_ROLES: (Role.ADMIN,),
    Perm.CLOSE_SESSIONS: (Role.ADMIN,),
    Perm.RESET_FACTORS: (Role.ADMIN,),
    Perm.VIEW_LOG: (Role.ADMIN, Role.AUDITOR, Role.DATA_OFFICER),
}
