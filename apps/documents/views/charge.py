"""Who answers for a document, whose it is, how it is classified."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts.services.editing import state_of
from apps.accounts.views.common import Edit, form_page, submitted
from apps.core.access import clearance, requires
from apps.documents.forms_access import ChargeForm
from apps.documents.models import Document
from apps.documents.permissions import Perm
from apps.documents.services import charging
from apps.documents.views.common import crumbs_of


@requires(Perm.VIEW, Perm.GOVERN)
def charge(request: HttpRequest, code: str) -> HttpResponse:
    """Say who answers for it, which unit it belongs to and how it is classified."""
    document = get_object_or_404(Document.objects.visible_to(request.user), code=code)
    waiting = len(charging.endless(document))
    form = ChargeForm.of(
        request,
        level=clearance(request.user),
        endless=waiting,
        initial={
            "owner": document.owner_id,
            "unit": document.unit_id,
            "classification": document.classification,
            "expected": state_of(document, charging.FIELDS),
        },
    )
    edit = Edit(document, charging.FIELDS)
    back = reverse("document_access:readers", args=[document.code])

    def do(**fields: Any) -> str:
        charging.set_charge(document, **fields, by=request.user)
        return back

    lead = _("«%(title)s». Público lo leen también los clientes; reservado, casi nadie.")
    if waiting:
        lead = ngettext(
            "«%(title)s». Hay %(n)s acceso abierto sin fecha: confidencial, necesita una.",
            "«%(title)s». Hay %(n)s accesos abiertos sin fecha: confidencial, necesitan una.",
            waiting,
        )
    said = _("Quedó guardado quién responde por el documento y cómo se clasifica.")
    return submitted(request, form, do, done=said, edit=edit) or form_page(
        request,
        form,
        heading=_("Responsable y clasificación"),
        lead=lead % {"title": document.title, "n": waiting},
        action=_("Guardar"),
        cancel_url=back,
        where=crumbs_of(document),
        **edit.told(),
    )
