"""The chapters of the manual are the processes by which other rooms group what they have."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from apps.core.registry import Process, processes
from apps.manual.models import Node


def chapters(person: Any) -> Iterable[Process]:
    """Headings at the top of the manual, in its order. One query."""
    rows = Node.objects.visible_to(person).filter(parent=None, document=None)
    for row in rows.order_by("order", "pk").only("code", "title"):
        yield Process(row.code, f"{row.code} {row.title}", row.get_absolute_url())


processes.add("manual", chapters)
