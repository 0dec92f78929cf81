"""Regular work on standards. It may run twice or late without harm."""

from celery import shared_task
from django.utils import timezone

from apps.standards import services


@shared_task
def work_out_compliance() -> None:
    """Bring the results up to date; what was missed twice in a row opens a finding (M22)."""
    services.recompute(timezone.localdate())
