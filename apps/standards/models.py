"""What is promised: services, what is expected of them, standards and how they were kept."""

from __future__ import annotations

import pgtrigger
from auditlog.registry import auditlog
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person, Unit
from apps.documents.models import Document, Version
from apps.improvement.models import Finding
from apps.indicators.models import Definition, Indicator, Standing
from apps.indicators.models.base import number_field
from apps.indicators.periods import Frequency
from apps.standards import querysets


class Service(models.Model):
    """Something the organisation does for its customers, as the catalogue tells it (2.1.1)."""

    code = models.CharField(_("código"), max_length=20, unique=True)
    name = models.CharField(_("nombre"), max_length=120)
    summary = models.TextField(_("qué es"))
    audience = models.CharField(_("para quién"), max_length=300)
    channels = models.TextField(_("por dónde se pide"))
    hours = models.CharField(_("horario"), max_length=300)
    unit = models.ForeignKey(
        Unit, verbose_name=_("unidad que lo presta"), on_delete=models.PROTECT, related_name="+"
    )
    order = models.PositiveSmallIntegerField(_("orden"), default=100)
    retired_on = models.DateField(_("retirado el"), null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = querysets.ServiceQuerySet.as_manager()

    class Meta:
        verbose_name = _("servicio")
        verbose_name_plural = _("servicios")
        ordering = ["order", "code"]
        default_permissions = ("view",)
        permissions = [
            ("manage_service", _("Puede llevar el catálogo de servicios")),
            ("export_standard", _("Puede exportar estándares")),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    def get_absolute_url(self) -> str:
        return reverse("standards:service", args=[self.code])

    @property
    def channel_list(self) -> list[str]:
        """Its channels, one by one."""
        return [line.strip() for line in self.channels.splitlines() if line.strip()]


class Expectation(models.Model):
    """What customers expect of a service, and how that is known (2.1.1)."""

    class Source(models.TextChoices):
        COMPLAINTS = "complaints", _("Quejas y reclamos")
        SURVEY = "survey", _("Encuesta")
        TALK = "talk", _("Entrevista o grupo")
        STAFF = "staff", _("Personal que atiende")
        LAW = "law", _("Norma")
        PEERS = "peers", _("Comparación con otros")

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="expectations")
    text = models.CharField(_("qué esperan"), max_length=300)
    source = models.CharField(_("fuente"), max_length=12, choices=Source.choices)
    detail = models.CharField(_("de dónde se sabe"), max_length=300)
    known_on = models.DateField(_("se sabe desde"), default=timezone.localdate)
    added_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("expectativa")
        verbose_name_plural = _("expectativas")
        ordering = ["-known_on", "-pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return self.text


def _sealed_with_its_version(name: str) -> pgtrigger.Trigger:
    """Rows attached to a published version can be neither changed, added nor removed (M11)."""
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        declare=[("sealed", "boolean")],
        func=pgtrigger.Func(
            """
            -- OLD is null on INSERT, NEW on DELETE; an UPDATE may try to leave or to enter.
            SELECT EXISTS (
                SELECT FROM documents_version
                WHERE id IN (OLD.version_id, NEW.version_id)
                AND state IN ('approved', 'in_force', 'superseded', 'retired')
            ) INTO sealed;
            IF (sealed) THEN
                RAISE EXCEPTION 'a published version never changes';
            END IF;
            IF (TG_OP = 'DELETE') THEN RETURN OLD; END IF;
            RETURN NEW;
            """
        ),
    )


class Promise(models.Model):
    """What a version of a standard promises, in the words of who is promised."""

    version = models.OneToOneField(Version, on_delete=models.CASCADE, related_name="promise")
    service = models.ForeignKey(
        Service, verbose_name=_("servicio"), on_delete=models.PROTECT, related_name="promises"
    )
    commitment = models.TextField(_("compromiso"), blank=True)
    scope = models.TextField(_("a qué se aplica"), blank=True)
    remedy = models.TextField(_("qué hacemos si fallamos"), blank=True)

    class Meta:
        verbose_name = _("compromiso")
        verbose_name_plural = _("compromisos")
        default_permissions = ()
        triggers = [_sealed_with_its_version("promise_is_sealed")]

    def __str__(self) -> str:
        return self.commitment


class Criterion(models.Model):
    """How it is seen whether a standard is kept: an indicator, a target, a period (2.1.2, M22).

    `key` stays the same through versions: results follow a criterion by it. `measure`,
    `direction`, `shape`, `factor` and `decimals` are the indicator's when the criterion was
    written: a definition that changes later changes no promise.
    """

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="criteria")
    key = models.SlugField(_("clave"), max_length=80)
    number = models.PositiveSmallIntegerField(_("número"))
    title = models.CharField(_("criterio"), max_length=200)
    indicator = models.ForeignKey(
        Indicator, verbose_name=_("indicador"), on_delete=models.PROTECT, related_name="criteria"
    )
    measure = models.CharField(_("unidad de medida"), max_length=40)
    shape = models.CharField(max_length=10, choices=Definition.Shape.choices)
    factor = models.PositiveIntegerField(default=1)
    decimals = models.PositiveSmallIntegerField(default=1)
    direction = models.CharField(_("sentido"), max_length=6, choices=Definition.Direction.choices)
    target = number_field(_("meta"))
    tolerance = number_field(_("tolerancia"), default=0)
    sampling = models.CharField(_("muestreo"), max_length=300)
    period = models.CharField(_("se mira"), max_length=8, choices=Frequency.choices)

    class Meta:
        verbose_name = _("criterio")
        verbose_name_plural = _("criterios")
        ordering = ["number"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["version", "number"],
                name="criterion_number_once",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.UniqueConstraint(fields=["version", "key"], name="criterion_key_once"),
            models.CheckConstraint(
                name="criterion_tolerance_not_negative", condition=Q(tolerance__gte=0)
            ),
        ]
        triggers = [_sealed_with_its_version("criterion_is_sealed")]

    def __str__(self) -> str:
        return f"{self.number}. {self.title}"

    @property
    def has_parts(self) -> bool:
        """Whether a value is worked out of a numerator and a denominator."""
        return self.shape != Definition.Shape.VALUE


class ComplianceResult(models.Model):
    """How a criterion was kept in a period: worked out of measurements, never typed (M22).

    Only the job writes it; it follows corrections of the measurements. `criterion` is the one
    of the version that ruled when the period began.
    """

    document = models.ForeignKey(
        Document, on_delete=models.CASCADE, related_name="compliance", db_index=False
    )
    key = models.SlugField(max_length=80)
    criterion = models.ForeignKey(Criterion, on_delete=models.PROTECT, related_name="+")
    period_start = models.DateField(_("desde"))
    period_end = models.DateField(_("hasta"))
    value = number_field(_("valor"))
    numerator = number_field(null=True, blank=True)
    denominator = number_field(null=True, blank=True)
    standing = models.CharField(_("resultado"), max_length=10, choices=Standing.choices)
    computed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("cumplimiento")
        verbose_name_plural = _("cumplimientos")
        ordering = ["period_start", "pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["document", "key", "period_start"], name="compliance_once_a_period"
            ),
            models.CheckConstraint(
                name="compliance_period_has_days", condition=Q(period_end__gte=F("period_start"))
            ),
        ]


class Lapse(models.Model):
    """A criterion missed twice or more in a row, and the finding it opened, once."""

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="lapses")
    key = models.SlugField(max_length=80)
    from_on = models.DateField(_("desde"))
    until_on = models.DateField(_("hasta"))
    misses = models.PositiveSmallIntegerField(_("períodos sin cumplir"))
    finding = models.OneToOneField(Finding, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("incumplimiento")
        verbose_name_plural = _("incumplimientos")
        ordering = ["-from_on", "-pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["document", "key", "from_on"], name="lapse_once"),
            models.CheckConstraint(name="lapse_is_two_or_more", condition=Q(misses__gte=2)),
        ]


for model in (Service, Expectation, Promise, Criterion):
    auditlog.register(model)
