"""The register of regulations, and what is still not adapted to them (1.5.3, 4.5.2)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.reauth import recently_confirmed
from apps.accounts.services.editing import state_of
from apps.accounts.views.common import Edit, chips_of, confirmed, form_page, submitted
from apps.core.access import requires
from apps.core.exports import Column, export
from apps.core.pagination import paginate
from apps.documents import services
from apps.documents.forms_regulations import (
    DAYS_SOON,
    AffectsForm,
    DecideForm,
    RegulationForm,
    RegulationsFilter,
)
from apps.documents.models import Document, Impact, Regulation
from apps.documents.permissions import Perm
from apps.documents.regulations import statement_for
from apps.documents.services.regulating import FIELDS
from apps.documents.views.reviews_common import exports, regulation_crumbs, sections

CHOICES_SHOWN = 50


@requires(Perm.VIEW)
def listing(request: HttpRequest) -> HttpResponse:
    """The register, latest effect first, under what is still not adapted."""
    today = timezone.localdate()
    form = RegulationsFilter(request.GET)
    rows = Regulation.objects.visible_to(request.user).with_counts(request.user)
    page = paginate(form.narrow(rows, today), request, order=("-effective_on", "-id"))
    context = {
        "sections": sections(request, "regulations"),
        "crumbs": regulation_crumbs()[:-1] + [(_("Normas"), "")],
        "statement": statement_for(request.user, today),
        "form": form,
        "chips": chips_of(request, form),
        "page": page,
        "today": today,
        "soon": today + timedelta(days=DAYS_SOON),
        "may_manage": request.user.has_perm(Perm.MANAGE_REGULATIONS),
    }
    return render(request, "documents/regulations/list.html", context)


@requires(Perm.VIEW)
def not_adapted(request: HttpRequest) -> HttpResponse:
    """Each document that is still not adapted to a norm, by the day the norm takes effect."""
    today = timezone.localdate()
    page = paginate(_waiting(request), request, order=("effective_on", "id"))
    context = {
        "sections": sections(request, "not-adapted"),
        "crumbs": regulation_crumbs((_("Sin adaptar"), "")),
        "statement": statement_for(request.user, today),
        "page": page,
        "today": today,
        "soon": today + timedelta(days=DAYS_SOON),
        "exports": exports(request, "not-adapted-export"),
    }
    return render(request, "documents/regulations/not_adapted.html", context)


@requires(Perm.VIEW, Perm.EXPORT)
@recently_confirmed
def not_adapted_export(request: HttpRequest) -> HttpResponseBase:
    """The same rows as CSV or XLSX."""
    columns = [
        Column(_("Norma"), lambda row: row.regulation.code),
        Column(_("Título de la norma"), lambda row: row.regulation.title),
        Column(_("Ámbito"), lambda row: row.regulation.jurisdiction),
        Column(_("Rige desde"), lambda row: row.regulation.effective_on),
        Column(_("Código"), lambda row: row.document.code),
        Column(_("Documento"), lambda row: row.document.title),
        Column(_("Impacto"), lambda row: row.get_weight_display()),
        Column(_("Qué hay que adaptar"), lambda row: row.note),
        Column(_("Próxima revisión"), lambda row: row.document.next_review_on),
    ]
    rows = _waiting(request).order_by("effective_on", "id").iterator(500)
    return export(request, name=_("sin adaptar"), columns=columns, rows=rows)


@requires(Perm.VIEW)
def regulation(request: HttpRequest, pk: int) -> HttpResponse:
    """A norm, and the documents it affects as far as they exist for the person."""
    row = _regulation(request, pk)
    impacts = list(
        row.impacts.visible_to(request.user)
        .select_related("document__unit", "version", "decided_by")
        .defer("version__body")
    )
    context = {
        "crumbs": regulation_crumbs((row.code, "")),
        "regulation": row,
        "impacts": impacts,
        "pending": sum(
            one.state == Impact.State.PENDING and one.document.retired_on is None for one in impacts
        ),
        "today": timezone.localdate(),
        "may_manage": request.user.has_perm(Perm.MANAGE_REGULATIONS),
    }
    return render(request, "documents/regulations/regulation.html", context)


@requires(Perm.VIEW, Perm.MANAGE_REGULATIONS)
def new(request: HttpRequest) -> HttpResponse:
    """Register a norm; then one goes on to say what it affects."""
    form = RegulationForm.of(request)

    def do(**data: Any) -> str:
        data.pop("expected")
        row = services.register_regulation(**data, by=request.user)
        return reverse("reviews:impacts-add", args=[row.pk])

    answer = submitted(request, form, do, done=_("La norma quedó registrada."))
    return answer or form_page(
        request,
        form,
        heading=_("Registrar una norma"),
        lead=_("Después dirá qué documentos afecta."),
        action=_("Registrar"),
        cancel_url=reverse("reviews:regulations"),
        where=regulation_crumbs(),
    )


@requires(Perm.VIEW, Perm.MANAGE_REGULATIONS)
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct what is registered of a norm."""
    row = _regulation(request, pk)
    initial = {name: getattr(row, name) for name in FIELDS}
    form = RegulationForm.of(request, initial={**initial, "expected": state_of(row, FIELDS)})
    stale = Edit(row, FIELDS)

    def do(**data: Any) -> str:
        return services.edit_regulation(row, **data, by=request.user).get_absolute_url()

    answer = submitted(request, form, do, done=_("Se guardaron los cambios."), edit=stale)
    return answer or form_page(
        request,
        form,
        heading=_("Corregir %(code)s") % {"code": row.code},
        action=_("Guardar"),
        cancel_url=row.get_absolute_url(),
        where=regulation_crumbs((row.code, row.get_absolute_url())),
        **stale.told(),
    )


@requires(Perm.VIEW, Perm.MANAGE_REGULATIONS)
def impacts_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose documents that a norm affects; `?q=` looks among those not chosen yet."""
    row = _regulation(request, pk)
    documents = (
        Document.objects.visible_to(request.user)
        .filter(retired_on=None)
        .exclude(impacts__regulation=row)
        .order_by("code")
    )
    words = request.GET.get("q", "").strip()[:100]
    shown = documents
    if words:
        shown = documents.filter(Q(code__icontains=words) | Q(title__icontains=words))
    found = list(shown.only("code", "title")[: CHOICES_SHOWN + 1])
    form = AffectsForm.of(request, documents=documents)
    choices = [(document.code, str(document)) for document in found[:CHOICES_SHOWN]]
    form.fields["documents"].widget.choices = choices

    def do(**data: Any) -> str:
        services.add_impacts(row, form.affected, by=request.user)
        return row.get_absolute_url()

    done = _("Quedaron anotados, y abierta la revisión de cada uno.")
    answer = submitted(request, form, do, done=done)
    if answer:
        return answer
    context = {
        "crumbs": regulation_crumbs((row.code, row.get_absolute_url()), (_("Documentos"), "")),
        "regulation": row,
        "form": form,
        "words": words,
        "choices": choices,
        "has_more": len(found) > CHOICES_SHOWN,
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "documents/regulations/affects.html", context, status=status)


@requires(Perm.VIEW, Perm.MANAGE_REGULATIONS)
def decide(request: HttpRequest, pk: int, impact: int) -> HttpResponse:
    """Say what came of an affected document."""
    row = _impact(request, pk, impact)
    versions = services.versions_that_adapt(row).defer("body")
    latest = versions.first() if row.state == Impact.State.PENDING else None
    initial = {"version": latest, "state": Impact.State.ADAPTED} if latest else {}
    form = DecideForm.of(request, impact=row, versions=versions, initial=initial)
    home = row.regulation.get_absolute_url()

    def do(**data: Any) -> str:
        services.decide_impact(row, **data, by=request.user)
        return home

    answer = submitted(request, form, do, done=_("La decisión quedó anotada."))
    return answer or form_page(
        request,
        form,
        heading=_("%(norm)s y %(code)s") % {"norm": row.regulation.code, "code": row.document.code},
        lead=row.document.title,
        action=_("Guardar decisión"),
        cancel_url=home,
        where=regulation_crumbs((row.regulation.code, home)),
    )


@requires(Perm.VIEW, Perm.MANAGE_REGULATIONS)
def impact_remove(request: HttpRequest, pk: int, impact: int) -> HttpResponse:
    """Take an affected document off a norm: it was noted by mistake."""
    row = _impact(request, pk, impact)
    home = row.regulation.get_absolute_url()
    return confirmed(
        request,
        lambda: services.remove_impact(row, by=request.user),
        heading=_("Quitar %(code)s") % {"code": row.document.code},
        what=_("Va a quitar «%(title)s» de los documentos que afecta %(norm)s.")
        % {"title": row.document.title, "norm": row.regulation.code},
        consequences=[
            _("Hágalo solo si se anotó por error."),
            _("La fecha de su próxima revisión se queda como está."),
        ],
        action=_("Quitar documento"),
        danger=True,
        back=home,
        done=_("El documento quedó quitado."),
        where=regulation_crumbs((row.regulation.code, home)),
    )


def _regulation(request: HttpRequest, pk: int) -> Regulation:
    rows = Regulation.objects.visible_to(request.user).select_related("registered_by")
    return get_object_or_404(rows, pk=pk)


def _impact(request: HttpRequest, pk: int, impact: int) -> Impact:
    rows = Impact.objects.visible_to(request.user).select_related("regulation", "document")
    return get_object_or_404(rows, pk=impact, regulation=pk)


def _waiting(request: HttpRequest) -> QuerySet[Impact]:
    return (
        Impact.objects.visible_to(request.user)
        .pending()
        .select_related("regulation", "document__unit")
        .annotate(effective_on=F("regulation__effective_on"))
    )
