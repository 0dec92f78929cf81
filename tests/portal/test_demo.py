"""The demo organisation loads whole, once, and says what its files say."""

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.accounts.models import Absence, Person, Position, Unit
from apps.core.access import Level
from apps.documents.models import Document, Version
from apps.improvement.models import Action, Check, Finding, GoodPractice
from apps.indicators.models import Indicator, Measurement, Signal
from apps.manual.models import Form, Node, Step


@pytest.mark.django_db
def test_s18_demo_data_is_refused_outside_the_demo(settings):
    settings.DEMO = False
    with pytest.raises(CommandError):
        call_command("seed_demo")
    assert not Person.objects.exists()


@pytest.mark.slow(reason="loads the whole demo")
def test_the_demo_is_a_whole_organisation(demo, db):
    assert Unit.objects.count() >= 12
    assert 55 <= Person.objects.filter(is_active=True).count() <= 75
    assert Position.objects.exclude(purpose="").count() == Position.objects.count()
    assert Absence.objects.count() >= 4
    assert Form.objects.count() >= 30


@pytest.mark.slow(reason="loads the whole demo")
def test_the_manual_is_whole(demo, db):
    in_force = Document.objects.in_force()
    assert in_force.count() >= 40
    assert in_force.review_overdue(Version.objects.latest("id").created_at.date()).exists()
    assert Version.objects.filter(state=Version.State.SUPERSEDED).count() >= 60
    assert set(in_force.values_list("classification", flat=True)) == {
        Level.PUBLIC,
        Level.INTERNAL,
        Level.CONFIDENTIAL,
    }
    assert Version.objects.filter(state=Version.State.APPROVED).exists()
    for document in in_force.exclude(kind=Document.Kind.STANDARD).select_related("current"):
        steps = Step.objects.filter(version=document.current)
        assert 4 <= len(steps) <= 9, document.code
        assert all(step.accountable_id for step in steps), document.code
    assert max(node.code.count(".") for node in Node.objects.all()) >= 2


@pytest.mark.slow(reason="loads the whole demo")
def test_loading_twice_changes_nothing(demo, db):
    before = Person.objects.count()
    call_command("seed_demo")
    assert Person.objects.count() == before


@pytest.mark.slow(reason="loads the whole demo")
def test_improvement_has_actions_in_every_state(demo, db):
    assert Action.objects.count() >= 30
    assert set(Action.objects.values_list("state", flat=True)) == set(Action.State.values)
    assert Action.objects.overdue(timezone.localdate()).count() >= 3
    assert Check.objects.exclude(before_value=None).exists()
    assert Finding.objects.filter(origin_kind="signal").exists()
    assert set(GoodPractice.objects.values_list("state", flat=True)) == set(
        GoodPractice.State.values
    )


@pytest.mark.slow(reason="loads the whole demo")
def test_twenty_indicators_are_measured_for_eighteen_months(demo, db):
    indicators = Indicator.objects.select_related("current")
    assert indicators.count() == 20
    for row in indicators:
        first = row.measurements.order_by("period_start").first()
        assert (row.latest.period_end - first.period_start).days > 450, row.code
    assert set(Signal.objects.values_list("state", flat=True)) == set(Signal.State.values)
    assert Measurement.objects.filter(number=2).exists()
    assert Measurement.objects.filter(origin="metric").exists()
