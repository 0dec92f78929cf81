"""Measurements from a sheet: choose it, see what every line would do, then enter all."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.views.common import query_of, submitted
from apps.core.access import SAFE_METHODS, requires
from apps.core.crypto import Unreadable
from apps.core.exports import Column, export
from apps.core.rules import RuleBroken
from apps.indicators import selectors
from apps.indicators.forms import ImportForm
from apps.indicators.models import Definition, Indicator, SheetImport
from apps.indicators.permissions import Perm
from apps.indicators.services import importing
from apps.indicators.views.common import crumbs, tabs

LINES_PER_PAGE = 200


@requires(Perm.VIEW, Perm.RECORD)
def start(request: HttpRequest) -> HttpResponse:
    """Choose a sheet; it is read and checked, nothing is measured."""
    form = ImportForm.of(request)

    def do(sheet: object) -> str:
        run = importing.dry_run(sheet, by=request.user)
        return reverse("indicators:import-run", args=[run.pk])

    answer = submitted(request, form, do)
    if answer:
        return answer
    context = {
        "tabs": tabs(request, "import"),
        "form": form,
        "columns": importing.COLUMNS,
        "latest": list(SheetImport.objects.filter(asked_by=request.user)[:10]),
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "indicators/imports.html", context, status=status)


@requires(Perm.VIEW, Perm.RECORD, methods=SAFE_METHODS)
def template(request: HttpRequest) -> HttpResponseBase:
    """A sheet with the columns, and a line for every period that waits for its measurement."""
    rows = list(
        Indicator.objects.visible_to(request.user)
        .in_use()
        .filter(current__feed=Definition.Feed.HAND)
        .select_related("current")
        .order_by("code")
    )
    owed = selectors.missing_of(rows, timezone.localdate())
    lines = [(row, period) for row in rows for period in owed[row.pk]]
    empty = Column(_("valor"), lambda line: "")
    columns = [
        Column("indicador", lambda line: line[0].code),
        Column("nombre", lambda line: line[0].current.name),
        Column("periodo", lambda line: line[1].code),
        *(Column(name, empty.value) for name in importing.COLUMNS[2:]),
    ]
    return export(request, name=_("plantilla-mediciones"), columns=columns, rows=lines)


@requires(Perm.VIEW, Perm.RECORD, methods=SAFE_METHODS)
def run(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """What every line would do and what is wrong with it. One's own sheets only."""
    row = get_object_or_404(SheetImport, pk=pk, asked_by=request.user)
    only_faulty = request.GET.get("ver") == "errores"
    after = request.GET.get("tras", "")
    after = int(after) if after.isascii() and after.isdigit() and len(after) < 6 else 0
    try:
        every = row.kept_lines()
    except Unreadable:
        every = []
    lines = [line for line in every if line.faults or not only_faulty]
    shown = [line for line in lines if line.number > after][:LINES_PER_PAGE]
    more = bool(shown) and shown[-1].number < lines[-1].number
    context = {
        "run": row,
        "lines": shown,
        "next_url": f"?{query_of(request, tras=str(shown[-1].number))}" if more else "",
        "first_url": f"?{query_of(request, tras='')}" if after else "",
        "only_faulty": only_faulty,
        "ignored": sorted({name for line in every for name in line.values}
                          - {*importing.COLUMNS, "nombre"}),
        "crumbs": crumbs((_("Importar"), reverse("indicators:import")), (_("Prueba"), "")),
    }  # fmt: skip
    return render(request, "indicators/import.html", context)


@requires(Perm.VIEW, Perm.RECORD, methods=("POST",))
def apply(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Enter a faultless sheet, all or nothing; a second time changes nothing."""
    row = get_object_or_404(SheetImport, pk=pk, asked_by=request.user)
    try:
        importing.apply(row, by=request.user)
        messages.success(request, _("Las mediciones quedaron registradas."))
    except RuleBroken as rule:
        messages.error(request, " ".join(rule.messages))
    return redirect("indicators:import-run", pk=pk)
