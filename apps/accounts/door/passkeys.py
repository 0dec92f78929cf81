"""Forms of passkeys: allauth's, with our words, where noise is refused like a wrong key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.webauthn import forms as webauthn
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# What malformed JSON of a passkey makes the library raise.
MALFORMED = (AttributeError, IndexError, KeyError, LookupError, TypeError, ValueError)


def _careful(check: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """What is malformed is refused like what is wrong."""

    def checked(self: Any) -> Any:
        try:
            return check(self)
        except ValidationError:
            raise
        except MALFORMED:
            raise get_mfa_adapter().validation_error("incorrect_code") from None

    return checked


PASSKEY_ERRORS = {
    "required": _("Su navegador no entregó la llave. Pruebe otra vez."),
    "invalid": _("Su navegador no entregó la llave. Pruebe otra vez."),
}


class CredentialField(forms.JSONField):
    """What the browser hands over of a passkey. Numbers of thousands of digits and brackets
    in brackets, which JSON allows and Python does not read, are invalid like other noise."""

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except (ValueError, RecursionError):
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None

    def bound_data(self, data: Any, initial: Any) -> Any:
        return ""  # a ceremony is never shown again


def credential_field() -> CredentialField:
    return CredentialField(widget=forms.HiddenInput, error_messages=PASSKEY_ERRORS)


class AddPasskeyForm(webauthn.AddWebAuthnForm):
    passwordless = None
    name = forms.CharField(
        label=_("Nombre de la llave"),
        help_text=_("Para reconocerla después: «Teléfono», «Portátil de la oficina»."),
        max_length=60,
        required=False,
    )
    credential = credential_field()
    clean = _careful(webauthn.AddWebAuthnForm.clean)


class RenamePasskeyForm(webauthn.EditWebAuthnForm):
    name = forms.CharField(
        label=_("Nombre de la llave"),
        max_length=60,
        error_messages={"required": _("Escriba un nombre para la llave.")},
    )


class PasskeyForm(webauthn.AuthenticateWebAuthnForm):
    credential = credential_field()
    clean_credential = _careful(webauthn.AuthenticateWebAuthnForm.clean_credential)


class ConfirmPasskeyForm(webauthn.ReauthenticateWebAuthnForm):
    credential = credential_field()
    clean_credential = _careful(webauthn.ReauthenticateWebAuthnForm.clean_credential)


class PasskeySignInForm(webauthn.LoginWebAuthnForm):
    credential = credential_field()
    clean_credential = _careful(webauthn.LoginWebAuthnForm.clean_credential)
