"""Changes asked of documents: the finding waits until the new text rules and was read (M21)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person
from apps.documents.models import Document, Version
from apps.improvement import querysets
from apps.improvement.models.findings import Finding

READ_BY = 90


class ChangeRequest(models.Model):
    """A finding asks that a document be changed."""

    class State(models.TextChoices):
        ASKED = "asked", _("Por decidir")
        ACCEPTED = "accepted", _("Aceptado")
        REJECTED = "rejected", _("Rechazado")

    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, related_name="changes")
    document = models.ForeignKey(
        Document,
        verbose_name=_("documento"),
        on_delete=models.PROTECT,
        related_name="change_requests",
    )
    text = models.TextField(_("qué debe cambiar"))
    read_by = models.PositiveSmallIntegerField(
        _("lo habrá leído y aceptado, en porcentaje"), default=READ_BY
    )
    asked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(_("estado"), max_length=10, choices=State.choices, default=State.ASKED)
    decision = models.TextField(_("motivo"), blank=True)
    decided_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    version = models.ForeignKey(
        Version,
        verbose_name=_("la versión que lo cambia"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="changes_made",
    )

    objects = querysets.ChangeRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("pedido de cambio")
        verbose_name_plural = _("pedidos de cambio")
        ordering = ["pk"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="change_decided_says_by_whom",
                condition=Q(state="asked", decided_by=None, decided_at=None, version=None)
                | Q(state="accepted", decided_by__isnull=False, decided_at__isnull=False)
                | Q(
                    state="rejected",
                    decided_by__isnull=False,
                    decided_at__isnull=False,
                    version=None,
                )
                & ~Q(decision=""),
            ),
            models.CheckConstraint(
                name="change_read_by_a_share", condition=Q(read_by__range=(1, 100))
            ),
        ]
