"""Changes asked of documents: asking, deciding, saying which version makes them (M21)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.views.common import submitted
from apps.core.access import requires
from apps.documents.models import Document, Version
from apps.documents.permissions import Perm as DocumentPerm
from apps.documents.views.common import draft_url
from apps.improvement import services
from apps.improvement.forms.writing import ChangeForm, DecideForm, LinkForm
from apps.improvement.models import ChangeRequest, Finding
from apps.improvement.permissions import Perm
from apps.improvement.services.changing import Reading
from apps.improvement.views.common import Tag, finding_crumbs, finding_for, page_with_form


@dataclass(frozen=True)
class ToldChange:
    """A change asked for, with what it waits for and what this person may do about it."""

    change: ChangeRequest
    tag: Tag
    lacks: str
    reading: Reading
    reach_url: str
    may_decide: bool
    may_link: bool


def told_changes(finding: Finding, person: Any) -> list[ToldChange]:
    """Changes the finding asked for, of documents that exist for `person`."""
    rows = finding.changes.visible_to(person).select_related(
        "document", "version", "asked_by", "decided_by"
    )
    rows = rows.defer("version__body", "version__justification")
    found = []
    for change in rows.prefetch_related("version__reach").order_by("pk"):
        decides = services.decides(change, person) and finding.is_open
        lacks = services.lacks(change)
        reading = services.reading_of(change)
        found.append(
            ToldChange(
                change=change,
                tag=_tag(change, lacks),
                lacks=lacks,
                reading=reading,
                reach_url=_reach_url(change, person) if reading.in_force else "",
                may_decide=decides and change.state == ChangeRequest.State.ASKED,
                may_link=decides and change.state == ChangeRequest.State.ACCEPTED,
            )
        )
    return found


def _tag(change: ChangeRequest, lacks: str) -> Tag:
    match change.state:
        case ChangeRequest.State.ASKED:
            return Tag(_("Por decidir"), "warn", "hourglass-split")
        case ChangeRequest.State.REJECTED:
            return Tag(_("Rechazado"), "", "slash-circle")
    if lacks:
        return Tag(_("En camino"), "brand", "arrow-right-circle")
    return Tag(_("Cambiado y leído"), "ok", "check-circle-fill")


def _reach_url(change: ChangeRequest, person: Any) -> str:
    if not person.has_perm(DocumentPerm.VIEW_REACH):
        return ""
    return reverse("reach:document", args=[change.document.code])


@requires(Perm.VIEW)
def new(request: HttpRequest, code: str) -> HttpResponse:
    """Ask that a document be changed because of a finding."""
    finding = finding_for(request, code)
    if not services.treats(finding, request.user):
        raise Http404
    documents = Document.objects.visible_to(request.user).filter(retired_on=None)
    form = ChangeForm.of(request, documents=documents)

    def do(**data: Any) -> str:
        services.ask_change(finding, **data, by=request.user)
        return f"{finding.get_absolute_url()}#cambios"

    answer = submitted(request, form, do, done=_("Quedó pedido. Avisamos a quien responde."))
    return answer or page_with_form(
        request,
        form,
        heading=_("Pedir un cambio a un documento"),
        lead=_("Lo decide quien responde por el documento."),
        action=_("Pedir el cambio"),
        cancel_url=finding.get_absolute_url(),
        where=finding_crumbs(finding),
    )


@requires(Perm.VIEW)
def decide(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Accept or reject a change. Who does not answer for the document sees 404."""
    finding, change = _change(request, code, pk)
    form = DecideForm.of(request)

    def do(**data: Any) -> str:
        services.decide_change(change, **data, by=request.user)
        return f"{finding.get_absolute_url()}#cambios"

    answer = submitted(request, form, do, done=_("Quedó decidido."))
    return answer or page_with_form(
        request,
        form,
        heading=_("¿Se cambia %(code)s?") % {"code": change.document.code},
        lead=change.text,
        action=_("Guardar la decisión"),
        cancel_url=f"{finding.get_absolute_url()}#cambios",
        where=finding_crumbs(finding),
    )


@requires(Perm.VIEW)
def link(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Say which version makes the change."""
    finding, change = _change(request, code, pk)
    versions = Version.objects.visible_to(request.user).filter(document=change.document_id)
    versions = versions.exclude(state=Version.State.RETIRED).defer("body", "justification")
    form = LinkForm.of(
        request, initial={"version": change.version_id}, versions=versions.order_by("-number")
    )

    def do(**data: Any) -> str:
        services.link_version(change, **data, by=request.user)
        return f"{finding.get_absolute_url()}#cambios"

    answer = submitted(request, form, do, done=_("Quedó enlazada."))
    return answer or page_with_form(
        request,
        form,
        heading=_("La versión que cambia %(code)s") % {"code": change.document.code},
        lead=change.text,
        beside=(
            {"url": draft_url(change.document), "text": _("Escribir una versión nueva")}
            if draft_url(change.document)
            else None
        ),
        action=_("Guardar"),
        cancel_url=f"{finding.get_absolute_url()}#cambios",
        where=finding_crumbs(finding),
    )


def _change(request: HttpRequest, code: str, pk: int) -> tuple[Finding, ChangeRequest]:
    finding = finding_for(request, code)
    rows = finding.changes.visible_to(request.user).select_related("document", "finding")
    change = get_object_or_404(rows, pk=pk)
    if not services.decides(change, request.user):
        raise Http404
    return finding, change
