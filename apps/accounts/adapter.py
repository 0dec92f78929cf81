"""Where allauth asks the house: sign-up is closed, factors are kept sealed."""

from __future__ import annotations

import base64

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from django.http import HttpRequest

from apps.core.crypto import seal, unseal


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """People come in by invitation only."""
        return False


class MfaAdapter(DefaultMFAAdapter):
    def encrypt(self, text: str) -> str:
        """Seal a TOTP secret or recovery seed before it is stored (S53)."""
        return base64.b64encode(seal(text, purpose="factor")).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(base64.b64decode(encrypted_text), purpose="factor")


class SessionsAdapter(DefaultUserSessionsAdapter):
    """Sessions as allauth keeps them."""
