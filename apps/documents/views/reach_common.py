"""What the pages of the list, reading, reach and the readers' voice share."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.documents.models import Document
from apps.documents.permissions import Perm


def sections(request: HttpRequest, current: str) -> list[dict[str, Any]]:
    """These pages side by side, as the component of tabs takes them."""
    entries = [
        ("documents:list", _("Documentos"), True),
        ("reach:mine", _("Mis lecturas"), True),
        ("reach:board", _("Alcance"), request.user.has_perm(Perm.VIEW_REACH)),
        ("reach:feedback-list", _("Comentarios"), True),
    ]
    return [
        {"title": title, "url": reverse(name), "current": name == current}
        for name, title, shown in entries
        if shown
    ]


def document_for(actor: Any, code: str) -> Document:
    """The document of that code with its version in force; raises Http404 if it does not
    exist for `actor`."""
    rows = Document.objects.visible_to(actor).select_related("current", "owner", "unit")
    found = rows.defer("current__body", "current__justification").filter(code=code).first()
    if found is None:
        raise Http404
    return found


def exports_of(request: HttpRequest, url: str) -> dict[str, str] | None:
    """Addresses of the list at hand as a file, by format; None for whoever may not export."""
    if not request.user.has_perm(Perm.EXPORT):
        return None
    query = request.GET.copy()
    query.pop("pagina", None)
    found = {}
    for kind in ("csv", "xlsx"):
        query["formato"] = kind
        found[kind] = f"{url}?{query.urlencode()}"
    return found
