"""What waits for a person among documents: reviews they owe, versions to approve."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import Person
from apps.core.registry import HomeTask, home_tasks
from apps.documents.models import Document, Version
from apps.documents.permissions import Perm

AHEAD = timedelta(days=30)
AT_MOST = 50


def document_tasks(person: Person) -> Iterable[HomeTask]:
    """Documents `person` owns whose review is due within 30 days, and versions in review that
    they may approve. Two queries."""
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
    if person.has_perm(Perm.APPROVE):
        waiting = (
            Version.objects.visible_to(person)
            .filter(state=Version.State.IN_REVIEW)
            .exclude(author=person)
            .select_related("document", "author")
            .order_by("created_at")[:AT_MOST]
        )
        for version in waiting:
            yield HomeTask(
                title=_("Aprobar %(code)s, versión %(number)s")
                % {"code": version.document.code, "number": version.number},
                note=_("La redactó %(name)s.") % {"name": version.author.get_short_name()},
                url=f"/manual/{version.document.code}/versiones/{version.number}/",
                icon="file-earmark-check",
            )


home_tasks.add("documents", document_tasks)
