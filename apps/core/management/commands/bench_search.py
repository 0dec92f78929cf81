"""`manage.py bench_search FILE`: how good and how fast the search is on a file of questions."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from apps.core.rules import RuleBroken
from apps.core.search import trial


class Command(BaseCommand):
    """Indexes the file's paragraphs in scratch tables and asks its questions."""

    help = "Mide el buscador con un archivo de párrafos y preguntas, sin tocar los datos."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            paragraphs, questions = trial.read(file)
        except RuleBroken as rule:
            raise CommandError(" ".join(rule.messages)) from rule
        with trial.scratch():
            trial.index_paragraphs(paragraphs)
            plain = trial.try_questions(questions)
            typed = trial.try_questions(questions, trial.with_a_typo)
        self.stdout.write(
            _("%(pages)s páginas, %(questions)s preguntas")
            % {"pages": len(paragraphs), "questions": plain.questions}
        )
        for title, verdict in (
            (_("Como están escritas"), plain),
            (_("Con una letra menos"), typed),
        ):
            self.stdout.write(
                _(
                    "%(title)s: primera %(first).1f %%, entre las tres %(three).1f %%,"
                    " mediana %(median).1f ms, p95 %(p95).1f ms"
                )
                % {
                    "title": title,
                    "first": verdict.first,
                    "three": verdict.top_three,
                    "median": verdict.median_ms,
                    "p95": verdict.p95_ms,
                }
            )
