"""What the ground itself hands over: the count that every page shows, and the end of long work."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Func, IntegerField, OuterRef
from django.dispatch import receiver
from django.utils.translation import gettext, gettext_lazy

from apps.accounts.models import Person
from apps.core.context import UNREAD_CAP
from apps.core.long_work import work_ended
from apps.core.models import LongWork
from apps.core.registry import person_annotations, work_kinds
from apps.notifications.kinds import NoticeKind, kinds
from apps.notifications.models import Notice
from apps.notifications.services import notify

kinds.add(
    "work_ended",
    NoticeKind(
        title=gettext_lazy("Terminó un trabajo largo que usted pidió"),
        mail="never",
        note=gettext_lazy("Cuando acaba una importación o no pudo completarse."),
        icon="hourglass-bottom",
    ),
)


def unread_notices() -> Func:
    """How many unread notices a person has, up to one more than are told."""
    rows = Notice.objects.filter(person=OuterRef("pk")).unread().values("pk")[: UNREAD_CAP + 1]
    return Func(ArraySubquery(rows), function="cardinality", output_field=IntegerField())


person_annotations.add("unread_notices", unread_notices)


@receiver(work_ended, dispatch_uid="tell-work-ended")
def tell_work_ended(work: LongWork, **kwargs: Any) -> None:
    """Whoever asked for the work learns of its end, wherever they are by now."""
    kind = work_kinds.get(work.kind)
    failed = work.state == LongWork.State.FAILED
    title = gettext("No se completó: %(what)s") if failed else gettext("Terminó: %(what)s")
    notify(
        "work_ended",
        to=Person.objects.filter(pk=work.started_by_id),
        key=f"work:{work.pk}",
        title=title % {"what": kind.label},
        text=work.message if failed else kind.said(work.result),
        url=work.get_absolute_url(),
    )
