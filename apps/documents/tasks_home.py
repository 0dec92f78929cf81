"""What waits for a person among documents: the reviews they owe."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import Person
from apps.core.registry import HomeTask, home_tasks
from apps.documents.models import Document

AHEAD = timedelta(days=30)
AT_MOST = 50


def document_tasks(person: Person) -> Iterable[HomeTask]:
    """Documents `person` owns whose review is due within 30 days. One query."""
    soon = timezone.localdate() + AHEAD
    owed = (
        Document.objects.visible_to(person)
        .in_force()
        .filter(owner=person, next_review_on__lte=soon)
        .order_by("next_review_on", "pk")[:AT_MOST]
    )
    for document in owed:
        yield HomeTask(
            title=_("Revisar %(code)s, %(title)s")
            % {"code": document.code, "title": document.title},
            note=_("Manual. Usted es responsable de que siga siendo correcto."),
            url=f"/manual/{document.code}/",
            icon="journal-text",
            due_at=timezone.make_aware(datetime.combine(document.next_review_on, time(18))),
        )


home_tasks.add("documents", document_tasks)
