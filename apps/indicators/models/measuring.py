"""Measurements, the limits they are judged by, and the signals they give (CIC-09, CIC-10)."""

from __future__ import annotations

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person
from apps.core.models import StoredFile
from apps.indicators import querysets
from apps.indicators.models.base import Definition, Indicator, Standing, number_field
from apps.indicators.periods import label_of


class Measurement(models.Model):
    """One entry for one period. Entries only add up: the highest `number` of a period stands.

    A correction names the entry it takes the place of, its author and its reason; one without
    `value` says that the period has no valid measurement.
    """

    class Origin(models.TextChoices):
        HAND = "hand", _("A mano")
        FILE = "file", _("Por archivo")
        METRIC = "metric", _("Del propio portal")

    indicator = models.ForeignKey(
        Indicator, on_delete=models.PROTECT, related_name="measurements", db_index=False
    )
    definition = models.ForeignKey(Definition, on_delete=models.PROTECT, related_name="+")
    period_start = models.DateField(_("desde"))
    period_end = models.DateField(_("hasta"))
    number = models.PositiveSmallIntegerField(_("asiento"), default=1)
    value = number_field(_("valor"), null=True)
    numerator = number_field(_("numerador"), null=True, blank=True)
    denominator = number_field(_("denominador"), null=True, blank=True)
    # As it stood against the target of its definition.
    standing = models.CharField(max_length=10, choices=Standing.choices)
    origin = models.CharField(_("cómo llegó"), max_length=6, choices=Origin.choices)
    note = models.TextField(_("nota"), blank=True)
    evidence = models.ForeignKey(
        StoredFile,
        verbose_name=_("soporte"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    corrects = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="correction"
    )
    reason = models.TextField(_("por qué se corrigió"), blank=True)
    # None: the portal itself, from a registered metric.
    entered_by = models.ForeignKey(
        Person,
        verbose_name=_("la registró"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    entered_at = models.DateTimeField(_("registrada el"), default=timezone.now)

    objects = querysets.MeasurementQuerySet.as_manager()

    class Meta:
        verbose_name = _("medición")
        verbose_name_plural = _("mediciones")
        ordering = ["-period_start", "-number"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["indicator", "period_start", "number"], name="entry_number_once"
            ),
            ExclusionConstraint(
                name="a_period_is_measured_once",
                expressions=[
                    ("indicator", RangeOperators.EQUAL),
                    (
                        Func(
                            F("period_start"),
                            F("period_end"),
                            Value("[]"),
                            function="daterange",
                            output_field=DateRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(number=1),
            ),
            models.CheckConstraint(
                name="a_correction_says_what_and_why",
                condition=Q(number=1, corrects=None, reason="", value__isnull=False)
                | Q(number__gt=1, corrects__isnull=False, entered_by__isnull=False) & ~Q(reason=""),
            ),
            models.CheckConstraint(
                name="people_enter_all_but_metrics",
                condition=Q(origin="metric") | Q(entered_by__isnull=False),
            ),
            models.CheckConstraint(
                name="measured_period_has_days", condition=Q(period_end__gte=F("period_start"))
            ),
            models.CheckConstraint(
                name="nothing_is_counted_out_of_less_than_nothing",
                condition=Q(denominator=None) | Q(denominator__gt=0),
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="measurement_never_changes", operation=pgtrigger.Update | pgtrigger.Delete
            )
        ]

    def __str__(self) -> str:
        return f"{self.indicator.code} {self.period_start.isoformat()} n.º {self.number}"

    @property
    def period_label(self) -> str:
        """The period in words."""
        return label_of(self.period_start, self.period_end)


class Baseline(models.Model):
    """Limits worked out from the measurements of some periods, and frozen (CIC-10).

    Judges the measurements from `from_on` on, until a later one takes its place. Values are in
    the unit of the indicator, shares and rates before their factor.
    """

    class Chart(models.TextChoices):
        XMR = "xmr", _("Valores individuales (XmR)")
        P = "p", _("Proporciones (p, con corrección de Laney)")
        U = "u", _("Tasas (u, con corrección de Laney)")

    indicator = models.ForeignKey(Indicator, on_delete=models.PROTECT, related_name="baselines")
    chart = models.CharField(_("carta"), max_length=3, choices=Chart.choices)
    from_on = models.DateField(_("desde"))
    until_on = models.DateField(_("hasta"))
    points = models.PositiveSmallIntegerField(_("mediciones"))
    centre = models.FloatField(_("centro"))
    # XmR: the mean moving range; p and u: how much more the points vary than chance alone.
    spread = models.FloatField(_("variación"))
    reason = models.TextField(_("por qué se fijó"))
    # None: the portal, once there were enough measurements.
    set_by = models.ForeignKey(
        Person,
        verbose_name=_("la fijó"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    set_at = models.DateTimeField(_("fijada el"), default=timezone.now)

    class Meta:
        verbose_name = _("línea base")
        verbose_name_plural = _("líneas base")
        ordering = ["-set_at", "-pk"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(name="baseline_says_why", condition=~Q(reason="")),
            models.CheckConstraint(
                name="baseline_of_12_to_20_points", condition=Q(points__range=(12, 20))
            ),
            models.CheckConstraint(
                name="baseline_has_days", condition=Q(until_on__gte=F("from_on"))
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="baseline_never_changes", operation=pgtrigger.Update | pgtrigger.Delete
            )
        ]

    def __str__(self) -> str:
        return label_of(self.from_on, self.until_on)


class Signal(models.Model):
    """A measurement that a rule of the control chart picks out: it asks its owner why (CIC-10).

    `key` names the rule and where it struck: the same thing is never signalled twice.
    """

    class Rule(models.TextChoices):
        LIMIT = "limit", _("Fuera de los límites")
        RUN = "run", _("Racha del mismo lado de la media")
        LONG_RUN = "long_run", _("Racha más larga de lo esperado")
        CROSSINGS = "crossings", _("Cruza el centro menos de lo esperado")

    class Side(models.TextChoices):
        ABOVE = "above", _("Por encima")
        BELOW = "below", _("Por debajo")
        NEITHER = "neither", _("A ninguno")

    class State(models.TextChoices):
        OPEN = "open", _("Por explicar")
        ANSWERED = "answered", _("Explicada")
        WITHDRAWN = "withdrawn", _("Retirada")

    indicator = models.ForeignKey(
        Indicator, on_delete=models.PROTECT, related_name="signals", db_index=False
    )
    measurement = models.ForeignKey(Measurement, on_delete=models.PROTECT, related_name="signals")
    # None: judged by limits that were not frozen yet.
    baseline = models.ForeignKey(Baseline, on_delete=models.PROTECT, null=True, related_name="+")
    rule = models.CharField(_("regla"), max_length=9, choices=Rule.choices)
    side = models.CharField(_("lado"), max_length=7, choices=Side.choices)
    key = models.CharField(max_length=60)
    period_start = models.DateField(_("período"))
    # True: towards what is better; False: towards what is worse; None: neither.
    is_favourable = models.BooleanField(_("es favorable"), null=True)
    # What the rule looked at: the limit passed, or how many were counted and how many expected.
    limit = models.FloatField(null=True)
    counted = models.PositiveSmallIntegerField(null=True)
    expected = models.PositiveSmallIntegerField(null=True)
    detected_at = models.DateTimeField(_("detectada el"), default=timezone.now)
    state = models.CharField(_("estado"), max_length=9, choices=State.choices, default=State.OPEN)
    cause = models.TextField(_("qué la causó"), blank=True)
    response = models.TextField(_("qué se hizo"), blank=True)
    answered_by = models.ForeignKey(
        Person,
        verbose_name=_("la explicó"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    answered_at = models.DateTimeField(_("explicada el"), null=True, blank=True)
    withdrawn_at = models.DateTimeField(_("retirada el"), null=True, blank=True)
    withdrawal_reason = models.CharField(_("por qué se retiró"), max_length=300, blank=True)

    objects = querysets.SignalQuerySet.as_manager()

    class Meta:
        verbose_name = _("señal")
        verbose_name_plural = _("señales")
        ordering = ["-period_start", "-pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["indicator", "key"], name="a_signal_is_given_once"),
            models.CheckConstraint(
                name="an_answer_says_why_what_and_who",
                condition=~Q(state="answered")
                | Q(answered_by__isnull=False, answered_at__isnull=False)
                & ~Q(cause="")
                & ~Q(response=""),
            ),
        ]
        indexes = [
            models.Index(fields=["indicator"], name="signals_to_explain", condition=Q(state="open"))
        ]
        triggers = [
            pgtrigger.Protect(name="signal_is_kept", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="an_explained_signal_stands",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.state = 'answered' AND OLD IS DISTINCT FROM NEW"
                ),
                func="RAISE EXCEPTION 'an explained signal never changes';",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.indicator.code} {self.get_rule_display()} {self.period_start.isoformat()}"

    def get_absolute_url(self) -> str:
        return reverse("indicators:signal", args=[self.pk])
