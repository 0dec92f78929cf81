"""The codes an authenticator app would show."""

import time

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value


def code_of(secret: str) -> str:
    """Six digits of this half-minute for a base32 `secret` (RFC 6238)."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))
