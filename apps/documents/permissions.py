from enum import StrEnum

from apps.accounts.permissions import EVERYONE, Role


class Perm(StrEnum):
    VIEW = "documents.view_document"
    WRITE = "documents.write_document"
    APPROVE = "documents.approve_document"
    EXPORT = "documents.export_document"
    EMERGENCY = "documents.publish_emergency"
    GOVERN = "documents.govern_document"
    MANAGE_REGULATIONS = "documents.manage_regulations"
    VIEW_REACH = "documents.view_reach"


# Given for one document, never through the roles' matrix (`models.access`).
OPEN = "open_document"
HIDE = "hide_document"


DEFAULTS: dict[str, tuple[str, ...]] = {
    Perm.VIEW: EVERYONE,
    Perm.WRITE: (Role.QUALITY, Role.SUPERVISOR),
    Perm.APPROVE: (Role.DIRECTION, Role.QUALITY),
    Perm.EMERGENCY: (Role.DIRECTION, Role.QUALITY),
    Perm.GOVERN: (Role.QUALITY,),
    Perm.MANAGE_REGULATIONS: (Role.QUALITY,),
    Perm.VIEW_REACH: (Role.SUPERVISOR, Role.QUALITY, Role.DIRECTION, Role.AUDITOR),
    Perm.EXPORT: (Role.QUALITY, Role.DIRECTION, Role.AUDITOR, Role.DATA_OFFICER),
}
