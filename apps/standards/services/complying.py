"""Whether standards were kept: worked out of the indicators' measurements (M22)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.access import Level
from apps.core.rules import RuleBroken
from apps.documents.models import Document, Version
from apps.improvement.models import Action, Finding
from apps.improvement.services import raise_signal, raise_with_action
from apps.indicators.judging import Point, standing_of
from apps.indicators.models import Definition, Standing
from apps.indicators.periods import label_of, period_of
from apps.indicators.selectors import series_of
from apps.notifications.services import notify
from apps.standards.models import ComplianceResult, Criterion, Lapse
from apps.standards.words import amount, target_words

STANDARD = "standard"
LOCK = 7_364_240
SIX_PLACES = Decimal("0.000001")
# What was missed longer ago than this, in days, is history: it opens nothing any more.
FRESH_DAYS = 183
# A single miss is told while it is news.
NEWS_DAYS = 62
# The action it opens is due so many days later.
ACTION_DAYS = 30
WRITTEN = ("criterion_id", "period_end", "value", "numerator", "denominator", "standing")
UPDATED = ("criterion", "period_end", "value", "numerator", "denominator", "standing",
           "computed_at")  # fmt: skip
Key = tuple[int, str]


@dataclass(frozen=True)
class Recomputed:
    """How many results are new, changed or gone, and how many findings were opened."""

    written: int
    removed: int
    opened: int


def recompute(today: date) -> Recomputed:
    """Bring every result up to date with the measurements, and open what was missed twice.

    A period counts once all its measurements are there. Doing it twice changes nothing; two
    runs at once wait for each other.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        documents = Document.objects.filter(kind=Document.Kind.STANDARD)
        wanted = _worked_out(documents, today)
        written, removed = _store(wanted, documents)
    opened = 0
    by_document: dict[int, dict[str, list[ComplianceResult]]] = defaultdict(dict)
    for (document_id, key), rows in _by_criterion(wanted):
        by_document[document_id][key] = rows
    in_use = documents.in_force().filter(retired_on=None).select_related("unit", "owner")
    for document in in_use.filter(pk__in=by_document):
        opened += _follow(document, by_document[document.pk], today)
    return Recomputed(written, removed, opened)


def _worked_out(documents: Iterable[Document], today: date) -> list[ComplianceResult]:
    """Every result there should be, unsaved. Five queries whatever the number."""
    published = (Version.State.IN_FORCE, Version.State.SUPERSEDED, Version.State.RETIRED)
    criteria = list(
        Criterion.objects.filter(
            version__document__in=documents,
            version__state__in=published,
            version__effective_on__lte=today,
        )
        .exclude(version__state=Version.State.RETIRED, version__superseded_on=None)
        .select_related("version", "indicator")
        .defer("version__body", "version__justification")
    )
    indicators = {row.indicator_id: row.indicator for row in criteria}
    points = series_of(indicators.values())
    measures = dict(
        Definition.objects.filter(indicator__in=indicators).values_list("pk", "measure")
    )
    now = timezone.now()
    found = []
    for row in criteria:
        comparable = [
            point for point in points[row.indicator_id]
            if measures[point.definition_id] == row.measure
        ]  # fmt: skip
        found += _results_of(row, comparable, today, now)
    return found


def _results_of(
    criterion: Criterion, points: list[Point], today: date, now: object
) -> Iterable[ComplianceResult]:
    since, until = criterion.version.effective_on, criterion.version.superseded_on or date.max
    together = groupby(points, key=lambda point: period_of(point.period_start, criterion.period))
    for period, members in together:
        if not since <= period.start < until or period.end >= today:
            continue
        rows = list(members)
        days = sum((point.period_end - point.period_start).days + 1 for point in rows)
        if days != (period.end - period.start).days + 1:
            continue  # something of the period was not measured yet
        numerator = denominator = None
        if criterion.has_parts and all(point.denominator for point in rows):
            numerator = sum(point.numerator for point in rows)
            denominator = sum(point.denominator for point in rows)
            value = numerator / denominator * criterion.factor
        else:
            value = sum(point.value for point in rows) / len(rows)
        value = value.quantize(SIX_PLACES)
        yield ComplianceResult(
            document_id=criterion.version.document_id,
            key=criterion.key,
            criterion=criterion,
            period_start=period.start,
            period_end=period.end,
            value=value,
            numerator=numerator,
            denominator=denominator,
            standing=standing_of(
                value, direction=criterion.direction, target=criterion.target,
                tolerance=criterion.tolerance,
            ),
            computed_at=now,
        )  # fmt: skip


def _store(wanted: list[ComplianceResult], documents: Iterable[Document]) -> tuple[int, int]:
    """Write what differs, remove what no longer holds."""
    there = {
        (row.document_id, row.key, row.period_start): row
        for row in ComplianceResult.objects.filter(document__in=documents)
    }
    changed = []
    for row in wanted:
        stored = there.pop((row.document_id, row.key, row.period_start), None)
        if stored is None or any(getattr(stored, name) != getattr(row, name) for name in WRITTEN):
            changed.append(row)
    ComplianceResult.objects.bulk_create(
        changed,
        batch_size=1000,
        update_conflicts=True,
        unique_fields=["document", "key", "period_start"],
        update_fields=UPDATED,
    )
    ComplianceResult.objects.filter(pk__in=[row.pk for row in there.values()]).delete()
    return len(changed), len(there)


def _by_criterion(
    rows: list[ComplianceResult],
) -> Iterable[tuple[Key, list[ComplianceResult]]]:
    found: dict[Key, list[ComplianceResult]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row.period_start):
        found[row.document_id, row.key].append(row)
    return found.items()


@transaction.atomic
def _follow(document: Document, results: dict[str, list[ComplianceResult]], today: date) -> int:
    """Open a finding for each run of misses that has none; how many. Tell of a first miss."""
    opened = 0
    Document.objects.select_for_update(of=("self",)).get(pk=document.pk)
    known = defaultdict(list)
    for lapse in Lapse.objects.filter(document=document):
        known[lapse.key].append(lapse)
    for key, rows in results.items():
        for standing, members in groupby(rows, key=lambda row: row.standing):
            if standing != Standing.MISSED:
                continue
            run = list(members)
            if len(run) == 1:
                if run[0] is rows[-1]:
                    _tell(document, run[0], today)
                continue
            lapse = next((one for one in known[key] if one.from_on <= run[-1].period_end
                          and one.until_on >= run[0].period_start), None)  # fmt: skip
            if lapse is not None:
                _extend(lapse, run)
            elif run[1].period_end >= today - timedelta(days=FRESH_DAYS):
                _open(document, key, run, today)
                opened += 1
    return opened


def _extend(lapse: Lapse, run: list[ComplianceResult]) -> None:
    now = (run[0].period_start, run[-1].period_end, len(run))
    if now != (lapse.from_on, lapse.until_on, lapse.misses):
        lapse.from_on, lapse.until_on, lapse.misses = now
        lapse.save(update_fields=["from_on", "until_on", "misses"])


def _open(document: Document, key: str, run: list[ComplianceResult], today: date) -> None:
    criterion = run[0].criterion
    told = ", ".join(
        _("%(value)s en %(period)s")
        % {
            "value": amount(row.value, row.criterion),
            "period": label_of(row.period_start, row.period_end),
        }
        for row in run
    )
    fact: dict[str, Any] = {
        "once_key": f"standard-missed:{document.pk}:{key}:{run[0].period_start}",
        "title": _("%(code)s no se cumplió dos veces seguidas: %(title)s")
        % {"code": document.code, "title": criterion.title},
        "text": _("Criterio: %(title)s. Meta: %(target)s. Resultado: %(told)s.")
        % {"title": criterion.title, "target": target_words(criterion), "told": told},
        "unit": document.unit,
        "kind": Finding.Kind.NONCONFORMITY,
        "classification": max(document.classification, Level.INTERNAL),
        "origin_kind": STANDARD,
        "origin_key": document.pk,
    }
    finding = _with_action(document, fact, today)
    if finding is None:  # whoever manages actions opens one
        finding, _new = raise_signal(**fact)
    Lapse.objects.update_or_create(
        finding=finding,
        defaults={
            "document": document,
            "key": key,
            "from_on": run[0].period_start,
            "until_on": run[-1].period_end,
            "misses": len(run),
        },
    )


def _with_action(document: Document, fact: dict[str, Any], today: date) -> Finding | None:
    """The finding with an action for the owner (M22); None if they may not see it or left."""
    if not document.owner.is_active:
        return None
    try:
        with transaction.atomic():
            finding, _action = raise_with_action(
                action_title=_("Volver a cumplir %(code)s") % {"code": document.code},
                action_kind=Action.Kind.CORRECTIVE,
                due_on=today + timedelta(days=ACTION_DAYS),
                owner=document.owner,
                **fact,
            )
    except RuleBroken:
        return None
    return finding


def _tell(document: Document, row: ComplianceResult, today: date) -> None:
    if row.period_end < today - timedelta(days=NEWS_DAYS):
        return
    notify(
        "standard_missed",
        to=[document.owner],
        key=f"standard-missed:{document.pk}:{row.key}:{row.period_start}"[:200],
        title=_("%(code)s no se cumplió en %(period)s")
        % {"code": document.code, "period": label_of(row.period_start, row.period_end)},
        text=_("%(title)s: %(value)s. Meta: %(target)s. Si vuelve a pasar, se abre un hallazgo.")
        % {
            "title": row.criterion.title,
            "value": amount(row.value, row.criterion),
            "target": target_words(row.criterion),
        },
        url=reverse("standards:standard", args=[document.code]),
    )
