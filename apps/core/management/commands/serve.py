"""`manage.py serve`: a whole portal from one command."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.embedded import Home, Trouble, trouble_with
from apps.core.supervisor import Portal
from apps.core.supervisor.checks import start_over
from apps.core.supervisor.welcome import demo_code


class Command(BaseCommand):
    help = gettext_lazy("Sirve el portal con todo lo que necesita hasta que se detenga con Ctrl-C.")
    requires_system_checks: list[str] = []  # the children run them; here they would cost a second

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--demo", action="store_true", help=_("con los datos de demostración"))
        parser.add_argument("--port", type=int, default=8000, help=_("puerto en 127.0.0.1"))
        parser.add_argument("--workers", type=int, default=2, help=_("procesos web"))
        parser.add_argument(
            "--reset", action="store_true", help=_("borra los datos y empieza de cero")
        )
        parser.add_argument("--no-input", action="store_true", help=_("no pregunta nada"))
        parser.add_argument(
            "--code", action="store_true", help=_("código de la demostración y fin")
        )

    def handle(self, **options: Any) -> None:
        if options["code"]:
            self.stdout.write(demo_code())
            return
        home = Home(settings.CAUCE_HOME)
        try:
            if options["reset"]:
                self.reset(home, ask=not options["no_input"])
            Portal(home, options["port"], options["demo"], options["workers"]).run()
        except Trouble as trouble:
            raise CommandError(_(trouble.message) % trouble.params) from trouble
        except OSError as error:
            trouble = trouble_with(error.filename or home.path, error)
            raise CommandError(_(trouble.message) % trouble.params) from error

    def reset(self, home: Home, *, ask: bool) -> None:
        if home.state().get("kind") == "portal" and ask:
            question = _("Se borrarán todos los datos de %(path)s. Escriba BORRAR para seguir: ")
            if not sys.stdin.isatty() or input(question % {"path": home.path}) != "BORRAR":
                raise CommandError(_("No se borró nada."))
        start_over(home)
