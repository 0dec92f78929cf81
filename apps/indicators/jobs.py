"""Daily work on indicators. Each job may run twice or late without harm."""

from celery import shared_task
from django.utils import timezone

from apps.indicators import services
from apps.indicators.models import Indicator


@shared_task
def feed_indicators() -> None:
    """Take from the portal's own records what ended and was not measured."""
    services.feed_all(timezone.localdate())


@shared_task
def chase_measurements() -> None:
    """Ask owners for what they have not recorded; each asking once, however often this runs."""
    services.chase(timezone.now())


@shared_task
def look_for_signals() -> None:
    """Sweep: look once more at every chart. What was signalled is not signalled again."""
    for row in Indicator.objects.in_use().exclude(latest=None).order_by("pk"):
        services.detect(row)
