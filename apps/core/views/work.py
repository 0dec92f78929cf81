"""How far a piece of long work is, for whoever started it."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.access import SAFE_METHODS, signed_in
from apps.core.models import LongWork
from apps.core.registry import work_kinds

# SECURITY: asking by itself counts as use of the session (S22), so it does not go on for ever.
ASKED_FOR = timedelta(minutes=10)


@signed_in(methods=SAFE_METHODS)
def work(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The page of a piece of work; to htmx, which asks while it runs, only what changes."""
    row = get_object_or_404(LongWork.objects.visible_to(request.user), pk=pk)
    context = _told(row)
    template = "components/_progress.html" if request.htmx else "work.html"
    return render(request, template, context)


def _told(row: LongWork) -> dict[str, Any]:
    """What components/_progress.html takes, and the heading of its page."""
    kind = work_kinds.get(row.kind)
    age = timezone.now() - row.queued_at
    told: dict[str, Any] = {"id": "trabajo", "label": _("Avance"), "state": "running"}
    told["heading"] = kind.label
    if row.is_over:
        url, link = kind.place(row)
        note = row.message if row.state == LongWork.State.FAILED else kind.said(row.result)
        return told | {"state": row.state, "note": note, "url": url, "link": link}
    if age < ASKED_FOR:
        told["poll_url"] = row.get_absolute_url()
    if row.state == LongWork.State.QUEUED:
        note = _("Espera su turno.")
    else:
        # Not 100 before it is kept.
        told["percent"] = min(99, 100 * row.done // row.total) if row.total else None
        note = _("%(done)s de %(total)s.") % {"done": row.done, "total": row.total}
    more = _("Puede seguir en otra página y volver a esta.")
    return told | {"note": f"{note} {more}"}
