"""A sheet that was checked: sealed until it is applied or forgotten."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.crypto import seal, unseal
from apps.core.sheets.reading import Line

FAULTY = _("Hay filas con errores: corríjalas y suba el archivo de nuevo.")
FORGOTTEN_AFTER = timedelta(hours=24)


class SheetRun(models.Model):
    """What a dry run found. Rooms add what their sheets are about."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    sealed = models.BinaryField()
    lines = models.PositiveIntegerField(_("filas"))
    faulty = models.PositiveIntegerField(_("filas con errores"))
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("la pidió"),
        on_delete=models.CASCADE,
        related_name="+",
    )
    asked_at = models.DateTimeField(_("pedida el"), default=timezone.now)
    applied_at = models.DateTimeField(_("hecha el"), null=True, blank=True)

    class Meta:
        abstract = True

    @classmethod
    def keep(cls, lines: list[Line], *, by: Any, **fields: Any) -> Any:
        """Save a run with its checked lines; those nobody applied in 24 hours are forgotten."""
        old = cls._default_manager.filter(
            applied_at=None, asked_at__lt=timezone.now() - FORGOTTEN_AFTER
        )
        for run in old:  # one by one: each leaves its row in the log
            run.delete()
        run = cls(asked_by=by, lines=len(lines), **fields)
        run.faulty = sum(bool(line.faults) for line in lines)
        run.seal_lines(lines)
        run.save()
        return run

    def seal_lines(self, lines: Iterable[Line]) -> None:
        """Put `lines` in, sealed; does not save."""
        self.sealed = seal([asdict(line) for line in lines], purpose="import", subject=str(self.pk))

    def kept_lines(self) -> list[Line]:
        """The lines with their faults; once applied, only what identifies each."""
        return [
            Line(**line) for line in unseal(self.sealed, purpose="import", subject=str(self.pk))
        ]
