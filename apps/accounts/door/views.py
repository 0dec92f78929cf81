"""One's own account, its sessions, kept texts, the theme."""

from __future__ import annotations

import uuid
from datetime import timedelta
from urllib.parse import urlencode, urlsplit

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts import devices, mails, services
from apps.accounts.door.factors import STEPS, remember_way_back
from apps.accounts.door.forms import ChangeEmailForm
from apps.accounts.middleware import idle_seconds
from apps.accounts.models import Person
from apps.accounts.permissions import Perm
from apps.accounts.reauth import recently_confirmed
from apps.accounts.services.sessions import drop_sessions
from apps.accounts.theme import THEMES, set_theme_cookie
from apps.core import kept
from apps.core.access import enrolment, public, requires, signed_in
from apps.core.crypto import Unreadable, seal, unseal
from apps.core.models import KeptForm
from apps.core.ratelimit import consume
from apps.core.rules import RuleBroken
from apps.core.views import errors

EMAIL_LINK_MINUTES = 60


def open_sessions(person: Person) -> list[UserSession]:
    """Sessions of `person` that still work, the latest used first, each with its `label`."""
    now = timezone.now()
    rows = UserSession.objects.filter(
        user_id=person.pk,
        last_seen_at__gt=now - timedelta(seconds=idle_seconds(person.access()) + 60),
        session_key__in=Session.objects.filter(expire_date__gt=now).values("session_key"),
    ).order_by("-last_seen_at")
    sessions = list(rows)
    for session in sessions:
        session.label = devices.label_of(session.user_agent)
    return sessions


@signed_in
def account(request: HttpRequest) -> HttpResponse:
    """«Mi cuenta»: who I am here, how I enter, from where."""
    factors = list(Authenticator.objects.filter(user=request.user).order_by("created_at"))
    codes = next((f for f in factors if f.type == Authenticator.Type.RECOVERY_CODES), None)
    real = [f for f in factors if f.type != Authenticator.Type.RECOVERY_CODES]
    return render(
        request,
        "accounts/account.html",
        {
            "person": request.user,
            "app": next((f for f in real if f.type == Authenticator.Type.TOTP), None),
            "passkeys": [f for f in real if f.type == Authenticator.Type.WEBAUTHN],
            "may_remove": len(real) > 1,
            "codes_left": len(codes.wrap().get_unused_codes()) if codes else 0,
            "codes_unseen": bool(codes) and not codes.data.get("viewed_at"),
            "sessions": len(open_sessions(request.user)),
        },
    )


@enrolment(methods=("GET", "HEAD"))
def choose_factor(request: HttpRequest) -> HttpResponse:
    """First step of enrolment: an app or a passkey."""
    if request.user.has_second_factor:
        return redirect("accounts:account")
    remember_way_back(request)
    return render(request, "accounts/choose_factor.html", {"steps": STEPS})


@enrolment(methods=("GET", "HEAD"))
def to_account(request: HttpRequest, **kwargs: object) -> HttpResponse:
    """Where allauth's own lists of factors would be."""
    return redirect("accounts:account")


# Sessions -------------------------------------------------------------------------------
@signed_in(methods=("GET", "HEAD"))
def sessions(request: HttpRequest) -> HttpResponse:
    here = request.session.session_key
    rows = open_sessions(request.user)
    return render(
        request,
        "accounts/sessions.html",
        {
            "sessions": rows,
            "here": here,
            "others": any(row.session_key != here for row in rows),
            "devices": request.user.devices.order_by("-last_seen_at")[:20],
        },
    )


@signed_in(methods=("POST",))
def end_session(request: HttpRequest, pk: int) -> HttpResponse:
    session = get_object_or_404(UserSession, pk=pk, user_id=request.user.pk)
    services.end_session(session, by=request.user)
    messages.success(request, _("Se cerró esa sesión."))
    return redirect("accounts:sessions")


@signed_in(methods=("POST",))
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    count = drop_sessions(request.user, by=request.user, keep=request.session.session_key)
    messages.success(request, _ended(count))
    return redirect("accounts:sessions")


@requires(Perm.CLOSE_SESSIONS)
def end_sessions(request: HttpRequest, pk: int) -> HttpResponse:
    """An admin ends the sessions of a person, from their card; asked first."""
    person = get_object_or_404(
        Person.objects.visible_to(request.user).filter(is_system=False), pk=pk
    )
    if request.method == "POST":
        messages.success(request, _ended(services.end_sessions(person, by=request.user)))
        return redirect("account_login" if person.pk == request.user.pk else person)
    context = {
        "heading": _("Cerrar sesiones"),
        "what": _("Va a cerrar todas las sesiones de %(name)s.") % {"name": person},
        "consequences": [
            _("Sale del portal en todos sus dispositivos, ahora mismo."),
            _("Lo que estaba escribiendo se conserva para cuando vuelva a entrar."),
            _("Le avisamos por correo."),
        ],
        "action": _("Cerrar sesiones"),
        "danger": True,
        "cancel_url": person.get_absolute_url(),
        "crumbs": [
            (_("Personas"), reverse("accounts:people")),
            (str(person), person.get_absolute_url()),
            (_("Cerrar sesiones"), ""),
        ],
    }
    return render(request, "confirm.html", context)


def _ended(count: int) -> str:
    return ngettext("Se cerró %(count)d sesión.", "Se cerraron %(count)d sesiones.", count) % {
        "count": count
    }


# Another e-mail -------------------------------------------------------------------------
@signed_in
@recently_confirmed
def change_email(request: HttpRequest) -> HttpResponse:
    """Ask for another e-mail: it changes once the new address has answered (S17)."""
    form = ChangeEmailForm.of(request)
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"].lower()
        if Person.objects.filter(email=email).exists():
            form.add_error("email", _("Ya hay una persona con ese correo."))
        elif not consume("email-change", str(request.user.pk), amount=5, seconds=3600):
            return errors.too_many(request, 3600)
        else:
            wish = {"to": email, "from": request.user.email, "at": timezone.now().timestamp()}
            token = seal(wish, purpose="email", subject=str(request.user.pk)).hex()
            url = mails.address_of(reverse("accounts:confirm-email", args=[token]))
            mails.send("email_change", email, person=request.user, url=url)
            messages.success(request, _("Le enviamos un enlace al correo nuevo."))
            return redirect("accounts:account")
    return render(request, "accounts/change_email.html", {"form": form, "person": request.user})


@signed_in
def confirm_email(request: HttpRequest, token: str) -> HttpResponse:
    """The link sent to the new address, opened by the same person within the hour."""
    email = _wished_email(request.user, token)
    if email and request.method == "POST":
        try:
            services.change_email(request.user, email, by=request.user)
        except RuleBroken as rule:
            messages.error(request, " ".join(rule.messages))
        else:
            messages.success(request, _("Desde ahora entra con su correo nuevo."))
        return redirect("accounts:account")
    status = 200 if email else 404
    return render(request, "accounts/confirm_email.html", {"email": email}, status=status)


def _wished_email(person: Person, token: str) -> str | None:
    try:
        wish = unseal(bytes.fromhex(token), purpose="email", subject=str(person.pk))
    except (ValueError, Unreadable):
        return None
    age = timezone.now().timestamp() - wish["at"]
    fresh = age < EMAIL_LINK_MINUTES * 60 and wish["from"] == person.email
    return wish["to"] if fresh else None


# Kept texts -----------------------------------------------------------------------------
@signed_in(methods=("POST",))
def keep_text(request: HttpRequest) -> HttpResponse:
    """What is being written, sent now and then by the page that shows the form."""
    request.keeps_text = True
    path = request.POST.get(kept.PATH_FIELD) or kept.page_of(request)
    if not path.startswith("/") or urlsplit(path).netloc:
        return HttpResponse(status=400)
    if kept.keep(request.user, path, request.POST):
        kept.remember(request, [path])
    return HttpResponse(status=204)


@signed_in(methods=("POST",))
def restore_text(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Back to the page of the text, with the text in its form."""
    request.keeps_text = True
    row = get_object_or_404(KeptForm, pk=key, person_id=request.user.pk)
    return redirect(f"{row.path}?{urlencode({kept.QUERY: row.pk})}")


@signed_in(methods=("POST",))
def discard_text(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    row = get_object_or_404(KeptForm, pk=key, person_id=request.user.pk)
    path = row.path
    row.delete()
    kept.forget(request, path)
    messages.info(request, _("Se descartó el texto guardado."))
    return redirect(path)


# Theme ----------------------------------------------------------------------------------
@public(methods=("POST",))
def theme(request: HttpRequest) -> HttpResponse:
    """Light or dark, for this browser and, signed in, for the person."""
    request.keeps_text = True
    back = kept.page_of(request)
    if back == request.path or not url_has_allowed_host_and_scheme(back, None):
        back = "/"
    response = redirect(back)
    choice = request.POST.get("tema", "")
    if choice in THEMES:
        set_theme_cookie(response, choice)
        if request.user.is_authenticated and request.user.theme != choice:
            Person.objects.filter(pk=request.user.pk).update(theme=choice)
    return response
