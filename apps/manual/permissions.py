from enum import StrEnum

from apps.accounts.permissions import EVERYONE, Role


class Perm(StrEnum):
    VIEW = "manual.view_node"
    ARRANGE = "manual.arrange_nodes"
    MANAGE_FORMS = "manual.manage_forms"


DEFAULTS: dict[str, tuple[str, ...]] = {
    Perm.VIEW: EVERYONE,
    Perm.ARRANGE: (Role.QUALITY,),
    Perm.MANAGE_FORMS: (Role.QUALITY,),
}
