"""Compliance is worked out of measurements, once, and two misses in a row open a finding (M22)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from apps.core.rules import RuleBroken
from apps.documents import services as documents
from apps.documents.models import Document, Version
from apps.improvement.models import Finding
from apps.indicators import services as indicators
from apps.indicators.models import Definition, Indicator, Measurement
from apps.indicators.periods import months_after, period_of
from apps.indicators.services import Reading
from apps.notifications.models import Notice
from apps.standards import services
from apps.standards.jobs import work_out_compliance
from apps.standards.models import ComplianceResult, Criterion, Lapse, Promise
from apps.standards.services import CriterionInput, PromiseInput
from tests.standards.conftest import TODAY


def results(**of):
    rows = ComplianceResult.objects.filter(**of).order_by("period_start")
    return [(row.period_start.month, f"{row.value.normalize():f}", row.standing) for row in rows]


def test_m22_results_are_worked_out_of_measurements_and_twice_changes_nothing(standard):
    first = services.recompute(TODAY)
    assert (first.written, first.opened) == (3, 1)
    assert results() == [(8, "96", "met"), (9, "90", "missed"), (10, "90", "missed")]
    finding = Finding.objects.get()
    assert (finding.origin_kind, finding.origin_key) == ("standard", standard.pk)
    assert finding.owner == standard.owner
    assert "septiembre de 2026" in finding.text
    assert "95,0 % o más" in finding.text
    action = finding.actions.get()
    assert (action.owner, action.due_on) == (standard.owner, TODAY + timedelta(days=30))
    lapse = Lapse.objects.get()
    assert (lapse.misses, lapse.from_on, lapse.until_on) == (
        2, date(2026, 9, 1), date(2026, 10, 31),
    )  # fmt: skip
    work_out_compliance()
    again = services.recompute(TODAY)
    assert (again.written, again.removed, again.opened) == (0, 0, 0)
    assert Finding.objects.count() == 1


def test_m22_a_third_miss_lengthens_the_same_run(standard, quality, time_machine):
    services.recompute(TODAY)
    time_machine.move_to("2026-12-03 10:00:00-05:00")
    indicator = Indicator.objects.get()
    indicators.record_measurement(
        indicator, Reading(date(2026, 11, 1), None, Decimal(9), Decimal(10)), by=quality
    )
    assert services.recompute(date(2026, 12, 3)).opened == 0
    assert Lapse.objects.get().misses == 3


def test_m22_a_correction_is_followed_and_an_older_miss_opens_nothing_new(standard, quality):
    services.recompute(TODAY)
    wrong = Measurement.objects.get(period_start=date(2026, 8, 1))
    indicators.correct_measurement(
        wrong, Reading(date(2026, 8, 1), None, Decimal(80), Decimal(100)),
        reason="Se contó mal.", by=quality,
    )  # fmt: skip
    done = services.recompute(TODAY)
    assert (done.written, done.opened) == (1, 0)
    assert Lapse.objects.get().misses == 3


def test_m22_one_miss_is_told_once_and_opens_nothing(make_indicator, publish):
    document = publish("EST-01", make_indicator("IND-01", [(96, 100), (90, 100)]))
    services.recompute(TODAY)
    services.recompute(TODAY)
    assert not Finding.objects.exists()
    notice = Notice.objects.get(kind="standard_missed")
    assert notice.person == document.owner
    assert "octubre de 2026" in notice.title


def test_m22_what_is_within_tolerance_is_no_miss(make_indicator, publish):
    publish("EST-01", make_indicator("IND-01", [(93, 100), (94, 100)]), tolerance=Decimal(2))
    assert services.recompute(TODAY).opened == 0
    assert {standing for *_rest, standing in results()} == {"tolerated"}


def test_m22_a_quarter_counts_once_its_months_are_all_there(make_indicator, publish):
    indicator = make_indicator("IND-01", [(10, 10), (90, 100), (95, 100), (2, 2)])
    publish("EST-01", indicator, period="quarter")
    services.recompute(TODAY)
    # July to September; October's quarter is not over. Pooled, not a mean of percentages.
    assert results() == [(7, "92.857143", "missed")]


def test_m9_each_period_is_judged_by_the_version_that_ruled_it(make_indicator, publish):
    indicator = make_indicator("IND-01", [(90, 100), (90, 100), (90, 100)])
    document = publish("EST-01", indicator)
    publish("EST-01", indicator, target=Decimal(85), since=date(2026, 10, 1))
    services.recompute(TODAY)
    assert [standing for *_rest, standing in results()] == ["missed", "missed", "met"]
    documents_of = set(ComplianceResult.objects.values_list("document", flat=True))
    assert documents_of == {document.pk}


def test_long_past_misses_open_nothing(make_indicator, publish):
    values = [(90, 100)] * 2 + [(99, 100)] * 9
    publish("EST-01", make_indicator("IND-01", values))
    assert services.recompute(TODAY).opened == 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"target": Decimal(101)}, "target"),
        ({"tolerance": Decimal(-1)}, "tolerance"),
        ({"period": "week"}, "period"),
    ],
)
def test_m22_a_criterion_that_contradicts_its_indicator_is_refused_whole(
    make_indicator, service, supervisor, unit, changes, field
):
    indicator = make_indicator("IND-01", [], lowest=Decimal(0), highest=Decimal(100))
    draft = services.create_standard(
        code="EST-09", title="Nuevo", service=service, owner=supervisor, unit=unit, by=supervisor
    )
    given = {"title": "A tiempo", "indicator": indicator, "target": Decimal(95),
             "sampling": "Todas.", "period": "month"} | changes  # fmt: skip
    with pytest.raises(RuleBroken) as refused:
        services.add_criterion(draft, revision=0, criterion=CriterionInput(**given), by=supervisor)
    assert list(refused.value.message_dict) == [field]
    assert not Criterion.objects.exists()


def test_m22_a_standard_without_criterion_or_commitment_is_not_submitted(
    service, supervisor, quality, unit, make_indicator
):
    draft = services.create_standard(
        code="EST-09", title="Nuevo", service=service, owner=supervisor, unit=unit, by=supervisor
    )
    documents.save_draft(
        draft, revision=0, title="Nuevo", body="", change="first",
        justification="Lo pidieron las personas.", by=supervisor,
    )  # fmt: skip
    draft.refresh_from_db()
    with pytest.raises(RuleBroken) as refused:
        documents.submit(draft, by=supervisor)
    said = " ".join(refused.value.messages)
    assert "Falta el compromiso" in said
    assert "al menos un criterio" in said
    indicator = make_indicator("IND-01", [])
    criterion = CriterionInput("A tiempo", indicator, Decimal(95), "Todas.", "month")
    made = services.add_criterion(draft, revision=1, criterion=criterion, by=supervisor)
    services.save_standard(
        draft, revision=made.version.revision, title="Nuevo", change="first",
        justification="Lo pidieron las personas.", by=supervisor,
        promise=PromiseInput(service, "Le respondemos.", "", "Le explicamos."),
    )  # fmt: skip
    draft.refresh_from_db()
    version = documents.submit(draft, by=supervisor)
    documents.approve(version, effective_on=TODAY, by=quality)
    document = Document.objects.get(code="EST-09")
    assert document.current.content_hash == documents.hash_of(document.current)
    # The next version begins with the same promise and criteria.
    following = documents.start_version(document, change="minor", by=supervisor)
    assert following.promise.commitment == "Le respondemos."
    assert [row.key for row in following.criteria.all()] == ["a-tiempo"]


def test_a_published_criterion_cannot_be_changed_even_in_the_database(standard):
    from django.db import DatabaseError, transaction

    for rows, field in ((Criterion.objects, "title"), (Promise.objects, "commitment")):
        with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
            rows.update(**{field: "Otra cosa"})


def test_a_service_with_a_standard_in_force_is_not_retired(standard, service, quality):
    with pytest.raises(RuleBroken, match="EST-01"):
        services.retire_service(service, by=quality)


@pytest.mark.slow
def test_compliance_of_200_standards_over_24_months_takes_under_30_seconds(
    standard, quality, supervisor, django_assert_max_num_queries
):
    _many(standard, 200)
    began = datetime.now()
    services.recompute(TODAY)
    assert datetime.now() - began < timedelta(seconds=30)
    assert ComplianceResult.objects.count() > 200 * 21
    with django_assert_max_num_queries(1500):
        assert services.recompute(TODAY).written == 0


def _many(standard: Document, count: int) -> None:
    """So many standards like this one, each on an indicator with 24 months measured."""
    version = standard.current
    definition = Definition.objects.get()
    rows = Indicator.objects.bulk_create(Indicator(code=f"C-{at:03d}") for at in range(count))
    made = []
    for row in rows:
        definition.pk, definition.indicator = None, row
        made.append(Definition(**{f.attname: getattr(definition, f.attname)
                                  for f in Definition._meta.concrete_fields}))  # fmt: skip
    Definition.objects.bulk_create(made)
    entries = []
    for row, one in zip(rows, made, strict=True):
        for back in range(24):
            period = period_of(months_after(date(2026, 10, 1), -back), "month")
            part = 90 + back % 10
            entries.append(
                Measurement(
                    indicator=row,
                    definition=one,
                    period_start=period.start,
                    period_end=period.end,
                    value=part,
                    numerator=part,
                    denominator=100,
                    standing="met",
                    origin="hand",
                    entered_by_id=definition.owner_id,
                )  # fmt: skip
            )
    Measurement.objects.bulk_create(entries, batch_size=1000)
    papers = Document.objects.bulk_create(
        Document(kind="standard", code=f"X-{at:03d}", title="X", owner=standard.owner,
                 unit=standard.unit, next_review_on=TODAY) for at in range(count)
    )  # fmt: skip
    texts = Version.objects.bulk_create(
        Version(document=one, number=1, title="X", change="first", author=version.author)
        for one in papers
    )
    Criterion.objects.bulk_create(
        Criterion(version=text, key="x", number=1, title="X", indicator=row, measure="%",
                  shape="proportion", factor=100, direction="higher", target=95,
                  sampling="Todo.", period="month")
        for text, row in zip(texts, rows, strict=True)
    )  # fmt: skip
    for one, text in zip(papers, texts, strict=True):
        one.current = text
    Version.objects.filter(document__in=papers).update(
        state="in_force", approver=version.approver, approved_at=timezone.now(),
        effective_on=date(2024, 11, 1), content_hash="0" * 64,
    )  # fmt: skip
    Document.objects.bulk_update(papers, ["current"])
