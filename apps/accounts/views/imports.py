"""People and units from a spreadsheet."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.forms import ImportForm
from apps.accounts.models import ImportRun
from apps.accounts.permissions import Perm
from apps.accounts.reauth import recently_confirmed
from apps.accounts.services import imports
from apps.accounts.views.common import crumbs, submitted, tabs
from apps.core.access import SAFE_METHODS, requires
from apps.core.exports import Column, export
from apps.core.rules import RuleBroken

SAMPLES = {
    "people": {
        "correo": "ana.perez@example.org",
        "nombre": "Ana",
        "apellidos": "Pérez Mora",
        "cargo": "Agente de atención",
        "roles": "agente",
        "desde": "2026-11-24",
        "telefono": "Ext. 204",
    },
    "units": {
        "codigo": "OFS",
        "nombre": "Oficina Sur",
        "depende de": "ATC",
        "proposito": "Atiende en persona a los barrios del sur.",
    },
}


@requires(Perm.IMPORT_PEOPLE)
def start(request: HttpRequest) -> HttpResponse:
    """Choose a sheet; it is read and checked, nothing is written."""
    form = ImportForm.of(request)

    def do(kind: str, sheet: object) -> str:
        content = sheet.read(imports.MAX_BYTES + 1)
        run = imports.dry_run(sheet.name, content, kind=kind, by=request.user)
        return reverse("accounts:import", args=[run.pk])

    answer = submitted(request, form, do)
    if answer:
        return answer
    context = {
        "tabs": tabs(request, "imports"),
        "form": form,
        "columns": {
            _("Personas"): (imports.COLUMNS["people"], imports.REQUIRED["people"]),
            _("Unidades"): (imports.COLUMNS["units"], imports.REQUIRED["units"]),
        },
        "latest": list(ImportRun.objects.filter(asked_by=request.user)[:10]),
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "accounts/imports.html", context, status=status)


@requires(Perm.IMPORT_PEOPLE, methods=SAFE_METHODS)
def template(request: HttpRequest, kind: str) -> HttpResponseBase:
    """An example sheet with the column names and one line."""
    sample = SAMPLES.get(kind)
    if sample is None:
        return redirect("accounts:imports")
    columns = [Column(name, lambda row, name=name: row[name]) for name in sample]
    name = _("plantilla-personas") if kind == "people" else _("plantilla-unidades")
    return export(request, name=name, columns=columns, rows=[sample])


@requires(Perm.IMPORT_PEOPLE, methods=SAFE_METHODS)
def report(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """What every line would do and what is wrong with it. One's own runs only."""
    run = get_object_or_404(ImportRun, pk=pk, asked_by=request.user)
    only_faulty = request.GET.get("ver") == "errores"
    lines = imports.lines_of(run) if run.applied_at is None else []
    context = {
        "run": run,
        "kind": imports.KIND_TITLES[run.kind],
        "lines": [line for line in lines if line.faults or not only_faulty],
        "only_faulty": only_faulty,
        "good": run.lines - run.faulty,
        "crumbs": crumbs((_("Importar"), reverse("accounts:imports")), (_("Prueba"), "")),
    }
    return render(request, "accounts/import.html", context)


@requires(Perm.IMPORT_PEOPLE, methods=("POST",))
@recently_confirmed
def apply(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Write a faultless run, all or nothing; a second time changes nothing."""
    run = get_object_or_404(ImportRun, pk=pk, asked_by=request.user)
    try:
        imports.apply(run, by=request.user)
        messages.success(request, _("La importación quedó hecha."))
    except RuleBroken as rule:
        messages.error(request, " ".join(rule.messages))
    return redirect("accounts:import", pk=pk)
