"""Sheets of measurements, checked and kept until they are written."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.models import StoredFile
from apps.core.sheets import SheetRun


class SheetImport(SheetRun):
    """A sheet of measurements that was checked; `file` is what was handed in, the evidence."""

    # None where lines are at fault: then it has to be brought again.
    file = models.ForeignKey(
        StoredFile,
        verbose_name=_("archivo"),
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
    )

    class Meta:
        verbose_name = _("importación de mediciones")
        verbose_name_plural = _("importaciones de mediciones")
        default_permissions = ()
        ordering = ["-asked_at"]
