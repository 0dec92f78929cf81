"""What the pages of people and the organisation share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.permissions import Perm
from apps.core.forms import once
from apps.core.rules import RuleBroken

Crumbs = list[tuple[str, str]]


def tabs(request: HttpRequest, current: str) -> list[dict[str, Any]]:
    """Pages of the section side by side, those this person may open."""
    entries = [
        ("organigram", _("Organigrama"), Perm.VIEW_ORGANISATION),
        ("people", _("Personas"), Perm.VIEW_PEOPLE),
        ("gaps", _("Vacantes"), Perm.VIEW_ORGANISATION),
        ("roles", _("Roles"), Perm.VIEW_ROLES),
        ("imports", _("Importar"), Perm.IMPORT_PEOPLE),
        ("resets", _("Segundo factor"), Perm.RESET_FACTORS),
        ("activity", _("Actividad"), Perm.VIEW_LOG),
    ]
    return [
        {"title": title, "url": reverse(f"accounts:{name}"), "current": name == current}
        for name, title, perm in entries
        if request.user.has_perm(perm)
    ]


def crumbs(*pages: tuple[str, str]) -> Crumbs:
    """Crumbs from the organigram to the page itself, which comes last."""
    return [(_("Personas y organización"), reverse("accounts:organigram")), *pages]


def submitted(
    request: HttpRequest, form: Any, act: Callable[..., str], *, done: str = ""
) -> HttpResponse | None:
    """Act once on a valid form and go where `act` says; None if the form has to be shown.

    A rule that forbids it becomes an error of the form. `done` is said on the next page.
    """
    if request.method != "POST" or not form.is_valid():
        return None
    try:
        with once(request) as ticket:
            if not ticket.answer:
                ticket.answer = act(**form.payload)
                if done:
                    messages.success(request, done)
        return redirect(ticket.answer)
    except RuleBroken as rule:
        form.add_error(None, rule)
        return None


def form_page(
    request: HttpRequest,
    form: Any,
    *,
    heading: str,
    action: str,
    cancel_url: str,
    where: Crumbs,
    lead: str = "",
    **more: Any,
) -> HttpResponse:
    """A page with one form: status 422 when it was sent and has errors."""
    context = {
        "form": form,
        "heading": heading,
        "lead": lead,
        "action": action,
        "cancel_url": cancel_url,
        "crumbs": [*where, (heading, "")],
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "accounts/form.html", context | more, status=status)


def confirmed(
    request: HttpRequest,
    act: Callable[[], None],
    *,
    heading: str,
    what: str,
    consequences: list[str],
    action: str,
    back: str,
    done: str,
    danger: bool = False,
    where: Crumbs | None = None,
) -> HttpResponse:
    """Ask first; act on POST and go back with `done` said. A broken rule is told there."""
    if request.method == "POST":
        try:
            act()
            messages.success(request, done)
        except RuleBroken as rule:
            messages.error(request, " ".join(rule.messages))
        return redirect(back)
    context = {
        "heading": heading,
        "what": what,
        "consequences": consequences,
        "action": action,
        "danger": danger,
        "cancel_url": back,
        "crumbs": [*(where or crumbs()), (heading, "")],
    }
    return render(request, "confirm.html", context)
