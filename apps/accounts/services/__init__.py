"""What can happen to people, the organisation, roles and sessions."""

from apps.accounts.services.organisation import (
    assign_position,
    cancel_absence,
    end_holding,
    record_absence,
    retire_position,
    retire_unit,
    save_position,
    save_unit,
    substitutes_of,
)
from apps.accounts.services.roles import (
    delete_role,
    log_change,
    permissions_of,
    save_role,
    set_person_roles,
    set_role_permissions,
)

__all__ = [
    "assign_position",
    "cancel_absence",
    "delete_role",
    "end_holding",
    "log_change",
    "permissions_of",
    "record_absence",
    "retire_position",
    "retire_unit",
    "save_position",
    "save_role",
    "save_unit",
    "set_person_roles",
    "set_role_permissions",
    "substitutes_of",
]
