"""The review calendar: rules by kind, what each review concluded, private calendar feeds."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person
from apps.documents.models.base import Document, Version


class KindRules(models.Model):
    """What documents of one kind begin with, and how their lateness is told.

    Days are calendar days.
    """

    kind = models.CharField(_("clase"), max_length=16, choices=Document.Kind.choices, unique=True)
    review_months = models.PositiveSmallIntegerField(_("revisión cada, en meses"), default=12)
    acknowledgement_days = models.PositiveSmallIntegerField(
        _("plazo para leer y aceptar, en días"), default=14
    )
    escalation_days = models.PositiveSmallIntegerField(
        _("días de atraso antes de avisar a la jefatura"), default=14
    )

    class Meta:
        verbose_name = _("reglas de una clase de documentos")
        verbose_name_plural = _("reglas de las clases de documentos")
        ordering = ["kind"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="kind_reviewed_within_three_years",
                condition=Q(review_months__gte=1, review_months__lte=36),
            ),
            models.CheckConstraint(
                name="kind_read_and_escalated_within_a_year",
                condition=Q(acknowledgement_days__range=(1, 365), escalation_days__range=(1, 365)),
            ),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class Review(models.Model):
    """A review that was concluded: by whom, when, with what result (M13)."""

    class Outcome(models.TextChoices):
        NO_CHANGE = "no_change", _("Sigue siendo correcto")
        CHANGE = "change", _("Necesita cambios")

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="reviews")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="+")
    due_on = models.DateField(_("tocaba el"))
    outcome = models.CharField(_("resultado"), max_length=10, choices=Outcome.choices)
    conclusion = models.TextField(_("conclusión"))
    reviewed_by = models.ForeignKey(
        Person, verbose_name=_("la hizo"), on_delete=models.PROTECT, related_name="+"
    )
    concluded_at = models.DateTimeField(_("concluida el"), default=timezone.now)
    next_review_on = models.DateField(_("próxima revisión"))

    class Meta:
        verbose_name = _("revisión")
        verbose_name_plural = _("revisiones")
        ordering = ["-concluded_at", "-pk"]
        default_permissions = ()
        triggers = [
            pgtrigger.Protect(name="review_is_kept", operation=pgtrigger.Update | pgtrigger.Delete)
        ]


class ReviewChange(models.Model):
    """Somebody else reviews a document from now on, or on another day, and why."""

    class What(models.TextChoices):
        REVIEWER = "reviewer", _("Quién la revisa")
        DATE = "date", _("Próxima revisión")

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="review_changes")
    what = models.CharField(_("qué cambió"), max_length=10, choices=What.choices)
    before = models.CharField(_("antes"), max_length=200, blank=True)
    after = models.CharField(_("después"), max_length=200, blank=True)
    reason = models.TextField(_("motivo"))
    changed_by = models.ForeignKey(
        Person, verbose_name=_("lo cambió"), on_delete=models.PROTECT, related_name="+"
    )
    changed_at = models.DateTimeField(_("cambiado el"), default=timezone.now)

    class Meta:
        verbose_name = _("cambio en la revisión")
        verbose_name_plural = _("cambios en la revisión")
        ordering = ["-changed_at", "-pk"]
        default_permissions = ()


class Escalation(models.Model):
    """Heads and quality were told that a review is late: once for each date it was due."""

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="escalations")
    due_on = models.DateField(_("tocaba el"))
    told_at = models.DateTimeField(_("avisado el"), default=timezone.now)

    class Meta:
        verbose_name = _("aviso de atraso a la jefatura")
        verbose_name_plural = _("avisos de atraso a la jefatura")
        ordering = ["-told_at", "-pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["document", "due_on"], name="one_escalation_per_due_date"
            )
        ]


class CalendarFeed(models.Model):
    """A private address under which a person's calendar program reads review dates (M14).

    Only the hash of its secret is kept.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(_("creada el"), default=timezone.now)
    last_used_at = models.DateTimeField(_("usada por última vez el"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("anulada el"), null=True, blank=True)

    class Meta:
        verbose_name = _("dirección de calendario")
        verbose_name_plural = _("direcciones de calendario")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(revoked_at=None),
                name="one_live_calendar_feed_per_person",
            )
        ]
