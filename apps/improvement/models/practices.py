"""What works well and others could do too (CIC-18)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person, Unit
from apps.core.access import Level
from apps.core.origins import HasOrigin
from apps.improvement import querysets
from apps.improvement.models.findings import Finding


class GoodPractice(HasOrigin):
    """A way of working that others may take over. It expires unless validated anew."""

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Propuesta")
        VALIDATED = "validated", _("Validada")
        PUBLISHED = "published", _("Publicada")
        EXPIRED = "expired", _("Vencida")
        RETIRED = "retired", _("Retirada")

    code = models.CharField(_("código"), max_length=20, unique=True)
    title = models.CharField(_("título"), max_length=200)
    text = models.TextField(_("qué se hace"))
    benefit = models.TextField(_("qué se gana"))
    unit = models.ForeignKey(
        Unit, verbose_name=_("unidad de donde viene"), on_delete=models.PROTECT, related_name="+"
    )
    classification = models.PositiveSmallIntegerField(
        _("clasificación"), choices=Level.choices, default=Level.INTERNAL
    )
    finding = models.ForeignKey(
        Finding,
        verbose_name=_("hallazgo"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="practices",
    )
    state = models.CharField(
        _("estado"), max_length=10, choices=State.choices, default=State.PROPOSED
    )
    proposed_by = models.ForeignKey(
        Person, verbose_name=_("la propuso"), on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(_("propuesta el"), default=timezone.now)
    validated_by = models.ForeignKey(
        Person,
        verbose_name=_("la validó"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    validated_at = models.DateTimeField(_("validada el"), null=True, blank=True)
    valid_until = models.DateField(_("vale hasta el"), null=True, blank=True)
    published_at = models.DateTimeField(_("publicada el"), null=True, blank=True)
    retired_reason = models.TextField(_("por qué se retiró"), blank=True)

    objects = querysets.GoodPracticeQuerySet.as_manager()

    class Meta(HasOrigin.Meta):
        abstract = False
        verbose_name = _("buena práctica")
        verbose_name_plural = _("buenas prácticas")
        ordering = ["-created_at", "-pk"]
        default_permissions = ()
        constraints = [
            *HasOrigin.Meta.constraints,
            models.CheckConstraint(
                name="practice_state_has_its_instants",
                condition=Q(state="proposed", published_at=None)
                | Q(
                    state="validated",
                    validated_by__isnull=False,
                    validated_at__isnull=False,
                    valid_until__isnull=False,
                    published_at=None,
                )
                | Q(
                    state__in=["published", "expired"],
                    validated_by__isnull=False,
                    valid_until__isnull=False,
                    published_at__isnull=False,
                )
                | Q(state="retired") & ~Q(retired_reason=""),
            ),
            models.CheckConstraint(
                name="practice_not_validated_by_who_proposed_it",
                condition=Q(validated_by=None) | ~Q(validated_by=models.F("proposed_by")),
            ),
        ]
        indexes = [
            *HasOrigin.Meta.indexes,
            models.Index(fields=["-created_at", "-id"], name="practice_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("improvement:practice", args=[self.code])


class Adoption(models.Model):
    """A team works that way now."""

    practice = models.ForeignKey(GoodPractice, on_delete=models.CASCADE, related_name="adoptions")
    unit = models.ForeignKey(
        Unit, verbose_name=_("unidad"), on_delete=models.PROTECT, related_name="+"
    )
    note = models.CharField(_("cómo la adaptaron"), max_length=500, blank=True)
    adopted_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    adopted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("adopción")
        verbose_name_plural = _("adopciones")
        ordering = ["-adopted_at"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["practice", "unit"], name="practice_adopted_once")
        ]
