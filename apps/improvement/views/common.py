"""What the pages of the room share."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.forms import KEY_FIELD, once
from apps.core.pagination import PARAMETER
from apps.core.rules import RuleBroken
from apps.improvement.models import Action, Event, Evidence, Finding, GoodPractice
from apps.improvement.permissions import Perm

TONE_OF = {
    Action.State.PROPOSED: ("", "circle"),
    Action.State.IN_PROGRESS: ("brand", "play-circle"),
    Action.State.DONE: ("warn", "hourglass-split"),
    Action.State.EFFECTIVE: ("ok", "check-circle-fill"),
    Action.State.NOT_EFFECTIVE: ("danger", "x-circle-fill"),
    Action.State.CANCELLED: ("", "slash-circle"),
    Finding.State.OPEN: ("brand", "circle"),
    Finding.State.CLOSED: ("ok", "check-circle-fill"),
    Finding.State.DISCARDED: ("", "slash-circle"),
    GoodPractice.State.VALIDATED: ("brand", "clipboard-check"),
    GoodPractice.State.PUBLISHED: ("ok", "check-circle-fill"),
    GoodPractice.State.EXPIRED: ("warn", "hourglass-bottom"),
    GoodPractice.State.RETIRED: ("", "slash-circle"),
}
WEIGHT_TONE = {
    Finding.Weight.HIGH: ("danger", "chevron-double-up"),
    Finding.Weight.MEDIUM: ("", "dash"),
    Finding.Weight.LOW: ("", "chevron-down"),
}
EVENT_ICON = {
    Event.What.REPORTED: "flag",
    Event.What.ASSIGNED: "pencil",
    Event.What.ANALYSED: "diagram-2",
    Event.What.REOPENED: "arrow-counterclockwise",
    Event.What.CLOSED: "check-circle",
    Event.What.DISCARDED: "slash-circle",
    Event.What.CHANGE_ASKED: "file-earmark-diff",
    Event.What.CHANGE_DECIDED: "file-earmark-check",
    Event.What.CHANGE_LINKED: "link-45deg",
    Event.What.OPENED: "plus-circle",
    Event.What.STARTED: "play-circle",
    Event.What.PROGRESSED: "bar-chart",
    Event.What.EVIDENCED: "paperclip",
    Event.What.DONE: "check2",
    Event.What.RETURNED: "arrow-return-left",
    Event.What.CHECKED: "clipboard-check",
    Event.What.CANCELLED: "slash-circle",
    Event.What.MOVED: "calendar-event",
    Event.What.PROPOSED: "lightbulb",
    Event.What.VALIDATED: "clipboard-check",
    Event.What.PUBLISHED: "megaphone",
    Event.What.ADOPTED: "people",
    Event.What.EXPIRED: "hourglass-bottom",
    Event.What.RETIRED: "slash-circle",
}


@dataclass(frozen=True)
class Tag:
    """State of a thing as a label."""

    text: str
    tone: str
    icon: str


def tag_of(row: Action | Finding | GoodPractice) -> Tag:
    """The state of the thing."""
    tone, icon = TONE_OF.get(row.state, ("", "circle"))
    return Tag(str(row.get_state_display()), tone, icon)


@dataclass(frozen=True)
class Clock:
    """When something is due or was, in words, with its day."""

    text: str
    tone: str
    icon: str
    on: date


def due_of(action: Action, today: date) -> Clock:
    """When the action is to be done or verified, or when it ended."""
    if action.state in (Action.State.PROPOSED, Action.State.IN_PROGRESS):
        if action.due_on < today:
            return Clock(_("Atrasada"), "danger", "exclamation-triangle-fill", action.due_on)
        if action.due_on == today:
            return Clock(_("Vence hoy"), "warn", "hourglass-split", action.due_on)
        return Clock(_("A tiempo"), "", "clock", action.due_on)
    if action.state == Action.State.DONE:
        if action.check_on <= today:
            return Clock(_("Ya se puede verificar"), "warn", "clipboard-check", action.check_on)
        return Clock(_("Se verifica desde el"), "", "hourglass", action.check_on)
    return Clock(_("Terminó"), "off", "flag", timezone.localdate(action.ended_at))


def weight_of(finding: Finding) -> Tag:
    """How much it matters."""
    tone, icon = WEIGHT_TONE[finding.weight]
    words = _("Importancia %(weight)s") % {"weight": finding.get_weight_display().lower()}
    return Tag(words, tone, icon)


def sections(request: HttpRequest, current: str) -> list[dict[str, Any]]:
    """Pages of the section side by side, those this person may open."""
    entries = [
        ("board", _("Tablero"), Perm.VIEW),
        ("actions", _("Acciones"), Perm.VIEW),
        ("calendar", _("Calendario"), Perm.VIEW),
        ("findings", _("Hallazgos"), Perm.VIEW),
        ("practices", _("Buenas prácticas"), Perm.VIEW),
        ("causes", _("Clases de causas"), Perm.CONFIGURE),
    ]
    query = {"actions": "?estado=abiertas", "findings": "?estado=open"}
    return [
        {
            "title": title,
            "url": reverse(f"improvement:{name}") + query.get(name, ""),
            "current": name == current,
        }
        for name, title, perm in entries
        if request.user.has_perm(perm)
    ]


def crumbs(*pages: tuple[str, str]) -> list[tuple[str, str]]:
    """Crumbs from the board to the page itself, which comes last."""
    return [(_("Mejora"), reverse("improvement:board")), *pages]


def finding_crumbs(finding: Finding, *pages: tuple[str, str]) -> list[tuple[str, str]]:
    """Crumbs of a page below a finding."""
    return crumbs(
        (_("Hallazgos"), reverse("improvement:findings")),
        (finding.code, finding.get_absolute_url()),
        *pages,
    )


def action_crumbs(action: Action, *pages: tuple[str, str]) -> list[tuple[str, str]]:
    """Crumbs of a page below an action."""
    return crumbs(
        (_("Acciones"), reverse("improvement:actions")),
        (action.code, action.get_absolute_url()),
        *pages,
    )


def practice_crumbs(practice: GoodPractice, *pages: tuple[str, str]) -> list[tuple[str, str]]:
    """Crumbs of a page below a good practice."""
    return crumbs(
        (_("Buenas prácticas"), reverse("improvement:practices")),
        (practice.code, practice.get_absolute_url()),
        *pages,
    )


def finding_for(request: HttpRequest, code: str) -> Finding:
    """The finding of that code, if it exists for the person; else 404."""
    rows = Finding.objects.visible_to(request.user)
    people = ("reported_by", "owner", "analysed_by", "closed_by")
    return get_object_or_404(rows.select_related("unit", *people), code=code)


def action_for(request: HttpRequest, code: str) -> Action:
    """The action of that code, if it exists for the person; else 404."""
    rows = Action.objects.visible_to(request.user)
    people = ("owner", "checker", "done_by", "opened_by")
    return get_object_or_404(rows.select_related("unit", "finding", *people), code=code)


def practice_for(request: HttpRequest, code: str) -> GoodPractice:
    """The good practice of that code, if it exists for the person; else 404."""
    rows = GoodPractice.objects.visible_to(request.user)
    related = ("unit", "finding", "proposed_by", "validated_by")
    return get_object_or_404(rows.select_related(*related), code=code)


def acted(request: HttpRequest, do: Callable[[], Any], *, url: str, said: str) -> HttpResponse:
    """Do once what a button asks and go to `url`; a rule that forbids it is told there."""
    try:
        with once(request) as ticket:
            if not ticket.answer:
                do()
                ticket.answer = url
                messages.success(request, said)
    except RuleBroken as rule:
        messages.error(request, " ".join(rule.messages))
    return redirect(url)


def page_with_form(
    request: HttpRequest,
    form: Any,
    *,
    heading: str,
    action: str,
    cancel_url: str,
    where: list[tuple[str, str]],
    **more: Any,
) -> HttpResponse:
    """A page with one form that may carry a file: status 422 when it was sent and has errors."""
    context = {
        "form": form,
        "heading": heading,
        "action": action,
        "cancel_url": cancel_url,
        "crumbs": [*where, (heading, "")],
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "improvement/form.html", context | more, status=status)


def new_key() -> list[tuple[str, uuid.UUID]]:
    """Name and value of a hidden field that keeps a button from acting twice."""
    return [(KEY_FIELD, uuid.uuid4())]


def timeline(events: Iterable[Event], evidence: Iterable[Evidence] = ()) -> list[dict[str, Any]]:
    """The history, the latest first, as components/_timeline.html takes it."""
    files = {(row.text, row.added_by_id): row for row in evidence if row.file_id is not None}
    told = []
    for event in events:
        row = files.get((event.text, event.by_id)) if event.what == "evidenced" else None
        shown = (
            [{"name": row.file.name, "url": reverse("improvement:evidence-file", args=[row.pk])}]
            if row
            else []
        )
        told.append(
            {
                "icon": EVENT_ICON[event.what],
                "title": event.by or _("El portal"),
                "detail": event.get_what_display(),
                "at": event.at,
                "text": event.text or (str(event.action) if names_action(event) else ""),
                "files": shown,
            }
        )
    told.reverse()
    return told


def names_action(event: Event) -> bool:
    """Whether the history of a finding has to say which action was meant."""
    return event.finding_id is not None and event.action_id is not None


def addresses(request: HttpRequest, name: str, *args: str) -> dict[str, str] | None:
    """Addresses of the list as CSV and XLSX, with its filters; None without the permission."""
    if not request.user.has_perm(Perm.EXPORT):
        return None
    query = request.GET.copy()
    query.pop(PARAMETER, None)
    found = {}
    for kind in ("csv", "xlsx"):
        query["formato"] = kind
        found[kind] = f"{reverse(name, args=args)}?{query.urlencode()}"
    return found
