"""All standards, one standard, and their results to take away."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.reauth import recently_confirmed
from apps.accounts.views.common import query_of
from apps.core import origins
from apps.core.access import requires
from apps.core.exports import Column, export
from apps.core.pagination import paginate
from apps.documents import reach
from apps.documents.models import Document
from apps.documents.permissions import Perm as DocumentPerm
from apps.documents.selectors import related_to
from apps.documents.services import remember_reading
from apps.indicators.numbers import plain
from apps.standards import selectors, showing
from apps.standards.forms import ListFilter
from apps.standards.models import ComplianceResult, Promise, Service
from apps.standards.permissions import Perm
from apps.standards.search import STANDARD
from apps.standards.views.common import columns_of, crumbs, home_of, tabs


@requires(Perm.VIEW)
def listing(request: HttpRequest) -> HttpResponse:
    """Standards with what is kept of them, their reach and their review."""
    today = timezone.localdate()
    form = ListFilter(request.GET)
    page = paginate(form.narrow(selectors.listed(request.user), today), request, order=form.order)
    services = {row.pk: row for row in Service.objects.visible_to(request.user)}
    figures = reach.by_document([row.pk for row in page.rows], today)
    for row in page.rows:
        row.service = services.get(row.service_id)
        row.figures = figures[row.pk]
        row.is_late = bool(row.next_review_on and row.next_review_on < today)
        row.url = home_of(row)
    columns = [
        ("codigo", _("Código")),
        ("nombre", _("Estándar")),
        ("resultado", _("Último resultado")),
        ("", _("Leído y aceptado")),
        ("", _("Responsable")),
        ("revision", _("Revisión")),
    ]
    context = {
        "tabs": tabs("list"),
        "form": form,
        "chips": form.chips(request),
        "columns": columns_of(columns, form.chosen("orden") or "codigo", request, {"resultado"}),
        "page": page,
        "exports": _exports(request, "list-export") if request.user.has_perm(Perm.EXPORT) else None,
        "may_write": request.user.has_perm(DocumentPerm.WRITE),
        "is_empty": not selectors.listed(request.user).exists(),
    }
    return render(request, "standards/list.html", context)


def _exports(request: HttpRequest, name: str, *args: str) -> dict[str, str]:
    url = reverse(f"standards:{name}", args=args)
    return {kind: f"{url}?{query_of(request, formato=kind)}" for kind in ("csv", "xlsx")}


@requires(Perm.VIEW, Perm.EXPORT)
@recently_confirmed
def list_export(request: HttpRequest) -> HttpResponseBase:
    """Every criterion of the same standards, with the same filters, as CSV or XLSX."""
    today = timezone.localdate()
    form = ListFilter(request.GET)
    rows = list(form.narrow(selectors.listed(request.user), today).order_by(*form.order))
    services = {row.pk: row.name for row in Service.objects.visible_to(request.user)}
    kept = selectors.kept_of(rows)
    lines = [(row, one) for row in rows for one in kept.get(row.pk, [None])]

    def of(give: Any) -> Any:
        return lambda line: give(line[1]) if line[1] else ""

    def last(give: Any) -> Any:
        return lambda line: give(line[1].last) if line[1] and line[1].last else ""

    columns = [
        Column(_("Código"), lambda line: line[0].code),
        Column(_("Estándar"), lambda line: line[0].title),
        Column(_("Servicio"), lambda line: services.get(line[0].service_id, "")),
        Column(_("Unidad"), lambda line: line[0].unit.name),
        Column(_("Responsable"), lambda line: line[0].owner.get_full_name()),
        Column(_("Criterio"), of(lambda one: one.criterion.title)),
        Column(_("Indicador"), of(lambda one: one.criterion.indicator.code)),
        Column(_("Unidad de medida"), of(lambda one: one.criterion.measure)),
        Column(_("Sentido"), of(lambda one: one.criterion.get_direction_display())),
        Column(_("Meta"), of(lambda one: plain(one.criterion.target))),
        Column(_("Tolerancia"), of(lambda one: plain(one.criterion.tolerance))),
        Column(_("Muestreo"), of(lambda one: one.criterion.sampling)),
        Column(_("Se mira"), of(lambda one: one.criterion.get_period_display())),
        Column(_("Último período"), last(showing.period_words)),
        Column(_("Valor"), last(lambda one: plain(one.value))),
        Column(_("Resultado"), last(lambda one: one.get_standing_display())),
        Column(_("Próxima revisión"), lambda line: line[0].next_review_on),
    ]
    return export(request, name=_("estandares"), columns=columns, rows=lines)


@requires(Perm.VIEW)
def standard(request: HttpRequest, code: str) -> HttpResponse:
    """A standard as it is in force: what it promises, how it is kept, who read it."""
    found = selectors.document_for(request.user, code)
    today = timezone.localdate()
    kept = selectors.kept_of([found]).get(found.pk, [])
    version = found.current
    if request.method == "GET" and version is not None:
        remember_reading(found.pk, version.number, by=request.user)
    person = request.user
    rows = showing.rows_of(kept)
    context = {
        "crumbs": crumbs((str(found), "")),
        "document": found,
        "version": version,
        "promise": _promise(found),
        "rows": rows,
        "charts": [one for one in map(showing.chart, kept) if one],
        "lapses": sorted(
            (lapse for row in kept for lapse in row.lapses),
            key=lambda lapse: lapse.from_on, reverse=True,
        ),
        "missed": sum(row["tag"].tone == "danger" for row in rows),
        "figures": reach.by_document([found.pk], today)[found.pk],
        "is_late": bool(found.next_review_on and found.next_review_on < today),
        "related": related_to(found, person),
        "draft": selectors.open_version(found) if person.has_perm(DocumentPerm.WRITE) else None,
        "may_write": person.has_perm(DocumentPerm.WRITE) and found.retired_on is None,
        "may_see_reach": person.has_perm(DocumentPerm.VIEW_REACH),
        "may_review": person.pk in (found.owner_id, found.reviewer_id),
        "is_public": found.classification == 0 and version is not None,
        "exports": _exports(request, "results-export", found.code)
        if person.has_perm(Perm.EXPORT) and any(row.results for row in kept)
        else None,
        "mentions": origins.mentions_of(person, STANDARD, found.pk),
        "offers": origins.offers_for(person, STANDARD, found.pk),
    }  # fmt: skip
    return render(request, "standards/standard.html", context)


def _promise(document: Document) -> Promise | None:
    rows = Promise.objects.filter(version=document.current_id).select_related("service")
    return rows.first() if document.current_id else None


@requires(Perm.VIEW, Perm.EXPORT)
@recently_confirmed
def results_export(request: HttpRequest, code: str) -> HttpResponseBase:
    """Every result of a standard, as CSV or XLSX."""
    found = selectors.document_for(request.user, code)
    rows = ComplianceResult.objects.filter(document=found).select_related(
        "criterion__indicator", "criterion__version"
    )
    columns = [
        Column(_("Criterio"), lambda row: row.criterion.title),
        Column(_("Versión"), lambda row: row.criterion.version.number),
        Column(_("Indicador"), lambda row: row.criterion.indicator.code),
        Column(_("Desde"), lambda row: row.period_start),
        Column(_("Hasta"), lambda row: row.period_end),
        Column(_("Valor"), lambda row: plain(row.value)),
        Column(_("Numerador"), lambda row: plain(row.numerator) if row.denominator else ""),
        Column(_("Denominador"), lambda row: plain(row.denominator) if row.denominator else ""),
        Column(_("Unidad de medida"), lambda row: row.criterion.measure),
        Column(_("Meta"), lambda row: plain(row.criterion.target)),
        Column(_("Resultado"), lambda row: row.get_standing_display()),
    ]
    rows = rows.order_by("key", "period_start").iterator(500)
    return export(request, name=f"{found.code.lower()}-cumplimiento", columns=columns, rows=rows)
