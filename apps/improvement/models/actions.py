"""What is done about it: actions, their steps and evidence, and whether they worked."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person, Unit
from apps.core.access import Level
from apps.core.models import StoredFile
from apps.improvement import querysets
from apps.improvement.models.findings import Finding
from apps.indicators.models import Indicator


class Action(models.Model):
    """Something somebody does by a day, and somebody else looks whether it worked."""

    class Kind(models.TextChoices):
        CORRECTIVE = "corrective", _("Correctiva")
        PREVENTIVE = "preventive", _("Preventiva")
        IMPROVEMENT = "improvement", _("De mejora")

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Por empezar")
        IN_PROGRESS = "in_progress", _("En curso")
        DONE = "done", _("Por verificar")
        EFFECTIVE = "effective", _("Eficaz")
        NOT_EFFECTIVE = "not_effective", _("No eficaz")
        CANCELLED = "cancelled", _("Cancelada")

    OPEN = (State.PROPOSED, State.IN_PROGRESS, State.DONE)

    code = models.CharField(_("código"), max_length=20, unique=True)
    finding = models.ForeignKey(
        Finding, verbose_name=_("hallazgo"), on_delete=models.PROTECT, related_name="actions"
    )
    follows = models.OneToOneField(
        "self",
        verbose_name=_("sigue a"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="followed_by",
    )
    kind = models.CharField(_("clase"), max_length=12, choices=Kind.choices)
    title = models.CharField(_("qué se hará"), max_length=200)
    text = models.TextField(_("cómo"), blank=True)
    aim = models.TextField(_("qué debe cambiar"), blank=True)
    owner = models.ForeignKey(
        Person, verbose_name=_("responsable"), on_delete=models.PROTECT, related_name="+"
    )
    checker = models.ForeignKey(
        Person,
        verbose_name=_("verifica"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    unit = models.ForeignKey(
        Unit, verbose_name=_("unidad"), on_delete=models.PROTECT, related_name="+"
    )
    classification = models.PositiveSmallIntegerField(
        _("clasificación"), choices=Level.choices, default=Level.INTERNAL
    )
    due_on = models.DateField(_("vence el"))
    check_days = models.PositiveSmallIntegerField(
        _("se verifica a los, en días"), default=30, help_text=_("Días después de hecha.")
    )
    check_on = models.DateField(_("se verifica desde el"), null=True, blank=True)
    indicator = models.ForeignKey(
        Indicator,
        verbose_name=_("indicador que debe moverse"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    planned_cost = models.DecimalField(
        _("costo previsto"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    real_cost = models.DecimalField(
        _("costo real"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    progress = models.PositiveSmallIntegerField(_("avance, en porcentaje"), default=0)
    state = models.CharField(
        _("estado"), max_length=14, choices=State.choices, default=State.PROPOSED
    )
    opened_by = models.ForeignKey(
        Person,
        verbose_name=_("la abrió"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    created_at = models.DateTimeField(_("abierta el"), default=timezone.now)
    started_at = models.DateTimeField(_("empezada el"), null=True, blank=True)
    done_at = models.DateTimeField(_("hecha el"), null=True, blank=True)
    done_by = models.ForeignKey(
        Person,
        verbose_name=_("la dio por hecha"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    ended_at = models.DateTimeField(_("terminada el"), null=True, blank=True)
    cancel_reason = models.TextField(_("por qué se canceló"), blank=True)

    objects = querysets.ActionQuerySet.as_manager()

    class Meta:
        verbose_name = _("acción")
        verbose_name_plural = _("acciones")
        ordering = ["due_on", "pk"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="action_progress_is_a_percentage", condition=Q(progress__lte=100)
            ),
            models.CheckConstraint(
                name="action_costs_nothing_or_more",
                condition=(Q(planned_cost=None) | Q(planned_cost__gte=0))
                & (Q(real_cost=None) | Q(real_cost__gte=0)),
            ),
            models.CheckConstraint(
                name="action_checked_within_a_year", condition=Q(check_days__range=(1, 365))
            ),
            models.CheckConstraint(
                name="action_not_checked_by_its_owner",
                condition=Q(checker=None) | ~Q(checker=F("owner")),
            ),
            models.CheckConstraint(
                name="action_state_has_its_instants",
                condition=Q(state="proposed", started_at=None, done_at=None, ended_at=None)
                | Q(state="in_progress", started_at__isnull=False, done_at=None, ended_at=None)
                | Q(
                    state="done",
                    started_at__isnull=False,
                    done_at__isnull=False,
                    check_on__isnull=False,
                    ended_at=None,
                )
                | Q(
                    state__in=["effective", "not_effective"],
                    started_at__isnull=False,
                    done_at__isnull=False,
                    ended_at__isnull=False,
                )
                | Q(state="cancelled", ended_at__isnull=False) & ~Q(cancel_reason=""),
            ),
        ]
        indexes = [
            models.Index(fields=["state", "due_on", "id"], name="action_on_the_board"),
            models.Index(fields=["due_on", "id"], name="action_by_due_day"),
            models.Index(fields=["-created_at", "-id"], name="action_latest"),
            models.Index(
                fields=["owner", "due_on"],
                name="action_open_of_owner",
                condition=Q(state__in=["proposed", "in_progress", "done"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("improvement:action", args=[self.code])

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done or looked at."""
        return self.state in self.OPEN


class ActionStep(models.Model):
    """A part of an action, with who does it."""

    action = models.ForeignKey(Action, on_delete=models.CASCADE, related_name="steps")
    text = models.CharField(_("paso"), max_length=300)
    person = models.ForeignKey(
        Person,
        verbose_name=_("lo hace"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    due_on = models.DateField(_("para el"), null=True, blank=True)
    done_at = models.DateTimeField(_("hecho el"), null=True, blank=True)
    done_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("paso de una acción")
        verbose_name_plural = _("pasos de acciones")
        ordering = ["pk"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="step_done_says_by_whom",
                condition=Q(done_at=None, done_by=None)
                | Q(done_at__isnull=False, done_by__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return self.text


class Evidence(models.Model):
    """What shows that something was done. Only added, never changed."""

    action = models.ForeignKey(
        Action, on_delete=models.PROTECT, null=True, blank=True, related_name="evidence"
    )
    practice = models.ForeignKey(
        "GoodPractice", on_delete=models.PROTECT, null=True, blank=True, related_name="evidence"
    )
    text = models.CharField(_("qué muestra"), max_length=500)
    file = models.ForeignKey(
        StoredFile,
        verbose_name=_("archivo"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    added_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("evidencia")
        verbose_name_plural = _("evidencias")
        ordering = ["pk"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="evidence_of_one_thing",
                condition=Q(action=None, practice__isnull=False)
                | Q(action__isnull=False, practice=None),
            )
        ]
        triggers = [
            pgtrigger.Protect(
                name="evidence_is_kept", operation=pgtrigger.Update | pgtrigger.Delete
            )
        ]


class Check(models.Model):
    """Somebody else looked whether an action worked (CIC-16). One an action, never changed.

    Figures are of the action's indicator, as they stood when it was checked: of the periods
    that ended before the action was done, and of those that began since.
    """

    class Outcome(models.TextChoices):
        EFFECTIVE = "effective", _("Eficaz")
        NOT_EFFECTIVE = "not_effective", _("No eficaz")

    action = models.OneToOneField(Action, on_delete=models.PROTECT, related_name="check_made")
    outcome = models.CharField(_("resultado"), max_length=14, choices=Outcome.choices)
    conclusion = models.TextField(_("qué comprobó"))
    checked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    checked_at = models.DateTimeField(default=timezone.now)
    before_value = models.DecimalField(max_digits=20, decimal_places=6, null=True)
    after_value = models.DecimalField(max_digits=20, decimal_places=6, null=True)
    is_better = models.BooleanField(null=True)
    is_conclusive = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("verificación")
        verbose_name_plural = _("verificaciones")
        default_permissions = ()
        triggers = [
            pgtrigger.Protect(name="check_is_kept", operation=pgtrigger.Update | pgtrigger.Delete)
        ]


class Escalation(models.Model):
    """Heads were told that an action is late: once for each due day and level."""

    action = models.ForeignKey(Action, on_delete=models.CASCADE, related_name="escalations")
    due_on = models.DateField()
    level = models.PositiveSmallIntegerField()
    told_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        ordering = ["told_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["action", "due_on", "level"], name="action_escalated_once"
            )
        ]
