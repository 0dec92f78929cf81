"""Querysets compiled once per process, and statements planned once per connection.

For the few statements that every request repeats. Django builds and compiles a queryset anew
each time, and PostgreSQL plans it anew; for a statement with several subqueries that is ten
times what answering it takes. Here the queryset is built once with stand-ins for its values,
prepared on each connection, and later calls only send the real values.

What the queryset depends on besides its values (the actor's permissions, today's date) is
part of the key under which it is kept, so a plan never outlives its truth.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Hashable, Sequence
from datetime import date
from functools import lru_cache
from itertools import count
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.models.query import get_related_populators
from django.utils import timezone

M = TypeVar("M", bound=models.Model)

KEPT = 300
_INT = 4_611_686_018_427_000_000
_TEXT = "\u2063mark-{}\u2063"
_DATE = date(4713, 1, 1)


class StandIn:
    """An actor in whose place the real one is put at each call: same permissions and shape."""

    def __init__(self, actor: Any) -> None:
        access = actor.access()
        self.is_active, self.is_authenticated = actor.is_active, actor.is_authenticated
        self.granted = access.granted
        self.pk = self.id = _INT
        self.unit_ids = [_INT + 1 + number for number in range(len(access.unit_ids))]

    def access(self) -> StandIn:
        return self

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return self.is_active and str(perm) in self.granted


def _actor_values(actor: Any) -> list[tuple[Any, Any]]:
    units = actor.access().unit_ids
    return [(_INT, actor.pk), *((_INT + 1 + number, unit) for number, unit in enumerate(units))]


def _actor_shape(actor: Any) -> Hashable:
    access = actor.access()
    return (
        actor.is_active,
        actor.is_authenticated,
        frozenset(access.granted),
        len(access.unit_ids),
    )


def _stand_in_for(value: Any, number: int) -> Any:
    if isinstance(value, bool) or value is None:
        raise TypeError("a prepared value is an int, a text or a calendar day")
    if isinstance(value, int):
        return _INT + 1000 + number
    if isinstance(value, str):
        return _TEXT.format(number)
    if type(value) is date:
        return _DATE.replace(day=1 + number)
    raise TypeError("a prepared value is an int, a text or a calendar day")


class Prepared(Generic[M]):
    """`build(actor, **values)` compiled once per shape; call it with the same arguments.

    `actor` is a person, or None for statements that do not depend on one. Values are ints,
    texts or calendar days, and each must reach the statement as a parameter (ValueError if
    one does not). The queryset may use `select_related`, `defer` and annotations, not
    `prefetch_related`.
    """

    def __init__(self, build: Callable[..., models.QuerySet[M]]) -> None:
        self._build = build
        self._plans: dict[Hashable, _Plan[M]] = {}

    def __call__(self, actor: Any, **values: Any) -> list[M]:
        """Rows for `actor` and `values`."""
        kinds = tuple((name, type(value)) for name, value in values.items())
        shape = (timezone.localdate(), actor and _actor_shape(actor), kinds)
        plan = self._plans.get(shape)
        if plan is None:
            plan = self._compile(actor, values)
            if len(self._plans) >= KEPT:
                self._plans.clear()
            self._plans[shape] = plan
        real = _actor_values(actor) if actor else []
        real += [(plan.marks[name], value) for name, value in values.items()]
        return plan.rows(dict(real))

    def first(self, actor: Any, **values: Any) -> M | None:
        """The first row, or None."""
        rows = self(actor, **values)
        return rows[0] if rows else None

    def _compile(self, actor: Any, values: dict[str, Any]) -> _Plan[M]:
        marks = {
            name: _stand_in_for(value, number)
            for number, (name, value) in enumerate(values.items())
        }
        queryset = self._build(StandIn(actor) if actor else None, **marks)
        return _Plan(queryset, marks)


class _Plan(Generic[M]):
    """SQL text with its stand-ins, and how rows become instances."""

    def __init__(self, queryset: models.QuerySet[M], marks: dict[str, Any]) -> None:
        self.marks = marks
        compiler = queryset.query.get_compiler(using=queryset.db)
        try:
            self.sql, params = compiler.as_sql()
        except EmptyResultSet:  # nothing exists for this actor: no statement is needed
            self.sql = ""
            return
        self.params = tuple(params)
        if missing := [name for name, mark in marks.items() if mark not in self.params]:
            raise ValueError(f"not a parameter of the statement: {', '.join(missing)}")
        self.name = f"cauce_{hashlib.sha256(repr((self.sql, params)).encode()).hexdigest()[:20]}"
        self.order = [p for p in dict.fromkeys(self.params) if _is_mark(p)]
        self.compiler, self.db = compiler, queryset.db
        info, select = compiler.klass_info, compiler.select
        fields = info["select_fields"]
        self.model, self.start, self.end = info["model"], fields[0], fields[-1] + 1
        self.names = [f[0].target.attname for f in select[self.start : self.end]]
        self.annotations = tuple((compiler.annotation_col_map or {}).items())
        self.populators = get_related_populators(info, select, queryset.db)
        self.converters = compiler.get_converters([column[0] for column in select])

    def rows(self, real: dict[Any, Any]) -> list[M]:
        if not self.sql:
            return []
        with connection.cursor() as cursor:
            self._execute(cursor, real)
            rows: Any = cursor.fetchall()
        if self.converters:
            rows = self.compiler.apply_converters(rows, self.converters)
        found = []
        for row in rows:
            instance = self.model.from_db(self.db, self.names, row[self.start : self.end])
            for populator in self.populators:
                populator.populate(row, instance)
            for name, column in self.annotations:
                setattr(instance, name, row[column])
            found.append(instance)
        return found

    def _execute(self, cursor: Any, real: dict[Any, Any]) -> None:
        if connection.settings_dict["DISABLE_SERVER_SIDE_CURSORS"]:
            # Behind transaction pooling a statement prepared here would be looked for there.
            cursor.execute(self.sql, [real[p] if _is_mark(p) else p for p in self.params])
            return
        prepared = _prepared_on.setdefault(connection.connection, set())
        if self.name not in prepared:
            # On the driver's own cursor: it is no query of the page, and it happens once.
            cursor.cursor.execute(self._prepare(cursor))
            prepared.add(self.name)
        places = ", ".join(["%s"] * len(self.order))
        call = f"EXECUTE {self.name} ({places})" if places else f"EXECUTE {self.name}"
        cursor.execute(call, [real[mark] for mark in self.order])

    def _prepare(self, cursor: Any) -> bytes:
        """PREPARE with a typed place for each mark; what is constant becomes a literal."""
        waiting = iter(self.params)

        def place(found: re.Match[str]) -> str:
            if found[0] == "%%":
                return "%"
            value = next(waiting)
            if _is_mark(value):
                return f"${self.order.index(value) + 1}"
            return cursor.cursor.mogrify("%s", [value]).decode()

        body = re.sub("%%|%s", place, self.sql)
        kinds = ", ".join(_SQL_TYPES[type(mark)] for mark in self.order)
        return f"PREPARE {self.name}{f' ({kinds})' if kinds else ''} AS {body}".encode()


def run(cursor: Any, text: str, values: Sequence[tuple[str, Any]]) -> None:
    """Execute `text` (places are %s) with `values`, each with the name of its type in SQL.

    Parsed and planned once per connection: for long statements that requests repeat. Behind
    transaction pooling it is sent whole.
    """
    arguments = [value for _kind, value in values]
    if connection.settings_dict["DISABLE_SERVER_SIDE_CURSORS"]:
        cursor.execute(text, arguments)
        return
    kinds = ", ".join(kind for kind, _value in values)
    name, preparation, call = _numbered(text, kinds)
    prepared = _prepared_on.setdefault(connection.connection, set())
    if name not in prepared:
        cursor.cursor.execute(preparation)
        prepared.add(name)
    cursor.execute(call, arguments)


@lru_cache(maxsize=1000)
def _numbered(text: str, kinds: str) -> tuple[str, str, str]:
    """Name, PREPARE and EXECUTE of a statement."""
    name = f"cauce_{hashlib.sha256(f'{kinds};{text}'.encode()).hexdigest()[:20]}"
    numbers = count(1)
    body = re.sub("%%|%s", lambda m: "%" if m[0] == "%%" else f"${next(numbers)}", text)
    places = ", ".join(["%s"] * (kinds.count(",") + 1))
    return name, f"PREPARE {name} ({kinds}) AS {body}", f"EXECUTE {name} ({places})"


_SQL_TYPES = {int: "bigint", str: "text", date: "date"}
# Which statements each connection of the driver knows; forgotten with the connection.
_prepared_on: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()


def _is_mark(value: Any) -> bool:
    if type(value) is int:
        return _INT <= value < _INT + 2000
    if type(value) is str:
        return value.startswith(_TEXT[:6])
    return type(value) is date and value.year == _DATE.year
