"""Password strength by an estimate of guesses (S11)."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from zxcvbn import zxcvbn

# zxcvbn's own limit of useful length; longer passwords are judged by their beginning.
JUDGED_LENGTH = 72
LEAST_SCORE = 3
MAX_LENGTH = 128


class StrengthValidator:
    """Refuses passwords of under 10^8 guesses, over 128 characters, or with our own words."""

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) > MAX_LENGTH:
            raise ValidationError(
                _("La contraseña puede tener como máximo %(most)s caracteres.")
                % {"most": MAX_LENGTH}
            )
        words = ["cauce"]
        if user is not None:
            words += [user.email, user.email.partition("@")[0], user.first_name, user.last_name]
        verdict = zxcvbn(password[:JUDGED_LENGTH], user_inputs=[w for w in words if w])
        if verdict["score"] < LEAST_SCORE:
            raise ValidationError(
                _("Esa contraseña se adivina pronto. Pruebe con cuatro palabras sin relación.")
            )

    def get_help_text(self) -> str:
        return _("Al menos 12 caracteres. Cuatro palabras sin relación sirven muy bien.")
