"""Indicators and what they were defined to be at each time (CIC-09)."""

from __future__ import annotations

import pgtrigger
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person, Unit
from apps.indicators import querysets
from apps.indicators.periods import Frequency


def number_field(*args: object, **options: object) -> models.DecimalField:
    """A measured number: up to 14 digits before the point and 6 behind."""
    return models.DecimalField(*args, max_digits=20, decimal_places=6, **options)


class Standing(models.TextChoices):
    """How a value stands against what was wanted of it."""

    MET = "met", _("Cumple la meta")
    TOLERATED = "tolerated", _("Dentro de la tolerancia")
    MISSED = "missed", _("No cumple la meta")
    WARNING = "warning", _("Pasó el umbral de alerta")
    CRITICAL = "critical", _("Pasó el umbral crítico")
    NO_TARGET = "no_target", _("Sin meta")
    NO_DATA = "no_data", _("Sin mediciones")


class Indicator(models.Model):
    """Something that is measured period after period.

    `current` is its newest definition; `latest` the standing measurement of its last period and
    `standing` how that one stands. Both follow what the services write.
    """

    code = models.CharField(_("código"), max_length=20, unique=True)
    current = models.OneToOneField(
        "Definition", on_delete=models.PROTECT, null=True, blank=True, related_name="current_of"
    )
    latest = models.OneToOneField(
        "Measurement", on_delete=models.PROTECT, null=True, blank=True, related_name="latest_of"
    )
    standing = models.CharField(
        _("resultado"), max_length=10, choices=Standing.choices, default=Standing.NO_DATA
    )
    retired_on = models.DateField(_("retirado el"), null=True, blank=True)
    retirement_reason = models.TextField(_("por qué se retiró"), blank=True)
    # What the registered metric last answered, and when it was asked.
    fed_at = models.DateTimeField(null=True, blank=True)
    feed_trouble = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = querysets.IndicatorQuerySet.as_manager()

    class Meta:
        verbose_name = _("indicador")
        verbose_name_plural = _("indicadores")
        ordering = ["code"]
        default_permissions = ("view",)
        permissions = [
            ("define_indicator", _("Puede definir indicadores y fijar sus límites")),
            ("record_measurement", _("Puede registrar mediciones de su unidad")),
            ("export_indicator", _("Puede exportar indicadores")),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.current.name}" if self.current else self.code

    def get_absolute_url(self) -> str:
        return reverse("indicators:indicator", args=[self.code])

    @property
    def is_retired(self) -> bool:
        """Whether it is measured no more."""
        return self.retired_on is not None


class Definition(models.Model):
    """What an indicator means from a day on. Never changes: a new one takes its place (CIC-09).

    A measurement belongs to the definition in force when its period began.
    """

    class Shape(models.TextChoices):
        """What a value is made of, which says how it is charted."""

        VALUE = "value", _("Un valor por período")
        PROPORTION = "proportion", _("Una parte de un total, en porcentaje")
        RATE = "rate", _("Casos por cada tantas unidades")

    class Direction(models.TextChoices):
        HIGHER = "higher", _("Más es mejor")
        LOWER = "lower", _("Menos es mejor")
        NEAR = "near", _("Cerca de la meta es mejor")

    class Feed(models.TextChoices):
        HAND = "hand", _("A mano o por archivo")
        METRIC = "metric", _("Del propio portal")

    indicator = models.ForeignKey(Indicator, on_delete=models.PROTECT, related_name="definitions")
    number = models.PositiveSmallIntegerField(_("versión"))
    effective_on = models.DateField(_("rige desde"))
    name = models.CharField(_("nombre"), max_length=160)
    purpose = models.TextField(_("para qué se mide"))
    formula = models.TextField(_("cómo se calcula"))
    shape = models.CharField(_("forma"), max_length=10, choices=Shape.choices)
    measure = models.CharField(_("unidad de medida"), max_length=40)
    decimals = models.PositiveSmallIntegerField(
        _("decimales"), default=1, validators=[MaxValueValidator(4)]
    )
    # A rate of 3 per 1,000 calls: `per` is 1,000. Proportions are kept per 100.
    per = models.PositiveIntegerField(_("por cada"), default=1)
    lowest = number_field(_("valor mínimo posible"), null=True, blank=True)
    highest = number_field(_("valor máximo posible"), null=True, blank=True)
    direction = models.CharField(_("sentido"), max_length=6, choices=Direction.choices)
    target = number_field(_("meta"), null=True, blank=True)
    tolerance = number_field(_("tolerancia"), default=0)
    # Values; distances from the target where near is better.
    warning_at = number_field(_("umbral de alerta"), null=True, blank=True)
    critical_at = number_field(_("umbral crítico"), null=True, blank=True)
    frequency = models.CharField(_("frecuencia"), max_length=8, choices=Frequency.choices)
    grace_days = models.PositiveSmallIntegerField(
        _("plazo para registrar, en días"),
        default=10,
        help_text=_("Días corridos después de cerrar el período."),
    )
    source = models.CharField(_("de dónde sale el dato"), max_length=300)
    feed = models.CharField(_("cómo se alimenta"), max_length=6, choices=Feed.choices)
    metric = models.CharField(_("medida del portal"), max_length=80, blank=True)
    unit = models.ForeignKey(
        Unit, verbose_name=_("unidad"), on_delete=models.PROTECT, related_name="+"
    )
    # Code of a process as a room above registers it (`core.registry.processes`).
    process = models.CharField(_("proceso"), max_length=40, blank=True)
    owner = models.ForeignKey(
        Person, verbose_name=_("responsable"), on_delete=models.PROTECT, related_name="+"
    )
    # So many in a row on one side of the mean are a signal; 0 turns the rule off.
    run_length = models.PositiveSmallIntegerField(_("seguidas del mismo lado"), default=8)
    is_comparable = models.BooleanField(_("se compara con las mediciones anteriores"), default=True)
    reason = models.TextField(_("por qué cambió"), blank=True)
    written_by = models.ForeignKey(
        Person, verbose_name=_("la escribió"), on_delete=models.PROTECT, related_name="+"
    )
    written_at = models.DateTimeField(_("escrita el"), default=timezone.now)

    class Meta:
        verbose_name = _("definición")
        verbose_name_plural = _("definiciones")
        ordering = ["-number"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["indicator", "number"], name="definition_number_once"),
            models.CheckConstraint(
                name="later_definitions_say_why", condition=Q(number=1) | ~Q(reason="")
            ),
            models.CheckConstraint(
                name="fed_by_a_metric_or_by_people",
                condition=Q(feed="metric") & ~Q(metric="") | Q(feed="hand", metric=""),
            ),
            models.CheckConstraint(
                name="range_of_an_indicator_is_not_empty",
                condition=Q(lowest=None) | Q(highest=None) | Q(lowest__lt=F("highest")),
            ),
            models.CheckConstraint(
                name="target_within_the_range",
                condition=(Q(target=None) | Q(lowest=None) | Q(target__gte=F("lowest")))
                & (Q(target=None) | Q(highest=None) | Q(target__lte=F("highest"))),
            ),
            models.CheckConstraint(name="tolerance_not_negative", condition=Q(tolerance__gte=0)),
            models.CheckConstraint(name="rate_per_at_least_one", condition=Q(per__gte=1)),
        ]
        triggers = [
            pgtrigger.Protect(
                name="definition_never_changes", operation=pgtrigger.Update | pgtrigger.Delete
            )
        ]

    def __str__(self) -> str:
        return f"{self.indicator.code} v{self.number}"

    @property
    def has_parts(self) -> bool:
        """Whether a value is worked out of a numerator and a denominator."""
        return self.shape != self.Shape.VALUE

    @property
    def factor(self) -> int:
        """What numerator over denominator is multiplied by: 100 for percentages."""
        return 100 if self.shape == self.Shape.PROPORTION else self.per
