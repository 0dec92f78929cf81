"""People are found by the positions they hold today, also when only the calendar moved on."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts import jobs
from apps.accounts.models import Holding
from apps.accounts.search import PERSON, follow_calendar
from apps.core.search import indexing
from apps.core.search.models import SearchEntry

pytestmark = pytest.mark.django_db


def day(offset):
    return timezone.localdate() + timedelta(days=offset)


@pytest.fixture
def hold(make_person, make_position):
    """Maker of a person with one holding between two days from today."""

    def make(name, from_days, until_days=None):
        person = make_person(name)
        until_on = None if until_days is None else day(until_days)
        Holding.objects.create(
            person=person,
            position=make_position("Tesorería"),
            from_on=day(from_days),
            until_on=until_on,
        )
        indexing.index(PERSON, type(person).objects.filter(pk=person.pk))
        return person

    return make


def says(person):
    return "Tesorería" in bytes(SearchEntry.objects.get(object_id=person.pk).body).decode()


@pytest.fixture
def run(time_machine):
    """Run the job so many days from now, as often as it likes."""
    start = timezone.now()

    def at(days, times=1):
        time_machine.move_to(start + timedelta(days=days), tick=False)
        for _ in range(times):
            jobs.bring_holders_up_to_date_in_search()

    return at


def test_a_holding_that_begins_by_date_is_found_from_that_day(hold, run):
    person = hold("ana", 3)
    run(0)
    run(2)
    assert not says(person)
    run(3)
    assert says(person)


def test_a_holding_that_ends_by_date_is_found_until_its_last_day(hold, run):
    person = hold("ana", -9, 3)
    run(0)
    run(3)
    assert says(person)
    run(4)
    assert not says(person)


def test_days_without_the_portal_are_made_up_for(hold, run):
    begins, ends = hold("ana", 2), hold("bea", -9, 0)
    run(0)
    run(40)
    assert says(begins)
    assert not says(ends)


def test_the_first_run_looks_at_everybody(hold, run):
    person = hold("ana", 2)
    run(5)
    assert says(person)


def test_only_whom_the_calendar_touched_is_written_and_once_a_day(hold, run):
    hold("ana", -30), hold("bea", -30, -20), hold("eva", 1), hold("iris", 9)
    run(0)
    assert follow_calendar(day(0)) == 0
    assert follow_calendar(day(1)) == 1
    assert follow_calendar(day(1)) == 0
    assert follow_calendar(day(0)) == 0  # a clock that was set back


def test_the_schedule_follows_the_calendar():
    from config.schedule import BEAT_SCHEDULE

    task = "apps.accounts.jobs.bring_holders_up_to_date_in_search"
    assert task in {job["task"] for job in BEAT_SCHEDULE.values()}
