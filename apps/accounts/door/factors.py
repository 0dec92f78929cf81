"""allauth's views where the house adds a rule: one factor always stays, codes are spent."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.views import LogoutView
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.webauthn.internal import auth as webauthn
from allauth.mfa.webauthn.views import AddWebAuthnView, EditWebAuthnView, RemoveWebAuthnView
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.door.forms import PENDING_SECRET
from apps.accounts.models import Person
from apps.accounts.services.factors import may_remove, spend_first_code
from apps.accounts.services.sessions import drop_sessions

AFTER = "after_enrolment"
STEPS = [gettext_lazy("elegir"), gettext_lazy("comprobar"), gettext_lazy("guardar los códigos")]


def remember_way_back(request: HttpRequest) -> None:
    """Note where the person wanted to go before enrolment; only paths of this portal."""
    way = request.GET.get("next", "")
    if way.startswith("/") and url_has_allowed_host_and_scheme(way, None):
        request.session[AFTER] = way


def _added(request: HttpRequest, factor: Authenticator) -> None:
    """This session has now passed a second factor; those without one end (S12)."""
    person: Person = request.user
    first = not person.has_second_factor
    record_authentication(request, person, method="mfa", type=factor.type, id=factor.pk)
    if first:
        drop_sessions(person, by=person, keep=request.session.session_key)


class ActivateApp(ActivateTOTPView):
    """Scan, type the first code. That code is spent at once (S13)."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        secret = context["form"].secret
        context["secret_groups"] = [secret[i : i + 4] for i in range(0, len(secret), 4)]
        context["enrolling"] = not self.request.user.has_second_factor
        context["steps"] = STEPS
        return context

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        self.request.session.pop(PENDING_SECRET, None)
        _added(self.request, spend_first_code(self.request.user, form.period))
        return response


class AddPasskey(AddWebAuthnView):
    """Every passkey is bound to a person's finger, face or PIN, and can sign in alone (S19)."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        options = webauthn.begin_registration(self.request.user, passwordless=True)
        context["js_data"] = {"creation_options": options}
        context["enrolling"] = not self.request.user.has_second_factor
        context["steps"] = STEPS
        return context

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        passkeys = Authenticator.objects.filter(
            user=self.request.user, type=Authenticator.Type.WEBAUTHN
        )
        _added(self.request, passkeys.latest("pk"))
        return response


class RemovePasskey(RemoveWebAuthnView):
    """Refuses to remove the last second factor (S12)."""

    def form_valid(self, form: Any) -> HttpResponse:
        with transaction.atomic():
            if may_remove(self.request.user, self.get_object()):
                return super().form_valid(form)
        messages.error(
            self.request, _("Es su único segundo factor. Agregue otro antes de quitarlo.")
        )
        return redirect("accounts:account")

    def get_success_url(self) -> str:
        return reverse("accounts:account")


class RenamePasskey(EditWebAuthnView):
    def get_success_url(self) -> str:
        return reverse("accounts:account")


class RecoveryCodes(ViewRecoveryCodesView):
    """Shown once; a data address lets them be saved without a script."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        way = self.request.session.pop(AFTER, None)
        context["enrolling"] = way is not None
        context["way_on"] = way or resolve_url("accounts:account")
        context["steps"] = STEPS
        return context


class SignOut(LogoutView):
    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().post(*args, **kwargs)
        # SECURITY: what pages left in the browser goes. Not "cookies": the session's is
        # already dead, and the device's lets the portal know this browser next time (C21).
        response.headers["Clear-Site-Data"] = '"cache", "storage"'
        return response
