"""When the day's summary goes out, and to whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from apps.notifications.models import Digest, Notice

HOUR = 7
# Monday to Friday; what comes at the weekend waits for Monday.
WEEKDAYS = range(5)


@dataclass(frozen=True)
class Round:
    """The summaries of one calendar day: what came before `until` (aware), once a person."""

    on: date
    until: datetime


def round_at(now: datetime) -> Round | None:
    """The round to be sent at the instant `now` (aware): none before 7 or at the weekend.

    Hours and days are those of the organisation. However late it runs, a round is that of
    its own day: after days without jobs one summary tells everything.
    """
    here = timezone.localtime(now)
    until = timezone.make_aware(datetime.combine(here.date(), time(HOUR)))
    if now < until or here.weekday() not in WEEKDAYS:
        return None
    return Round(here.date(), until)


def in_round(round_: Round, now: datetime) -> Q:
    """Notices that belong into the round. What bears a later instant than now, because a
    clock was wrong, does not wait for that instant.
    """
    return Q(mail=Notice.MailState.DIGEST, created_at__lt=round_.until) | Q(
        mail=Notice.MailState.DIGEST, created_at__gt=now
    )


def people_waiting(round_: Round, now: datetime) -> list[int]:
    """Keys of the people whose summary of that day is still to be sent."""
    sent = Digest.objects.filter(person=OuterRef("person"), on=round_.on)
    rows = Notice.objects.filter(in_round(round_, now)).exclude(Exists(sent))
    return list(rows.order_by("person").values_list("person", flat=True).distinct())
