"""Daily work on improvement. Each job may run twice or late without harm."""

from celery import shared_task
from django.utils import timezone

from apps.improvement import services


@shared_task
def remind_actions() -> None:
    """Tell who carries out or verifies what is near or late, and their heads (CIC-17)."""
    now = timezone.now()
    services.remind_actions(now)
    services.escalate_actions(now)


@shared_task
def expire_practices() -> None:
    """Good practices nobody validated anew expire (CIC-18)."""
    services.expire_practices(timezone.localdate())
