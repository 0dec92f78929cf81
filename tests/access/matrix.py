"""The agreed role matrix: who reaches which address (S1, C3).

One row per routed view, by its full name. The letters are the roles that may knock:

    N anonymous   O signed in without a role   A agente   S supervision   C calidad
    D direccion   M admin (administra)   U auditoría   P privacidad

A new address without a row fails the build. What exists for a person behind an open door is
tested with each page (404 for what is not theirs).
"""

EVERYONE = "NOASCDMUP"
INSIDE = "OASCDMUP"
STAFF = "ASCDMUP"

MATRIX: dict[str, str] = {
    # core
    "core:live": EVERYONE,
    "core:ready": EVERYONE,
    "core:csp-report": EVERYONE,
    # the door (allauth)
    "account_login": EVERYONE,
    "account_logout": EVERYONE,
    "account_reauthenticate": INSIDE,
    "account_change_password": INSIDE,
    "account_reset_password": EVERYONE,
    "account_reset_password_done": EVERYONE,
    "account_reset_password_from_key": EVERYONE,
    "account_reset_password_from_key_done": EVERYONE,
    "mfa_index": INSIDE,
    "mfa_authenticate": EVERYONE,
    "mfa_reauthenticate": INSIDE,
    "mfa_activate_totp": INSIDE,
    "mfa_deactivate_totp": INSIDE,
    "mfa_view_recovery_codes": INSIDE,
    "mfa_generate_recovery_codes": INSIDE,
    "mfa_list_webauthn": INSIDE,
    "mfa_add_webauthn": INSIDE,
    "mfa_remove_webauthn": INSIDE,
    "mfa_edit_webauthn": INSIDE,
    "mfa_login_webauthn": EVERYONE,
    "mfa_reauthenticate_webauthn": INSIDE,
    # the door (ours)
    "accounts:account": INSIDE,
    "accounts:choose-factor": INSIDE,
    "accounts:sessions": INSIDE,
    "accounts:end-session": INSIDE,
    "accounts:end-other-sessions": INSIDE,
    "accounts:end-sessions": "M",
    "accounts:change-email": INSIDE,
    "accounts:confirm-email": INSIDE,
    "accounts:keep-text": INSIDE,
    "accounts:kept-restore": INSIDE,
    "accounts:kept-discard": INSIDE,
    "accounts:theme": EVERYONE,
    "accounts:invitation": EVERYONE,
    "accounts:invitation-accept": EVERYONE,
    "accounts:first-steps": EVERYONE,
    # manual
    "manual:home": STAFF,
    "manual:changes": STAFF,
    "manual:list": STAFF,
    "manual:list-export": "CDUP",
    "manual:forms": STAFF,
    "manual:form": STAFF,
    "manual:form-file": STAFF,
    "manual:form-new": "C",
    "manual:form-publish": "C",
    "manual:arrange": "C",
    "manual:shift": "C",
    "manual:add": "C",
    "manual:move": "C",
    "manual:rename": "C",
    "manual:page": STAFF,
    "manual:print": STAFF,
    "manual:compare": STAFF,
    "manual:history": STAFF,
    "manual:version": STAFF,
    "manual:pdf": STAFF,
    "manual:public-home": EVERYONE,
    "manual:public-page": EVERYONE,
    # portal
    "portal:landing": EVERYONE,
    "portal:accessibility": EVERYONE,
    "portal:privacy": EVERYONE,
    "portal:styleguide": INSIDE,
    "portal:home": INSIDE,
    "portal:search": INSIDE,
}
