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
        key = _group(task.due_at, now)
        groups.setdefault(key, []).append(Todo(task, *_clock(task.due_at, now)))
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


def _group(due_at: datetime | None, now: datetime) -> str:
    if due_at is None:
        return "undated"
    if due_at < now:
        return "late"
    days = (timezone.localtime(due_at).date() - now.date()).days
    if days == 0:
        return "today"
    return "week" if days < 7 - now.weekday() else "later"


def _clock(due_at: datetime | None, now: datetime) -> tuple[str, str]:
    if due_at is None:
        return "", ""
    due = timezone.localtime(due_at)
    days = (due.date() - now.date()).days
    if due < now:
        if days == 0:
            return _("Venció hoy"), "danger"
        if days == -1:
            return _("Venció ayer"), "danger"
        late = ngettext("Venció hace %(days)s día", "Venció hace %(days)s días", -days)
        return late % {"days": -days}, "danger"
    if days == 0:
        return _("Hoy, antes de las %(time)s") % {"time": date_format(due, "H:i")}, "warn"
    return date_format(due, "l j M").capitalize(), ""


def greeting(now: datetime) -> str:
    """«Buenos días», by the hour of the local clock."""
    if now.hour < 12:
        return _("Buenos días")
    return _("Buenas tardes") if now.hour < 19 else _("Buenas noches")
