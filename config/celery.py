"""Celery application. Each room hands its jobs and their schedule over in `jobs.py`."""

import os

from celery import Celery
from celery.signals import worker_process_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("cauce")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(related_name="jobs")

_main = os.getpid()


@worker_process_init.connect
def _die_with_the_worker(**kwargs: object) -> None:
    """Leave if the worker died while this child of its pool was being born.

    Celery asks the kernel for the same, but only from the moment it asks.
    """
    if os.getppid() != _main:
        os._exit(1)
