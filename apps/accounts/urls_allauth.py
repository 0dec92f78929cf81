"""allauth's views, each with its policy and a Spanish path. Names are allauth's own."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.urls import path

from apps.accounts.door import factors
from apps.accounts.door.views import to_account
from apps.core.access import enrolment, public

urlpatterns = [
    path("entrar/", public(account.login), name="account_login"),
    path("salir/", public(factors.SignOut.as_view()), name="account_logout"),
    path("confirmar/", enrolment(account.reauthenticate), name="account_reauthenticate"),
    path("clave/cambiar/", enrolment(account.password_change), name="account_change_password"),
    path("clave/olvido/", public(account.password_reset), name="account_reset_password"),
    path(
        "clave/olvido/enviado/",
        public(account.password_reset_done),
        name="account_reset_password_done",
    ),
    path(
        "clave/nueva/<str:uidb36>/<str:key>/",
        public(account.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path(
        "clave/nueva/lista/",
        public(account.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
    path("segundo-factor/", to_account, name="mfa_index"),
    path("segundo-factor/entrar/", public(mfa.authenticate), name="mfa_authenticate"),
    path("segundo-factor/confirmar/", enrolment(mfa.reauthenticate), name="mfa_reauthenticate"),
    path("segundo-factor/app/", enrolment(factors.ActivateApp.as_view()), name="mfa_activate_totp"),
    path("segundo-factor/app/quitar/", enrolment(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path(
        "segundo-factor/codigos/",
        enrolment(factors.RecoveryCodes.as_view()),
        name="mfa_view_recovery_codes",
    ),
    path(
        "segundo-factor/codigos/nuevos/",
        enrolment(recovery.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path("llaves/", to_account, name="mfa_list_webauthn"),
    path("llaves/nueva/", enrolment(factors.AddPasskey.as_view()), name="mfa_add_webauthn"),
    path(
        "llaves/<int:pk>/quitar/",
        enrolment(factors.RemovePasskey.as_view()),
        name="mfa_remove_webauthn",
    ),
    path("llaves/<int:pk>/", enrolment(factors.RenamePasskey.as_view()), name="mfa_edit_webauthn"),
    path("llaves/entrar/", public(webauthn.login_webauthn), name="mfa_login_webauthn"),
    path(
        "llaves/confirmar/",
        enrolment(webauthn.reauthenticate_webauthn),
        name="mfa_reauthenticate_webauthn",
    ),
]
