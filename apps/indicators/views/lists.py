"""All indicators: as a list, as a board, and the signals they gave."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django import forms
from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.reauth import recently_confirmed
from apps.accounts.views.common import query_of
from apps.core.access import requires
from apps.core.exports import Column, export
from apps.core.filters import FilterForm
from apps.core.pagination import paginate
from apps.indicators import selectors, showing
from apps.indicators.forms import ListFilter, SignalFilter
from apps.indicators.models import Definition, Indicator, Signal, Standing
from apps.indicators.numbers import plain
from apps.indicators.permissions import Perm
from apps.indicators.views.common import crumbs, processes_for, tabs
from apps.indicators.words import amount, sentence_of

# So many periods a small trend line shows.
TREND = 12
# What a list ordered by result shows first.
SEVERITY = (
    Standing.CRITICAL,
    Standing.WARNING,
    Standing.MISSED,
    Standing.NO_DATA,
    Standing.TOLERATED,
    Standing.NO_TARGET,
    Standing.MET,
)
BAD = (Standing.MISSED, Standing.WARNING, Standing.CRITICAL)
BOARD_MOST = 300


def _rows(request: HttpRequest) -> QuerySet[Indicator]:
    return (
        Indicator.objects.visible_to(request.user)
        .exclude(current=None)
        .select_related("current__owner", "current__unit", "latest")
        .annotate(
            open_signals=Count("signals", filter=Q(signals__state=Signal.State.OPEN)),
            severity=Case(
                *(When(standing=name, then=Value(at)) for at, name in enumerate(SEVERITY)),
                output_field=IntegerField(),
            ),
        )
    )


@requires(Perm.VIEW)
def listing(request: HttpRequest) -> HttpResponse:
    """Indicators with their last value, how it stands and where it goes."""
    known = processes_for(request.user)
    form = ListFilter(request.GET, processes=known)
    page = paginate(form.narrow(_rows(request), request.user), request, order=form.order)
    _dress(page.rows, known)
    context = {
        "tabs": tabs(request, "list"),
        "form": form,
        "chips": form.chips(request),
        "views": _views(request, form),
        "columns": _columns(request, form),
        "page": page,
        "exports": _exports(request) if request.user.has_perm(Perm.EXPORT) else None,
        "may_define": request.user.has_perm(Perm.DEFINE),
        "is_empty": not Indicator.objects.exists(),
    }
    return render(request, "indicators/list.html", context)


def _dress(rows: list[Indicator], known: list[Any]) -> None:
    """Give each row its tag, trend and what is missing. Three queries for all."""
    titles = {row.code: row.title for row in known}
    today = timezone.localdate()
    owed = selectors.missing_of([row for row in rows if not row.is_retired], today)
    every = selectors.series_of(rows, _since(rows))
    for row in rows:
        points = every[row.pk][-TREND:]
        row.tag = showing.standing_tag(row.standing)
        row.value = amount(row.latest.value, row.current) if row.latest else ""
        row.target = showing.target_words(row.current)
        row.change = showing.change_words(points, row.current)
        row.spark = showing.spark(points)
        row.process_title = titles.get(row.current.process, row.current.process)
        late = len(owed.get(row.pk, ()))
        row.owed = late if row.current.feed == Definition.Feed.HAND else 0


def _since(rows: list[Indicator]) -> Any:
    """No trend needs older measurements than these: two years and a bit."""
    last = [row.latest.period_start for row in rows if row.latest]
    return min(last).replace(year=min(last).year - 3, day=1) if last else None


@requires(Perm.VIEW, Perm.EXPORT)
@recently_confirmed
def list_export(request: HttpRequest) -> HttpResponseBase:
    """The same table, with the same filters, as CSV or XLSX."""
    known = processes_for(request.user)
    titles = {row.code: row.title for row in known}
    form = ListFilter(request.GET, processes=known)
    rows = form.narrow(_rows(request), request.user).order_by(*form.order)

    def latest(name: str) -> Any:
        return lambda row: getattr(row.latest, name) if row.latest else ""

    columns = [
        Column(_("Código"), lambda row: row.code),
        Column(_("Nombre"), lambda row: row.current.name),
        Column(_("Unidad"), lambda row: row.current.unit.name),
        Column(_("Proceso"), lambda row: titles.get(row.current.process, row.current.process)),
        Column(_("Responsable"), lambda row: row.current.owner.get_full_name()),
        Column(_("Frecuencia"), lambda row: row.current.get_frequency_display()),
        Column(_("Último período"), latest("period_label")),
        Column(_("Valor"), lambda row: _number(row.latest.value) if row.latest else ""),
        Column(_("Unidad de medida"), lambda row: row.current.measure),
        Column(_("Sentido"), lambda row: row.current.get_direction_display()),
        Column(_("Meta"), lambda row: _number(row.current.target)),
        Column(_("Tolerancia"), lambda row: _number(row.current.tolerance)),
        Column(_("Resultado"), lambda row: row.get_standing_display()),
        Column(_("Señales por explicar"), lambda row: row.open_signals),
        Column(_("Retirado el"), lambda row: row.retired_on),
    ]
    return export(request, name=_("indicadores"), columns=columns, rows=rows.iterator(500))


def _number(value: Any) -> str:
    """As a person types it, so that a spreadsheet in Spanish reads a number."""
    return "" if value is None else plain(value)


class BoardForm(FilterForm):
    """How the board is grouped."""

    por = forms.ChoiceField(
        label=gettext_lazy("Agrupar por"),
        choices=[("unidad", gettext_lazy("Unidad")), ("proceso", gettext_lazy("Proceso"))],
        required=False,
    )


@requires(Perm.VIEW)
def board(request: HttpRequest) -> HttpResponse:
    """Every indicator in use as a gauge, by unit or by process."""
    by = BoardForm(request.GET).chosen("por") or "unidad"
    known = processes_for(request.user)
    rows = list(_rows(request).in_use().order_by("code")[: BOARD_MOST + 1])
    _dress(rows, known)
    every = selectors.series_of(rows, _since(rows))
    groups: dict[str, list[Indicator]] = defaultdict(list)
    for row in rows[:BOARD_MOST]:
        row.gauge = showing.gauge(row, every[row.pk])
        title = row.current.unit.name if by == "unidad" else row.process_title
        groups[title or _("Sin proceso")].append(row)
    url = reverse("indicators:board")
    context = {
        "tabs": tabs(request, "board"),
        "views": [
            {"title": _("Por unidad"), "url": url, "current": by == "unidad"},
            {"title": _("Por proceso"), "url": f"{url}?por=proceso", "current": by == "proceso"},
        ],
        "groups": [_group(at, title, groups[title]) for at, title in enumerate(sorted(groups))],
        "summary": _counts(rows[:BOARD_MOST]),
        "has_more": len(rows) > BOARD_MOST,
    }
    return render(request, "indicators/board.html", context)


def _group(at: int, title: str, rows: list[Indicator]) -> dict[str, Any]:
    met = sum(row.standing in (Standing.MET, Standing.TOLERATED) for row in rows)
    judged = sum(row.standing not in (Standing.NO_DATA, Standing.NO_TARGET) for row in rows)
    return {"id": f"grupo-{at}", "title": title, "rows": rows, "met": met, "judged": judged}


def _counts(rows: list[Indicator]) -> list[dict[str, Any]]:
    """How many stand how, each with the list of them."""
    url = reverse("indicators:list")
    found = []
    for standing in SEVERITY[::-1]:
        count = sum(row.standing == standing for row in rows)
        if count:
            tag = showing.standing_tag(standing)
            found.append({"tag": tag, "count": count, "url": f"{url}?resultado={standing}"})
    return found


@requires(Perm.VIEW)
def signals(request: HttpRequest) -> HttpResponse:
    """Signals, newest first, with what each says and who explained it."""
    form = SignalFilter(request.GET)
    page = paginate(form.narrow(_signals(request)), request, order=("-period_start", "-id"))
    for row in page.rows:
        row.sentence = sentence_of(row, row.indicator.current)
    context = {
        "tabs": tabs(request, "signals"),
        "crumbs": crumbs((_("Señales"), "")),
        "form": form,
        "chips": form.chips(request),
        "page": page,
        "exports": _exports(request, "signals-export")
        if request.user.has_perm(Perm.EXPORT)
        else None,
    }
    return render(request, "indicators/signals.html", context)


def _signals(request: HttpRequest) -> QuerySet[Signal]:
    return Signal.objects.visible_to(request.user).select_related(
        "indicator__current__owner", "measurement", "answered_by"
    )


@requires(Perm.VIEW, Perm.EXPORT)
@recently_confirmed
def signals_export(request: HttpRequest) -> HttpResponseBase:
    """The same signals, with the same filters, as CSV or XLSX."""
    rows = SignalFilter(request.GET).narrow(_signals(request)).order_by("-period_start", "-pk")
    columns = [
        Column(_("Indicador"), lambda row: row.indicator.code),
        Column(_("Nombre"), lambda row: row.indicator.current.name),
        Column(_("Período"), lambda row: row.measurement.period_label),
        Column(_("Regla"), lambda row: row.get_rule_display()),
        Column(_("Qué dice"), lambda row: sentence_of(row, row.indicator.current)),
        Column(_("Estado"), lambda row: row.get_state_display()),
        Column(_("Responsable"), lambda row: row.indicator.current.owner.get_full_name()),
        Column(_("Qué la causó"), lambda row: row.cause),
        Column(_("Qué se hizo"), lambda row: row.response),
        Column(_("La explicó"), lambda row: row.answered_by or ""),
        Column(_("Explicada el"), lambda row: row.answered_at),
    ]
    return export(request, name=_("senales"), columns=columns, rows=rows.iterator(500))


def _views(request: HttpRequest, form: ListFilter) -> list[dict[str, object]]:
    """All, mine, those that miss their target, those with signals; other filters stay on."""
    now = {"mios": form.chosen("mios"), "resultado": form.chosen("resultado")}
    entries = [
        (_("Todos"), {"mios": "", "resultado": ""}),
        (_("A mi cargo"), {"mios": "1", "resultado": ""}),
        (_("No cumplen"), {"mios": "", "resultado": "no-cumplen"}),
        (_("Con señales"), {"mios": "", "resultado": "con-senal"}),
    ]
    return [
        {
            "title": title,
            "url": f"?{query_of(request, **wanted)}",
            "current": all((now[name] or "") == value for name, value in wanted.items()),
        }
        for title, wanted in entries
    ]


def _exports(request: HttpRequest, name: str = "list-export") -> dict[str, str]:
    url = reverse(f"indicators:{name}")
    return {kind: f"{url}?{query_of(request, formato=kind)}" for kind in ("csv", "xlsx")}


def _columns(request: HttpRequest, form: ListFilter) -> list[dict[str, str]]:
    """Head of the table; a column that orders the list says so and offers to."""
    now = form.chosen("orden") or "codigo"
    columns = [
        ("codigo", _("Código")),
        ("nombre", _("Indicador")),
        ("", _("Último valor")),
        ("resultado", _("Resultado")),
        ("", _("Tendencia")),
        ("", _("Responsable")),
        ("senales", _("Pendiente")),
    ]
    return [
        {
            "title": title,
            "url": f"?{query_of(request, orden=key)}" if key else "",
            "sorted": ("descending" if key == "senales" else "ascending") if key == now else "",
        }
        for key, title in columns
    ]
