"""Jobs that run twice at the same time: nothing twice, nothing lost."""

import threading

import pytest
from django.db import connection

from apps.accounts.models import Person
from apps.core.models import OutboxMail
from apps.notifications import jobs
from apps.notifications.models import Notice
from apps.notifications.services import announce, notify

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = 12


@pytest.fixture
def people():
    return Person.objects.bulk_create(
        Person(email=f"p{n}@aguas.test", first_name="Ana", last_name="Prado", password="x")
        for n in range(PEOPLE)
    )


def at_once(*jobs_to_run):
    """Run them in threads that begin together; an error in one of them is raised here."""
    start, faults = threading.Barrier(len(jobs_to_run)), []

    def run(job):
        try:
            start.wait(5)
            job()
        except Exception as fault:  # told below, in the thread of the test
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[job]) for job in jobs_to_run]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert faults == []


def test_an_announcement_is_expanded_once(people):
    row = announce(
        "test_now", audience="test_everyone", subject_id=1, key="1", title="x", url="/x/"
    )
    at_once(*[lambda: jobs.expand_announcement(row.pk)] * 3)
    assert Notice.objects.count() == PEOPLE


def test_a_notice_is_mailed_once(people):
    notify("test_now", to=people, key="1", title="x", url="/x/")
    at_once(*[jobs.mail_notices] * 3)
    assert OutboxMail.objects.count() == PEOPLE
    assert not Notice.objects.exclude(mail=Notice.MailState.MAILED).exists()


def test_f13_the_summary_of_a_day_goes_once(people, time_machine):
    time_machine.move_to("2026-11-24T06:00:00-05:00")
    notify("test_daily", to=people, key="1", title="x", url="/x/")
    time_machine.move_to("2026-11-24T07:00:00-05:00")
    at_once(*[jobs.send_digests] * 3)
    assert OutboxMail.objects.count() == PEOPLE
    assert not Notice.objects.exclude(mail=Notice.MailState.MAILED).exists()


def test_two_who_tell_the_same_people_the_same_thing_write_it_once(people):
    def tell(order):
        notify("test_now", to=order, key="1", title="x", url="/x/")

    at_once(lambda: tell(people), lambda: tell(people[::-1]), lambda: tell(people))
    assert Notice.objects.count() == PEOPLE
