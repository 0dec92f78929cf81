"""Forms of the door: allauth's, with our words and rules, and our own."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as account
from allauth.account.adapter import get_adapter
from allauth.core import context
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.base import forms as mfa
from allauth.mfa.base.internal.flows import check_rate_limit
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import generate_totp_secret
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.http import int_to_base36
from django.utils.translation import gettext_lazy as _

from apps.accounts import mails
from apps.accounts.backends import may_enter
from apps.accounts.models import Person
from apps.accounts.passwords import MAX_LENGTH
from apps.accounts.services.factors import period_of, use_code
from apps.core import mail
from apps.core.crypto import Unreadable, seal, unseal
from apps.core.forms import HouseForm
from apps.core.ratelimit import consume

PASSWORD_HINT = _(
    "Al menos 12 caracteres. Cuatro palabras sin relación son fáciles de recordar y difíciles "
    "de adivinar."
)
PENDING_SECRET = "totp_pending"  # noqa: S105  (a key of the session)


def email_field() -> forms.EmailField:
    return forms.EmailField(
        label=_("Correo"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "spellcheck": "false"}),
        error_messages={
            "required": _("Escriba su correo."),
            "invalid": _("Escriba un correo completo, como nombre@organizacion.org."),
        },
    )


def password_field(label: str, *, new: bool = False, hint: str = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=hint,
        strip=False,
        max_length=None if new else 4 * MAX_LENGTH,
        widget=forms.PasswordInput(
            attrs={"autocomplete": "new-password" if new else "current-password"}
        ),
        error_messages={"required": _("Escriba la contraseña.")},
    )


def code_field(hint: str = "") -> forms.CharField:
    return forms.CharField(
        label=_("Código"),
        help_text=hint,
        max_length=20,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "inputmode": "numeric",
                "spellcheck": "false",
                "class": "code-input",
            }
        ),
        error_messages={"required": _("Escriba el código.")},
    )


def digits(code: str) -> str:
    """`code` without the spaces and hyphens people type."""
    return "".join(character for character in code if character not in " -\u00a0")


# Sign-in and passwords ------------------------------------------------------------------
class SignInForm(account.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields = {"login": email_field(), "password": password_field(_("Contraseña"))}

    def clean_login(self) -> str:
        return self.cleaned_data["login"].strip().lower()


class ConfirmForm(account.ReauthenticateForm):
    password = password_field(_("Su contraseña"))


class _TwoAlike:
    """Two fields for a new password, judged for `self.user`."""

    user: Person

    def clean_password1(self) -> str:
        password = self.cleaned_data["password1"]
        validate_password(password, self.user)
        return password

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        one, two = cleaned.get("password1"), cleaned.get("password2")
        if one and two and one != two:
            self.add_error("password2", _("Las dos contraseñas no son iguales."))
        return cleaned


class _ChoosesPassword(_TwoAlike, forms.Form):
    """What allauth's views need of a form that sets a password."""

    def __init__(self, *args: Any, user: Person, temp_key: str = "", **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **kwargs)

    def save(self) -> None:
        get_adapter().set_password(self.user, self.cleaned_data["password1"])


class ChangePasswordForm(_ChoosesPassword):
    oldpassword = password_field(_("Contraseña actual"))
    password1 = password_field(_("Contraseña nueva"), new=True, hint=PASSWORD_HINT)
    password2 = password_field(_("La nueva, otra vez"), new=True)

    def clean_oldpassword(self) -> str:
        password = self.cleaned_data["oldpassword"]
        # Through the door's own count: a stolen session cannot try passwords at will.
        if not get_adapter().reauthenticate(self.user, password):
            raise get_adapter().validation_error("enter_current_password")
        return password


class NewPasswordForm(_ChoosesPassword):
    password1 = password_field(_("Contraseña nueva"), new=True, hint=PASSWORD_HINT)
    password2 = password_field(_("La misma, otra vez"), new=True)


def may_reset(person: Person | None) -> bool:
    """Only who can enter and has had a password: an invitation is not prolonged this way."""
    return bool(person and may_enter(person) and person.has_usable_password())


class ForgottenPasswordForm(forms.Form):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields = {"email": email_field()}

    def clean_email(self) -> str:
        return self.cleaned_data["email"].strip().lower()

    def save(self, request: Any, **kwargs: Any) -> str:
        """Send the link to a known person. An unknown one costs the same and gets nothing."""
        email = self.cleaned_data["email"]
        person = Person.objects.filter(email=email).first()
        known = may_reset(person)
        if not known:
            person = Person(pk=0, email=email, password="!" + "x" * 88)
        key = f"{int_to_base36(person.pk)}-{default_token_generator.make_token(person)}"
        url = get_adapter().get_reset_password_from_key_url(key)
        message = mails.compose("password_reset", email, person=person, url=url)
        with transaction.atomic():
            row = mail.queue(message)
            if not known:
                row.delete()
        return email


class ResetLinkForm(account.UserTokenForm):
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not may_reset(self.reset_user):
            raise get_adapter().validation_error("invalid_password_reset")
        return cleaned


class InvitationForm(_TwoAlike, HouseForm):
    password1 = password_field(_("Elija su contraseña"), new=True, hint=PASSWORD_HINT)
    password2 = password_field(_("La misma, otra vez"), new=True)

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        self.user = person
        super().__init__(*args, **kwargs)


# Codes ----------------------------------------------------------------------------------
class _UsesCode:
    """A code of the app or a recovery code, each of which works once (S13)."""

    user: Person

    def clean_code(self) -> str:
        try:
            clear_limit = check_rate_limit(self.user)
        except ValidationError:
            self._warn_once()
            raise
        code = digits(self.cleaned_data["code"])
        factor = use_code(self.user, code)
        if factor is None:
            self._tell_of_failure()
            raise get_mfa_adapter().validation_error("incorrect_code")
        clear_limit()
        factor.user = self.user
        self.authenticator = factor
        return code

    def _tell_of_failure(self) -> None:
        factors = Authenticator.objects.filter(user=self.user)
        factor = factors.exclude(type=Authenticator.Type.WEBAUTHN).order_by("-type").first()
        if factor:
            self._emit_authentication_failed(factor)

    def _warn_once(self) -> None:
        """Whoever tries codes knows the password: the person is told, once an hour."""
        if consume("code-tries", str(self.user.pk), amount=1, seconds=3600):
            mails.warn(self.user, "code_tries")


class CodeForm(_UsesCode, mfa.AuthenticateForm):
    code = code_field(_("El de su aplicación, o uno de recuperación."))


class ConfirmCodeForm(_UsesCode, mfa.ReauthenticateForm):
    code = code_field(_("El de su aplicación, o uno de recuperación."))


class ActivateAppForm(forms.Form):
    """First code of an app. Its secret waits sealed in the session until it is proved."""

    code = code_field(_("Son seis cifras y cambian cada medio minuto."))

    def __init__(self, *args: Any, user: Person, **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **kwargs)
        self.secret = self._pending_secret()

    def _pending_secret(self) -> str:
        session = context.request.session
        try:
            return unseal(
                bytes.fromhex(session[PENDING_SECRET]),
                purpose="enrolment",
                subject=str(self.user.pk),
            )
        except (KeyError, ValueError, Unreadable):
            secret = generate_totp_secret()
            sealed = seal(secret, purpose="enrolment", subject=str(self.user.pk))
            session[PENDING_SECRET] = sealed.hex()
            return secret

    def clean_code(self) -> str:
        clear_limit = check_rate_limit(self.user, error_key="rate_limited")
        self.period = period_of(self.secret, digits(self.cleaned_data["code"]))
        if self.period is None:
            raise ValidationError(
                _("Ese código no corresponde. Compruebe la hora de su teléfono y pruebe otra vez.")
            )
        clear_limit()
        return self.cleaned_data["code"]


# One's own account ----------------------------------------------------------------------
class ChangeEmailForm(HouseForm):
    email = email_field()


COUNTRIES = (
    ("AR", _("Argentina")),
    ("BO", _("Bolivia")),
    ("CL", _("Chile")),
    ("CO", _("Colombia")),
    ("CR", _("Costa Rica")),
    ("CU", _("Cuba")),
    ("EC", _("Ecuador")),
    ("SV", _("El Salvador")),
    ("ES", _("España")),
    ("US", _("Estados Unidos")),
    ("GT", _("Guatemala")),
    ("GQ", _("Guinea Ecuatorial")),
    ("HN", _("Honduras")),
    ("MX", _("México")),
    ("NI", _("Nicaragua")),
    ("PA", _("Panamá")),
    ("PY", _("Paraguay")),
    ("PE", _("Perú")),
    ("PR", _("Puerto Rico")),
    ("DO", _("República Dominicana")),
    ("UY", _("Uruguay")),
    ("VE", _("Venezuela")),
)


class FirstRunForm(_TwoAlike, HouseForm):
    """Organisation and first admin. The token came with the address, or is typed here."""

    token = forms.CharField(
        label=_("Código de arranque"),
        help_text=_("El que se mostró al poner en marcha el portal."),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": _("Escriba el código que se mostró al arrancar.")},
    )
    organisation = forms.CharField(
        label=_("Nombre de la organización"),
        max_length=120,
        error_messages={"required": _("Escriba el nombre de la organización.")},
    )
    country = forms.ChoiceField(
        label=_("País"),
        choices=(("", _("Elija el país")), *COUNTRIES),
        help_text=_("De él salen los días festivos con que se cuentan los plazos."),
        error_messages={"required": _("Elija el país de la organización.")},
    )
    first_name = forms.CharField(
        label=_("Su nombre"),
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
        error_messages={"required": _("Escriba su nombre.")},
    )
    last_name = forms.CharField(
        label=_("Sus apellidos"),
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "family-name"}),
        error_messages={"required": _("Escriba sus apellidos.")},
    )
    email = email_field()
    password1 = password_field(_("Contraseña"), new=True, hint=PASSWORD_HINT)
    password2 = password_field(_("La misma, otra vez"), new=True)

    def clean_password1(self) -> str:
        """Judged like any other, with the names typed above."""
        self.user = Person(
            **{
                name: self.cleaned_data.get(name, "")
                for name in ("email", "first_name", "last_name")
            }
        )
        return super().clean_password1()
