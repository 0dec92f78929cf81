from enum import StrEnum

from apps.accounts.permissions import EVERYONE, Role


class Perm(StrEnum):
    VIEW = "indicators.view_indicator"
    DEFINE = "indicators.define_indicator"
    RECORD = "indicators.record_measurement"
    EXPORT = "indicators.export_indicator"


DEFAULTS: dict[str, tuple[str, ...]] = {
    Perm.VIEW: EVERYONE,
    Perm.DEFINE: (Role.QUALITY,),
    Perm.RECORD: (Role.SUPERVISOR, Role.QUALITY),
    Perm.EXPORT: (Role.QUALITY, Role.DIRECTION, Role.SUPERVISOR, Role.AUDITOR),
}
