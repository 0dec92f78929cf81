"""How far documents have reached: the board, who is missing, the proofs (M19)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from apps.accounts.reauth import recently_confirmed
from apps.core.access import requires
from apps.core.exports import Column, export
from apps.core.pagination import paginate
from apps.documents import reach
from apps.documents.forms_reach import ReachFilter
from apps.documents.models import Acknowledgement, Document
from apps.documents.permissions import Perm
from apps.documents.services.acknowledging import may_address
from apps.documents.showing import address_of
from apps.documents.views.reach_common import document_for, exports_of, sections

# Documents whose figures are added up at once in an export.
BATCH = 200


@requires(Perm.VIEW, Perm.VIEW_REACH)
def board(request: HttpRequest) -> HttpResponse:
    """Each document that asks to be accepted, with how many did."""
    form = ReachFilter(request.GET)
    units, today = form.units(), timezone.localdate()
    documents = form.narrow(reach.asking_documents(request.user), units, today)
    page = paginate(documents.select_related("current", "unit"), request, order=("code",))
    figures = reach.by_document([row.pk for row in page.rows], today, units)
    context = _board(request, "board", reverse("reach:board-export")) | {
        "form": form,
        "chips": form.chips(request),
        "page": page,
        "rows": [(row, figures[row.pk]) for row in page.rows],
    }
    return render(request, "documents/reach_board.html", context)


@requires(Perm.VIEW, Perm.VIEW_REACH)
def units(request: HttpRequest) -> HttpResponse:
    """Each unit, over all documents that exist for the person."""
    rows = reach.by_unit(reach.asking_documents(request.user))
    context = _board(request, "units", "") | {"rows": rows}
    return render(request, "documents/reach_units.html", context)


@requires(Perm.VIEW, Perm.VIEW_REACH, Perm.EXPORT)
@recently_confirmed
def board_export(request: HttpRequest) -> HttpResponseBase:
    """The board, with the same filters, as CSV or XLSX."""
    form = ReachFilter(request.GET)
    units, today = form.units(), timezone.localdate()
    documents = form.narrow(reach.asking_documents(request.user), units, today)
    rows = documents.select_related("current", "unit").order_by("code")
    columns = [
        Column(_("Código"), lambda row: row[0].code),
        Column(_("Título"), lambda row: row[0].title),
        Column(_("Unidad"), lambda row: row[0].unit.name),
        Column(_("Pedida a"), lambda row: row[1].asked),
        Column(_("Aceptaron"), lambda row: row[1].accepted),
        Column(_("Faltan"), lambda row: row[1].missing),
        Column(_("Con atraso"), lambda row: row[1].late),
        Column(_("Porcentaje"), lambda row: row[1].percent),
    ]
    return export(
        request,
        name=_("alcance"),
        columns=columns,
        rows=_with_figures(rows, today, units),
    )


def _with_figures(
    rows: QuerySet[Document], today: Any, units: list[int] | None
) -> Iterator[tuple[Document, reach.Figures]]:
    batch: list[Document] = []
    for row in rows.iterator(BATCH):
        batch.append(row)
        if len(batch) == BATCH:
            yield from _batch(batch, today, units)
            batch = []
    yield from _batch(batch, today, units)


def _batch(
    batch: list[Document], today: Any, units: list[int] | None
) -> Iterable[tuple[Document, reach.Figures]]:
    figures = reach.by_document([row.pk for row in batch], today, units)
    return [(row, figures[row.pk]) for row in batch]


@requires(Perm.VIEW, Perm.VIEW_REACH)
def document(request: HttpRequest, code: str) -> HttpResponse:
    """One document: its figures, each unit's, and who is missing, soonest due first."""
    found = document_for(request.user, code)
    today = timezone.localdate()
    context = _document(request, found, "document", "faltan") | {
        "figures": reach.by_document([found.pk], today)[found.pk],
        "units": reach.by_unit([found.pk]),
        "page": paginate(reach.missing([found.pk]), request, order=("due_on", "id")),
        "today": today,
        "may_address": may_address(found, request.user),
    }
    return render(request, "documents/reach_document.html", context)


@requires(Perm.VIEW, Perm.VIEW_REACH)
def proofs(request: HttpRequest, code: str) -> HttpResponse:
    """Who accepted which version of a document, latest first, kept for ever (M16)."""
    found = document_for(request.user, code)
    page = paginate(_proofs(found), request, order=("-accepted_at", "-id"))
    context = _document(request, found, "proofs", "constancias") | {
        "page": page,
        "rows": [(row, _told(row)) for row in page.rows],
    }
    return render(request, "documents/reach_proofs.html", context)


@requires(Perm.VIEW, Perm.VIEW_REACH, Perm.EXPORT)
@recently_confirmed
def document_export(request: HttpRequest, code: str) -> HttpResponseBase:
    """Who is missing, or with `?que=constancias` every proof, as CSV or XLSX."""
    found = document_for(request.user, code)
    if request.GET.get("que") == "constancias":
        rows: Any = _proofs(found).order_by("-accepted_at", "-id")
        columns = [
            Column(_("Documento"), lambda row: found.code),
            Column(_("Versión"), lambda row: row.version.number),
            Column("SHA-256", lambda row: row.content_hash),
            Column(_("Persona"), lambda row: row.person.get_full_name()),
            Column(_("Correo"), lambda row: row.person.email),
            Column(_("Abierta el"), lambda row: _told(row)["opened_at"]),
            Column(_("Aceptada el"), lambda row: row.accepted_at),
            Column(_("Segundos"), lambda row: row.evidence.get("seconds")),
            Column(_("Partes en la página"), lambda row: len(row.evidence.get("shown", []))),
            Column(_("Partes que pasaron a la vista"), lambda row: _told(row)["seen"]),
            Column(_("Texto aceptado"), lambda row: row.text_shown),
        ]
        name = _("constancias-%(code)s") % {"code": found.code}
    else:
        rows = reach.missing([found.pk]).order_by("due_on", "id")
        columns = [
            Column(_("Documento"), lambda row: found.code),
            Column(_("Versión"), lambda row: row.version.number),
            Column(_("Persona"), lambda row: row.person.get_full_name()),
            Column(_("Unidad"), lambda row: row.unit.name if row.unit else ""),
            Column(_("Pedida el"), lambda row: row.asked_at),
            Column(_("Vence el"), lambda row: row.due_on),
        ]
        name = _("faltan-%(code)s") % {"code": found.code}
    return export(request, name=name, columns=columns, rows=rows.iterator(500))


def _proofs(found: Document) -> QuerySet[Acknowledgement]:
    return (
        Acknowledgement.objects.filter(version__document=found.pk)
        .select_related("person", "version")
        .defer("version__body", "version__justification")
    )


def _told(row: Acknowledgement) -> dict[str, Any]:
    """The evidence of a proof as the page says it."""
    shown, seen = row.evidence.get("shown", []), row.evidence.get("seen", [])
    return {
        "opened_at": parse_datetime(row.evidence.get("opened_at", "")),
        "minutes": max(1, round(row.evidence.get("seconds", 0) / 60)),
        "shown": len(shown),
        # Without JavaScript the browser tells nothing of what passed before the eyes.
        "seen": len(seen) if seen else None,
    }


def _board(request: HttpRequest, current: str, export_url: str) -> dict[str, Any]:
    return {
        "sections": sections(request, "reach:board"),
        "views": [
            {"title": title, "url": reverse(f"reach:{name}"), "current": name == current}
            for name, title in (("board", _("Por documento")), ("units", _("Por unidad")))
        ],
        "exports": exports_of(request, export_url) if export_url else None,
    }


def _document(request: HttpRequest, found: Document, current: str, what: str) -> dict[str, Any]:
    exports = exports_of(request, reverse("reach:export", args=[found.code]))
    return {
        "crumbs": [(_("Alcance"), reverse("reach:board")), (str(found), "")],
        "document": found,
        "address": address_of(found),
        "views": [
            {
                "title": title,
                "url": reverse(f"reach:{name}", args=[found.code]),
                "current": name == current,
            }
            for name, title in (("document", _("Quién falta")), ("proofs", _("Constancias")))
        ],
        "exports": {kind: f"{url}&que={what}" for kind, url in exports.items()}
        if exports
        else None,
    }
