"""Lists of the manual: latest changes, and all procedures with their export."""

from __future__ import annotations

from datetime import timedelta

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
from apps.core.pagination import paginate
from apps.documents.models import Document
from apps.documents.permissions import Perm as DocumentPerm
from apps.manual import selectors
from apps.manual.forms import DAYS_SOON, ChangesFilter, ListFilter
from apps.manual.permissions import Perm
from apps.manual.views.common import crumbs, sections


@requires(Perm.VIEW)
def changes(request: HttpRequest) -> HttpResponse:
    """Versions as they came into force, latest first; which of them are new to the person."""
    form = ChangesFilter(request.GET)
    versions = form.narrow(selectors.latest_changes(request.user))
    context = {
        "sections": sections(request, "changes"),
        "crumbs": crumbs((_("Últimos cambios"), "")),
        "form": form,
        "chips": form.chips(request),
        "page": paginate(versions, request, order=("-effective_on", "-id"), with_count=False),
    }
    return render(request, "manual/changes.html", context)


@requires(Perm.VIEW)
def listing(request: HttpRequest) -> HttpResponse:
    """Every procedure that exists for the person, as a table."""
    form = ListFilter(request.GET, owners=_owners(request))
    page = paginate(form.narrow(_documents(request)), request, order=form.order)
    today = timezone.localdate()
    query = request.GET.copy()
    exports = {}
    for kind in ("csv", "xlsx"):
        query["formato"] = kind
        exports[kind] = f"{reverse('manual:list-export')}?{query.urlencode()}"
    context = {
        "sections": sections(request, "list"),
        "crumbs": crumbs((_("Lista de procedimientos"), "")),
        "form": form,
        "chips": form.chips(request),
        "columns": _columns(request, form),
        "page": page,
        "today": today,
        "soon": today + timedelta(days=DAYS_SOON),
        "exports": exports if request.user.has_perm(DocumentPerm.EXPORT) else None,
    }
    return render(request, "manual/list.html", context)


@requires(Perm.VIEW, DocumentPerm.EXPORT)
@recently_confirmed
def list_export(request: HttpRequest) -> HttpResponseBase:
    """The same table, with the same filters, as CSV or XLSX."""
    form = ListFilter(request.GET, owners=_owners(request))
    rows = form.narrow(_documents(request)).order_by(*form.order)
    columns = [
        Column(_("Código"), lambda row: row.code),
        Column(_("Título"), lambda row: row.title),
        Column(_("Versión"), lambda row: row.current.number),
        Column(_("En vigor desde"), lambda row: row.current.effective_on),
        Column(_("Unidad"), lambda row: row.unit.name),
        Column(_("Responsable"), lambda row: row.owner.get_full_name()),
        Column(_("Clasificación"), lambda row: row.get_classification_display()),
        Column(_("Próxima revisión"), lambda row: row.next_review_on),
    ]
    return export(request, name=_("procedimientos"), columns=columns, rows=rows.iterator(500))


def _documents(request: HttpRequest):
    return (
        Document.objects.visible_to(request.user)
        .in_force()
        .exclude(node=None)
        .select_related("owner", "unit", "current", "node")
        .defer("current__body", "current__justification")
    )


def _owners(request: HttpRequest):
    owned = _documents(request).order_by().values("owner_id")
    return Person.objects.filter(pk__in=owned)


def _columns(request: HttpRequest, form: ListFilter) -> list[dict[str, str]]:
    """Head of the table; a column that orders the list says so and offers to."""
    now = form.chosen("orden") or "codigo"
    columns = []
    for key, title in (
        ("codigo", _("Código")),
        ("titulo", _("Título")),
        ("", _("Versión")),
        ("", _("Unidad")),
        ("", _("Responsable")),
        ("revision", _("Revisión")),
        ("", _("Clasificación")),
    ):
        query = request.GET.copy()
        query.pop("pagina", None)
        query["orden"] = key
        columns.append(
            {
                "title": title,
                "url": f"?{query.urlencode()}" if key else "",
                "sorted": "ascending" if key == now else "",
            }
        )
    return columns
