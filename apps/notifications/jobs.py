"""Jobs of the notices. Each may run twice, at once or late without harm."""

from celery import shared_task

from apps.core.jobs import soon
from apps.notifications import services
from apps.notifications.models import Announcement


@shared_task
def expand_announcement(announcement_id: int) -> None:
    """Write the notices of one announcement."""
    services.expand(announcement_id)


@shared_task
def expand_announcements() -> None:
    """Sweep: a task for each announcement that still waits, so that none holds up another."""
    waiting = Announcement.objects.filter(expanded_at=None).order_by("pk")
    for pk in waiting.values_list("pk", flat=True)[:1000]:
        soon(expand_announcement, pk)
