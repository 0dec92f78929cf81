"""Daily work on documents. Each job may run twice or late without harm."""

from celery import shared_task
from django.utils import timezone

from apps.documents import services
from apps.documents.models import Version


@shared_task
def bring_due_versions_into_force() -> None:
    """Put in force every approved version whose day has come, oldest first (M9)."""
    due = Version.objects.filter(
        state=Version.State.APPROVED, effective_on__lte=timezone.localdate()
    ).order_by("effective_on", "number")
    for version in due:
        services.bring_into_force(version)


@shared_task
def remind_reviews() -> None:
    """Tell who reviews what is near or late, and their heads of what stays late (M13)."""
    now = timezone.now()
    services.remind_reviews(now)
    services.escalate_reviews(now)


@shared_task
def end_past_exceptions() -> None:
    """End the exceptions whose last day has passed: they count no more, the log keeps them."""
    services.end_past_exceptions(timezone.localdate())
