"""What a person must read and accept, and accepting it (M15, M16)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from apps.core.access import requires
from apps.core.forms import once
from apps.core.pagination import paginate
from apps.core.rules import RuleBroken, StaleEdit
from apps.documents.addressing import count_still_asked
from apps.documents.forms_reach import AcceptForm, AddresseesForm
from apps.documents.models import Acknowledgement, Document, Obligation, Version
from apps.documents.permissions import Perm
from apps.documents.services import acknowledging
from apps.documents.services.acknowledging import Read
from apps.documents.showing import Shown, address_of, body_of
from apps.documents.views.common import crumbs_of
from apps.documents.views.reach_common import document_for, sections

SALT = "documents.opened"
# A page left open for longer was not being read.
OPEN_DAYS = 30


@requires(Perm.VIEW)
def mine(request: HttpRequest) -> HttpResponse:
    """What waits for the person, soonest first; `?ver=aceptadas`: what they accepted."""
    accepted = request.GET.get("ver") == "aceptadas"
    if accepted:
        rows = (
            Acknowledgement.objects.filter(person=request.user.pk)
            .select_related("version__document")
            .defer("version__body", "version__justification", "text_shown", "evidence")
        )
        page = paginate(rows, request, order=("-accepted_at", "-id"))
    else:
        seen = Document.objects.visible_to(request.user).order_by().values("pk")
        rows = (
            Obligation.objects.still_open()
            .filter(person=request.user.pk, version__document__in=seen)
            .select_related("version__document__unit")
            .defer("version__body", "version__justification")
        )
        page = paginate(rows, request, order=("due_on", "id"))
    url = reverse("reach:mine")
    context = {
        "sections": sections(request, "reach:mine"),
        "views": [
            {"title": _("Pendientes"), "url": url, "current": not accepted},
            {"title": _("Aceptadas"), "url": f"{url}?ver=aceptadas", "current": accepted},
        ],
        "accepted": accepted,
        "page": page,
        "today": timezone.localdate(),
    }
    return render(request, "documents/readings.html", context)


@requires(Perm.VIEW)
def accept(request: HttpRequest, code: str) -> HttpResponse:
    """The text a person is asked to accept, as readers see it, and the form under it."""
    document = document_for(request.user, code)
    asked = acknowledging.obligation_of(request.user, document)
    if request.method != "POST" or asked is None or asked.acknowledged_at:
        return _page(request, document, asked)
    version = asked.version
    form = AcceptForm(request.POST, sentence=acknowledging.sentence_of(document, version))
    opened = _opened(request, form.data.get("marca", ""))
    if opened is None:
        form.add_error(None, _("Lea la página y acéptela después: no sabemos cuándo la abrió."))
        return _page(request, document, asked, form=form, status=422)
    if not form.is_valid():
        return _page(request, document, asked, form=form, status=422)
    if opened["v"] != version.pk:
        version = Version.objects.filter(document=document, pk=opened["v"]).first() or version
    try:
        with once(request) as ticket:
            if not ticket.answer:
                acknowledging.accept(
                    version,
                    read=Read(
                        opened_at=opened["at"],
                        text_shown=acknowledging.sentence_of(document, version),
                        shown=tuple(opened["shown"]),
                        seen=tuple(form.cleaned_data["vistas"].split()),
                    ),
                    by=request.user,
                )
                ticket.answer = reverse("reach:accept", args=[code])
    except StaleEdit as stale:
        asked = acknowledging.obligation_of(request.user, document)
        return _page(request, document, asked, stale=" ".join(stale.messages), status=409)
    except RuleBroken as rule:
        form.add_error(None, rule)
        return _page(request, document, asked, form=form, status=422)
    messages.success(request, _("Quedó constancia de que leyó y aceptó este documento."))
    return redirect(ticket.answer)


@requires(Perm.VIEW)
def addressees(request: HttpRequest, code: str) -> HttpResponse:
    """Whom a document asks to accept it: its owner and quality say so."""
    document = document_for(request.user, code)
    if not acknowledging.may_address(document, request.user):
        raise PermissionDenied
    rows = list(document.addressees.all())
    form = AddresseesForm.of(
        request,
        initial={
            "units": [row.unit_id for row in rows if row.unit_id],
            "positions": [row.position_id for row in rows if row.position_id],
            "roles": [row.role_id for row in rows if row.role_id],
        },
    )
    if request.method == "POST" and form.is_valid():
        with once(request) as ticket:
            if not ticket.answer:
                acknowledging.set_addressees(document, **form.payload, by=request.user)
                ticket.answer = request.path
        messages.success(request, _("Se guardó a quién se pide leer y aceptar este documento."))
        return redirect(ticket.answer)
    address = address_of(document)
    context = {
        "crumbs": crumbs_of(document, (_("Destinatarios"), "")),
        "document": document,
        "form": form,
        "owed": count_still_asked(document, now=timezone.now()),
        "asks": acknowledging.latest_asking(document) is not None,
        "back": address,
    }
    status = 422 if form.errors else 200
    return render(request, "documents/addressees.html", context, status=status)


def _page(
    request: HttpRequest,
    document: Document,
    asked: Obligation | None,
    *,
    form: AcceptForm | None = None,
    stale: str = "",
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "crumbs": [(_("Mis lecturas"), reverse("reach:mine")), (str(document), "")],
        "document": document,
        "address": address_of(document),
        "stale": stale,
        "today": timezone.localdate(),
    }
    if asked is not None:
        version = Version.objects.select_related("document").get(pk=asked.version_id)
        context |= {"asked": asked, "version": version}
        if asked.acknowledged_at:
            context["proof"] = Acknowledgement.objects.filter(
                person=request.user.pk, version=version
            ).first()
        else:
            text = body_of(version)
            form = form or AcceptForm(sentence=acknowledging.sentence_of(document, version))
            form.fields["marca"].initial = _mark(request, version, text)
            if form.is_bound and stale == "":
                # The time of the first opening stands, whatever was wrong in the form.
                form.fields["marca"].initial = form.data.get("marca", "")
            context |= {"text": text, "form": form}
    return render(request, "documents/accept.html", context, status=status)


def _mark(request: HttpRequest, version: Version, text: Shown) -> str:
    """Sealed: who opened which version when, and which parts were on the page."""
    value = {
        "p": request.user.pk,
        "v": version.pk,
        "t": timezone.now().isoformat(),
        "s": [anchor for anchor, _title in text.toc],
    }
    return signing.dumps(value, salt=SALT, compress=True)


def _opened(request: HttpRequest, mark: str) -> dict[str, Any] | None:
    """What the page's mark says, or None if it is not one of this person's pages."""
    try:
        value = signing.loads(mark, salt=SALT, max_age=OPEN_DAYS * 24 * 3600)
    except signing.BadSignature:
        return None
    at: datetime | None = parse_datetime(value["t"])
    if value["p"] != request.user.pk or at is None:
        return None
    return {"v": value["v"], "at": at, "shown": value["s"]}
