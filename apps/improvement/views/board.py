"""The board, the table, the month and the plan of actions."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.forms import HiddenInput
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts.reauth import recently_confirmed
from apps.accounts.views.common import confirmed, query_of, submitted
from apps.core.access import requires
from apps.core.exports import Column, export
from apps.core.pagination import PARAMETER, paginate
from apps.documents.review_calendar import month_named
from apps.improvement import plan, selectors, services
from apps.improvement.forms.filters import ActionsFilter
from apps.improvement.forms.writing import TogetherForm, ViewForm
from apps.improvement.models import Action, SavedView
from apps.improvement.permissions import Perm
from apps.improvement.views.common import (
    addresses,
    crumbs,
    due_of,
    page_with_form,
    sections,
    tag_of,
)

FILTERS = ("q", "estado", "responsable", "unidad", "cuando", "clase", "mias")


@requires(Perm.VIEW)
def board(request: HttpRequest) -> HttpResponse:
    """Actions in columns by their state; what ended is shown a little while."""
    form = _filter(request)
    del form.fields["estado"]  # the columns say it
    columns = selectors.board(form.narrowed())
    for column in columns:
        for card in column.cards:
            card.due = due_of(card, form.today)
        column.tag = tag_of(Action(state=column.state))
        column.url = f"{reverse('improvement:actions')}?{query_of(request, estado=column.state)}"
    context = {
        "sections": sections(request, "board"),
        "views": _views(request, "improvement:board"),
        "save_url": _save_url(request, "board"),
        "form": form,
        "chips": form.chips(request),
        "columns": columns,
        "empty": not any(column.total for column in columns),
        "may_report": request.user.has_perm(Perm.REPORT),
    }
    return render(request, "improvement/board.html", context)


@requires(Perm.VIEW)
def listing(request: HttpRequest) -> HttpResponse:
    """Actions as a table, to work on one or several."""
    form = _filter(request)
    if not form.chosen("clase"):  # a seventh box would begin a second row
        form.fields["clase"].widget = HiddenInput()
    rows = form.narrowed().select_related("owner", "unit", "finding")
    page = paginate(rows.defer("text", "aim", "finding__text"), request, order=form.order)
    for row in page.rows:
        row.tag, row.due = tag_of(row), due_of(row, form.today)
    context = {
        "sections": sections(request, "actions"),
        "crumbs": crumbs((_("Acciones"), "")),
        "views": _views(request, "improvement:actions"),
        "save_url": _save_url(request, "actions"),
        "form": form,
        "chips": form.chips(request),
        "columns": _columns(request, form),
        "page": page,
        "may_manage": request.user.has_perm(Perm.MANAGE),
        "exports": addresses(request, "improvement:actions-export"),
        "plan_url": f"{reverse('improvement:plan-pdf')}?{query_of(request)}",
    }
    return render(request, "improvement/actions.html", context)


@requires(Perm.VIEW, Perm.EXPORT)
@recently_confirmed
def actions_export(request: HttpRequest) -> HttpResponseBase:
    """The same rows, with the same filters, as CSV or XLSX."""
    form = _filter(request)
    rows = form.narrowed().select_related("owner", "unit", "finding", "checker")
    columns = [
        Column(_("Código"), lambda row: row.code),
        Column(_("Acción"), lambda row: row.title),
        Column(_("Clase"), lambda row: row.get_kind_display()),
        Column(_("Estado"), lambda row: row.get_state_display()),
        Column(_("Avance, en porcentaje"), lambda row: row.progress),
        Column(_("Hallazgo"), lambda row: str(row.finding)),
        Column(_("Causa raíz"), lambda row: row.finding.root_cause),
        Column(_("Responsable"), lambda row: row.owner.get_full_name()),
        Column(_("Unidad"), lambda row: row.unit.name),
        Column(_("Vence el"), lambda row: row.due_on),
        Column(_("Días de atraso"), lambda row: plan.days_late(row, form.today)),
        Column(_("Empezada el"), lambda row: row.started_at),
        Column(_("Hecha el"), lambda row: row.done_at),
        Column(_("Se verifica desde el"), lambda row: row.check_on),
        Column(_("Verifica"), lambda row: row.checker.get_full_name() if row.checker else ""),
        Column(_("Costo previsto"), lambda row: _amount(row.planned_cost)),
        Column(_("Costo real"), lambda row: _amount(row.real_cost)),
    ]
    found = rows.order_by(*form.order).iterator(500)
    return export(request, name=_("plan de mejora"), columns=columns, rows=found)


@requires(Perm.VIEW, Perm.EXPORT)
@recently_confirmed
def plan_pdf(request: HttpRequest) -> HttpResponse:
    """The plan as PDF: the same rows, with the same filters, by what is due first."""
    form = _filter(request)
    chips = [chip["text"] for chip in form.chips(request)]
    content = plan.pdf_of(form.narrowed(), chips, by=request.user, at=timezone.now())
    response = HttpResponse(content, content_type="application/pdf")
    name = f"plan-de-mejora-{form.today.isoformat()}.pdf"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@requires(Perm.VIEW)
def calendar(request: HttpRequest) -> HttpResponse:
    """A month of open actions by the day they are due."""
    form = _filter(request)
    if not form.chosen("clase"):
        form.fields["clase"].widget = HiddenInput()
    narrowed = form.narrowed()
    if not form.chosen("estado"):
        narrowed = narrowed.to_do()
    month = selectors.month_of(
        narrowed, month_named(request.GET.get("mes", ""), form.today), form.today
    )
    context = {
        "sections": sections(request, "calendar"),
        "crumbs": crumbs((_("Calendario"), "")),
        "views": _views(request, "improvement:calendar"),
        "form": form,
        "chips": form.chips(request),
        "month": month,
        "month_name": date_format(month.first, "F \\d\\e Y").capitalize(),
        "previous": _month_url(request, month.previous),
        "next": _month_url(request, month.next),
        "now_url": _month_url(request, None) if month.first != form.today.replace(day=1) else "",
        "list_query": query_of(request, mes="", dia=""),
    }
    return render(request, "improvement/calendar.html", context)


@requires(Perm.VIEW, Perm.MANAGE)
def together(request: HttpRequest) -> HttpResponse:
    """Give several actions to somebody or move them, after seeing which they are."""
    codes = request.GET.getlist("accion")[: services.TOGETHER_MOST + 1]
    rows = list(
        Action.objects.visible_to(request.user)
        .filter(code__in=codes)
        .select_related("owner")
        .order_by("due_on", "pk")
    )
    back = reverse("improvement:actions")
    if not rows:
        messages.warning(request, _("Elija antes al menos una acción."))
        return redirect(back)
    form = TogetherForm.of(request)

    def do(**data: Any) -> str:
        services.change_together(rows, **data, by=request.user)
        return back

    answer = submitted(request, form, do, done=_("Quedaron cambiadas."))
    heading = ngettext("Cambiar %(n)s acción", "Cambiar %(n)s acciones", len(rows))
    return answer or page_with_form(
        request,
        form,
        heading=heading % {"n": len(rows)},
        lead=_("Se cambian todas o ninguna."),
        chosen=rows,
        action=_("Cambiarlas"),
        cancel_url=back,
        where=crumbs((_("Acciones"), back)),
    )


@requires(Perm.VIEW)
def view_save(request: HttpRequest) -> HttpResponse:
    """Keep the filters of the address under a name."""
    place = "board" if request.GET.get("en") == "board" else "actions"
    kept = _kept_query(request)
    back = f"{reverse(f'improvement:{place}')}?{kept}"
    form = ViewForm.of(request)

    def do(**data: Any) -> str:
        services.keep_view(**data, query=kept, by=request.user)
        return back

    answer = submitted(request, form, do, done=_("Quedó guardada. La encuentra arriba."))
    return answer or page_with_form(
        request,
        form,
        heading=_("Guardar esta vista"),
        lead=_("Guarda los filtros que tiene puestos, solo para usted."),
        action=_("Guardar"),
        cancel_url=back,
        where=crumbs(),
    )


@requires(Perm.VIEW)
def view_drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget filters of one's own."""
    view = get_object_or_404(SavedView, pk=pk, person=request.user.pk)
    return confirmed(
        request,
        lambda: services.drop_view(view, by=request.user),
        heading=_("Quitar la vista «%(name)s»") % {"name": view.name},
        what=_("Deja de aparecer sobre el tablero y la tabla."),
        consequences=[_("Ninguna acción cambia.")],
        action=_("Quitarla"),
        back=reverse("improvement:board"),
        done=_("Quedó quitada."),
        where=crumbs(),
    )


def _filter(request: HttpRequest) -> ActionsFilter:
    return ActionsFilter(
        request.GET,
        actions=Action.objects.visible_to(request.user),
        person=request.user,
        today=timezone.localdate(),
    )


def _kept_query(request: HttpRequest) -> str:
    """Filters of the address that are right, and nothing else of it."""
    form = _filter(request)
    form.is_valid()
    return urlencode({name: request.GET[name] for name in FILTERS if form.chosen(name) is not None})


def _views(request: HttpRequest, name: str) -> list[dict[str, Any]]:
    """All, one's own, late ones, and what the person kept; the one shown is marked."""
    here = reverse(name)
    now = QueryDict(_kept_query(request)).dict()
    entries = [
        (_("Todas"), ""),
        *([] if name != "improvement:actions" else [(_("Abiertas"), "estado=abiertas")]),
        (_("Las mías"), "mias=1"),
        (_("Atrasadas"), "cuando=vencidas"),
        (_("Por verificar"), "cuando=por-verificar"),
        *SavedView.objects.filter(person=request.user.pk).values_list("name", "query"),
    ]
    return [
        {
            "title": title,
            "url": f"{here}?{query}",
            "current": QueryDict(query).dict() == now,
            "count": None,
        }
        for title, query in entries
    ]


def _save_url(request: HttpRequest, place: str) -> dict[str, str] | None:
    """Link to keep the present filters, or to forget them where they are kept already."""
    query = _kept_query(request)
    if not query:
        return None
    kept = SavedView.objects.filter(person=request.user.pk, query=query).first()
    if kept is not None:
        url = reverse("improvement:view-drop", args=[kept.pk])
        return {"url": url, "text": _("Quitar esta vista"), "icon": "bookmark-x"}
    url = f"{reverse('improvement:view-save')}?en={place}&{query}"
    return {"url": url, "text": _("Guardar esta vista"), "icon": "bookmark-plus"}


def _columns(request: HttpRequest, form: ActionsFilter) -> list[dict[str, Any]]:
    """Head of the table; a column that orders the list says so and offers to."""
    now = form.chosen("orden") or "vence"
    columns: list[dict[str, Any]] = []
    if request.user.has_perm(Perm.MANAGE):
        columns.append({"title": _("Seleccionar"), "hidden": True, "css": "pick"})
    for key, title in (
        ("codigo", _("Código")),
        ("", _("Acción")),
        ("", _("Estado")),
        ("avance", _("Avance")),
        ("", _("Responsable")),
        ("vence", _("Vence")),
    ):
        query = request.GET.copy()
        query.pop(PARAMETER, None)
        query["orden"] = key
        columns.append(
            {
                "title": title,
                "url": f"?{query.urlencode()}" if key else "",
                "sorted": {True: "descending" if key == "codigo" else "ascending"}.get(
                    key == now, ""
                ),
            }
        )
    return columns


def _month_url(request: HttpRequest, first: Any) -> str:
    return f"?{query_of(request, mes=first.strftime('%Y-%m') if first else '')}"


def _amount(value: Any) -> float | str:
    return float(value) if value is not None else ""
