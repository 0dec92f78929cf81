"""The catalogue of services and what is expected of each (2.1.1)."""

from __future__ import annotations

from typing import Any

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.views.common import Edit, confirmed, form_page, submitted
from apps.core.access import requires
from apps.core.pagination import paginate
from apps.standards import selectors, services, showing
from apps.standards.forms import ExpectationForm, ServiceFilter, ServiceForm
from apps.standards.models import Service
from apps.standards.permissions import Perm
from apps.standards.querysets import standards_for
from apps.standards.views.common import crumbs, tabs


def _crumbs(service: Service | None = None) -> list[tuple[str, str]]:
    found = crumbs((_("Servicios"), reverse("standards:services")))
    return found if service is None else [*found, (str(service), service.get_absolute_url())]


def _service(request: HttpRequest, code: str) -> Service:
    rows = Service.objects.visible_to(request.user).select_related("unit")
    return get_object_or_404(rows, code=code)


@requires(Perm.VIEW)
def services_page(request: HttpRequest) -> HttpResponse:
    """What the organisation does for its customers."""
    form = ServiceFilter(request.GET)
    rows = form.narrow(Service.objects.visible_to(request.user)).select_related("unit")
    rows = rows.annotate(expected=Count("expectations"))
    page = paginate(rows, request, order=("order", "id"))
    promised: dict[int, int] = {}
    for promise in selectors.promised(standards_for(request.user)):
        promised[promise.service_id] = promised.get(promise.service_id, 0) + 1
    for row in page.rows:
        row.standards = promised.get(row.pk, 0)
    context = {
        "tabs": tabs("services"),
        "crumbs": _crumbs(),
        "form": form,
        "chips": form.chips(request),
        "page": page,
        "columns": [
            {"title": title}
            for title in (
                _("Código"), _("Servicio"), _("Para quién"), _("Unidad"), _("Expectativas"),
                _("Estándares"),
            )
        ],
        "may_manage": request.user.has_perm(Perm.MANAGE),
    }  # fmt: skip
    return render(request, "standards/services.html", context)


@requires(Perm.VIEW)
def service(request: HttpRequest, code: str) -> HttpResponse:
    """One service: what it is, what is expected of it, what is promised and kept."""
    found = _service(request, code)
    documents = standards_for(request.user).in_force()
    promises = [row for row in selectors.promised(documents) if row.service_id == found.pk]
    for row in promises:
        row.version.document.current_id = row.version_id
    kept = selectors.kept_of([row.version.document for row in promises])
    charter = selectors.charter(found.code)
    context = {
        "crumbs": _crumbs(found),
        "service": found,
        "expectations": found.expectations.select_related("added_by"),
        "standards": [
            {"promise": row, "rows": showing.rows_of(kept.get(row.version.document_id, []))}
            for row in promises
        ],
        "in_charter": bool(charter),
        "may_manage": request.user.has_perm(Perm.MANAGE),
    }
    return render(request, "standards/service.html", context)


@requires(Perm.VIEW, Perm.MANAGE)
def service_new(request: HttpRequest) -> HttpResponse:
    """Add a service to the catalogue."""
    form = ServiceForm.of(request, is_new=True)

    def do(**data: Any) -> str:
        return services.save_service(None, by=request.user, **data).get_absolute_url()

    answer = submitted(request, form, do, done=_("El servicio quedó en el catálogo."))
    return answer or form_page(
        request, form, heading=_("Servicio nuevo"), action=_("Guardar"),
        cancel_url=reverse("standards:services"), where=_crumbs(),
    )  # fmt: skip


@requires(Perm.VIEW, Perm.MANAGE)
def service_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Tell a service anew."""
    found = _service(request, code)
    edit = Edit(found, services.SERVICE_FIELDS)
    initial = {name: getattr(found, name) for name in services.SERVICE_FIELDS}
    initial |= {"unit": found.unit.code, "expected": edit.state}
    form = ServiceForm.of(request, is_new=False, initial=initial)

    def do(**data: Any) -> str:
        services.save_service(found, by=request.user, **data)
        return found.get_absolute_url()

    answer = submitted(request, form, do, done=_("Se guardó el servicio."), edit=edit)
    return answer or form_page(
        request, form, heading=_("Editar el servicio"), action=_("Guardar"),
        cancel_url=found.get_absolute_url(), where=_crumbs(found), **edit.told(),
    )  # fmt: skip


@requires(Perm.VIEW, Perm.MANAGE)
def service_retire(request: HttpRequest, code: str) -> HttpResponse:
    """Say that a service is no longer given."""
    found = _service(request, code)
    return confirmed(
        request,
        lambda: services.retire_service(found, by=request.user),
        heading=_("Retirar el servicio"),
        what=str(found),
        consequences=[
            _("Sale del catálogo y de la carta de servicios."),
            _("Lo que se prometió y se cumplió queda en la historia."),
        ],
        action=_("Retirar"),
        back=found.get_absolute_url(),
        done=_("El servicio quedó retirado."),
        where=_crumbs(found),
    )


@requires(Perm.VIEW, Perm.MANAGE)
def service_back(request: HttpRequest, code: str) -> HttpResponse:
    """Give a retired service again."""
    found = _service(request, code)
    return confirmed(
        request,
        lambda: services.bring_back_service(found, by=request.user),
        heading=_("Volver a prestar el servicio"),
        what=str(found),
        consequences=[_("Vuelve al catálogo, y a la carta cuando tenga un estándar público.")],
        action=_("Volver a prestarlo"),
        back=found.get_absolute_url(),
        done=_("El servicio está otra vez en el catálogo."),
        where=_crumbs(found),
    )


@requires(Perm.VIEW, Perm.MANAGE)
def expectation_new(request: HttpRequest, code: str) -> HttpResponse:
    """Write down what customers expect of a service."""
    found = _service(request, code)
    form = ExpectationForm.of(request)

    def do(**data: Any) -> str:
        services.add_expectation(found, by=request.user, **data)
        return found.get_absolute_url()

    answer = submitted(request, form, do, done=_("La expectativa quedó escrita."))
    return answer or form_page(
        request, form, heading=_("Expectativa nueva"), action=_("Guardar"),
        lead=_("De «%(name)s».") % {"name": found.name},
        cancel_url=found.get_absolute_url(), where=_crumbs(found),
    )  # fmt: skip


@requires(Perm.VIEW, Perm.MANAGE)
def expectation_remove(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Take out an expectation that was written by mistake."""
    found = _service(request, code)
    row = get_object_or_404(found.expectations, pk=pk)
    return confirmed(
        request,
        lambda: services.remove_expectation(row, by=request.user),
        heading=_("Quitar la expectativa"),
        what=row.text,
        consequences=[_("Deja de verse en el servicio; el registro de actividad la conserva.")],
        action=_("Quitar"),
        back=found.get_absolute_url(),
        done=_("Se quitó la expectativa."),
        danger=True,
        where=_crumbs(found),
    )
