"""What the pages of people and the organisation share."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlencode

from auditlog.models import LogEntry
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.forms import ChoiceField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.accounts.permissions import Perm
from apps.accounts.services.editing import state_of
from apps.core.forms import KEY_FIELD, once
from apps.core.pagination import PARAMETER
from apps.core.rules import RuleBroken, StaleEdit

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


def query_of(request: HttpRequest, **changes: str) -> str:
    """Query of the present address with `changes`; nothing empty, and the first page."""
    kept = {name: value for name, value in request.GET.items() if name != PARAMETER} | changes
    return urlencode({name: value for name, value in kept.items() if value})


def chips_of(request: HttpRequest, form: Any) -> list[dict[str, str]]:
    """The filters that are on and right, each with the address that takes it off."""
    form.is_valid()
    chips = []
    for name, box in form.fields.items():
        value = form.cleaned_data.get(name)
        if value in (None, "") or box.label is None:  # without a name it is no filter
            continue
        if isinstance(value, date):
            words = date_format(value, "j b Y")
        elif isinstance(box, ChoiceField) and not isinstance(value, Model):
            words = dict(box.choices).get(value, value)
        else:
            words = value
        query = query_of(request, **{name: ""})
        chips.append({"text": f"{box.label}: {words}", "url": f"?{query}"})
    return chips


def crumbs(*pages: tuple[str, str]) -> Crumbs:
    """Crumbs from the organigram to the page itself, which comes last."""
    return [(_("Personas y organización"), reverse("accounts:organigram")), *pages]


@dataclass
class Edit:
    """A form that changes `row`: carries the state it began from, tells a stale edit (F14).

    `fields` are attribute names for `services.editing`; form fields drop their «_id».
    """

    row: Model
    fields: Sequence[str]
    stale: list[dict[str, str]] = field(default_factory=list)

    @property
    def state(self) -> str:
        """What the form has to carry along."""
        return state_of(self.row, self.fields)

    def compare(self, form: Any) -> None:
        """Set what was typed beside what is saved now; sent again, it replaces that."""
        self.row.refresh_from_db()
        for name in self.fields:
            box = form.fields[name.removesuffix("_id")]
            yours = _in_words(form.cleaned_data.get(name.removesuffix("_id")))
            newer = _in_words(getattr(self.row, name.removesuffix("_id")))
            if yours != newer:
                self.stale.append({"label": box.label, "yours": yours, "newer": newer})
        form.data = form.data.copy()
        form.data["expected"] = self.state

    def told(self) -> dict[str, Any]:
        """What components/_stale.html takes, for the page of the form."""
        if not self.stale:
            return {}
        last = LogEntry.objects.get_for_object(self.row).select_related("actor").first()
        return {
            "stale_rows": self.stale,
            "stale_by": (last and last.actor) or _("Otra persona"),
            "stale_at": last.timestamp if last else timezone.now(),
        }


def _in_words(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "\n".join(str(item) for item in value)
    return "" if value is None else str(value)


def submitted(
    request: HttpRequest,
    form: Any,
    act: Callable[..., str],
    *,
    done: str = "",
    edit: Edit | None = None,
) -> HttpResponse | None:
    """Act once on a valid form and go where `act` says; None if the form has to be shown.

    A rule that forbids it becomes an error of the form; a stale `edit` is set beside what is
    there now. `done` is said on the next page.
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
        if edit is not None and isinstance(rule, StaleEdit):
            edit.compare(form)
        tell(form, rule)
        return None


def tell(form: Any, rule: ValidationError) -> None:
    """Show a broken rule at its field, or above the form if the form has no such field."""
    by_field = rule.message_dict if hasattr(rule, "error_dict") else {None: rule.messages}
    for name, sentences in by_field.items():
        form.add_error(name if name in form.fields else None, sentences)


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
    """Ask first; act once on POST and go back with `done` said. A broken rule is told there."""
    if request.method == "POST":
        try:
            with once(request) as ticket:
                if not ticket.answer:
                    act()
                    ticket.answer = back
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
        "hidden": [(KEY_FIELD, uuid.uuid4())],
    }
    return render(request, "confirm.html", context)
