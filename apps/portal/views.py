"""Home per person and the public landing."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from apps.accounts.models import Absence, Organisation, Person
from apps.core.access import SAFE_METHODS, public, signed_in
from apps.core.prepared import Prepared
from apps.core.styleguide import sample_context
from apps.documents.models import Document, Version
from apps.portal import home as tasks

LATEST = 5


@public(methods=SAFE_METHODS)
def landing(request: HttpRequest) -> HttpResponse:
    """Where customers begin. An empty portal begins with its first-run wizard."""
    organisation = Organisation.objects.first()
    if organisation is None and not Person.objects.exists():
        return redirect("accounts:first-steps")
    published = Document.objects.open_to_customers()
    return render(
        request,
        "portal/landing.html",
        {
            "organisation": organisation,
            "has_public_manual": published.exclude(kind=Document.Kind.STANDARD).exists(),
            "has_charter": published.filter(kind=Document.Kind.STANDARD).exists(),
        },
    )


@public(methods=SAFE_METHODS)
def accessibility(request: HttpRequest) -> HttpResponse:
    """What customers can expect of these pages, and whom to tell when they fail."""
    return render(
        request, "portal/accessibility.html", {"organisation": Organisation.objects.first()}
    )


@public(methods=SAFE_METHODS)
def privacy(request: HttpRequest) -> HttpResponse:
    """What the public pages keep of their visitors."""
    return render(request, "portal/privacy.html", {"organisation": Organisation.objects.first()})


_latest = Prepared(
    lambda actor: (
        Version.objects.filter(
            state=Version.State.IN_FORCE, document__in=Document.objects.visible_to(actor)
        )
        .select_related("document")
        .defer("body", "justification", "emergency_reason", "objection")
        .order_by("-effective_on", "-id")[:LATEST]
    )
)
_away = Prepared(
    lambda actor: (
        Absence.objects.current(timezone.localdate())
        .filter(person__holdings__position__unit__in=actor.unit_ids, person__is_active=True)
        .select_related("person", "substitute")
        .distinct()
        .order_by("to_on", "pk")[:LATEST]
    )
)


@signed_in(methods=SAFE_METHODS)
def home(request: HttpRequest) -> HttpResponse:
    """What waits for this person, what changed in the manual, who is away in their units."""
    now = timezone.localtime()
    groups = tasks.tasks_for(request.user)
    return render(
        request,
        "portal/home.html",
        {
            "greeting": tasks.greeting(now),
            "now": now,
            "groups": groups,
            "waiting": sum(len(group.items) for group in groups),
            "late": sum(len(group.items) for group in groups if group.is_late),
            "latest": _latest(request.user),
            "away": _away(request.user),
        },
    )


@signed_in(methods=SAFE_METHODS)
def styleguide(request: HttpRequest) -> HttpResponse:
    """Every component of the face in all its states, for those who write templates."""
    return render(request, "styleguide.html", sample_context())
