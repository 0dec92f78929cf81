"""Reminders of what was not accepted yet: four at most, none after acceptance (M19)."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Count, Min
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.accounts.models import Person
from apps.documents.models import Obligation, Version
from apps.notifications.services import notify

DAYS_BEFORE = 3
WEEKS_AFTER = 2
# A stage that was missed for longer has been overtaken by the next.
LATE = timedelta(days=7)
SATURDAY = 5


def business_days_before(day: date, count: int) -> date:
    """The day that lies `count` working days (Monday to Friday) before `day`."""
    while count:
        day -= timedelta(days=1)
        count -= day.weekday() < SATURDAY
    return day


def stages(due_on: date) -> list[tuple[str, date]]:
    """When people are reminded of what is due on `due_on`, in order."""
    after = [(f"after-{week}", due_on + timedelta(weeks=week)) for week in (1, WEEKS_AFTER)]
    return [("before", business_days_before(due_on, DAYS_BEFORE)), ("due", due_on), *after]


def stage_on(due_on: date, today: date) -> tuple[str, date] | None:
    """The last stage that came by `today`, unless it came more than a week ago."""
    reached = [(name, day) for name, day in stages(due_on) if day <= today]
    if not reached or today - reached[-1][1] >= LATE:
        return None
    return reached[-1]


def remind(*, now: datetime) -> int:
    """Write the reminders that are due at `now`; returns how many people were reminded.

    Each person gets one a stage and due day, however many documents are due and however
    often this runs.
    """
    today = timezone.localdate(now)
    window = (today - timedelta(weeks=WEEKS_AFTER) - LATE, today + timedelta(days=DAYS_BEFORE + 4))
    days = (
        Obligation.objects.still_open()
        .filter(due_on__range=window, person__is_active=True)
        .order_by("due_on")
        .values_list("due_on", flat=True)
        .distinct()
    )
    told = 0
    for due_on in days:
        if stage := stage_on(due_on, today):
            told += _remind(due_on, *stage)
    return told


@transaction.atomic
def _remind(due_on: date, stage: str, came_on: date) -> int:
    begins = timezone.make_aware(datetime.combine(came_on, datetime.min.time()))
    owed = (
        Obligation.objects.still_open()
        .filter(due_on=due_on, asked_at__lt=begins)
        .order_by()
        .values("person_id")
        .annotate(count=Count("pk"), version=Min("version_id"))
    )
    one: dict[int, list[int]] = defaultdict(list)
    several: list[int] = []
    for row in owed:
        if row["count"] == 1:
            one[row["version"]].append(row["person_id"])
        else:
            several.append(row["person_id"])
    key = f"acknowledgement-reminder:{due_on.isoformat()}:{stage}"
    day = date_format(due_on, "j \\d\\e F")
    is_past = stage.startswith("after")
    words = _("Vencieron el %(day)s.") if is_past else _("Vencen el %(day)s.")
    told = notify(
        "acknowledgement_reminder",
        to=Person.objects.filter(pk__in=several),
        key=key,
        title=_("Tiene varios documentos sin aceptar"),
        text=words % {"day": day},
        url=reverse("reach:mine"),
    )
    words = _("Venció el %(day)s.") if is_past else _("Vence el %(day)s.")
    versions = Version.objects.select_related("document").in_bulk(list(one))
    for pk, people in one.items():
        version = versions[pk]
        told += notify(
            "acknowledgement_reminder",
            to=Person.objects.filter(pk__in=people),
            key=key,
            title=_("Falta que acepte %(code)s, %(title)s")
            % {"code": version.document.code, "title": version.title},
            text=words % {"day": day},
            url=reverse("reach:accept", args=[version.document.code]),
        )
    return told
