"""Daily work on documents. Each job may run twice or late without harm."""

from celery import shared_task
from django.utils import timezone

from apps.core.jobs import soon
from apps.documents import services
from apps.documents.models import Asking, Version
from apps.documents.services import acknowledging, reminding_readers


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


@shared_task
def ask_readers_of(version_id: int) -> None:
    """Ask everybody who must accept one version (M15)."""
    acknowledging.spread(version_id, now=timezone.now())


@shared_task
def ask_readers() -> None:
    """Sweep: a task for each version whose readers were not asked yet, whatever was lost."""
    waiting = Asking.objects.filter(spread_at=None).order_by("written_at")
    for pk in waiting.values_list("pk", flat=True)[:1000]:
        soon(ask_readers_of, pk)


@shared_task
def follow_people(people: list[int]) -> None:
    """What is asked of people whose posts, roles or door changed (M19)."""
    acknowledging.follow_people(people, now=timezone.now())


@shared_task
def follow_documents(documents: list[int]) -> None:
    """What documents ask that are addressed to others than before."""
    acknowledging.follow_documents(documents, now=timezone.now())


@shared_task
def follow_the_calendar() -> None:
    """Posts and exceptions that begin or end with the day (M19)."""
    acknowledging.follow_the_calendar(now=timezone.now())


@shared_task
def follow_everybody() -> None:
    """Catch whatever no signal told: units moved, roles that permit less (M19)."""
    acknowledging.follow_all(now=timezone.now())


@shared_task
def remind_readers() -> None:
    """Remind people of what they have not accepted yet; each reminder once, however often
    this runs (M19)."""
    reminding_readers.remind(now=timezone.now())
