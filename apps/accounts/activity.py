"""The activity log in words: who did what to which thing, before and after."""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC
from functools import cached_property, lru_cache
from itertools import islice
from typing import Any

from auditlog.models import LogEntry
from auditlog.registry import auditlog
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format
from django.utils.html import strip_tags
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.audit import Event
from apps.accounts.models import Person, Role
from apps.accounts.permissions import Perm
from apps.accounts.selectors import permission_titles
from apps.core.access import Level, clearance, visible

SHOWN_MAX = 300
EVENT = LogEntry.Action.ACCESS
ACTIONS = {
    LogEntry.Action.CREATE: gettext_lazy("Creó"),
    LogEntry.Action.UPDATE: gettext_lazy("Cambió"),
    LogEntry.Action.DELETE: gettext_lazy("Borró"),
    EVENT: gettext_lazy("Entradas, salidas y consultas"),
}
EVENTS = {
    Event.SIGNED_IN: gettext_lazy("Entró"),
    Event.SECOND_FACTOR_FAILED: gettext_lazy("Código equivocado"),
    Event.SIGNED_OUT: gettext_lazy("Salió"),
    Event.SESSIONS_ENDED: gettext_lazy("Cerró sesiones"),
    Event.SESSION_EXPIRED: gettext_lazy("La sesión venció"),
    Event.PASSWORD_CHANGED: gettext_lazy("Eligió contraseña"),
    Event.PASSWORD_RESET: gettext_lazy("Restableció la contraseña"),
    Event.FACTOR_ADDED: gettext_lazy("Agregó un segundo factor"),
    Event.FACTOR_REMOVED: gettext_lazy("Quitó un segundo factor"),
    Event.CODES_RENEWED: gettext_lazy("Creó códigos de recuperación"),
    Event.FACTORS_RESET: gettext_lazy("Quitó todos los factores"),
    Event.NEW_DEVICE: gettext_lazy("Entró desde un dispositivo nuevo"),
}
# Lists of keys, logged by `services.roles.log_change`.
LISTS = {"roles": gettext_lazy("roles"), "permissions": gettext_lazy("permisos")}
# Fields that carry no Spanish name of their own.
FIELD_TITLES = LISTS | {
    "parent": gettext_lazy("depende de"),
    "document": gettext_lazy("documento"),
    "version": gettext_lazy("versión"),
    "current": gettext_lazy("versión vigente"),
    "author": gettext_lazy("la redactó"),
    "approver": gettext_lazy("la aprobó"),
    "form": gettext_lazy("formulario"),
    "file": gettext_lazy("archivo"),
    "related": gettext_lazy("relacionado"),
}


@dataclass
class Told:
    """An entry in words. `changes` are field, before, after; a hidden one tells nothing."""

    entry: LogEntry
    action: str
    kind: str
    thing: str
    changes: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def who(self) -> str:
        """The person who acted, or what is known of them."""
        return str(self.entry.actor or self.entry.actor_email or _("El portal"))


def entries(actor: Person) -> QuerySet[LogEntry]:
    """Rows of the log that exist for `actor`, with who acted."""
    rows = LogEntry.objects.select_related("actor", "content_type")
    return visible(rows, actor, Perm.VIEW_LOG)


def kinds() -> dict[int, str]:
    """Kinds of things the log tells of, by content type, with their Spanish name."""
    ours = {config.label for config in apps.get_app_configs() if config.name.startswith("apps.")}
    logged = [model for model in auditlog.get_models() if model._meta.app_label in ours]
    found = ContentType.objects.get_for_models(*logged)
    names = {kind.pk: str(model._meta.verbose_name).capitalize() for model, kind in found.items()}
    return dict(sorted(names.items(), key=lambda pair: pair[1]))


def told_in_batches(rows: Iterable[LogEntry], actor: Person) -> Iterator[Told]:
    """`told` for a stream of any length."""
    stream = iter(rows)
    while some := list(islice(stream, 500)):
        yield from told(some, actor)


def told(rows: Iterable[LogEntry], actor: Person) -> list[Told]:
    """Entries in words for `actor`, the things they name fetched together.

    SECURITY: what a change says of a thing classified above the reader's level is left out
    (S4), also when the thing itself is gone and its level cannot be known any more.
    """
    rows = list(rows)
    hidden, words = _hidden(rows, actor), _Words(rows)
    return [_hidden_entry(row) if row.pk in hidden else _told(row, words) for row in rows]


class _Words:
    """What keys in the changes of some rows stand for; one query per kind, when asked."""

    def __init__(self, rows: list[LogEntry]) -> None:
        self.names = _names(rows)

    @cached_property
    def permissions(self) -> dict[str, str]:
        return permission_titles()

    @cached_property
    def roles(self) -> dict[str, str]:
        return dict(Role.objects.values_list("key", "title"))

    def lists(self, name: str) -> dict[str, str]:
        return self.permissions if name == "permissions" else self.roles


def _hidden_entry(entry: LogEntry) -> Told:
    return Told(entry, _action(entry), _kind(entry), _("Reservado: está por encima de su nivel."))


def _told(entry: LogEntry, words: _Words) -> Told:
    model, changes = entry.content_type.model_class(), []
    for name, value in (entry.changes_dict or {}).items():
        if name == "id":
            continue
        before, after = _sides(value)
        if name in LISTS:
            before, after = _difference(words.lists(name), before, after)
        column = _column(model, name)
        shown = (_shown(side, column, words.names) for side in (before, after))
        changes.append((_title(name, column), *shown))
    if entry.action == LogEntry.Action.CREATE:
        changes = [change for change in changes if change[2] != "—"]
    elif entry.action == LogEntry.Action.DELETE:
        changes = [change for change in changes if change[1] != "—"]
    return Told(entry, _action(entry), _kind(entry), entry.object_repr, sorted(changes))


def _action(entry: LogEntry) -> str:
    event = (entry.additional_data or {}).get("event")
    if entry.action == EVENT:
        return str(EVENTS.get(event, _("Consultó")))
    return str(ACTIONS.get(entry.action, ""))


def _kind(entry: LogEntry) -> str:
    model = entry.content_type.model_class()
    return str(model._meta.verbose_name) if model else entry.content_type.model


def _column(model: Any, name: str) -> Any:
    try:
        return model._meta.get_field(name) if model else None
    except FieldDoesNotExist:
        return None


def _title(name: str, column: Any) -> str:
    return str(FIELD_TITLES.get(name) or getattr(column, "verbose_name", name))


def _sides(value: Any) -> tuple[Any, Any]:
    """Before and after of one field; of a many-to-many, what was taken and what was added."""
    if isinstance(value, dict):
        some = ", ".join(value.get("objects", []))
        return (some, "") if value.get("operation") == "delete" else ("", some)
    return tuple(value) if len(value) == 2 else ("", value)


def _difference(titles: dict[str, str], before: str, after: str) -> tuple[str, str]:
    """Of two lists of keys what only one of them has, in words."""
    old, new = ({key for key in text.split(", ") if key} for text in (before, after))
    gone, come = (sorted(titles.get(key, key) for key in keys) for keys in (old - new, new - old))
    return ", ".join(gone), ", ".join(come)


def _shown(value: Any, column: Any, names: dict[tuple[type, str], str]) -> str:
    if value in (None, "None", ""):
        return "—"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if column is not None and column.is_relation:
        text = names.get((column.related_model, text), text)
    elif getattr(column, "choices", None):
        text = str({str(key): title for key, title in column.flatchoices}.get(text, text))
    elif isinstance(column, models.BooleanField):
        text = {"True": _("Sí"), "False": _("No")}.get(text, text)
    elif isinstance(column, models.DateTimeField) and (at := _instant(text)):
        text = date_format(timezone.localtime(at), "j b Y, G:i")
    elif isinstance(column, models.DateField) and (day := _day(text)):
        text = date_format(day, "j b Y")
    elif isinstance(column, models.JSONField):
        text = _items(text)
    elif isinstance(column, models.TextField):
        text = " ".join(strip_tags(text).split())
    return text if len(text) <= SHOWN_MAX else f"{text[:SHOWN_MAX]}…"


def _instant(text: str) -> Any:
    """auditlog keeps instants naive, in UTC."""
    try:
        at = parse_datetime(text)
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at and at.tzinfo is None else at


def _day(text: str) -> Any:
    try:
        return parse_date(text)
    except ValueError:
        return None


def _items(text: str) -> str:
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return "; ".join(map(str, value)) if isinstance(value, list) else text


def _names(rows: list[LogEntry]) -> dict[tuple[type, str], str]:
    """What the keys in the changes point at, by model and key: one query per model."""
    wanted: dict[type, set[str]] = defaultdict(set)
    for row in rows:
        model = row.content_type.model_class()
        for name, value in (row.changes_dict or {}).items():
            column = _column(model, name)
            if _points_at_one(column) and isinstance(value, list):
                wanted[column.related_model] |= {key for key in value if str(key).isdigit()}
    return {
        (model, str(thing.pk)): str(thing)
        for model, keys in wanted.items()
        if keys
        for thing in model._base_manager.filter(pk__in=keys)
    }


def _points_at_one(column: Any) -> bool:
    """Whether it is a foreign key to something that is under no classification."""
    single = getattr(column, "many_to_one", False) or getattr(column, "one_to_one", False)
    return single and classified_path(column.related_model) is None


@lru_cache(maxsize=256)
def classified_path(model: type[models.Model]) -> str | None:
    """How to get from `model` to the classification it is under; None if it is under none."""
    waiting = deque([(model, "", 0)])
    while waiting:
        at, path, depth = waiting.popleft()
        for column in at._meta.concrete_fields:
            if column.name == "classification":
                return f"{path}classification"
        if depth < 3:
            waiting.extend(
                (column.related_model, f"{path}{column.name}__", depth + 1)
                for column in at._meta.concrete_fields
                if column.is_relation and column.related_model not in (at, Person)
            )
    return None


def _hidden(rows: list[LogEntry], actor: Person) -> set[int]:
    """Entries about things above the level of `actor`: one query per classified model."""
    level = clearance(actor)
    if level == Level.RESERVED:
        return set()
    about: dict[type, list[LogEntry]] = defaultdict(list)
    for row in rows:
        model = row.content_type.model_class()
        if model is not None and classified_path(model) is not None:
            about[model].append(row)
    hidden = set()
    for model, some in about.items():
        found = model._base_manager.filter(pk__in=[row.object_pk for row in some])
        levels = dict(found.values_list("pk", classified_path(model)))
        for row in some:
            known = levels.get(row.object_id, Level.RESERVED)
            if known is not None and known > level:
                hidden.add(row.pk)
    return hidden
