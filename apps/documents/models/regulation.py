"""The register of regulations and what each means for the documents (1.5.3, 4.5.2)."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person
from apps.documents import querysets_regulation
from apps.documents.models.base import Document, Version


class Regulation(models.Model):
    """A norm that somebody outside decided and that the organisation must follow."""

    code = models.CharField(_("norma"), max_length=80, unique=True)
    title = models.CharField(_("título"), max_length=300)
    jurisdiction = models.CharField(_("ámbito"), max_length=120)
    published_on = models.DateField(_("publicada el"), null=True, blank=True)
    effective_on = models.DateField(_("rige desde"))
    summary = models.TextField(_("qué cambia"))
    source_url = models.URLField(_("dónde se lee"), blank=True)
    registered_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    registered_at = models.DateTimeField(_("registrada el"), default=timezone.now)

    objects = querysets_regulation.RegulationQuerySet.as_manager()

    class Meta:
        verbose_name = _("norma")
        verbose_name_plural = _("normas")
        ordering = ["-effective_on", "-pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(Lower("code"), name="regulation_code_once"),
            models.CheckConstraint(
                name="regulation_published_before_it_takes_effect",
                condition=Q(published_on=None) | Q(published_on__lte=F("effective_on")),
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def get_absolute_url(self) -> str:
        return reverse("reviews:regulation", args=[self.pk])


class Impact(models.Model):
    """What a regulation asks of one document, and whether it was done."""

    class Weight(models.TextChoices):
        LOW = "low", _("Bajo")
        MEDIUM = "medium", _("Medio")
        HIGH = "high", _("Alto")

    class State(models.TextChoices):
        PENDING = "pending", _("Por adaptar")
        ADAPTED = "adapted", _("Adaptado")
        UNAFFECTED = "unaffected", _("No le afecta")

    regulation = models.ForeignKey(Regulation, on_delete=models.PROTECT, related_name="impacts")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="impacts")
    weight = models.CharField(_("impacto"), max_length=8, choices=Weight.choices)
    note = models.TextField(_("qué hay que adaptar"), blank=True)
    state = models.CharField(
        _("estado"), max_length=12, choices=State.choices, default=State.PENDING
    )
    version = models.ForeignKey(
        Version,
        verbose_name=_("versión que lo adapta"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    decision = models.TextField(_("cómo se decidió"), blank=True)
    decided_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(_("decidido el"), null=True, blank=True)

    objects = querysets_regulation.ImpactQuerySet.as_manager()

    class Meta:
        verbose_name = _("efecto de una norma")
        verbose_name_plural = _("efectos de normas")
        ordering = ["document__code"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["regulation", "document"], name="impact_once"),
            models.CheckConstraint(
                name="impact_decided_says_by_whom",
                condition=Q(state="pending")
                | Q(decided_by__isnull=False, decided_at__isnull=False),
            ),
            models.CheckConstraint(
                name="impact_adapted_names_its_version",
                condition=Q(state="adapted", version__isnull=False)
                | ~Q(state="adapted") & Q(version=None),
            ),
            models.CheckConstraint(
                name="impact_unaffected_says_why",
                condition=~Q(state="unaffected") | ~Q(decision=""),
            ),
        ]
        indexes = [
            models.Index(
                fields=["document"], condition=Q(state="pending"), name="impact_not_adapted"
            )
        ]
