"""Pages by key, not by number: the thousandth costs what the first does (DESIGN §9)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core import signing
from django.db import models
from django.db.models import F
from django.db.models.expressions import Func, Value
from django.http import HttpRequest
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

COUNT_CAP = 1001
PARAMETER = "pagina"


class Row(Func):
    """An SQL row value: ROW(a, b), compared as a whole so that the index is used."""

    function = "ROW"
    output_field = models.BooleanField()


@dataclass
class Page:
    """One page of a list and the addresses of its neighbours (None where there is none)."""

    rows: list[Any]
    previous_url: str | None
    next_url: str | None
    summary: str


def count_in_words(queryset: models.QuerySet, one: str = "", many: str = "") -> str:
    """«3 resultados», at most «más de 1.000»: never an exact count of a big table."""
    total = queryset.order_by().values("pk")[:COUNT_CAP].count()  # without what is told of a row
    if total >= COUNT_CAP:
        return _("más de 1.000")
    return ngettext("%(total)s resultado", "%(total)s resultados", total) % {"total": total}


def paginate(
    queryset: models.QuerySet,
    request: HttpRequest,
    *,
    order: Sequence[str] = ("-created_at", "-id"),
    size: int = 30,
    with_count: bool = True,
) -> Page:
    """The page of `queryset` that the request's `pagina` parameter points at.

    `order` names not-null fields or annotations, all ascending or all descending, the last
    one unique. A mark that was altered or belongs to another order shows the first page.
    """
    descending = order[0].startswith("-")
    names = [name.lstrip("-") for name in order]
    if any(name.startswith("-") != descending for name in order):
        raise ValueError("a keyset needs one direction")
    mark = _read_mark(request.GET.get(PARAMETER, ""), order)
    backwards = mark is not None and mark["to"] == "previous"
    rows = queryset
    if mark is not None:
        rows = rows.filter(_beyond(queryset, names, mark["at"], descending != backwards))
    flip = descending != backwards
    ordering = [f"-{name}" if flip else name for name in names]
    found = list(rows.order_by(*ordering)[: size + 1])
    more = len(found) > size
    found = found[:size]
    if backwards:
        found.reverse()
    has_previous = more if backwards else mark is not None
    has_next = True if backwards else more
    return Page(
        rows=found,
        previous_url=_url(request, order, names, found[0], "previous")
        if found and has_previous
        else None,
        next_url=_url(request, order, names, found[-1], "next") if found and has_next else None,
        summary=count_in_words(queryset) if with_count else "",
    )


def _beyond(queryset: models.QuerySet, names: list[str], at: list[Any], less: bool) -> Any:
    values = [
        Value(_typed(value), output_field=_field(queryset, name))
        for name, value in zip(names, at, strict=True)
    ]
    here = Row(*(F(name) for name in names))
    there = Row(*values)
    return Func(
        here,
        there,
        template="(%(expressions)s)",
        arg_joiner=" < " if less else " > ",
        output_field=models.BooleanField(),
    )


def _field(queryset: models.QuerySet, path: str) -> models.Field:
    if path in queryset.query.annotations:
        return queryset.query.annotations[path].output_field
    model, field = queryset.model, None
    for part in path.split("__"):
        field = model._meta.get_field(part)
        if field.is_relation and field.related_model:
            model = field.related_model
    if field.is_relation:
        field = field.target_field
    if isinstance(field, models.AutoField | models.BigAutoField):
        return models.BigIntegerField()
    return field


def _typed(value: Any) -> Any:
    if isinstance(value, dict):
        return parse_datetime(value["t"]) if "t" in value else parse_date(value["d"])
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"t": value.isoformat()}
    if isinstance(value, date):
        return {"d": value.isoformat()}
    return value


def _value(row: Any, path: str) -> Any:
    for part in path.split("__"):
        row = row[part] if isinstance(row, dict) else getattr(row, part)
    return getattr(row, "pk", row)


def _url(request: HttpRequest, order: Sequence[str], names: list[str], row: Any, to: str) -> str:
    mark = {"o": ",".join(order), "to": to, "at": [_plain(_value(row, name)) for name in names]}
    query = request.GET.copy()
    query[PARAMETER] = signing.dumps(mark, salt="page", compress=True)
    return f"?{query.urlencode()}"


def _read_mark(text: str, order: Sequence[str]) -> dict[str, Any] | None:
    if not text:
        return None
    try:
        mark = signing.loads(text, salt="page")
    except (signing.BadSignature, json.JSONDecodeError, ValueError):
        return None
    return mark if mark.get("o") == ",".join(order) else None
