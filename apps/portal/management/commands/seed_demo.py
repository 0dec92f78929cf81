"""`manage.py seed_demo`: Aguas del Valle, so that every page has something true to show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.translation import gettext as _
from rich.progress import Progress

from apps.accounts.models import Person
from apps.portal.demo.governance import load_governance
from apps.portal.demo.improvement import load_improvement
from apps.portal.demo.indicators import load_indicators
from apps.portal.demo.manual import load_chapter, load_forms, load_pending, relate
from apps.portal.demo.organisation import load_organisation
from apps.portal.demo.standards import load_standards

DATA = Path(__file__).resolve().parents[2] / "demo" / "data"


def read(path: Path) -> Any:
    """Content of a YAML file."""
    return yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)


class Command(BaseCommand):
    """Loads the demo organisation into an empty portal. Does nothing the second time."""

    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError(_("Los datos de demostración solo se cargan con «serve --demo»."))
        if Person.objects.filter(is_system=False).exists():
            return
        chapters = [read(path) for path in sorted((DATA / "manual").glob("*.yaml"))]
        forms = [entry for path in sorted(DATA.glob("forms*.yaml")) for entry in read(path)]
        procedures = sum(str(chapter).count("'procedure': {") for chapter in chapters)
        with transaction.atomic(), Progress() as bar:
            task = bar.add_task(_("Cargando la demostración"), total=len(forms) + procedures + 5)
            cast = load_organisation(read(DATA / "organisation.yaml"))
            bar.advance(task)
            load_forms(forms, cast, lambda: bar.advance(task))
            for chapter in chapters:
                load_chapter(chapter, cast, lambda: bar.advance(task))
            relate(chapters, cast)
            load_pending(read(DATA / "pending.yaml"), chapters, cast)
            load_governance(read(DATA / "governance.yaml"))
            bar.advance(task)
            load_indicators(read(DATA / "indicators.yaml"), cast)
            bar.advance(task)
            load_improvement(read(DATA / "improvement.yaml"), cast)
            bar.advance(task)
            load_standards(read(DATA / "standards.yaml"), cast)
            bar.advance(task)
