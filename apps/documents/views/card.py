"""A document's own page: what is in force, coming and being written, and its history."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core import origins
from apps.core.access import requires
from apps.documents import history, selectors, services, showing, turns
from apps.documents.models import Document, Version
from apps.documents.permissions import Perm
from apps.documents.views.access import readers_line
from apps.documents.views.common import crumbs_of, draft_url, new_key

State = Version.State
# Versions told at once; the others are folded.
LATEST = 4


@requires(Perm.VIEW)
def document(request: HttpRequest, code: str) -> HttpResponse:
    """What is in force, coming and being written of a document, and its history."""
    today = timezone.localdate()
    found = selectors.document_for(request.user, code)
    versions = selectors.versions_of(found, request.user)
    open_one = next((one for one in versions if one.is_open), None)
    coming = [one for one in versions if one.state == State.APPROVED]
    rows = []
    if open_one is not None:
        rows = [row for row in open_one.approvals.all() if row.voided_at is None]
        rows.sort(key=lambda row: (row.order, row.pk))
    remarks = selectors.remarks_on(open_one) if open_one else []
    life = [history.told(one) for one in versions]
    context = {
        "crumbs": crumbs_of(found)[:-1] + [(found.code, "")],
        "document": found,
        "tags": history.state_lines(found),
        "open": open_one,
        "open_tag": history.tag_of(open_one) if open_one else None,
        "coming": coming,
        "turns": history.turns_of(rows),
        "unnamed": open_one is not None and open_one.state == State.IN_REVIEW and not rows,
        "unresolved": sum(remark.resolved_at is None for remark in remarks),
        "remarks": len(remarks),
        "history": life[:LATEST],
        "former": life[LATEST:],
        "related": selectors.related_to(found, request.user),
        "read_url": showing.address_of(found) if found.current_id else "",
        "is_late": bool(found.next_review_on and found.next_review_on < today),
        "ratify": _emergency(found.current),
        "readers": readers_line(found, request.user),
        "may_review": request.user.pk in (found.owner_id, found.reviewer_id),
        "hidden": [new_key()],
        "mentions": origins.mentions_of(request.user, "document", found.pk),
        "offers": origins.offers_for(request.user, "document", found.pk),
    }
    context |= _may(request, found, open_one, rows)
    return render(request, "documents/document.html", context)


def _emergency(current: Version | None) -> Version | None:
    """The version in force if it was published in an emergency and nobody stands by it yet."""
    if current is None or not current.emergency_reason or current.ratified_at:
        return None
    return current


def _may(
    request: HttpRequest, found: Document, open_one: Version | None, rows: list[Any]
) -> dict[str, Any]:
    """What this person may do here, and which of it comes first."""
    person, today = request.user, timezone.localdate()
    writes = person.has_perm(Perm.WRITE)
    right = turns.right_of(open_one, person, today, rows) if open_one else None
    decides = right is not None and right.may_decide
    may = {
        "may_decide": decides,
        "for_whom": right.approval.person if decides and right.approval else None,
        "may_submit": writes and open_one is not None and open_one.state == State.DRAFT,
        "may_withdraw": open_one is not None and services.may_withdraw(open_one, person),
        "may_cancel": person.has_perm(Perm.APPROVE) or person.has_perm(Perm.GOVERN),
        "may_charge": person.has_perm(Perm.GOVERN) and found.retired_on is None,
        "may_retire": person.has_perm(Perm.GOVERN) and found.current_id is not None,
        "may_publish_now": person.has_perm(Perm.EMERGENCY) and open_one is not None,
        "may_ratify": found.current is not None
        and Version.objects.ratifiable_by(person).filter(pk=found.current_id).exists(),
    }
    if may["for_whom"] == person:
        may["for_whom"] = None
    may["draft_url"] = ""
    if writes and not found.retired_on and (open_one is None or open_one.state == State.DRAFT):
        may["draft_url"] = draft_url(found)
    may["primary"] = _first(found, open_one, may)
    return may


def _first(found: Document, open_one: Version | None, may: dict[str, Any]) -> dict[str, str] | None:
    """The one thing most likely to be done next, as a button."""
    if may["may_decide"]:
        url = reverse("documents:review", args=[found.code, open_one.number])
        return {"text": _("Leer y decidir"), "url": url, "icon": "check2-square"}
    if open_one is not None and open_one.state == State.DRAFT:
        if may["may_submit"] and not may["draft_url"]:
            url = reverse("documents:submit", args=[found.code])
            return {"text": _("Enviar a revisión"), "url": url, "icon": "send"}
        if may["draft_url"]:
            return {"text": _("Seguir escribiendo"), "url": may["draft_url"], "icon": "pencil"}
    if open_one is not None:
        url = reverse("documents:review", args=[found.code, open_one.number])
        return {"text": _("Ver lo que está en revisión"), "url": url, "icon": "people"}
    if found.current_id:
        return {"text": _("Leer"), "url": showing.address_of(found), "icon": "book"}
    if may["draft_url"]:
        return {"text": _("Escribir la primera versión"), "url": may["draft_url"], "icon": "pencil"}
    return None
