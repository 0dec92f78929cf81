"""Daily work on people. Each job may run twice or late without harm."""

from celery import shared_task
from django.utils import timezone

from apps.accounts.search import follow_calendar


@shared_task
def bring_holders_up_to_date_in_search() -> None:
    """People are found by the positions they hold today, also when only the date changed."""
    follow_calendar(timezone.localdate())
