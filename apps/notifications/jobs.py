"""Jobs of the notices. Each may run twice, at once or late without harm."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from apps.accounts import mails
from apps.core.jobs import soon
from apps.notifications import services
from apps.notifications.digests import people_waiting, round_at
from apps.notifications.models import Announcement, Digest, Notice

KEPT = timedelta(days=365)
SWEPT_AT_ONCE = 1000


@shared_task
def expand_announcement(announcement_id: int) -> None:
    """Write the notices of one announcement."""
    services.expand(announcement_id)


@shared_task
def expand_announcements() -> None:
    """Sweep: a task for each announcement that still waits, so that none holds up another."""
    waiting = Announcement.objects.filter(expanded_at=None).order_by("pk")
    for pk in waiting.values_list("pk", flat=True)[:SWEPT_AT_ONCE]:
        soon(expand_announcement, pk)


@shared_task
def mail_notices() -> None:
    """Queue the mails of notices that go at once."""
    services.silence_the_gone()
    while services.mail_waiting():
        continue


@shared_task
def send_digests() -> None:
    """Queue the day's summaries that were not queued yet, each in a transaction of its own."""
    now = timezone.now()
    round_ = round_at(now)
    if round_ is None:
        return
    services.silence_the_gone()
    organisation = mails.organisation_name()
    for person_id in people_waiting(round_, now):
        services.digest_for(person_id, round_, now=now, organisation=organisation)


@shared_task
def tidy_notices() -> None:
    """Drop what was read and is older than twelve months, and the marks of old summaries."""
    before = timezone.now() - KEPT
    Notice.objects.served(before).delete()
    Digest.objects.filter(created_at__lt=before).delete()
