"""Entering measurements, correcting them, and fixing limits."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from apps.accounts.views.common import form_page, submitted
from apps.core.access import requires
from apps.core.files import store_upload
from apps.core.models import StoredFile
from apps.core.rules import RuleBroken
from apps.indicators import rights, selectors, services, showing
from apps.indicators.forms import BaselineForm, CorrectionForm, ReadingForm, ReasonForm
from apps.indicators.models import Definition, Indicator, Measurement
from apps.indicators.periods import Period, period_of
from apps.indicators.permissions import Perm
from apps.indicators.views.common import crumbs_of, indicator_for
from apps.indicators.words import amount


def _stored(evidence: UploadedFile | None, by: Any) -> StoredFile | None:
    """The file handed in, kept; what is wrong with it is told at its field."""
    if evidence is None:
        return None
    try:
        return store_upload(evidence, by=by)
    except RuleBroken as rule:
        raise RuleBroken({"evidence": rule.messages}) from rule


def _mine(request: HttpRequest, code: str) -> Indicator:
    row = indicator_for(request, code)
    if not rights.may_record(request.user, row.current):
        raise PermissionDenied
    return row


@requires(Perm.VIEW)
def record(request: HttpRequest, code: str) -> HttpResponse:
    """Enter the measurement of a period that waits for it."""
    row = _mine(request, code)
    definitions = selectors.definitions_of(row)
    measured = row.measurements.values_list("period_start", "period_end").distinct()
    today = timezone.localdate()
    periods = selectors.missing(definitions, measured, today)[::-1]
    wanted = parse_date(request.GET.get("periodo", "")[:10]) if periods else None
    chosen = wanted if wanted in {period.start for period in periods} else None
    choices = periods
    if request.method == "POST":  # of a period recorded meanwhile the service tells
        choices = periods + [Period(start, end, "") for start, end in measured]
    form = ReadingForm.of(
        request,
        definition=selectors.definition_on(definitions, chosen or today),
        periods=choices,
        initial={"day": (chosen or (periods[-1].start if periods else today)).isoformat()},
    )

    def do(day: date, evidence: UploadedFile | None, **data: Any) -> str:
        services.record_measurement(
            row, form.reading(day), by=request.user, evidence=_stored(evidence, request.user)
        )
        return row.get_absolute_url()

    answer = submitted(request, form, do, done=_("La medición quedó registrada."))
    if answer:
        return answer
    context = {
        "crumbs": crumbs_of(row, (_("Registrar medición"), "")),
        "indicator": row,
        "form": form,
        "periods": periods,
        "is_fed": row.current.feed == Definition.Feed.METRIC,
        "next": period_of(today, row.current.frequency),
        "target": showing.target_words(row.current),
        "may_import": request.user.has_perm(Perm.RECORD),
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "indicators/record.html", context, status=status)


def _entry(row: Indicator, start: date) -> Measurement:
    """The entry that stands for a period, or 404."""
    entries = row.measurements.filter(period_start=start).select_related("definition", "indicator")
    return get_object_or_404(entries, correction=None)


@requires(Perm.VIEW)
def correct(request: HttpRequest, code: str, start: date) -> HttpResponse:
    """Put a new entry in the place of one that is wrong. The form carries which one it saw."""
    row = _mine(request, code)
    entry = _entry(row, start)
    initial = {name: getattr(entry, name) for name in ("value", "numerator", "denominator", "note")}
    form = CorrectionForm.of(
        request, definition=entry.definition, initial=initial | {"seen": entry.pk}
    )

    def do(reason: str, evidence: UploadedFile | None, **data: Any) -> str:
        corrected = get_object_or_404(row.measurements, pk=data["seen"] or entry.pk)
        services.correct_measurement(
            corrected,
            form.reading(start),
            reason=reason,
            by=request.user,
            evidence=_stored(evidence, request.user),
        )
        return row.get_absolute_url()

    answer = submitted(request, form, do, done=_("La corrección quedó registrada."))
    if answer:
        return answer
    if form.is_bound:  # sent again, it corrects what stands now and is shown above
        form.data = form.data.copy()
        form.data["seen"] = entry.pk
    context = {
        "crumbs": crumbs_of(row, (_("Corregir la medición"), "")),
        "indicator": row,
        "label": entry.period_label,
        "value": amount(entry.value, entry.definition) if entry.value is not None else "",
        "form": form,
        "may_withdraw": entry.value is not None,
        "start": start,
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "indicators/correct.html", context, status=status)


@requires(Perm.VIEW)
def withdraw(request: HttpRequest, code: str, start: date) -> HttpResponse:
    """Say that a period has no valid measurement after all."""
    row = _mine(request, code)
    entry = _entry(row, start)
    form = ReasonForm.of(request)

    def do(reason: str) -> str:
        services.withdraw_measurement(entry, reason=reason, by=request.user)
        return row.get_absolute_url()

    answer = submitted(request, form, do, done=_("La medición quedó anulada."))
    return answer or form_page(
        request,
        form,
        heading=_("Anular la medición de %(period)s") % {"period": entry.period_label},
        lead=_("El período queda sin medición válida. El asiento se conserva con su motivo."),
        action=_("Anular"),
        cancel_url=row.get_absolute_url(),
        where=crumbs_of(row),
    )


@requires(Perm.VIEW)
def baseline(request: HttpRequest, code: str) -> HttpResponse:
    """Fix the limits on the measurements of some periods, with a reason."""
    row = indicator_for(request, code)
    if not rights.may_set_limits(request.user, row.current):
        raise PermissionDenied
    definitions = selectors.definitions_of(row)
    now = selectors.judged(selectors.series(row), definitions, selectors.baselines_of(row))
    points = now.points
    form = BaselineForm.of(
        request,
        starts=[(point.period_start.isoformat(), point.label) for point in points],
        ends=[(point.period_end.isoformat(), point.label) for point in points],
        initial={
            "from_on": points[-12].period_start.isoformat() if len(points) >= 12 else "",
            "until_on": points[-1].period_end.isoformat() if points else "",
        },
    )

    def do(from_on: date, until_on: date, reason: str) -> str:
        services.set_baseline(
            row, from_on=from_on, until_on=until_on, reason=reason, by=request.user
        )
        return row.get_absolute_url()

    answer = submitted(request, form, do, done=_("Los límites quedaron fijados."))
    return answer or form_page(
        request,
        form,
        heading=_("Fijar los límites de %(code)s") % {"code": row.code},
        lead=_(
            "Elija de 12 a 20 mediciones de cuando el proceso iba como siempre. Con ellas se"
            " calcula lo que se mueve por azar, y así se juzga desde la primera. Lo que había se"
            " conserva."
        ),
        action=_("Fijar los límites"),
        cancel_url=row.get_absolute_url(),
        where=crumbs_of(row),
    )
