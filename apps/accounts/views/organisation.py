"""Organigram, units, positions, gaps."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts import selectors, services
from apps.accounts.forms import AssignForm, EndHoldingForm, PositionForm, UnitForm
from apps.accounts.models import Holding, Position, Unit
from apps.accounts.permissions import Perm
from apps.accounts.services.organisation import POSITION_FIELDS, UNIT_FIELDS
from apps.accounts.views.common import Edit, confirmed, crumbs, form_page, submitted, tabs
from apps.core.access import SAFE_METHODS, requires


@requires(Perm.VIEW_ORGANISATION, methods=SAFE_METHODS)
def organigram(request: HttpRequest) -> HttpResponse:
    """Units, positions and holders, drawn and as a list of the same (M4)."""
    branches = selectors.organigram(request.user, timezone.localdate())
    return render(
        request,
        "accounts/organigram.html",
        {
            "tabs": tabs(request, "organigram"),
            "roots": [branch.as_node() for branch in branches],
            "branches": branches,
            "may_manage": request.user.has_perm(Perm.MANAGE_ORGANISATION),
        },
    )


@requires(Perm.VIEW_ORGANISATION, methods=SAFE_METHODS)
def gaps(request: HttpRequest) -> HttpResponse:
    """Positions that lack people (M4)."""
    may_see_roles = request.user.has_perm(Perm.VIEW_ROLES)
    context = {
        "tabs": tabs(request, "gaps"),
        "gaps": selectors.gaps(request.user, timezone.localdate()),
        "roles": selectors.roles_without_people() if may_see_roles else [],
        "may_manage": request.user.has_perm(Perm.MANAGE_ORGANISATION),
    }
    return render(request, "accounts/gaps.html", context)


@requires(Perm.VIEW_ORGANISATION, methods=SAFE_METHODS)
def unit(request: HttpRequest, pk: int) -> HttpResponse:
    """A unit with its positions, what it depends on and what depends on it."""
    shown = get_object_or_404(Unit.objects.visible_to(request.user), pk=pk)
    positions = shown.positions.filter(is_active=True).order_by("title")
    return render(
        request,
        "accounts/unit.html",
        {
            "unit": shown,
            "seats": selectors.seats_of(positions, timezone.localdate()),
            "above": shown.parent,
            "below": list(shown.children.filter(is_active=True).order_by("order", "name")),
            "may_manage": request.user.has_perm(Perm.MANAGE_ORGANISATION),
            "crumbs": crumbs((shown.name, "")),
        },
    )


@requires(Perm.MANAGE_ORGANISATION)
def new_unit(request: HttpRequest) -> HttpResponse:
    """Add a unit."""
    form = UnitForm.of(request, initial={"parent": request.GET.get("en", "")})
    answer = submitted(
        request,
        form,
        lambda **data: services.save_unit(None, **data, by=request.user).get_absolute_url(),
        done=_("La unidad quedó creada."),
    )
    return answer or form_page(
        request,
        form,
        heading=_("Nueva unidad"),
        action=_("Crear unidad"),
        cancel_url=reverse("accounts:organigram"),
        where=crumbs(),
    )


@requires(Perm.MANAGE_ORGANISATION)
def edit_unit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a unit."""
    shown = get_object_or_404(Unit.objects.visible_to(request.user), pk=pk)
    edit = Edit(shown, UNIT_FIELDS)
    initial = {name.removesuffix("_id"): getattr(shown, name) for name in UNIT_FIELDS}
    form = UnitForm.of(request, initial=initial | {"expected": edit.state})
    if shown.parent_id:
        form.fields["parent"].queryset |= Unit.objects.filter(pk=shown.parent_id)
    answer = submitted(
        request,
        form,
        lambda **data: services.save_unit(shown, **data, by=request.user).get_absolute_url(),
        done=_("Los cambios quedaron guardados."),
        edit=edit,
    )
    return answer or form_page(
        request,
        form,
        heading=_("Cambiar unidad"),
        action=_("Guardar cambios"),
        cancel_url=shown.get_absolute_url(),
        where=crumbs((shown.name, shown.get_absolute_url())),
        **edit.told(),
    )


@requires(Perm.MANAGE_ORGANISATION)
def retire_unit(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a unit out of use."""
    shown = get_object_or_404(Unit.objects.visible_to(request.user), pk=pk)
    return confirmed(
        request,
        lambda: services.retire_unit(shown, by=request.user),
        heading=_("Retirar unidad"),
        what=_("Va a retirar %(name)s del organigrama.") % {"name": shown.name},
        consequences=[
            _("Ya no se podrá elegir en cargos, documentos ni filtros."),
            _("Lo que quedó registrado con ella se conserva."),
        ],
        action=_("Retirar unidad"),
        danger=True,
        back=shown.get_absolute_url(),
        done=_("La unidad quedó retirada."),
    )


@requires(Perm.VIEW_ORGANISATION, methods=SAFE_METHODS)
def position(request: HttpRequest, pk: int) -> HttpResponse:
    """A position: what it is for, who holds it and who held it."""
    shown = get_object_or_404(
        Position.objects.visible_to(request.user).select_related("unit", "reports_to"), pk=pk
    )
    today = timezone.localdate()
    holdings = list(shown.holdings.select_related("person").order_by("-from_on", "pk")[:100])
    return render(
        request,
        "accounts/position.html",
        {
            "position": shown,
            "current": [h for h in holdings if h.until_on is None or h.until_on >= today],
            "former": [h for h in holdings if h.until_on is not None and h.until_on < today],
            "may_manage": request.user.has_perm(Perm.MANAGE_ORGANISATION),
            "crumbs": crumbs((shown.unit.name, shown.unit.get_absolute_url()), (shown.title, "")),
        },
    )


def _position_url(pk: int) -> str:
    return reverse("accounts:position", args=[pk])


@requires(Perm.MANAGE_ORGANISATION)
def new_position(request: HttpRequest) -> HttpResponse:
    """Add a position."""
    form = PositionForm.of(request, initial={"unit": request.GET.get("en", "")})

    def create(**data: Any) -> str:
        return _position_url(services.save_position(None, **data, by=request.user).pk)

    answer = submitted(request, form, create, done=_("El cargo quedó creado."))
    return answer or form_page(
        request,
        form,
        heading=_("Nuevo cargo"),
        action=_("Crear cargo"),
        cancel_url=reverse("accounts:organigram"),
        where=crumbs(),
    )


@requires(Perm.MANAGE_ORGANISATION)
def edit_position(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a position."""
    shown = get_object_or_404(Position.objects.visible_to(request.user), pk=pk)
    edit = Edit(shown, POSITION_FIELDS)
    initial = {name.removesuffix("_id"): getattr(shown, name) for name in POSITION_FIELDS}
    initial |= {"duties": "\n".join(shown.duties), "expected": edit.state}
    form = PositionForm.of(request, initial=initial)
    form.fields["reports_to"].queryset = form.fields["reports_to"].queryset.exclude(pk=pk)

    def change(**data: Any) -> str:
        return _position_url(services.save_position(shown, **data, by=request.user).pk)

    answer = submitted(request, form, change, done=_("Los cambios quedaron guardados."), edit=edit)
    return answer or form_page(
        request,
        form,
        heading=_("Cambiar cargo"),
        action=_("Guardar cambios"),
        cancel_url=_position_url(pk),
        where=crumbs((shown.title, _position_url(pk))),
        **edit.told(),
    )


@requires(Perm.MANAGE_ORGANISATION)
def retire_position(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a position out of use."""
    shown = get_object_or_404(Position.objects.visible_to(request.user), pk=pk)
    return confirmed(
        request,
        lambda: services.retire_position(shown, by=request.user),
        heading=_("Retirar cargo"),
        what=_("Va a retirar el cargo %(title)s.") % {"title": shown.title},
        consequences=[
            _("Ya no se podrá asignar a nadie."),
            _("Los procedimientos que lo nombran siguen nombrándolo."),
        ],
        action=_("Retirar cargo"),
        danger=True,
        back=_position_url(pk),
        done=_("El cargo quedó retirado."),
    )


@requires(Perm.MANAGE_ORGANISATION)
def assign(request: HttpRequest, pk: int) -> HttpResponse:
    """Let somebody hold a position."""
    shown = get_object_or_404(Position.objects.visible_to(request.user), pk=pk)
    form = AssignForm.of(request)

    def do(person: Any, **days: Any) -> str:
        services.assign_position(person, shown, **days, by=request.user)
        return _position_url(pk)

    answer = submitted(request, form, do, done=_("El cargo quedó asignado."))
    return answer or form_page(
        request,
        form,
        heading=_("Asignar cargo"),
        lead=shown.title,
        action=_("Asignar"),
        cancel_url=_position_url(pk),
        where=crumbs((shown.title, _position_url(pk))),
    )


@requires(Perm.MANAGE_ORGANISATION)
def end_holding(request: HttpRequest, pk: int) -> HttpResponse:
    """Say which is the last day of a holding."""
    visible = Position.objects.visible_to(request.user)
    holding = get_object_or_404(
        Holding.objects.filter(position__in=visible).select_related("person", "position"), pk=pk
    )
    back = _position_url(holding.position_id)
    form = EndHoldingForm.of(request)

    def do(until_on: Any) -> str:
        services.end_holding(holding, until_on=until_on, by=request.user)
        return back

    answer = submitted(request, form, do, done=_("La titularidad quedó con fecha final."))
    return answer or form_page(
        request,
        form,
        heading=_("Terminar titularidad"),
        lead=_("%(person)s dejará de ocupar %(title)s.")
        % {"person": holding.person, "title": holding.position.title},
        action=_("Guardar fecha final"),
        cancel_url=back,
        where=crumbs((holding.position.title, back)),
    )
