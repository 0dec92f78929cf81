from enum import StrEnum

from apps.accounts.permissions import EVERYONE, Role


class Perm(StrEnum):
    VIEW = "documents.view_document"
    WRITE = "documents.write_document"
    APPROVE = "documents.approve_document"
    EXPORT = "documents.export_document"


DEFAULTS: dict[str, tuple[str, ...]] = {
    Perm.VIEW: EVERYONE,
    Perm.WRITE: (Role.QUALITY, Role.SUPERVISOR),
    Perm.APPROVE: (Role.DIRECTION, Role.QUALITY),
    Perm.EXPORT: (Role.QUALITY, Role.DIRECTION, Role.AUDITOR, Role.DATA_OFFICER),
}
