"""Makers for what readers are asked: versions published with their readers asked, readings."""

from datetime import timedelta

from django.utils import timezone

from apps.documents import services
from apps.documents.models import Obligation, Version
from apps.documents.services import acknowledging
from apps.documents.services.acknowledging import Read

REASON = "Se corrige el plazo que ya no se cumplía."


def publish(document, author, approver, *, change="major", asks=False, on=None, body="<p>U</p>"):
    """A version through draft, review and approval, its readers asked by the job."""
    version = services.start_version(
        document, title="Política", body=body, change=change, justification=REASON, by=author
    )
    # The first version is never a major change: it asks where that is ticked.
    ticked = asks or (version.number == 1 and change == "major")
    Version.objects.filter(pk=version.pk).update(asks_acknowledgement=ticked)
    version = services.submit(version, by=author)
    version = services.approve(version, effective_on=on or timezone.localdate(), by=approver)
    acknowledging.spread(version.pk, now=timezone.now())
    return Version.objects.get(pk=version.pk)


def asked(version) -> set[str]:
    rows = Obligation.objects.still_open().filter(version=version)
    return set(rows.values_list("person__first_name", flat=True))


def read(minutes=5, **fields) -> Read:
    opened = timezone.now() - timedelta(minutes=minutes)
    return Read(opened_at=opened, text_shown="Leí y comprendí.", **fields)
