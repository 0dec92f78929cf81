"""Findings: their list, their page, noting, giving, closing."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.reauth import recently_confirmed
from apps.accounts.views.common import Edit, query_of, submitted
from apps.core import origins
from apps.core.access import clearance, requires
from apps.core.exports import Column, export
from apps.core.pagination import paginate
from apps.improvement import selectors, services
from apps.improvement.forms.filters import FindingsFilter
from apps.improvement.forms.writing import CloseForm, FindingForm, RetireForm
from apps.improvement.models import Finding
from apps.improvement.permissions import Perm
from apps.improvement.views.changes import told_changes
from apps.improvement.views.common import (
    addresses,
    crumbs,
    finding_crumbs,
    finding_for,
    new_key,
    page_with_form,
    sections,
    tag_of,
    timeline,
    weight_of,
)


@requires(Perm.VIEW)
def listing(request: HttpRequest) -> HttpResponse:
    """What was found, the latest first."""
    form = FindingsFilter(request.GET)
    rows = form.narrow(_rows(request), request.user)
    page = paginate(rows, request)
    for row in page.rows:
        row.tag, row.weight_tag = tag_of(row), weight_of(row)
    mine = bool(form.chosen("mios"))
    context = {
        "sections": sections(request, "findings"),
        "crumbs": crumbs((_("Hallazgos"), "")),
        "views": [
            {"title": _("Todos"), "url": f"?{query_of(request, mios='')}", "current": not mine,
             "count": None},
            {"title": _("Los míos"), "url": f"?{query_of(request, mios='1')}", "current": mine,
             "count": None},
        ],
        "form": form,
        "chips": form.chips(request),
        "page": page,
        "exports": addresses(request, "improvement:findings-export"),
        "may_report": request.user.has_perm(Perm.REPORT),
    }  # fmt: skip
    return render(request, "improvement/findings.html", context)


@requires(Perm.VIEW, Perm.EXPORT)
@recently_confirmed
def listing_export(request: HttpRequest) -> HttpResponseBase:
    """The same rows, with the same filters, as CSV or XLSX."""
    rows = FindingsFilter(request.GET).narrow(_rows(request), request.user)
    columns = [
        Column(_("Código"), lambda row: row.code),
        Column(_("Título"), lambda row: row.title),
        Column(_("Clase"), lambda row: row.get_kind_display()),
        Column(_("Importancia"), lambda row: row.get_weight_display()),
        Column(_("Unidad"), lambda row: row.unit.name),
        Column(_("Se vio el"), lambda row: row.found_on),
        Column(_("Responsable"), lambda row: row.owner.get_full_name() if row.owner else ""),
        Column(_("Origen"), lambda row: origins.label_of(row.origin_kind)),
        Column(_("Causa raíz"), lambda row: row.root_cause),
        Column(_("Estado"), lambda row: row.get_state_display()),
        Column(_("Cómo se resolvió"), lambda row: row.get_resolution_display()),
        Column(_("Cerrado el"), lambda row: row.closed_at),
    ]
    found = rows.order_by("-created_at", "-id").iterator(500)
    return export(request, name=_("hallazgos"), columns=columns, rows=found)


@requires(Perm.VIEW)
def detail(request: HttpRequest, code: str) -> HttpResponse:
    """One finding: what happened, why, what is done about it, what it asked to be changed."""
    finding = finding_for(request, code)
    person = request.user
    treats = services.treats(finding, person)
    actions = list(finding.actions.select_related("owner").order_by("pk"))
    for action in actions:
        action.tag = tag_of(action)
    practices = list(finding.practices.visible_to(person).order_by("pk"))
    for practice in practices:
        practice.tag = tag_of(practice)
    context = {
        "crumbs": finding_crumbs(finding)[:-1] + [(finding.code, "")],
        "finding": finding,
        "tag": tag_of(finding),
        "weight": weight_of(finding),
        "origin": origins.place(person, finding.origin_kind, finding.origin_key),
        "origin_label": origins.label_of(finding.origin_kind),
        "whys": selectors.flat(selectors.whys_of(finding)),
        "actions": actions,
        "changes": told_changes(finding, person),
        "practices": practices,
        "came": origins.mentions_of(person, "finding", finding.pk),
        "entries": timeline(finding.events.select_related("by", "action")),
        "may_treat": treats and finding.is_open,
        "may_edit": services.may_edit(finding, person),
        "may_manage": person.has_perm(Perm.MANAGE) and finding.is_open,
        "may_propose": person.has_perm(Perm.REPORT),
        "hidden": new_key(),
    }
    return render(request, "improvement/finding.html", context)


@requires(Perm.VIEW, Perm.REPORT)
def new(request: HttpRequest) -> HttpResponse:
    """Note what was seen; `?de=` and `?clave=` say where it came from."""
    kind, key = request.GET.get("de", ""), request.GET.get("clave", "")
    origin = (
        origins.place(request.user, kind, int(key))
        if kind and key.isdecimal() and len(key) < 19
        else None
    )
    initial: dict[str, Any] = {"found_on": timezone.localdate()}
    if origin is not None:
        initial |= {"title": origin.title[:200]}
        if kind in ("signal", "feedback"):
            initial["kind"] = Finding.Kind.SIGNAL if kind == "signal" else Finding.Kind.AREA
    units = request.user.access().unit_ids
    if units:
        initial["unit"] = units[0]
    form = FindingForm.of(
        request,
        initial=initial,
        most=clearance(request.user),
        may_assign=request.user.has_perm(Perm.MANAGE),
    )

    def do(**data: Any) -> str:
        data.pop("expected", None)
        finding = services.report(
            **data,
            origin_kind=origin.kind if origin else "",
            origin_key=origin.key if origin else None,
            by=request.user,
        )
        return finding.get_absolute_url()

    answer = submitted(request, form, do, done=_("Quedó registrado."))
    return answer or page_with_form(
        request,
        form,
        heading=_("Registrar un hallazgo"),
        lead=_("Algo que se hizo mal, que puede hacerse mejor o que funciona bien."),
        origin=origin,
        action=_("Registrar"),
        cancel_url=origin.url if origin else reverse("improvement:findings"),
        where=crumbs((_("Hallazgos"), reverse("improvement:findings"))),
    )


@requires(Perm.VIEW)
def edit(request: HttpRequest, code: str) -> HttpResponse:
    """Correct a finding or give it to somebody."""
    finding = finding_for(request, code)
    if not services.may_edit(finding, request.user):
        raise Http404
    fields = services.FINDING_FIELDS
    manages = request.user.has_perm(Perm.MANAGE)
    if not manages:
        fields = tuple(name for name in fields if name != "owner_id")
    edit = Edit(finding, services.FINDING_FIELDS)
    initial = {name.removesuffix("_id"): getattr(finding, name) for name in fields}
    form = FindingForm.of(
        request,
        initial={**initial, "expected": edit.state},
        most=clearance(request.user),
        may_assign=manages,
    )
    edit.fields = fields

    def do(**data: Any) -> str:
        return services.edit_finding(finding, **data, by=request.user).get_absolute_url()

    answer = submitted(request, form, do, done=_("Quedó guardado."), edit=edit)
    return answer or page_with_form(
        request,
        form,
        heading=_("Cambiar %(code)s") % {"code": finding.code},
        lead=finding.title,
        action=_("Guardar"),
        cancel_url=finding.get_absolute_url(),
        where=finding_crumbs(finding),
        **edit.told(),
    )


@requires(Perm.VIEW, Perm.MANAGE)
def close(request: HttpRequest, code: str) -> HttpResponse:
    """Close a finding; what still keeps it open is told."""
    finding = finding_for(request, code)
    form = CloseForm.of(request)

    def do(**data: Any) -> str:
        return services.close_finding(finding, **data, by=request.user).get_absolute_url()

    answer = submitted(request, form, do, done=_("Quedó cerrado."))
    lines = services.closing_refusals(finding, "") if finding.is_open else []
    return answer or page_with_form(
        request,
        form,
        heading=_("Cerrar %(code)s") % {"code": finding.code},
        lead=finding.title,
        lacks=lines,
        action=_("Cerrar el hallazgo"),
        cancel_url=finding.get_absolute_url(),
        where=finding_crumbs(finding),
    )


@requires(Perm.VIEW, Perm.MANAGE)
def discard(request: HttpRequest, code: str) -> HttpResponse:
    """Say that a finding was none."""
    finding = finding_for(request, code)
    form = RetireForm.of(request)

    def do(**data: Any) -> str:
        return services.discard_finding(finding, **data, by=request.user).get_absolute_url()

    answer = submitted(request, form, do, done=_("Quedó descartado."))
    return answer or page_with_form(
        request,
        form,
        heading=_("Descartar %(code)s") % {"code": finding.code},
        lead=_("Para lo que no era un hallazgo. Queda en la historia con su motivo."),
        action=_("Descartarlo"),
        cancel_url=finding.get_absolute_url(),
        where=finding_crumbs(finding),
    )


def _rows(request: HttpRequest):
    return (
        Finding.objects.visible_to(request.user)
        .select_related("unit", "owner")
        .defer("text", "conclusion")
    )
