"""Reminders: once a stage, in working hours, and only of what is due (CIC-17)."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts.models import Person
from apps.accounts.reporting import Chart
from apps.core.access import clearance
from apps.improvement.models import Action, Escalation
from apps.improvement.permissions import Perm
from apps.notifications.services import Tiding, notify_each

SATURDAY = 5
OPENS, CLOSES = 8, 18
DAYS_BEFORE = 3
# Late by so many days: told to the head, then to that one's head and quality.
LEVELS = ((1, 7), (2, 14))
CHECK_LATE = 7


def in_working_hours(now: datetime) -> bool:
    """Monday to Friday, from 8 to 18 by the local clock."""
    here = timezone.localtime(now)
    return here.weekday() < SATURDAY and OPENS <= here.hour < CLOSES


def stage_of(due_on: date, today: date) -> str | None:
    """The latest stage that has come: «before», «due», «late-1», «late-2»… or None while far."""
    first = due_on
    left = DAYS_BEFORE
    while left:
        first -= timedelta(days=1)
        left -= first.weekday() < SATURDAY
    if today < first:
        return None
    if today < due_on:
        return "before"
    if today == due_on:
        return "due"
    return f"late-{((today - due_on).days - 1) // 7 + 1}"


@transaction.atomic
def remind_actions(now: datetime) -> int:
    """Tell owners of what is near or past its day, and checkers of what they may verify.

    A person is told once for each action, day and stage. Outside working hours nobody is told:
    the next hour of work makes up for it. Returns how many notices are new.
    """
    if not in_working_hours(now):
        return 0
    today = timezone.localdate(now)
    near = today + timedelta(days=DAYS_BEFORE + 2)
    tidings = []
    rows = Action.objects.to_do().filter(due_on__lte=near)
    for action in rows.only("code", "title", "due_on", "owner"):
        stage = stage_of(action.due_on, today)
        if stage is not None:
            tidings.append(_due(action, stage, today))
    told = notify_each("action_due", tidings)
    return told + notify_each("check_asked", _checks(today))


@transaction.atomic
def escalate_actions(now: datetime) -> int:
    """Tell heads of actions that stay late: after 7 days the head of whoever carries it out,
    after 14 that one's head and who opened it.

    Until escalation protocols exist, heads are those of the organigram. Once for each action,
    day and level; returns how many actions were told of.
    """
    if not in_working_hours(now):
        return 0
    today = timezone.localdate(now)
    late = list(
        Action.objects.overdue(today - timedelta(days=LEVELS[0][1] - 1))
        .select_related("owner")
        .order_by("pk")
    )
    told = set(
        Escalation.objects.filter(action__in=late).values_list("action_id", "due_on", "level")
    )
    wanted = []
    for action in late:
        days = (today - action.due_on).days
        level = max(level for level, after in LEVELS if days >= after)
        if (action.pk, action.due_on, level) not in told:
            wanted.append((action, level))
    if not wanted:
        return 0
    chart = Chart.on(today)
    whom = {action.pk: _heads(chart, action, level) for action, level in wanted}
    people = {
        person.pk: person
        for person in Person.objects.may_enter()
        .with_access()
        .filter(pk__in=set().union(*whom.values()))
    }
    tidings, rows = [], []
    for action, level in wanted:
        able = [
            pk
            for pk in sorted(whom[action.pk])
            if pk in people
            and people[pk].has_perm(Perm.VIEW)
            and clearance(people[pk]) >= action.classification
        ]
        tidings += [_late(action, pk, level, today) for pk in able]
        if able:
            rows.append(Escalation(action=action, due_on=action.due_on, level=level, told_at=now))
    Escalation.objects.bulk_create(rows, ignore_conflicts=True)
    notify_each("action_late", tidings)
    return len(rows)


def _heads(chart: Chart, action: Action, level: int) -> set[int]:
    heads = chart.heads_of(action.owner_id, unit=action.unit_id)
    if level == 1:
        return heads
    above = set().union(*(chart.heads_of(head) for head in heads)) if heads else set()
    opener = {action.opened_by_id} if action.opened_by_id else set()
    return (above or heads) | opener - {action.owner_id}


def _due(action: Action, stage: str, today: date) -> Tiding:
    name = {"code": action.code, "title": action.title, "on": date_format(action.due_on)}
    if stage == "before":
        title = _("%(code)s, %(title)s, vence el %(on)s") % name
        text = _("Si no alcanza, pida otra fecha antes de que venza.")
    elif stage == "due":
        title = _("Hoy vence %(code)s, %(title)s") % name
        text = _("Cuente el avance o dela por hecha.")
    else:
        days = (today - action.due_on).days
        title = _("Está atrasada %(code)s, %(title)s") % name
        text = ngettext(
            "Vencía el %(on)s: lleva %(n)s día de atraso.",
            "Vencía el %(on)s: lleva %(n)s días de atraso.",
            days,
        ) % {"n": days, "on": name["on"]}
    key = f"action-due:{action.pk}:{action.due_on.isoformat()}:{stage}"
    return Tiding(action.owner_id, key, title, action.get_absolute_url(), text)


def _late(action: Action, person: int, level: int, today: date) -> Tiding:
    days = (today - action.due_on).days
    title = _("%(code)s, %(title)s, sigue sin hacerse") % {
        "code": action.code,
        "title": action.title,
    }
    text = ngettext(
        "Lleva %(n)s día de atraso. Le toca a %(who)s.",
        "Lleva %(n)s días de atraso. Le toca a %(who)s.",
        days,
    ) % {"n": days, "who": action.owner}
    key = f"action-late:{action.pk}:{action.due_on.isoformat()}:{level}"
    return Tiding(person, key, title, action.get_absolute_url(), text)


def _checks(today: date) -> list[Tiding]:
    """Who was named to verify; where nobody was, everybody who may and did not do it."""
    waiting = list(Action.objects.to_check(today).order_by("pk"))
    if not waiting:
        return []
    anyone = list(Person.objects.may_enter().with_access().filter(pk__in=_who_may()))
    tidings: dict[str, list[Tiding]] = defaultdict(list)
    for action in waiting:
        late = (today - action.check_on).days >= CHECK_LATE
        stage = "late" if late else "due"
        people = (
            [action.checker_id]
            if action.checker_id
            else [
                person.pk
                for person in anyone
                if person.pk not in (action.owner_id, action.done_by_id)
                and clearance(person) >= action.classification
            ]
        )
        title = (
            _("Sigue sin verificarse %(code)s, %(title)s")
            if late
            else _("Ya se puede verificar %(code)s, %(title)s")
        ) % {"code": action.code, "title": action.title}
        key = f"check-due:{action.pk}:{action.check_on.isoformat()}:{stage}"
        for person in people:
            tidings[stage].append(Tiding(person, key, title, action.get_absolute_url()))
    return [tiding for found in tidings.values() for tiding in found]


def _who_may():
    return Person.objects.holding(Perm.CHECK).values("pk")
