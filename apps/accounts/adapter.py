"""Where allauth asks the house: no sign-up, answers that tell nothing, factors sealed."""

from __future__ import annotations

import base64
import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from django.contrib import messages
from django.contrib.auth import authenticate
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts import devices, mails, throttle
from apps.accounts.backends import may_enter
from apps.accounts.models import Person
from apps.core.crypto import seal, unseal

logger = logging.getLogger(__name__)

# allauth's message templates that are worth saying, in our words.
SAID = {
    "account/messages/logged_out.txt": gettext_lazy("Cerró su sesión."),
    "account/messages/password_changed.txt": gettext_lazy("Su contraseña nueva ya sirve."),
    "mfa/messages/totp_activated.txt": gettext_lazy("Su aplicación de códigos está lista."),
    "mfa/messages/totp_deactivated.txt": gettext_lazy("Se quitó la aplicación de códigos."),
    "mfa/messages/webauthn_added.txt": gettext_lazy("Su llave de acceso está lista."),
    "mfa/messages/webauthn_removed.txt": gettext_lazy("Se quitó la llave de acceso."),
}


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": gettext_lazy("El correo o la contraseña no son correctos."),
        "too_many_login_attempts": gettext_lazy(
            "Hubo varios intentos fallidos. Espere cinco minutos y pruebe otra vez, "
            "o elija una contraseña nueva."
        ),
        "rate_limited": gettext_lazy("Hubo varios intentos seguidos. Espere unos minutos."),
        "incorrect_password": gettext_lazy("Esa no es su contraseña."),
        "enter_current_password": gettext_lazy("Esa no es su contraseña actual."),
        "invalid_password_reset": gettext_lazy("El enlace ya no sirve. Pida otro."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """People come in by invitation only."""
        return False

    def is_safe_url(self, url: str | None) -> bool:
        """Only paths of this portal: `next` never leaves it (S31)."""
        return bool(url) and url[0] == "/" and url_has_allowed_host_and_scheme(url, None)

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address that the trusted proxies vouch for (S30).

        A request that came past a proxy names fewer addresses than there are proxies: it is
        then counted by the address of whoever handed it over.
        """
        try:
            return super().get_client_ip(request)
        except ImproperlyConfigured:
            logger.warning("a request came past the trusted proxies (CAUCE_PROXIES)")
            return request.META.get("REMOTE_ADDR", "")

    # Sign-in ------------------------------------------------------------------------------
    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        self._try = throttle.begin_try(request, credentials.get("email", ""))
        if not self._try:
            logger.warning("sign-in refused: too many failures")
            raise self.validation_error("too_many_login_attempts")

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Person | None:
        """The person, or None for any reason: wrong, unknown and deactivated look alike (S14)."""
        self.pre_authenticate(request, **credentials)
        person = authenticate(request, **credentials)
        if person is None:
            # SECURITY: the same work for a known and an unknown name, so that time tells nothing.
            logger.info("sign-in failed")
        else:
            self._try.rollback()
        return person

    def reauthenticate(self, user: Person, password: str) -> bool:
        person = self.authenticate(self.request, email=user.email, password=password)
        return person is not None and person.pk == user.pk

    def pre_login(self, request: HttpRequest, user: Person, **kwargs: Any) -> HttpResponse | None:
        if not may_enter(user):
            return self.respond_user_inactive(request, user)
        return None

    def respond_user_inactive(self, request: HttpRequest, user: Person) -> HttpResponse:
        from allauth.account.internal.stagekit import clear_login

        clear_login(request)
        messages.error(request, _("No puede entrar con esa llave. Hable con su administración."))
        return redirect("account_login")

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account_login")

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("accounts:account")

    def get_reset_password_from_key_url(self, key: str) -> str:
        uid, _dash, secret = key.partition("-")
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": uid, "key": secret})
        return mails.address_of(path)

    def set_password(self, user: Person, password: str) -> None:
        user.set_password(password)
        user.save(update_fields=["password"])

    def get_reauthentication_methods(self, user: Person) -> list[dict[str, Any]]:
        words = {
            "reauthenticate": _("Con su contraseña"),
            "mfa_reauthenticate": _("Con un código"),
            "mfa_reauthenticate:webauthn": _("Con su llave de acceso"),
        }
        methods = super().get_reauthentication_methods(user)
        return [method | {"description": words[method["id"]]} for method in methods]

    # Words --------------------------------------------------------------------------------
    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        said = message or SAID.get(message_template or "")
        if said:
            messages.add_message(request, level, said, extra_tags=extra_tags)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Only the mail of a new password comes this way; notices go through the other door."""
        if template_prefix != "account/email/password_reset_key":
            raise ValueError(f"no mail for {template_prefix}")
        mails.send(
            "password_reset", email, person=context["user"], url=context["password_reset_url"]
        )

    def send_notification_mail(
        self,
        template_prefix: str,
        user: Person,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        mails.warn(
            user,
            template_prefix.rpartition("/")[2],
            to=email or "",
            device=devices.label_of(self.get_http_user_agent(self.request)),
            address=self.get_client_ip(self.request),
        )


class MfaAdapter(DefaultMFAAdapter):
    error_messages = DefaultMFAAdapter.error_messages | {
        "cannot_delete_authenticator": gettext_lazy(
            "Es su único segundo factor. Agregue otro antes de quitarlo."
        ),
        "cannot_generate_recovery_codes": gettext_lazy(
            "Los códigos de recuperación se crean junto con un segundo factor."
        ),
        "incorrect_code": gettext_lazy("Ese código no es correcto o ya se usó."),
    }

    def encrypt(self, text: str) -> str:
        """Seal a TOTP secret or recovery seed before it is stored (S53)."""
        return base64.b64encode(seal(text, purpose="factor")).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(base64.b64decode(encrypted_text), purpose="factor")

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Staff always keep one second factor (S12)."""
        others = Authenticator.objects.filter(user_id=authenticator.user_id)
        others = others.exclude(type=Authenticator.Type.RECOVERY_CODES)
        return others.exclude(pk=authenticator.pk).exists()

    def generate_authenticator_name(self, user: Person, type: Authenticator.Type) -> str:
        label = devices.label_of(self.request.META.get("HTTP_USER_AGENT", ""))
        return _("Llave de %(device)s") % {"device": label}

    def _get_site_name(self) -> str:
        return "Cauce"


class SessionsAdapter(DefaultUserSessionsAdapter):
    """Sessions as allauth keeps them."""
