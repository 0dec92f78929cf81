"""What the portal measures of its own records, and the jobs that do it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from apps.core.registry import Measure, metrics
from apps.documents.models import DailyUse, Document, Feedback, Obligation, Version
from apps.indicators import jobs
from apps.indicators.models import Indicator, Signal

SPAN = date(2026, 10, 1), date(2026, 10, 31)


@pytest.fixture
def version(unit, quality) -> Version:
    document = Document.objects.create(
        kind="procedure", code="ATC-01", title="Saludo", owner=quality, unit=unit
    )
    return Version.objects.create(
        document=document, number=1, title="Saludo", change="first", author=quality
    )


def share(key: str) -> tuple[int, int] | None:
    found = metrics.get(key).measure(*SPAN)
    return (int(found.numerator), int(found.denominator)) if found else None


def test_what_the_records_say_nothing_of_is_no_measure(db):
    assert {key for key, _metric in metrics} >= {
        "documents.acknowledged_in_time",
        "documents.reviewed_in_time",
        "documents.comments_answered_in_time",
        "documents.found_useful",
        "manual.procedures_changed",
    }
    for _key, metric in metrics:
        found = metric.measure(*SPAN)
        assert found is None or isinstance(found, Measure)
        assert metric.label
        assert metric.formula


def test_readings_due_in_the_span_and_accepted_by_their_day(version, agent, supervisor, auditor):
    for person, due, accepted in (
        (agent, date(2026, 10, 10), datetime(2026, 10, 10, 20, tzinfo=UTC)),
        (supervisor, date(2026, 10, 10), datetime(2026, 10, 12, tzinfo=UTC)),
        (auditor, date(2026, 11, 1), datetime(2026, 10, 12, tzinfo=UTC)),
    ):
        Obligation.objects.create(
            person=person, version=version, due_on=due, acknowledged_at=accepted
        )
    assert share("documents.acknowledged_in_time") == (1, 2)


def test_comments_answered_within_fifteen_days(version, quality):
    wrote = datetime(2026, 10, 5, 15, tzinfo=UTC)
    for answered in (datetime(2026, 10, 20, 15, tzinfo=UTC), datetime(2026, 10, 21, tzinfo=UTC)):
        Feedback.objects.create(
            document=version.document, version=version, kind="idea", text="x", created_at=wrote,
            state="accepted", answer="y", answered_by=quality, answered_at=answered,
        )  # fmt: skip
    Feedback.objects.create(
        document=version.document, version=version, kind="idea", text="x", created_at=wrote
    )
    assert share("documents.comments_answered_in_time") == (1, 3)


def test_votes_of_the_span(version):
    for on in (date(2026, 10, 31), date(2026, 11, 1)):
        DailyUse.objects.create(
            document=version.document, on=on, readers="staff", useful=3, not_useful=1
        )
    assert share("documents.found_useful") == (3, 4)


def test_the_jobs_of_a_day_leave_nothing_behind_twice(make_indicator, version):
    make_indicator(values=[80] * 12)
    fed = make_indicator(
        shape="proportion",
        direction="higher",
        feed="metric",
        metric="documents.found_useful",
        effective_on=SPAN[0],
    )
    DailyUse.objects.create(
        document=version.document, on=SPAN[0], readers="staff", useful=3, not_useful=1
    )
    for _twice in range(2):
        jobs.feed_indicators()
        jobs.chase_measurements()
        jobs.look_for_signals()
    fed = Indicator.objects.get(pk=fed.pk)
    assert (fed.latest.value, fed.measurements.count()) == (75, 1)
    assert not Signal.objects.exists()
