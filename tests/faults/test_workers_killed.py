"""Workers killed in the middle of a job, brokers killed and emptied (F4, F5)."""

import os
import signal
import time
from datetime import timedelta

import pytest
from django.core.mail import send_mail
from django.db import transaction

from apps.core.cache import ResilientCache
from apps.core.models import OutboxMail
from apps.notifications.models import Notice
from config import celery_app
from tests.faults.conftest import until
from tests.faults.settings import VISIBILITY_SECONDS
from tests.faults.writer import PAUSE_SECONDS, STEPS

START_SECONDS = 30
WORK_SECONDS = STEPS * (PAUSE_SECONDS + 0.1)
SWEEPER = "apps.core.jobs.deliver_mail"


def begin(person):
    """Have a worker write, and wait until it is in the middle."""
    celery_app.send_task("tests.faults.writer.write", args=[person.pk])
    until(lambda: Notice.objects.count() > 2, START_SECONDS)
    assert Notice.objects.count() < STEPS


def test_f4_settings_let_a_job_survive_its_worker(settings):
    options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    assert settings.CELERY_TASK_ACKS_LATE
    assert settings.CELERY_TASK_REJECT_ON_WORKER_LOST
    assert settings.CELERY_WORKER_PREFETCH_MULTIPLIER == 1
    assert options["visibility_timeout"] > settings.CELERY_TASK_TIME_LIMIT
    assert settings.CELERY_TASK_TIME_LIMIT > settings.CELERY_TASK_SOFT_TIME_LIMIT
    assert (options["unacked_restore_interval"], options["unacked_restore_throttle"]) == (5, 1)
    assert settings.CELERY_ACCEPT_CONTENT == ["json"]
    assert celery_app.conf.task_acks_late
    assert celery_app.conf.task_reject_on_worker_lost


def test_f4_every_job_of_the_schedule_exists_and_bears_no_far_date():
    celery_app.loader.import_default_modules()
    for entry in celery_app.conf.beat_schedule.values():
        assert entry["task"] in celery_app.tasks
        assert not {"countdown", "eta"} & set(entry.get("options", {}))


@pytest.mark.slow(reason="starts a worker and kills its child")
@pytest.mark.django_db(transaction=True)
def test_f4_a_job_whose_process_is_killed_goes_on_by_itself(agent, start_worker):
    worker = start_worker()
    begin(agent)
    os.kill(worker.child, signal.SIGKILL)
    until(lambda: Notice.objects.count() == STEPS, 5 + WORK_SECONDS)
    assert worker.process.poll() is None
    assert Notice.objects.values("key").distinct().count() == STEPS


@pytest.mark.slow(reason="waits for the visibility timeout")
@pytest.mark.django_db(transaction=True)
def test_f4_a_job_whose_worker_is_killed_is_taken_over(agent, start_worker):
    worker = start_worker()
    begin(agent)
    worker.kill()
    done = Notice.objects.count()
    start_worker()
    until(
        lambda: Notice.objects.count() == STEPS,
        START_SECONDS + VISIBILITY_SECONDS + 10 + WORK_SECONDS,
    )
    assert done < STEPS
    assert Notice.objects.values("key").distinct().count() == STEPS


def queue(first, last):
    for number in range(first, last):
        with transaction.atomic():
            send_mail("Aviso", "Hola.", None, [f"p{number}@aguas.test"])


@pytest.mark.slow(reason="starts a worker, kills the broker under it")
@pytest.mark.django_db(transaction=True)
def test_f5_every_mail_is_sent_once_though_the_broker_is_killed_and_emptied(
    start_worker, post_office, valkey_server, monkeypatch
):
    monkeypatch.setattr(ResilientCache, "_resting_until", 0.0)
    start_worker()
    queue(0, 10)
    until(lambda: len(post_office.taken) > 0, START_SECONDS)
    os.kill(valkey_server.process.pid, signal.SIGKILL)
    valkey_server.stop()
    queue(10, 20)  # with nobody to tell
    valkey_server.start()  # it keeps nothing
    ResilientCache._resting_until = 0.0
    queue(20, 30)
    began = time.monotonic()
    for _period in range(2):  # of the sweeper
        celery_app.send_task(SWEEPER)
        time.sleep(1)
    waiting = OutboxMail.objects.exclude(state=OutboxMail.State.SENT)
    until(lambda: not waiting.exists(), START_SECONDS)
    assert timedelta(seconds=time.monotonic() - began) < timedelta(seconds=60)
    assert len(post_office.message_ids) == len(set(post_office.message_ids)) == 30
