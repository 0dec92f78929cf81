"""What waits for a person among standards: those of theirs that nobody can judge."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.models import Person
from apps.core.registry import HomeTask, home_tasks
from apps.standards.models import Criterion
from apps.standards.querysets import standards_for

AT_MOST = 20


def standard_tasks(person: Person) -> Iterable[HomeTask]:
    """Standards in force of `person` without criteria, or on an indicator measured no more.

    Misses wait as findings, reviews and readings as tasks of the documents. One query.
    """
    here = Criterion.objects.filter(version=OuterRef("current_id"))
    gone = here.exclude(indicator__retired_on=None)
    rows = standards_for(person).in_force().filter(owner=person.pk, retired_on=None)
    rows = rows.annotate(has_gone=Exists(gone)).filter(Q(has_gone=True) | ~Exists(here))
    for row in rows.order_by("code")[:AT_MOST]:
        yield HomeTask(
            title=_("Volver a medir %(code)s, %(title)s") % {"code": row.code, "title": row.title},
            note=_("Usa un indicador que ya no se mide.")
            if row.has_gone
            else _("No tiene criterios: nadie puede saber si se cumple."),
            url=reverse("standards:standard", args=[row.code]),
            icon="award",
        )


home_tasks.add("standards", standard_tasks)
