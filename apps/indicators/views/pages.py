"""One indicator: its value, its trend and its history; one signal; one period's entries."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.reauth import recently_confirmed
from apps.accounts.views.common import query_of, submitted
from apps.core import origins
from apps.core.access import SAFE_METHODS, requires
from apps.core.exports import Column, export
from apps.core.files import serve_file
from apps.core.filters import FilterForm
from apps.indicators import rights, selectors, services, showing
from apps.indicators.forms import AnswerForm
from apps.indicators.judging import interval_of
from apps.indicators.models import Baseline, Definition, Indicator, Measurement, Signal
from apps.indicators.numbers import plain, shown
from apps.indicators.periods import Period
from apps.indicators.permissions import Perm
from apps.indicators.views.common import crumbs, crumbs_of, indicator_for, processes_for
from apps.indicators.words import amount, sentence_of

SPANS = [
    ("24", gettext_lazy("Últimos 24 períodos")),
    ("60", gettext_lazy("Últimos 60")),
    ("todo", gettext_lazy("Todo")),
]


# What they are called as the origin of something.
INDICATOR, SIGNAL = "indicator", "signal"

# So many measurements stand open in the page; those before them are folded.
SHOWN = 12


class SpanForm(FilterForm):
    """How many periods to show."""

    ver = forms.ChoiceField(label=gettext_lazy("Períodos"), choices=SPANS, required=False)


@requires(Perm.VIEW)
def indicator(request: HttpRequest, code: str) -> HttpResponse:
    """What it is, how it stands, where it goes, and what its chart says."""
    row = indicator_for(request, code)
    span = SpanForm(request.GET).chosen("ver") or "24"
    definitions = selectors.definitions_of(row)
    baselines = list(selectors.baselines_of(row))
    entries = selectors.entries_by_period(row)
    every = selectors.series(row)
    now = selectors.judged(every, definitions, baselines)
    points = every if span == "todo" else every[-int(span) :]
    since = points[0].period_start if points else date.min
    found = row.signals.select_related("measurement", "answered_by").order_by("-period_start")
    signals = [signal for signal in found if signal.period_start >= since]
    gaps = _gaps(row, definitions, entries)
    marks = [
        showing.Mark(one.effective_on, _("Definición %(n)s") % {"n": one.number})
        for one in definitions[1:]
        if one.effective_on > since
    ]
    titles = {one.code: one for one in processes_for(request.user)}
    for signal in signals:
        signal.sentence = sentence_of(signal, row.current)
    may_record = rights.may_record(request.user, row.current)
    by_hand = row.current.feed == Definition.Feed.HAND
    owed = [gap for gap in gaps if gap.start not in entries and gap.end < timezone.localdate()]
    periods = [
        _period(row, found, definitions) for start, found in entries.items() if start >= since
    ]
    context = {
        "crumbs": crumbs((str(row), "")),
        "indicator": row,
        "now": row.current,
        "process": titles.get(row.current.process) or row.current.process,
        "tag": showing.standing_tag(row.standing),
        "value": amount(row.latest.value, row.current) if row.latest else "",
        "target": showing.target_words(row.current),
        "interval": _interval(every, definitions, row.current),
        "chart": showing.chart(
            row, points, now, signals=signals, missing=gaps, marks=marks,
            title=_("Cómo ha ido"),
        ),
        "views": _views(request, span),
        "signals": [signal for signal in signals if signal.state != Signal.State.WITHDRAWN],
        "open_signals": sum(signal.state == Signal.State.OPEN for signal in signals),
        "periods": periods[:SHOWN],
        "older": periods[SHOWN:],
        "owed": owed if by_hand else [],
        "history": _history(definitions),
        "baselines": baselines,
        "limits": showing.limits_words(now, row.current),
        "is_frozen": now.reference is not None and now.reference.is_frozen,
        "may_record": may_record and by_hand and not row.is_retired,
        "may_correct": may_record,
        "may_define": request.user.has_perm(Perm.DEFINE),
        "may_set_limits": rights.may_set_limits(request.user, row.current)
        and len(now.points) >= 12,
        "exports": _exports(request, row) if request.user.has_perm(Perm.EXPORT) else None,
        "mentions": origins.mentions_of(request.user, INDICATOR, row.pk),
        "offers": origins.offers_for(request.user, INDICATOR, row.pk),
    }  # fmt: skip
    return render(request, "indicators/indicator.html", context)


def _gaps(
    row: Indicator, definitions: list[Definition], entries: dict[date, list[Measurement]]
) -> list[Period]:
    """Periods without a value: never measured, or withdrawn."""
    measured = [(found[0].period_start, found[0].period_end) for found in entries.values()]
    until = row.retired_on or timezone.localdate()
    gaps = selectors.missing(definitions, measured, until)
    gaps += [
        Period(found[0].period_start, found[0].period_end, "")
        for found in entries.values()
        if found[0].value is None
    ]
    return sorted(gaps)


def _interval(points: list[Any], definitions: list[Definition], now: Definition) -> str:
    """What the last share may really be, in words; nothing for other shapes."""
    if not points:
        return ""
    ruling = next((one for one in definitions if one.pk == points[-1].definition_id), now)
    found = interval_of(ruling, points[-1])
    if found is None:
        return ""
    return _("Con 95 %% de confianza, entre %(low)s y %(high)s.") % {
        "low": amount(found.low, now),
        "high": amount(found.high, now),
    }


def _views(request: HttpRequest, span: str) -> list[dict[str, Any]]:
    return [
        {
            "title": title,
            "url": f"?{query_of(request, ver='' if key == '24' else key)}",
            "current": key == span,
        }
        for key, title in SPANS
    ]


def _period(
    row: Indicator, found: list[Measurement], definitions: list[Definition]
) -> dict[str, Any]:
    """A row of the table of measurements: what stands for a period, and how it came."""
    last = found[0]
    ruling = next(one for one in definitions if one.pk == last.definition_id)
    return {
        "label": last.period_label,
        "start": last.period_start,
        "value": amount(last.value, ruling) if last.value is not None else "",
        "parts": _("%(part)s de %(of)s")
        % {"part": shown(last.numerator, _places(last.numerator)),
           "of": shown(last.denominator, _places(last.denominator))}
        if last.denominator
        else "",
        "tag": showing.standing_tag(last.standing),
        "entries": len(found),
        "last": last,
        "url": reverse("indicators:period", args=[row.code, last.period_start.isoformat()]),
    }  # fmt: skip


def _places(value: Any) -> int:
    return 0 if value == value.to_integral_value() else 2


def _history(definitions: list[Definition]) -> list[dict[str, Any]]:
    """Definitions, newest first, with what each changed of the one before."""
    found = []
    for before, one in zip([None, *definitions], definitions, strict=False):
        changes = []
        if before is not None:
            for name, label in showing.FIELDS:
                was, is_now = showing.said(before, name), showing.said(one, name)
                if was != is_now:
                    changes.append({"label": label, "was": was, "now": is_now})
        found.append({"definition": one, "changes": changes})
    return found[::-1]


def _exports(request: HttpRequest, row: Indicator) -> dict[str, str]:
    url = reverse("indicators:series-export", args=[row.code])
    return {kind: f"{url}?formato={kind}" for kind in ("csv", "xlsx")}


@requires(Perm.VIEW, Perm.EXPORT)
@recently_confirmed
def series_export(request: HttpRequest, code: str) -> HttpResponseBase:
    """Every entry of every period, also those corrected, as CSV or XLSX."""
    row = indicator_for(request, code)
    rows = row.measurements.select_related("entered_by", "definition").order_by(
        "period_start", "number"
    )

    def typed(name: str) -> Any:
        return lambda entry: "" if getattr(entry, name) is None else plain(getattr(entry, name))

    columns = [
        Column(_("Indicador"), lambda entry: row.code),
        Column(_("Desde"), lambda entry: entry.period_start),
        Column(_("Hasta"), lambda entry: entry.period_end),
        Column(_("Asiento"), lambda entry: entry.number),
        Column(_("Valor"), typed("value")),
        Column(_("Unidad de medida"), lambda entry: entry.definition.measure),
        Column(_("Numerador"), typed("numerator")),
        Column(_("Denominador"), typed("denominator")),
        Column(_("Resultado"), lambda entry: entry.get_standing_display()),
        Column(_("Definición"), lambda entry: entry.definition.number),
        Column(_("Cómo llegó"), lambda entry: entry.get_origin_display()),
        Column(_("La registró"), lambda entry: entry.entered_by or _("El portal")),
        Column(_("Registrada el"), lambda entry: entry.entered_at),
        Column(_("Por qué se corrigió"), lambda entry: entry.reason),
        Column(_("Nota"), lambda entry: entry.note),
    ]
    name = _("mediciones-%(code)s") % {"code": row.code}
    return export(request, name=name, columns=columns, rows=rows.iterator(500))


@requires(Perm.VIEW)
def period(request: HttpRequest, code: str, start: date) -> HttpResponse:
    """Every entry of one period: what stands, what it corrected, by whom and why."""
    row = indicator_for(request, code)
    entries = list(
        row.measurements.filter(period_start=start)
        .select_related("entered_by", "evidence", "definition")
        .order_by("-number")
    )
    if not entries:
        raise Http404
    last = entries[0]
    context = {
        "crumbs": crumbs_of(row, (last.period_label[:1].upper() + last.period_label[1:], "")),
        "indicator": row,
        "label": last.period_label,
        "last": last,
        "value": amount(last.value, last.definition) if last.value is not None else "",
        "tag": showing.standing_tag(last.standing),
        "target": showing.target_words(last.definition),
        "entries": [_entry(row, entry) for entry in entries],
        "signals": [
            {"signal": one, "sentence": sentence_of(one, row.current)}
            for one in row.signals.filter(period_start=start).select_related("measurement")
        ],
        "may_correct": rights.may_record(request.user, row.current),
    }
    return render(request, "indicators/period.html", context)


def _entry(row: Indicator, entry: Measurement) -> dict[str, Any]:
    """An entry as a station of the timeline."""
    if entry.value is None:
        title = _("Anulada")
    elif entry.number > 1:
        title = _("Corregida: %(value)s") % {"value": amount(entry.value, entry.definition)}
    else:
        title = _("Registrada: %(value)s") % {"value": amount(entry.value, entry.definition)}
    detail = str(entry.entered_by or _("El portal"))
    if entry.denominator:
        detail += ". " + _("%(part)s de %(of)s") % {
            "part": shown(entry.numerator, _places(entry.numerator)),
            "of": shown(entry.denominator, _places(entry.denominator)),
        }
    texts = [entry.reason and _("Por qué: %(reason)s") % {"reason": entry.reason}, entry.note]
    files = []
    if entry.evidence_id:
        url = reverse("indicators:evidence", args=[row.code, entry.pk])
        files.append({"name": entry.evidence.name, "url": url})
    return {
        "icon": "pencil" if entry.number > 1 else "plus-lg",
        "title": title,
        "detail": f"{detail}, {entry.get_origin_display().lower()}",
        "at": entry.entered_at,
        "text": "\n\n".join(text for text in texts if text),
        "files": files,
    }


@requires(Perm.VIEW, methods=SAFE_METHODS)
def evidence(request: HttpRequest, code: str, pk: int) -> HttpResponseBase:
    """The file a measurement rests on."""
    row = indicator_for(request, code)
    entry = get_object_or_404(row.measurements.exclude(evidence=None), pk=pk)
    return serve_file(entry.evidence)


@requires(Perm.VIEW)
def signal(request: HttpRequest, pk: int) -> HttpResponse:
    """What a signal says and, for who answers for the indicator, the place to explain it."""
    row = get_object_or_404(
        Signal.objects.visible_to(request.user).select_related(
            "indicator__current__owner", "indicator__current__unit", "indicator__latest",
            "measurement__definition", "baseline", "answered_by",
        ),
        pk=pk,
    )  # fmt: skip
    of = row.indicator
    may_answer = request.user.has_perm(Perm.DEFINE) or rights.may_answer(request.user, of.current)
    form = AnswerForm.of(request) if may_answer and row.state == Signal.State.OPEN else None

    def do(cause: str, response: str) -> str:
        services.answer_signal(row, cause=cause, response=response, by=request.user)
        return row.get_absolute_url()

    if form is not None:
        answer = submitted(request, form, do, done=_("La señal quedó explicada."))
        if answer:
            return answer
    definitions = selectors.definitions_of(of)
    every = selectors.series(of)
    now = selectors.judged(every, definitions, selectors.baselines_of(of))
    context = {
        "crumbs": crumbs_of(of, (_("Señal"), "")),
        "signal": row,
        "indicator": of,
        "sentence": sentence_of(row, of.current),
        "label": row.measurement.period_label,
        "mentions": origins.mentions_of(request.user, SIGNAL, row.pk),
        "offers": origins.offers_for(request.user, SIGNAL, row.pk),
        "chart": showing.chart(
            of, every[-24:], now, signals=[row], title=_("La señal en su serie")
        ),
        "judged_by": _judged_by(row.baseline),
        "form": form,
    }
    status = 422 if form is not None and form.is_bound and form.errors else 200
    return render(request, "indicators/signal.html", context, status=status)


def _judged_by(baseline: Baseline | None) -> str:
    if baseline is None:
        return _("Los límites eran provisionales: todavía no había 20 mediciones.")
    return _("Límites fijados con las mediciones de %(from)s a %(until)s.") % {
        "from": date_format(baseline.from_on, "b Y"),
        "until": date_format(baseline.until_on, "b Y"),
    }
