"""The review calendar: what is due when, as a month, as a list and as a feed (M14)."""

from __future__ import annotations

from calendar import Calendar
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, F, QuerySet, Window
from django.db.models.functions import RowNumber
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from icalendar import Calendar as ICalendar
from icalendar import Event, vDuration

from apps.accounts.models import Person
from apps.documents.models import Document

MONDAY = 0
FIRST_YEAR, LAST_YEAR = 2000, 2100
SHOWN_A_DAY = 4
FEED_MOST = 2000
# What a program is asked to wait before it reads the calendar again.
FEED_EVERY = timedelta(hours=6)


@dataclass
class Day:
    """A day of the month with the first reviews due on it; `more` are not shown."""

    on: date
    is_other: bool
    is_today: bool
    is_past: bool
    documents: list[Document] = field(default_factory=list)
    more: int = 0
    more_url: str = ""

    @property
    def entries(self) -> list[dict[str, str]]:
        """What components/_month.html shows of each document."""
        return [
            {
                "url": reverse("reviews:review", args=[row.code]),
                "code": row.code,
                "title": row.title,
            }
            for row in self.documents
        ]


@dataclass
class Month:
    """A month in weeks from Monday to Sunday."""

    first: date
    weeks: list[list[Day]]
    total: int

    @property
    def previous(self) -> date | None:
        """First day of the month before; None at the calendar's edge."""
        day = (self.first - timedelta(days=1)).replace(day=1)
        return day if day.year >= FIRST_YEAR else None

    @property
    def next(self) -> date | None:
        """First day of the month after; None at the calendar's edge."""
        day = (self.first + timedelta(days=31)).replace(day=1)
        return day if day.year <= LAST_YEAR else None


def month_named(text: str, today: date) -> date:
    """First day of the month "2026-11"; of the present one if the text names none."""
    try:
        year, month = (int(part) for part in text.split("-"))
        if FIRST_YEAR <= year <= LAST_YEAR:
            return date(year, month, 1)
    except ValueError:
        return today.replace(day=1)
    return today.replace(day=1)


def reviewable(actor: Any, on: date) -> QuerySet[Document]:
    """Documents that exist for `actor` and have a review to come, with who does it."""
    return Document.objects.visible_to(actor).to_review().with_reviewer(on)


def month_of(documents: QuerySet[Document], first: date, today: date) -> Month:
    """The reviews of `documents` in the month that begins on `first`. One statement.

    Of a day with many, the first few by code and how many more there are.
    """
    weeks = Calendar(MONDAY).monthdatescalendar(first.year, first.month)
    last = weeks[-1][-1]
    found = (
        documents.filter(next_review_on__range=(weeks[0][0], last))
        .annotate(
            place=Window(RowNumber(), partition_by=F("next_review_on"), order_by=F("code").asc()),
            that_day=Window(Count("pk"), partition_by=F("next_review_on")),
        )
        .filter(place__lte=SHOWN_A_DAY)
        .order_by("next_review_on", "code")
        .only("code", "title", "kind", "next_review_on")
    )
    by_day: dict[date, list[Document]] = {}
    for document in found:
        by_day.setdefault(document.next_review_on, []).append(document)
    days = [[_day(on, first, today, by_day.get(on, [])) for on in week] for week in weeks]
    total = sum(len(day.documents) + day.more for week in days for day in week if not day.is_other)
    return Month(first, days, total)


def _day(on: date, first: date, today: date, documents: list[Document]) -> Day:
    return Day(
        on=on,
        is_other=(on.year, on.month) != (first.year, first.month),
        is_today=on == today,
        is_past=on < today,
        documents=documents,
        more=documents[0].that_day - len(documents) if documents else 0,
    )


def names_of(documents: list[Document]) -> None:
    """Put `charged` and `acting` (Person or None) on each of `documents`. One statement."""
    keys = {row.charged_id for row in documents} | {row.acting_id for row in documents}
    people = Person.objects.in_bulk([key for key in keys if key is not None])
    for row in documents:
        row.charged, row.acting = people.get(row.charged_id), people.get(row.acting_id)


def ical_of(person: Person, now: datetime, *, everything: bool, base: str) -> bytes:
    """The calendar of `person`: reviews that fall to them, or all they may see (M14).

    Days are whole days; `base` is the portal's address. Holds no text of any document.
    """
    today = timezone.localdate(now)
    rows = reviewable(person, today)
    if not everything:
        rows = Document.objects.visible_to(person).reviewed_by(person, today)
    calendar = ICalendar()
    calendar.add("prodid", "-//Cauce//Revisiones//ES")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", _("Revisiones de documentos"))
    calendar.add("refresh-interval", FEED_EVERY, parameters={"value": "DURATION"})
    calendar.add("x-published-ttl", vDuration(FEED_EVERY).to_ical().decode())
    found = rows.only("code", "title", "kind", "next_review_on")
    for row in found.order_by("next_review_on", "pk")[:FEED_MOST]:
        event = Event()
        event.add("uid", f"review-{row.pk}@cauce")
        event.add("dtstamp", now)
        event.add("dtstart", row.next_review_on)
        event.add("dtend", row.next_review_on + timedelta(days=1))
        event.add("summary", _("Revisar %(code)s, %(title)s") % _names(row))
        event.add("url", f"{base}{reverse('reviews:review', args=[row.code])}")
        event.add("transp", "TRANSPARENT")
        event.add("class", "PRIVATE")
        calendar.add_component(event)
    return calendar.to_ical()


def _names(row: Document) -> dict[str, str]:
    return {"code": row.code, "title": row.title}
