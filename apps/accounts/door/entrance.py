"""Ways in for the first time: an invitation's link, and the first steps of an empty portal."""

from __future__ import annotations

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy

from apps.accounts import services
from apps.accounts.door.factors import AFTER
from apps.accounts.door.forms import FirstRunForm, InvitationForm
from apps.accounts.models import Person
from apps.accounts.services import first_run
from apps.core.access import public
from apps.core.ratelimit import client_address, consume
from apps.core.rules import RuleBroken
from apps.core.views import errors

STEPS = [
    gettext_lazy("organización y primera persona"),
    gettext_lazy("segundo factor"),
    gettext_lazy("códigos de recuperación"),
]
TOKEN_KEY = "invitation_token"  # noqa: S105  (a key of the session)


def enter(request: HttpRequest, person: Person) -> HttpResponse:
    """Sign in somebody who has just chosen their password; the second factor comes next.

    The password counts as just confirmed, so that enrolment does not ask for it again.
    """
    record_authentication(
        request, person, method="password", email=person.email, reauthenticated=True
    )
    request.session[AFTER] = reverse("portal:home")
    return perform_login(request, Login(user=person, email=person.email))


@public(methods=("GET", "HEAD"))
def open_invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Takes the secret out of the address before anything is shown."""
    request.session[TOKEN_KEY] = token
    return redirect("accounts:invitation-accept")


@public
def accept_invitation(request: HttpRequest) -> HttpResponse:
    """Choose a password with the link of the invitation."""
    if not consume("invitation", client_address(request), amount=60, seconds=300):
        return errors.too_many(request, 300)
    token = request.session.get(TOKEN_KEY, "")
    invitation = services.pending_invitation(token)
    if invitation is None:
        return render(request, "accounts/invitation_dead.html", status=410)
    form = InvitationForm(request.POST or None, person=invitation.person)
    if form.is_valid():
        try:
            person = services.accept_invitation(token, password=form.cleaned_data["password1"])
        except RuleBroken as rule:
            form.add_error(None, rule)
        else:
            request.session.pop(TOKEN_KEY, None)
            return enter(request, person)
    return render(request, "accounts/invitation.html", {"form": form, "person": invitation.person})


@public
def first_steps(request: HttpRequest) -> HttpResponse:
    """Organisation and first admin of an empty portal; afterwards it does not exist (S18)."""
    if not first_run.is_open():
        raise Http404
    token = request.GET.get("token", "")
    form = FirstRunForm(request.POST or None, initial={"token": token})
    if request.method == "POST":
        if not consume("first-run", client_address(request), amount=20, seconds=600):
            return errors.too_many(request, 600)
        if form.is_valid():
            wanted = dict(form.payload)
            password = wanted.pop("password1")
            wanted.pop("password2")
            try:
                person = services.set_up(**wanted, password=password)
            except RuleBroken as rule:
                form.add_error(None, rule)
            else:
                return enter(request, person)
    return render(
        request,
        "accounts/first_steps.html",
        {"form": form, "time_zone": settings.TIME_ZONE, "steps": STEPS},
    )
