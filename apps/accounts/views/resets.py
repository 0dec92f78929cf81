"""Losing every second factor: one admin asks, another decides (S20, C20)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts import services
from apps.accounts.forms import ReasonForm
from apps.accounts.models import FactorReset, Person
from apps.accounts.permissions import Perm
from apps.accounts.reauth import recently_confirmed
from apps.accounts.services.factors import RESET_HOURS
from apps.accounts.views.common import crumbs, form_page, submitted, tabs
from apps.accounts.views.people import people_for, person_for, where
from apps.core.access import SAFE_METHODS, requires
from apps.core.pagination import paginate
from apps.core.rules import RuleBroken

DECISIONS = {
    "confirmar": gettext_lazy("Se quitaron los factores; la persona registra uno nuevo al entrar."),
    "rechazar": gettext_lazy("Se rechazó: no cambió nada."),
}


def _oldest() -> datetime:
    """Requests asked before it can no longer be decided."""
    return timezone.now() - timedelta(hours=RESET_HOURS)


def _may_decide(reset: FactorReset, by: Person) -> bool:
    others = by.pk not in (reset.asked_by_id, reset.person_id)
    return others and reset.decided_at is None and reset.asked_at > _oldest()


@requires(Perm.RESET_FACTORS)
@recently_confirmed
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask that a person's factors be removed; another admin decides (S20)."""
    shown = person_for(request, pk)
    form = ReasonForm.of(request)

    def do(reason: str) -> str:
        services.request_factor_reset(shown, reason=reason, by=request.user)
        return shown.get_absolute_url()

    answer = submitted(
        request, form, do, done=_("Otra persona de administración debe confirmarlo.")
    )
    return answer or form_page(
        request,
        form,
        heading=_("Restablecer el segundo factor"),
        lead=_("Compruebe antes, por otro medio, que quien lo pide es %(name)s.") % {"name": shown},
        action=_("Pedir restablecimiento"),
        cancel_url=shown.get_absolute_url(),
        where=where(shown),
    )


@requires(Perm.RESET_FACTORS, methods=SAFE_METHODS)
def waiting(request: HttpRequest) -> HttpResponse:
    """Requests to remove somebody's factors, those that wait first."""
    rows = FactorReset.objects.filter(person__in=people_for(request)).select_related(
        "person", "asked_by", "decided_by"
    )
    page = paginate(rows, request, order=("-asked_at", "-id"))
    for row in page.rows:
        row.may_decide = _may_decide(row, request.user)
        row.is_expired = row.decided_at is None and row.asked_at < _oldest()
    return render(request, "accounts/resets.html", {"tabs": tabs(request, "resets"), "page": page})


@requires(Perm.RESET_FACTORS)
@recently_confirmed
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm or refuse what another admin asked."""
    reset = get_object_or_404(
        FactorReset.objects.filter(person__in=people_for(request)).select_related(
            "person", "asked_by"
        ),
        pk=pk,
    )
    decision = request.POST.get("decision", "")
    if decision in DECISIONS:
        try:
            services.decide_factor_reset(reset, confirm=decision == "confirmar", by=request.user)
            messages.success(request, DECISIONS[decision])
        except RuleBroken as rule:
            messages.error(request, " ".join(rule.messages))
        return redirect("accounts:resets")
    return render(
        request,
        "accounts/reset.html",
        {
            "reset": reset,
            "may_decide": _may_decide(reset, request.user),
            "crumbs": crumbs(
                (_("Segundo factor"), reverse("accounts:resets")), (str(reset.person), "")
            ),
        },
    )
