"""What waits for a person, by when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts.models import Person
from apps.core.registry import HomeTask, home_tasks


@dataclass(frozen=True)
class Todo:
    """A task with its time left in words: `clock` text, `tone` for its colour."""

    task: HomeTask
    clock: str
    tone: str


@dataclass(frozen=True)
class TodoGroup:
    """Tasks that are due in the same stretch of time."""

    title: str
    is_late: bool
    items: list[Todo]


def tasks_for(person: Person) -> list[TodoGroup]:
    """What waits for `person` in every room, in groups: late, today, this week, later, undated."""
    now = timezone.localtime()
    tasks = [task for tasks in home_tasks.values() for task in tasks(person)]
    far = now + timedelta(days=36500)
    tasks.sort(key=lambda task: task.due_at or far)
    groups: dict[str, list[Todo]] = {}
    for task in tasks:
        groups.setdefault(_group(task, now), []).append(Todo(task, *_clock(task, now)))
    titles = {
        "late": _("Vencido"),
        "today": _("Hoy"),
        "week": _("Esta semana"),
        "later": _("Más adelante"),
        "undated": _("Cuando pueda"),
    }
    return [
        TodoGroup(title, key == "late", groups[key])
        for key, title in titles.items()
        if key in groups
    ]


def _is_late(task: HomeTask, now: datetime) -> bool:
    if task.all_day:
        return timezone.localtime(task.due_at).date() < now.date()
    return task.due_at < now


def _group(task: HomeTask, now: datetime) -> str:
    if task.due_at is None:
        return "undated"
    if _is_late(task, now):
        return "late"
    days = (timezone.localtime(task.due_at).date() - now.date()).days
    if days == 0:
        return "today"
    return "week" if days < 7 - now.weekday() else "later"


def _clock(task: HomeTask, now: datetime) -> tuple[str, str]:
    if task.due_at is None:
        return "", ""
    due = timezone.localtime(task.due_at)
    days = (due.date() - now.date()).days
    if _is_late(task, now):
        if days == 0:
            return _("Venció hoy"), "danger"
        if days == -1:
            return _("Venció ayer"), "danger"
        if years := -days // 365:
            late = ngettext("Venció hace %(n)s año", "Venció hace %(n)s años", years)
            return late % {"n": years}, "danger"
        late = ngettext("Venció hace %(days)s día", "Venció hace %(days)s días", -days)
        return late % {"days": -days}, "danger"
    if days == 0 and task.all_day:
        return _("Hoy"), "warn"
    if days == 0:
        return _("Hoy, antes de las %(time)s") % {"time": date_format(due, "H:i")}, "warn"
    return date_format(due, "l j M").capitalize(), ""


def greeting(now: datetime) -> str:
    """«Buenos días», by the hour of the local clock."""
    if now.hour < 12:
        return _("Buenos días")
    return _("Buenas tardes") if now.hour < 19 else _("Buenas noches")
