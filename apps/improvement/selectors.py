"""Answers that are not rows of one model: the board, the month, the picture of causes."""

from __future__ import annotations

from calendar import Calendar
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import Count, F, QuerySet, Window
from django.db.models.functions import RowNumber

from apps.improvement.models import Action, Cause, CauseKind, Finding

SHOWN_A_COLUMN = 12
SHOWN_A_DAY = 4
CLOSED_SHOWN = (Action.State.EFFECTIVE, Action.State.NOT_EFFECTIVE)
FIRST_YEAR, LAST_YEAR = 2000, 2100
MONDAY = 0


@dataclass
class Column:
    """A column of the board: a state, how many are in it, and the first of them."""

    state: str
    title: str
    total: int
    cards: list[Action] = field(default_factory=list)

    @property
    def more(self) -> int:
        return self.total - len(self.cards)


def board(actions: QuerySet[Action]) -> list[Column]:
    """The board of `actions`: what is due first, first; what ended, the latest first.

    Three statements, whatever the number of actions.
    """
    totals = dict(
        actions.order_by().values("state").annotate(n=Count("pk")).values_list("state", "n")
    )
    states = (*Action.OPEN, *CLOSED_SHOWN)
    firsts = [
        actions.filter(state=state)
        .order_by(*(("-ended_at", "-pk") if state in CLOSED_SHOWN else ("due_on", "pk")))
        .values_list("pk", flat=True)[:SHOWN_A_COLUMN]
        for state in states
        if totals.get(state)
    ]
    keys = list(firsts[0].union(*firsts[1:], all=True)) if firsts else []
    cards = (
        Action.objects.filter(pk__in=keys)
        .select_related("owner", "unit", "finding")
        .defer("finding__text", "text", "aim")
    )
    by_state: dict[str, list[Action]] = defaultdict(list)
    for card in cards:
        by_state[card.state].append(card)
    for state, found in by_state.items():
        if state in CLOSED_SHOWN:
            found.sort(key=lambda card: (card.ended_at, card.pk), reverse=True)
        else:
            found.sort(key=lambda card: (card.due_on, card.pk))
    return [
        Column(state.value, str(state.label), totals.get(state, 0), by_state[state])
        for state in states
    ]


# The month -----------------------------------------------------------------------------------


@dataclass
class Day:
    """A day of the month with the first actions due on it; `more` are not shown."""

    on: date
    is_other: bool
    is_today: bool
    is_past: bool
    actions: list[Action] = field(default_factory=list)
    more: int = 0


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


def month_of(actions: QuerySet[Action], first: date, today: date) -> Month:
    """Open `actions` by the day they are due, in the month that begins on `first`. One query."""
    weeks = Calendar(MONDAY).monthdatescalendar(first.year, first.month)
    found = (
        actions.filter(due_on__range=(weeks[0][0], weeks[-1][-1]))
        .annotate(
            place=Window(RowNumber(), partition_by=F("due_on"), order_by=F("code").asc()),
            that_day=Window(Count("pk"), partition_by=F("due_on")),
        )
        .filter(place__lte=SHOWN_A_DAY)
        .order_by("due_on", "code")
        .only("code", "title", "due_on", "state")
    )
    by_day: dict[date, list[Action]] = defaultdict(list)
    for action in found:
        by_day[action.due_on].append(action)
    days = [[_day(on, first, today, by_day.get(on, [])) for on in week] for week in weeks]
    total = sum(len(day.actions) + day.more for week in days for day in week if not day.is_other)
    return Month(first, days, total)


def _day(on: date, first: date, today: date, actions: list[Action]) -> Day:
    return Day(
        on=on,
        is_other=(on.year, on.month) != (first.year, first.month),
        is_today=on == today,
        is_past=on < today,
        actions=actions,
        more=actions[0].that_day - len(actions) if actions else 0,
    )


# Causes --------------------------------------------------------------------------------------


@dataclass
class Why:
    """A reason with those below it; `number` is its place («2.1»)."""

    cause: Cause
    number: str
    depth: int
    whys: list[Why] = field(default_factory=list)


def whys_of(finding: Finding) -> list[Why]:
    """The reasons of a finding, each with those below it. One query."""
    below: dict[int | None, list[Cause]] = defaultdict(list)
    for cause in finding.causes.select_related("kind", "added_by"):
        below[cause.why_of_id].append(cause)

    def grow(parent: int | None, prefix: str, depth: int) -> list[Why]:
        return [
            Why(cause, number, depth, grow(cause.pk, f"{number}.", depth + 1))
            for place, cause in enumerate(below.get(parent, ()), start=1)
            for number in [f"{prefix}{place}"]
        ]

    return grow(None, "", 1)


def flat(whys: list[Why]) -> list[Why]:
    """`whys` and all below them, in reading order."""
    found = []
    for why in whys:
        found += [why, *flat(why.whys)]
    return found


def by_branch(whys: list[Why]) -> list[tuple[str, str, list[Why]]]:
    """All reasons by branch of the picture: key, name, reasons. Empty branches too."""
    everything = flat(whys)
    return [
        (branch.value, str(branch.label), [w for w in everything if w.cause.kind.branch == branch])
        for branch in CauseKind.Branch
    ]
