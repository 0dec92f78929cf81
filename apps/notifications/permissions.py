from enum import StrEnum

from apps.accounts.permissions import Role


class Perm(StrEnum):
    MANAGE_MAIL = "notifications.manage_mail"


DEFAULTS: dict[str, tuple[str, ...]] = {
    Perm.MANAGE_MAIL: (Role.ADMIN,),
}
