"""Password strength by an estimate of guesses, and words that protect nobody (S11)."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from zxcvbn import zxcvbn

from apps.accounts.models import Organisation

# zxcvbn's own limit of useful length; longer passwords are judged by their beginning.
JUDGED_LENGTH = 72
LEAST_SCORE = 3
MAX_LENGTH = 128
# What must remain of a password once the words everybody tries first are taken out.
LEAST_OWN = 8
SHORTEST_WORD = 3

# Tried first against people who speak Spanish and work here; zxcvbn knows English ones.
COMMON = frozenset(
    re.findall(
        r"\w+",
        """
    contrasena contrasenia clave password secreto secreta acceso usuario usuaria admin
    administrador administradora bienvenido bienvenida temporal cambiar cambiame cambiala
    cauce portal agua aguas cliente clientes servicio servicios atencion queja quejas reclamo
    empresa oficina trabajo manual hola amor teamo tequiero mundo dios jesus maria jose juan
    carlos luis pedro familia america colombia mexico peru chile argentina espana ecuador
    bolivia uruguay paraguay venezuela panama guatemala honduras bogota medellin lima quito
    santiago madrid barcelona futbol nacional millonarios realmadrid enero febrero marzo abril
    mayo junio julio agosto septiembre octubre noviembre diciembre lunes martes miercoles
    jueves viernes sabado domingo primavera verano otono invierno qwerty asdfgh zxcvbn
    uno dos tres cuatro cinco seis 123 1234 12345 123456 2024 2025 2026 2027
    """,
    )
)


def fold(text: str) -> str:
    """`text` in lower case without accents."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(part for part in parts if not unicodedata.combining(part))


def _own_words(user: Any) -> set[str]:
    """Words of the organisation and of the person."""
    texts = list(Organisation.objects.values_list("name", flat=True))
    if user is not None:
        texts += [user.email.partition("@")[0], user.first_name, user.last_name]
    return {word for word in re.findall(r"\w+", fold(" ".join(texts))) if len(word) > 2}


class StrengthValidator:
    """Refuses passwords of under 10^8 guesses, over 128 characters, or of our own words."""

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) > MAX_LENGTH:
            raise ValidationError(
                _("La contraseña puede tener como máximo %(most)s caracteres.")
                % {"most": MAX_LENGTH}
            )
        words = COMMON | _own_words(user)
        if self._score(password, words) < LEAST_SCORE or self._rest(password, words) < LEAST_OWN:
            raise ValidationError(
                _("Esa contraseña se adivina pronto. Pruebe con cuatro palabras sin relación.")
            )

    @staticmethod
    def _score(password: str, words: set[str]) -> int:
        judged = {password[:JUDGED_LENGTH], fold(password)[:JUDGED_LENGTH]}
        return min(zxcvbn(one, user_inputs=list(words))["score"] for one in judged if one)

    @staticmethod
    def _rest(password: str, words: set[str]) -> int:
        """Letters and digits left when the known words are taken out, the longest first."""
        rest = fold(password)
        for word in sorted(words, key=len, reverse=True):
            if len(word) >= SHORTEST_WORD:
                rest = rest.replace(word, " ")
        return sum(character.isalnum() for character in rest)

    def get_help_text(self) -> str:
        return _("Al menos 12 caracteres. Cuatro palabras sin relación sirven muy bien.")
