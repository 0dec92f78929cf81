"""All governed documents that exist for a person, and their export."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import Person
from apps.accounts.reauth import recently_confirmed
from apps.core.access import requires
from apps.core.exports import Column, export
from apps.core.pagination import PARAMETER, paginate
from apps.documents import history, selectors
from apps.documents.forms import ListFilter
from apps.documents.permissions import Perm
from apps.documents.views.common import new_url
from apps.documents.views.reach_common import sections


@requires(Perm.VIEW)
def listing(request: HttpRequest) -> HttpResponse:
    """Documents with what is in force, coming and being written; what waits for the person."""
    today = timezone.localdate()
    form = ListFilter(request.GET, owners=_owners(request))
    page = paginate(form.narrow(_documents(request, today)), request, order=form.order)
    for row in page.rows:
        row.states = history.state_lines(row)
    context = {
        "sections": sections(request, "documents:list"),
        "form": form,
        "chips": form.chips(request),
        "views": _views(request, form),
        "columns": _columns(request, form),
        "page": page,
        "exports": _exports(request) if request.user.has_perm(Perm.EXPORT) else None,
        "waits": bool(form.chosen("espera")),
        "new_url": new_url() if request.user.has_perm(Perm.WRITE) else "",
    }
    return render(request, "documents/list.html", context)


@requires(Perm.VIEW, Perm.EXPORT)
@recently_confirmed
def list_export(request: HttpRequest) -> HttpResponseBase:
    """The same table, with the same filters, as CSV or XLSX."""
    today = timezone.localdate()
    form = ListFilter(request.GET, owners=_owners(request))
    rows = form.narrow(_documents(request, today)).order_by(*form.order)
    columns = [
        Column(_("Código"), lambda row: row.code),
        Column(_("Título"), lambda row: row.title),
        Column(_("Clase"), lambda row: row.get_kind_display()),
        Column(_("Estado"), lambda row: "; ".join(tag.text for tag in history.state_lines(row))),
        Column(_("Versión en vigor"), lambda row: row.current.number if row.current else ""),
        Column(_("En vigor desde"), lambda row: row.current.effective_on if row.current else ""),
        Column(_("Borrador"), lambda row: row.draft["number"] if row.draft else ""),
        Column(_("Unidad"), lambda row: row.unit.name),
        Column(_("Responsable"), lambda row: row.owner.get_full_name()),
        Column(_("Clasificación"), lambda row: row.get_classification_display()),
        Column(_("Próxima revisión"), lambda row: row.next_review_on),
        Column(_("Retirado el"), lambda row: row.retired_on),
    ]
    return export(request, name=_("documentos"), columns=columns, rows=rows.iterator(500))


def _documents(request: HttpRequest, today: date):
    rows = selectors.documents_for(request.user, today)
    return rows.select_related("owner", "unit", "current").defer(
        "current__body", "current__justification", "current__emergency_reason"
    )


def _owners(request: HttpRequest):
    return Person.objects.filter(pk__in=selectors.cards_for(request.user).values("owner_id"))


def _views(request: HttpRequest, form: ListFilter) -> list[dict[str, object]]:
    """All, or only what waits for the person; other filters stay on."""
    waits = bool(form.chosen("espera"))
    query = request.GET.copy()
    query.pop(PARAMETER, None)
    query.pop("espera", None)
    every = f"?{query.urlencode()}"
    query["espera"] = "1"
    return [
        {"title": _("Todos"), "url": every, "current": not waits},
        {"title": _("Esperan por mí"), "url": f"?{query.urlencode()}", "current": waits},
    ]


def _exports(request: HttpRequest) -> dict[str, str]:
    query, found = request.GET.copy(), {}
    for kind in ("csv", "xlsx"):
        query["formato"] = kind
        found[kind] = f"{reverse('documents:list-export')}?{query.urlencode()}"
    return found


def _columns(request: HttpRequest, form: ListFilter) -> list[dict[str, str]]:
    """Head of the table; a column that orders the list says so and offers to."""
    now = form.chosen("orden") or "codigo"
    columns = []
    for key, title in (
        ("codigo", _("Código")),
        ("titulo", _("Título")),
        ("", _("Estado")),
        ("", _("En vigor")),
        ("", _("Unidad")),
        ("", _("Responsable")),
        ("reciente", _("Último cambio")),
    ):
        query = request.GET.copy()
        query.pop(PARAMETER, None)
        query["orden"] = key
        columns.append(
            {
                "title": title,
                "url": f"?{query.urlencode()}" if key else "",
                "sorted": {True: "descending" if key == "reciente" else "ascending"}.get(
                    key == now, ""
                ),
            }
        )
    return columns
