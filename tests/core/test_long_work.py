"""Long work: queued with its row, done once whatever dies, told on a page to its author."""

import os
import signal
import subprocess
import sys
import uuid
from datetime import timedelta

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.core import jobs, long_work
from apps.core.models import LongWork, OutboxMail
from apps.core.registry import WorkKind, work_kinds
from apps.core.rules import RuleBroken
from apps.notifications.models import Notice
from config import celery_app

pytestmark = pytest.mark.django_db
State = LongWork.State


@pytest.fixture
def kind(monkeypatch):
    """Register what the work of this test does: `kind(run)`."""

    def register(run=lambda work, advance: {"n": 7}):
        entry = WorkKind(
            label="Contar medidores",
            run=run,
            said=lambda result: f"Se contaron {result['n']}.",
            place=lambda work: ("/medidores/", "Ver los medidores"),
        )
        monkeypatch.setitem(work_kinds._entries, "count", entry)

    register()
    return register


@pytest.fixture
def told(monkeypatch):
    """Arguments of each message that went to the workers."""
    messages = []
    monkeypatch.setattr(
        jobs.do_long_work, "apply_async", lambda args, **options: messages.append(args)
    )
    return messages


def queue(by, subject="a", total=4):
    return long_work.start("count", subject=subject, total=total, by=by)


def again(work):
    return LongWork.objects.get(pk=work.pk)


# Queued and done -----------------------------------------------------------------------------


def test_work_is_told_to_the_workers_by_its_key_alone_after_the_commit(
    agent, kind, told, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        work = queue(agent)
        assert told == []
    assert told == [(str(work.pk),)]
    jobs.do_long_work(str(work.pk))
    work = again(work)
    assert (work.state, work.result, work.done) == (State.DONE, {"n": 7}, 4)
    assert work.finished_at is not None


def test_the_same_work_is_started_once_and_again_only_if_it_failed(agent, kind):
    work = queue(agent)
    assert queue(agent) == work
    long_work.run(work.pk)
    assert queue(agent) == work
    assert long_work.find("count", "a") == work
    LongWork.objects.update(state=State.FAILED)
    assert long_work.find("count", "a") is None
    assert queue(agent) != work


def test_work_told_twice_is_done_once(agent, kind):
    times = []
    kind(lambda work, advance: times.append(work.pk) or {"n": 3})
    work = queue(agent)
    long_work.run(work.pk)
    long_work.run(work.pk)
    assert times == [work.pk]
    notice = Notice.objects.get(person=agent)
    assert (notice.title, notice.text) == ("Terminó: Contar medidores", "Se contaron 3.")
    assert notice.url == work.get_absolute_url()


def test_work_that_does_not_exist_any_more_is_nothing(kind):
    long_work.run(uuid.uuid4())


def test_celery_keeps_a_message_until_its_work_is_done():
    assert celery_app.conf.task_acks_late
    assert celery_app.conf.task_reject_on_worker_lost


# What goes wrong -----------------------------------------------------------------------------


def raising(fault):
    def run(work, advance):
        OutboxMail.objects.create(message_id="half", sealed=b"")
        raise fault

    return run


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (RuleBroken("La fila 3 no se puede."), "La fila 3 no se puede."),
        (PermissionDenied(), "ya no tiene permiso"),
        (SoftTimeLimitExceeded(), "Tardó demasiado"),
    ],
)
def test_work_that_may_not_be_done_says_why_and_leaves_nothing(agent, kind, fault, words):
    kind(raising(fault))
    work = queue(agent)
    long_work.run(work.pk)
    work = again(work)
    assert work.state == State.FAILED
    assert words in work.message
    assert not OutboxMail.objects.exists()
    notice = Notice.objects.get(person=agent)
    assert (notice.title, notice.text) == ("No se completó: Contar medidores", work.message)


def test_a_fault_of_the_portal_is_told_without_its_words_and_is_not_swallowed(agent, kind):
    kind(raising(KeyError("ana@aguas.test")))
    work = queue(agent)
    with pytest.raises(KeyError):
        long_work.run(work.pk)
    work = again(work)
    assert work.state == State.FAILED
    assert "ana@" not in work.message


def test_work_stopped_by_the_database_is_tried_again(agent, kind):
    kind(raising(OperationalError("server closed the connection")))
    work = queue(agent)
    with pytest.raises(OperationalError):
        long_work.run(work.pk)
    assert not again(work).is_over
    kind()
    long_work.run(work.pk)
    assert again(work).state == State.DONE


def test_work_that_never_reaches_its_end_is_given_up(agent, kind):
    work = queue(agent)
    LongWork.objects.update(attempts=long_work.MOST_ATTEMPTS)
    long_work.run(work.pk)
    assert again(work).state == State.FAILED


# Taken up again ------------------------------------------------------------------------------


def test_what_nobody_took_up_is_told_again_after_a_while(agent, kind, told, time_machine):
    now = timezone.now()
    time_machine.move_to(now, tick=False)
    waiting, done = queue(agent, "a"), queue(agent, "b")
    long_work.run(done.pk)
    jobs.pick_up_long_work()
    assert told == []
    time_machine.move_to(now + long_work.SILENT_AFTER + timedelta(seconds=1), tick=False)
    jobs.pick_up_long_work()
    assert told == [(str(waiting.pk),)]


def test_the_schedule_takes_up_long_work():
    from config.schedule import BEAT_SCHEDULE

    assert "apps.core.jobs.pick_up_long_work" in {job["task"] for job in BEAT_SCHEDULE.values()}


@pytest.mark.django_db(transaction=True)
def test_work_queued_while_the_broker_is_away_waits_for_the_schedule(
    agent, kind, valkey_server, monkeypatch, caplog, time_machine
):
    from apps.core.cache import ResilientCache

    monkeypatch.setattr(ResilientCache, "_resting_until", 0.0)
    valkey_server.stop()
    work = queue(agent)
    assert "waits for its schedule" in caplog.text
    valkey_server.start()
    assert again(work).state == State.QUEUED
    time_machine.move_to(timezone.now() + timedelta(minutes=1))
    assert long_work.silent() == [work.pk]
    long_work.run(work.pk)
    assert again(work).state == State.DONE


@pytest.mark.django_db(transaction=True)
def test_how_far_it_is_can_be_seen_from_outside_while_nothing_is_kept(agent, kind):
    seen = []

    def outside(sql):
        other = connection.copy()
        with other.cursor() as cursor:
            cursor.execute(sql)
            (row,) = cursor.fetchall()
        other.close()
        return row

    def run(work, advance):
        OutboxMail.objects.create(message_id="half", sealed=b"")
        advance(3)
        seen.append(outside("SELECT state, done, attempts FROM core_longwork"))
        seen.append(outside("SELECT count(*) FROM core_outboxmail"))
        advance(4)  # at once after the other: not told
        seen.append(outside("SELECT done FROM core_longwork"))
        return {"n": 0}

    kind(run)
    work = queue(agent)
    long_work.run(work.pk)
    assert seen == [("running", 3, 1), (0,), (3,)]
    assert OutboxMail.objects.count() == 1
    assert again(work).state == State.DONE


@pytest.mark.django_db(transaction=True)
def test_two_workers_told_of_the_same_work_do_it_once(agent, kind):
    """The second finds it taken, also before the first has kept anything."""
    times = []

    def run(work, advance):
        times.append(1)
        other = connection.copy()
        number = int.from_bytes(work.pk.bytes[:8], signed=True)
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [number])
            assert cursor.fetchone() == (False,)
        other.close()
        return {"n": 0}

    kind(run)
    work = queue(agent)
    other = connection.copy()
    number = [int.from_bytes(work.pk.bytes[:8], signed=True)]
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", number)  # the first, at it
        long_work.run(work.pk)
        assert times == []
        assert again(work).state == State.QUEUED
        cursor.execute("SELECT pg_advisory_unlock(%s)", number)
    other.close()
    long_work.run(work.pk)
    assert times == [1]


KILLED_HALF_WAY = """
import os, signal, sys, uuid, django
django.setup()
from apps.core import long_work
from apps.core.models import OutboxMail
from apps.core.registry import WorkKind, work_kinds

def run(work, advance):
    OutboxMail.objects.create(message_id="half", sealed=b"")
    advance(2)
    os.kill(os.getpid(), signal.SIGKILL)

work_kinds.add("count", WorkKind("", run, str, lambda work: ("", "")))
long_work.run(uuid.UUID(sys.argv[1]))
"""


@pytest.mark.slow  # starts a process of its own, to kill it
@pytest.mark.django_db(transaction=True)
def test_work_whose_process_is_killed_takes_effect_once(
    agent, kind, told, database_environment, time_machine
):
    work = queue(agent)
    told.clear()
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_HALF_WAY, str(work.pk)],
        env=os.environ | database_environment | {"DJANGO_SETTINGS_MODULE": "config.settings_test"},
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    half = again(work)
    assert (half.state, half.done, half.attempts) == (State.RUNNING, 2, 1)
    assert not OutboxMail.objects.exists()
    time_machine.move_to(timezone.now() + timedelta(minutes=1))
    jobs.pick_up_long_work()
    assert told == [(str(work.pk),)]
    kind(lambda work, advance: {"n": len([OutboxMail.objects.create(sealed=b"")])})
    jobs.do_long_work(*told[0])
    jobs.do_long_work(*told[0])
    assert OutboxMail.objects.count() == 1
    assert again(work).state == State.DONE


def test_finished_work_is_forgotten_after_a_month_and_other_work_is_not(agent, kind, time_machine):
    done, waiting = queue(agent, "a"), queue(agent, "b")
    long_work.run(done.pk)
    time_machine.move_to(timezone.now() + timedelta(days=31))
    jobs.tidy()
    assert list(LongWork.objects.all()) == [waiting]


# Its page ------------------------------------------------------------------------------------


def test_its_page_tells_how_far_it_is_and_asks_by_itself(agent, kind, signed, organisation):
    work = queue(agent)
    client, url = signed(agent), work.get_absolute_url()
    page = client.get(url).content.decode()
    assert "Contar medidores" in page
    assert "Espera su turno." in page
    LongWork.objects.update(state=State.RUNNING, done=3)
    page = client.get(url).content.decode()
    assert '<progress value="75" max="100"' in page
    assert "3 de 4." in page
    assert f'hx-get="{url}"' in page
    assert '<a href="">Actualizar</a>' in page  # the same without JavaScript
    part = client.get(url, headers={"HX-Request": "true"}).content.decode()
    assert "<progress" in part
    assert "<html" not in part


def test_its_page_ends_with_the_result_and_asks_no_more(agent, kind, signed, organisation):
    work = queue(agent)
    long_work.run(work.pk)
    part = signed(agent).get(work.get_absolute_url(), headers={"HX-Request": "true"})
    part = part.content.decode()
    assert "Se contaron 7." in part
    assert '<a href="/medidores/">Ver los medidores</a>' in part
    assert "hx-get" not in part


def test_its_page_tells_what_went_wrong(agent, kind, signed, organisation):
    kind(raising(RuleBroken("La fila 3 no se puede.")))
    work = queue(agent)
    long_work.run(work.pk)
    page = signed(agent).get(work.get_absolute_url()).content.decode()
    assert "No se completó" in page
    assert "La fila 3 no se puede." in page
    assert "/medidores/" in page


def test_all_lines_written_is_not_yet_all_kept(agent, kind, signed, organisation):
    work = queue(agent)
    LongWork.objects.update(state=State.RUNNING, done=4)
    page = signed(agent).get(work.get_absolute_url()).content.decode()
    assert '<progress value="99"' in page


def test_s22_a_page_left_open_does_not_keep_a_session_for_ever(
    agent, kind, signed, organisation, time_machine
):
    work = queue(agent)
    time_machine.move_to(timezone.now() + timedelta(minutes=11))
    page = signed(agent).get(work.get_absolute_url()).content.decode()
    assert "hx-get" not in page.split('id="trabajo"')[1].split(">")[0]
    assert '<a href="">Actualizar</a>' in page


def test_somebody_elses_work_does_not_exist(agent, supervisor, admin, kind, signed):
    work = queue(agent)
    assert signed(agent).get(work.get_absolute_url()).status_code == 200
    for other in (supervisor, admin):
        assert signed(other).get(work.get_absolute_url()).status_code == 404
    answer = Client().get(work.get_absolute_url())
    assert answer["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("state", State.values)
def test_the_page_is_cheap(agent, kind, signed, organisation, state, django_assert_max_num_queries):
    work = queue(agent)
    with transaction.atomic():
        LongWork.objects.update(state=state, result={"n": 1})
    client = signed(agent)
    client.get(work.get_absolute_url())
    with django_assert_max_num_queries(3):
        client.get(work.get_absolute_url(), headers={"HX-Request": "true"})
