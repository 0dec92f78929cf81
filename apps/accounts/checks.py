"""System checks of the door."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register


@register(Tags.security)
def no_way_around_the_second_factor(**kwargs: Any) -> list[CheckMessage]:
    """allauth's test-only settings must not be on (S13, S19)."""
    faults: list[CheckMessage] = []
    if getattr(settings, "MFA_TOTP_INSECURE_BYPASS_CODE", None):
        faults.append(Error("MFA_TOTP_INSECURE_BYPASS_CODE lets anybody pass.", id="accounts.E001"))
    secure = settings.BASE_URL.startswith("https:")
    if secure and getattr(settings, "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN", False):
        faults.append(
            Error(
                "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN accepts passkeys of any origin.",
                id="accounts.E002",
            )
        )
    if getattr(settings, "MFA_WEBAUTHN_USER_VERIFICATION", "preferred") != "required":
        faults.append(Error("MFA_WEBAUTHN_USER_VERIFICATION must be required.", id="accounts.E003"))
    if settings.ACCOUNT_ADAPTER != "apps.accounts.adapter.AccountAdapter":
        faults.append(Error("ACCOUNT_ADAPTER is not the house's.", id="accounts.E004"))
    return faults
