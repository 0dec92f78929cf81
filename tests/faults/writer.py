"""A bounded job to be killed in the middle: notices one by one, each committed for itself."""

import os
import time

from celery import shared_task

from apps.accounts.models import Person
from apps.notifications.kinds import NoticeKind, kinds
from apps.notifications.services import notify

STEPS = 20
PAUSE_SECONDS = 0.1
KIND = "test_fault"
if KIND not in kinds and "CAUCE_FAULT_WORKER" in os.environ:
    kinds.add(KIND, NoticeKind(title="Pruebas", mail="never"))


@shared_task(name="tests.faults.writer.write")
def write(person_id: int) -> None:
    """Tell one person so many things; what was told before is not told again."""
    for step in range(STEPS):
        notify(
            KIND, to=Person.objects.filter(pk=person_id), key=f"paso:{step}", title="x", url="/x/"
        )
        time.sleep(PAUSE_SECONDS)
