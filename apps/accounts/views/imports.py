"""People and units from a spreadsheet."""

from __future__ import annotations

import uuid
from collections import Counter

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.forms import ImportForm
from apps.accounts.models import ImportRun
from apps.accounts.permissions import Perm
from apps.accounts.reauth import recently_confirmed
from apps.accounts.services import imports
from apps.accounts.views.common import crumbs, query_of, submitted, tabs
from apps.core.access import SAFE_METHODS, requires
from apps.core.crypto import Unreadable
from apps.core.exports import Column, export
from apps.core.rules import RuleBroken

LINES_PER_PAGE = 200
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
        raise Http404
    columns = [Column(name, lambda row, name=name: row[name]) for name in sample]
    name = _("plantilla-personas") if kind == "people" else _("plantilla-unidades")
    return export(request, name=name, columns=columns, rows=[sample])


@requires(Perm.IMPORT_PEOPLE, methods=SAFE_METHODS)
def report(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """What every line would do and what is wrong with it. One's own runs only."""
    run = get_object_or_404(ImportRun, pk=pk, asked_by=request.user)
    only_faulty = request.GET.get("ver") == "errores"
    after = request.GET.get("tras", "")
    after = int(after) if after.isascii() and after.isdigit() and len(after) < 6 else 0
    try:
        every = imports.lines_of(run)
    except Unreadable:
        every = []
    lines = [line for line in every if line.faults or not only_faulty]
    shown = [line for line in lines if line.number > after][:LINES_PER_PAGE]
    more = bool(shown) and shown[-1].number < lines[-1].number
    is_long = run.lines > imports.LINES_AT_ONCE and run.applied_at is None
    actions = Counter(line.action for line in every if not line.faults)
    context = {
        "run": run,
        "work": imports.work_of(run) if is_long else None,
        "is_long": is_long,
        "kind": imports.KIND_TITLES[run.kind],
        "lines": shown,
        "next_url": f"?{query_of(request, tras=str(shown[-1].number))}" if more else "",
        "first_url": f"?{query_of(request, tras='')}" if after else "",
        "only_faulty": only_faulty,
        "actions": sorted(actions.items()),
        "ignored": sorted({name for line in every for name in line.values} - known_to(run)),
        "crumbs": crumbs((_("Importar"), reverse("accounts:imports")), (_("Prueba"), "")),
    }
    return render(request, "accounts/import.html", context)


def known_to(run: ImportRun) -> set[str]:
    """Columns an import of that kind reads."""
    return set(imports.COLUMNS[run.kind])


@requires(Perm.IMPORT_PEOPLE, methods=("POST",))
@recently_confirmed
def apply(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Write a faultless run, all or nothing; a second time changes nothing.

    A long one is left to a job, and leads to the page that shows how far it is.
    """
    run = get_object_or_404(ImportRun, pk=pk, asked_by=request.user)
    try:
        if run.lines > imports.LINES_AT_ONCE and run.applied_at is None:
            return redirect(imports.apply_later(run, by=request.user))
        imports.apply(run, by=request.user)
        messages.success(request, _("La importación quedó hecha."))
    except RuleBroken as rule:
        messages.error(request, " ".join(rule.messages))
    return redirect("accounts:import", pk=pk)
