"""What can happen to people, the organisation, roles and sessions."""

from apps.accounts.services.factors import (
    decide_factor_reset,
    request_factor_reset,
    waiting_reset,
)
from apps.accounts.services.first_run import set_up
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
from apps.accounts.services.people import (
    accept_invitation,
    change_email,
    deactivate,
    invite_person,
    pending_invitation,
    reactivate,
    resend_invitation,
    revoke_invitation,
    update_person,
)
from apps.accounts.services.roles import (
    delete_role,
    log_change,
    permissions_of,
    save_role,
    set_person_roles,
    set_role_permissions,
)
from apps.accounts.services.sessions import end_session, end_sessions

__all__ = [
    "accept_invitation",
    "assign_position",
    "cancel_absence",
    "change_email",
    "deactivate",
    "decide_factor_reset",
    "delete_role",
    "end_holding",
    "end_session",
    "end_sessions",
    "invite_person",
    "log_change",
    "pending_invitation",
    "permissions_of",
    "reactivate",
    "record_absence",
    "request_factor_reset",
    "resend_invitation",
    "retire_position",
    "retire_unit",
    "revoke_invitation",
    "save_position",
    "save_role",
    "save_unit",
    "set_person_roles",
    "set_role_permissions",
    "set_up",
    "substitutes_of",
    "update_person",
    "waiting_reset",
]
