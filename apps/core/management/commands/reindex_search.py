"""`manage.py reindex_search`: writes the whole search index anew."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _
from rich.progress import Progress

from apps.core.registry import search_kinds
from apps.core.search.indexing import forget_other_kinds, reindex


class Command(BaseCommand):
    """Every kind, batch by batch; searching goes on meanwhile."""

    help = "Vuelve a escribir el índice del buscador."

    def handle(self, *args: Any, **options: Any) -> None:
        with Progress() as bar:
            for key, kind in search_kinds:
                task = bar.add_task(str(kind.plural), total=kind.rows().count())
                reindex(key, lambda count, task=task: bar.advance(task, count))
        forget_other_kinds()
        self.stdout.write(_("El índice quedó al día."))
