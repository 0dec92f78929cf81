from enum import StrEnum

from apps.accounts.permissions import EVERYONE, Role


class Perm(StrEnum):
    VIEW = "improvement.view_finding"
    REPORT = "improvement.report_finding"
    MANAGE = "improvement.manage_action"
    CHECK = "improvement.check_action"
    VALIDATE = "improvement.validate_practice"
    CONFIGURE = "improvement.manage_causes"
    EXPORT = "improvement.export_plan"


DEFAULTS: dict[str, tuple[str, ...]] = {
    Perm.VIEW: EVERYONE,
    Perm.REPORT: EVERYONE,
    Perm.MANAGE: (Role.SUPERVISOR, Role.QUALITY, Role.DIRECTION),
    Perm.CHECK: (Role.SUPERVISOR, Role.QUALITY, Role.DIRECTION, Role.AUDITOR),
    Perm.VALIDATE: (Role.QUALITY,),
    Perm.CONFIGURE: (Role.QUALITY, Role.ADMIN),
    Perm.EXPORT: (Role.SUPERVISOR, Role.QUALITY, Role.DIRECTION, Role.AUDITOR),
}
