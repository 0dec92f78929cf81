"""Good practices: proposed, validated, published, adopted (CIC-18)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import Unit
from apps.accounts.views.common import submitted
from apps.core import origins
from apps.core.access import clearance, requires
from apps.core.pagination import paginate
from apps.improvement import services
from apps.improvement.forms.filters import PracticesFilter
from apps.improvement.forms.writing import (
    AdoptForm,
    EvidenceForm,
    PracticeForm,
    RetireForm,
    ValidateForm,
)
from apps.improvement.models import Finding, GoodPractice
from apps.improvement.permissions import Perm
from apps.improvement.views.common import (
    acted,
    crumbs,
    new_key,
    page_with_form,
    practice_crumbs,
    practice_for,
    sections,
    tag_of,
    timeline,
)

State = GoodPractice.State
USUAL = timedelta(days=365)


@requires(Perm.VIEW)
def listing(request: HttpRequest) -> HttpResponse:
    """Good practices, the latest first, with how many teams adopted each."""
    form = PracticesFilter(request.GET)
    rows = GoodPractice.objects.visible_to(request.user).select_related("unit")
    rows = form.narrow(rows).annotate(adopted=Count("adoptions"))
    page = paginate(rows, request)
    for row in page.rows:
        row.tag = tag_of(row)
    context = {
        "sections": sections(request, "practices"),
        "crumbs": crumbs((_("Buenas prácticas"), "")),
        "form": form,
        "chips": form.chips(request),
        "page": page,
        "may_propose": request.user.has_perm(Perm.REPORT),
    }
    return render(request, "improvement/practices.html", context)


@requires(Perm.VIEW)
def detail(request: HttpRequest, code: str) -> HttpResponse:
    """One practice: what is done, what is gained, who works that way."""
    practice = practice_for(request, code)
    person = request.user
    validates = person.has_perm(Perm.VALIDATE)
    mine = practice.proposed_by_id == person.pk
    evidence = list(practice.evidence.select_related("file", "added_by"))
    adoptions = list(practice.adoptions.select_related("unit", "adopted_by"))
    finding = practice.finding
    if finding is not None:
        finding = Finding.objects.visible_to(person).filter(pk=finding.pk).first()
    context = {
        "crumbs": practice_crumbs(practice)[:-1] + [(practice.code, "")],
        "practice": practice,
        "tag": tag_of(practice),
        "finding": finding,
        "origin": origins.place(person, practice.origin_kind, practice.origin_key),
        "evidence": evidence,
        "adoptions": adoptions,
        "came": origins.mentions_of(person, "practice", practice.pk),
        "entries": timeline(practice.events.select_related("by"), evidence),
        "may_prove": (mine or validates) and practice.state != State.RETIRED,
        "may_validate": validates and not mine and practice.state != State.RETIRED,
        "may_publish": validates and practice.state == State.VALIDATED,
        "may_adopt": practice.state == State.PUBLISHED and _units(request).exists(),
        "may_retire": practice.state != State.RETIRED
        and (validates or mine and practice.state == State.PROPOSED),
        "hidden": new_key(),
    }
    return render(request, "improvement/practice.html", context)


@requires(Perm.VIEW, Perm.REPORT)
def new(request: HttpRequest) -> HttpResponse:
    """Propose a way of working; `?hallazgo=` is the finding it comes from."""
    finding = None
    if code := request.GET.get("hallazgo", ""):
        finding = Finding.objects.visible_to(request.user).filter(code=code).first()
    initial: dict[str, Any] = {}
    if finding is not None:
        initial = {"title": finding.title, "unit": finding.unit_id}
        initial["classification"] = finding.classification
    form = PracticeForm.of(request, initial=initial, most=clearance(request.user))

    def do(**data: Any) -> str:
        practice = services.propose(**data, finding=finding, by=request.user)
        return practice.get_absolute_url()

    answer = submitted(request, form, do, done=_("Quedó propuesta. Falta mostrar que funciona."))
    return answer or page_with_form(
        request,
        form,
        heading=_("Proponer una buena práctica"),
        lead=str(finding)
        if finding
        else _("Algo que funciona y que otras unidades podrían hacer."),
        action=_("Proponerla"),
        cancel_url=finding.get_absolute_url() if finding else reverse("improvement:practices"),
        where=crumbs((_("Buenas prácticas"), reverse("improvement:practices"))),
    )


@requires(Perm.VIEW)
def prove(request: HttpRequest, code: str) -> HttpResponse:
    """Add what shows that it works."""
    practice = practice_for(request, code)
    if practice.proposed_by_id != request.user.pk and not request.user.has_perm(Perm.VALIDATE):
        raise Http404
    return _form(
        request,
        practice,
        EvidenceForm.of(request),
        lambda **data: services.prove(practice, **data, by=request.user),
        heading=_("Añadir evidencia"),
        lead=_("No se cambia ni se borra después."),
        button=_("Añadir"),
        done=_("Quedó añadida."),
    )


@requires(Perm.VIEW, Perm.VALIDATE)
def validate(request: HttpRequest, code: str) -> HttpResponse:
    """Say that it works, until a day."""
    practice = practice_for(request, code)
    return _form(
        request,
        practice,
        ValidateForm.of(request, default_day=timezone.localdate() + USUAL),
        lambda **data: services.validate(practice, **data, by=request.user),
        heading=_("Validar %(code)s") % {"code": practice.code},
        lead=_("Mire antes su evidencia. Al vencer, se valida de nuevo o deja de ofrecerse."),
        button=_("Validarla"),
        done=_("Quedó validada."),
    )


@requires(Perm.VIEW, Perm.VALIDATE, methods=("POST",))
def publish(request: HttpRequest, code: str) -> HttpResponse:
    """Let everybody see and adopt it."""
    practice = practice_for(request, code)
    return acted(
        request,
        lambda: services.publish(practice, by=request.user),
        url=practice.get_absolute_url(),
        said=_("Quedó publicada."),
    )


@requires(Perm.VIEW)
def adopt(request: HttpRequest, code: str) -> HttpResponse:
    """Say that a team works that way now."""
    practice = practice_for(request, code)
    units = _units(request)
    return _form(
        request,
        practice,
        AdoptForm.of(request, initial={"unit": units.first()}, units=units),
        lambda **data: services.adopt(practice, **data, by=request.user),
        heading=_("Adoptar %(code)s") % {"code": practice.code},
        lead=practice.title,
        button=_("Adoptarla"),
        done=_("Quedó adoptada."),
    )


@requires(Perm.VIEW)
def retire(request: HttpRequest, code: str) -> HttpResponse:
    """Take a practice back."""
    practice = practice_for(request, code)
    mine = practice.proposed_by_id == request.user.pk
    if not mine and not request.user.has_perm(Perm.VALIDATE):
        raise Http404
    return _form(
        request,
        practice,
        RetireForm.of(request),
        lambda **data: services.retire_practice(practice, **data, by=request.user),
        heading=_("Retirar %(code)s") % {"code": practice.code},
        lead=practice.title,
        button=_("Retirarla"),
        done=_("Quedó retirada."),
    )


def _units(request: HttpRequest):
    units = Unit.objects.filter(is_active=True).order_by("name")
    if request.user.has_perm(Perm.MANAGE):
        return units
    return units.filter(pk__in=request.user.access().unit_ids)


def _form(
    request: HttpRequest,
    practice: GoodPractice,
    form: Any,
    do: Callable[..., Any],
    *,
    heading: str,
    lead: str,
    button: str,
    done: str,
) -> HttpResponse:
    url = practice.get_absolute_url()

    def act(**data: Any) -> str:
        do(**data)
        return url

    answer = submitted(request, form, act, done=done)
    return answer or page_with_form(
        request,
        form,
        heading=heading,
        lead=lead,
        action=button,
        cancel_url=url,
        where=practice_crumbs(practice),
    )
