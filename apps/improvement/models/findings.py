"""What was found, and why it happens: findings and their causes."""

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


class CauseKind(models.Model):
    """A kind of cause, in one of the branches of the picture. Quality keeps the list."""

    class Branch(models.TextChoices):
        PEOPLE = "people", _("Personas")
        METHOD = "method", _("Método")
        TOOLS = "tools", _("Sistemas y herramientas")
        INFORMATION = "information", _("Información")
        MEASUREMENT = "measurement", _("Medición")
        CONTEXT = "context", _("Entorno")

    branch = models.CharField(_("rama"), max_length=12, choices=Branch.choices)
    title = models.CharField(_("nombre"), max_length=80, unique=True)
    example = models.CharField(_("ejemplo"), max_length=200, blank=True)
    is_active = models.BooleanField(_("se ofrece"), default=True)
    order = models.PositiveSmallIntegerField(_("orden"), default=100)

    class Meta:
        verbose_name = _("clase de causa")
        verbose_name_plural = _("clases de causas")
        ordering = ["branch", "order", "title"]
        default_permissions = ()

    def __str__(self) -> str:
        return self.title


class Finding(HasOrigin):
    """Something that was noticed and should lead to something."""

    class Kind(models.TextChoices):
        NONCONFORMITY = "nonconformity", _("No conformidad")
        AREA = "area", _("Oportunidad de mejora")
        PRACTICE = "practice", _("Buena práctica")
        SIGNAL = "signal", _("Señal")

    class Weight(models.TextChoices):
        HIGH = "high", _("Alta")
        MEDIUM = "medium", _("Media")
        LOW = "low", _("Baja")

    class State(models.TextChoices):
        OPEN = "open", _("Abierto")
        CLOSED = "closed", _("Cerrado")
        DISCARDED = "discarded", _("Descartado")

    class Resolution(models.TextChoices):
        ACTIONS = "actions", _("Acciones eficaces")
        CHANGED = "changed", _("Documento cambiado y leído")
        PRACTICE = "practice", _("Recogida como buena práctica")
        NONE_NEEDED = "none_needed", _("No hizo falta hacer nada")

    code = models.CharField(_("código"), max_length=20, unique=True)
    kind = models.CharField(_("clase"), max_length=16, choices=Kind.choices)
    title = models.CharField(_("título"), max_length=200)
    text = models.TextField(_("qué pasó"))
    weight = models.CharField(
        _("importancia"), max_length=8, choices=Weight.choices, default=Weight.MEDIUM
    )
    unit = models.ForeignKey(
        Unit, verbose_name=_("unidad"), on_delete=models.PROTECT, related_name="+"
    )
    classification = models.PositiveSmallIntegerField(
        _("clasificación"), choices=Level.choices, default=Level.INTERNAL
    )
    found_on = models.DateField(_("se vio el"), default=timezone.localdate)
    # None: the portal itself noticed.
    reported_by = models.ForeignKey(
        Person,
        verbose_name=_("lo registró"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    owner = models.ForeignKey(
        Person,
        verbose_name=_("responsable"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    # What a job noticed is noticed once: its key says which fact of which period.
    once_key = models.CharField(max_length=120, unique=True, null=True, blank=True)  # noqa: DJ001
    root_cause = models.TextField(_("causa raíz"), blank=True)
    analysed_at = models.DateTimeField(_("analizado el"), null=True, blank=True)
    analysed_by = models.ForeignKey(
        Person,
        verbose_name=_("lo analizó"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    state = models.CharField(_("estado"), max_length=10, choices=State.choices, default=State.OPEN)
    resolution = models.CharField(
        _("cómo se resolvió"), max_length=12, choices=Resolution.choices, blank=True
    )
    conclusion = models.TextField(_("conclusión"), blank=True)
    closed_by = models.ForeignKey(
        Person,
        verbose_name=_("lo cerró"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    closed_at = models.DateTimeField(_("cerrado el"), null=True, blank=True)
    created_at = models.DateTimeField(_("registrado el"), default=timezone.now)

    objects = querysets.FindingQuerySet.as_manager()

    class Meta(HasOrigin.Meta):
        abstract = False
        verbose_name = _("hallazgo")
        verbose_name_plural = _("hallazgos")
        ordering = ["-created_at", "-pk"]
        default_permissions = ("view",)
        permissions = [
            ("report_finding", _("Puede registrar hallazgos y proponer buenas prácticas")),
            ("manage_action", _("Puede abrir acciones, asignarlas y cerrar hallazgos")),
            ("check_action", _("Puede verificar si una acción fue eficaz")),
            ("validate_practice", _("Puede validar y publicar buenas prácticas")),
            ("manage_causes", _("Puede cambiar las clases de causas")),
            ("export_plan", _("Puede exportar el plan de mejora")),
        ]
        constraints = [
            *HasOrigin.Meta.constraints,
            models.CheckConstraint(
                name="finding_ended_says_when_and_why",
                condition=Q(state="open", closed_at=None, closed_by=None, resolution="")
                | Q(state="closed", closed_at__isnull=False, closed_by__isnull=False)
                & ~Q(resolution="")
                | Q(state="discarded", closed_at__isnull=False, closed_by__isnull=False)
                & ~Q(conclusion=""),
            ),
            models.CheckConstraint(
                name="finding_analysed_says_its_cause",
                condition=Q(analysed_at=None, analysed_by=None)
                | Q(analysed_at__isnull=False, analysed_by__isnull=False) & ~Q(root_cause=""),
            ),
        ]
        indexes = [
            *HasOrigin.Meta.indexes,
            models.Index(fields=["-created_at", "-id"], name="finding_latest"),
            models.Index(fields=["owner"], name="finding_open", condition=Q(state="open")),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("improvement:finding", args=[self.code])

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN


class Cause(models.Model):
    """A reason why: of the finding itself, or of the reason above it (5 whys)."""

    finding = models.ForeignKey(Finding, on_delete=models.CASCADE, related_name="causes")
    why_of = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, blank=True, related_name="whys"
    )
    kind = models.ForeignKey(
        CauseKind, verbose_name=_("clase de causa"), on_delete=models.PROTECT, related_name="+"
    )
    text = models.CharField(_("por qué"), max_length=300)
    is_root = models.BooleanField(_("es causa raíz"), default=False)
    added_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("causa")
        verbose_name_plural = _("causas")
        ordering = ["pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return self.text
