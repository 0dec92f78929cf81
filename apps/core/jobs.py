"""Jobs of the ground: mail, long work, tidying. Each may run twice or late without harm."""

from __future__ import annotations

import logging
import uuid
from datetime import timedelta
from typing import Any

from celery import shared_task
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.utils import timezone
from kombu.exceptions import OperationalError

from apps.core import files, long_work, mail
from apps.core.models import CacheRow, KeptForm, LongWork, OutboxMail, SubmittedForm

logger = logging.getLogger(__name__)


def soon(task: Any, *args: Any) -> None:
    """Ask the broker to run `task`; without a broker the schedule will do it later (F6)."""
    # The broker is the cache's server, and that one is asked with a short time-out.
    if not cache.answers():
        logger.warning("broker away, %s waits for its schedule", task.name)
        return
    try:
        task.apply_async(args=args, ignore_result=True)
    except (OperationalError, OSError) as fault:
        logger.warning(
            "broker away, %s waits for its schedule: %s", task.name, type(fault).__name__
        )


@shared_task
def deliver_mail() -> None:
    """Send the mails that wait in the outbox."""
    mail.deliver()


@shared_task
def do_long_work(key: str) -> None:
    """Do the piece of long work of that key, unless it is over or being done."""
    long_work.run(uuid.UUID(key))


@shared_task
def pick_up_long_work() -> None:
    """Tell the workers again of long work that nobody seems to be at."""
    for key in long_work.silent():
        soon(do_long_work, str(key))


@shared_task
def tidy() -> None:
    """Drop what has served: expired sessions and cache rows, old keys, texts and finished work."""
    now = timezone.now()
    Session.objects.filter(expire_date__lt=now).delete()
    CacheRow.objects.filter(expires_at__lt=now).delete()
    SubmittedForm.objects.filter(created_at__lt=now - timedelta(days=2)).delete()
    LongWork.objects.filter(finished_at__lt=now - timedelta(days=30)).delete()
    KeptForm.objects.filter(kept_at__lt=now - timedelta(days=14)).delete()
    OutboxMail.objects.filter(
        state=OutboxMail.State.SENT, done_at__lt=now - timedelta(days=30)
    ).delete()


@shared_task
def rescan_files() -> None:
    """Ask the scanner again about files in quarantine."""
    files.rescan()
