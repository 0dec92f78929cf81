from enum import StrEnum

from apps.accounts.permissions import EVERYONE, Role


class Perm(StrEnum):
    """Standards are written with the permissions of documents; these are of the room itself."""

    VIEW = "standards.view_service"
    MANAGE = "standards.manage_service"
    EXPORT = "standards.export_standard"


DEFAULTS: dict[str, tuple[str, ...]] = {
    Perm.VIEW: EVERYONE,
    Perm.MANAGE: (Role.QUALITY,),
    Perm.EXPORT: (Role.QUALITY, Role.DIRECTION, Role.SUPERVISOR, Role.AUDITOR),
}
