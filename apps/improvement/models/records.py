"""What happened, in order; and the filters people keep."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person
from apps.improvement.models.actions import Action
from apps.improvement.models.findings import Finding
from apps.improvement.models.practices import GoodPractice


class Event(models.Model):
    """One thing that happened to a finding, an action or a practice. Only added."""

    class What(models.TextChoices):
        REPORTED = "reported", _("Registró el hallazgo")
        ASSIGNED = "assigned", _("Cambió los datos")
        ANALYSED = "analysed", _("Concluyó el análisis de causas")
        REOPENED = "reopened", _("Volvió a abrir el análisis")
        CLOSED = "closed", _("Cerró el hallazgo")
        DISCARDED = "discarded", _("Descartó el hallazgo")
        CHANGE_ASKED = "change_asked", _("Pidió cambiar un documento")
        CHANGE_DECIDED = "change_decided", _("Decidió sobre el cambio pedido")
        CHANGE_LINKED = "change_linked", _("Dijo qué versión lo cambia")
        OPENED = "opened", _("Abrió la acción")
        STARTED = "started", _("Empezó la acción")
        PROGRESSED = "progressed", _("Contó el avance")
        EVIDENCED = "evidenced", _("Añadió evidencia")
        DONE = "done", _("La dio por hecha")
        RETURNED = "returned", _("La devolvió: falta algo")
        CHECKED = "checked", _("Verificó si fue eficaz")
        CANCELLED = "cancelled", _("Canceló la acción")
        MOVED = "moved", _("Cambió la fecha")
        PROPOSED = "proposed", _("Propuso la buena práctica")
        VALIDATED = "validated", _("Validó la buena práctica")
        PUBLISHED = "published", _("Publicó la buena práctica")
        ADOPTED = "adopted", _("La adoptó")
        EXPIRED = "expired", _("Venció sin validarse de nuevo")
        RETIRED = "retired", _("Retiró la buena práctica")

    finding = models.ForeignKey(
        Finding, on_delete=models.PROTECT, null=True, blank=True, related_name="events"
    )
    action = models.ForeignKey(
        Action, on_delete=models.PROTECT, null=True, blank=True, related_name="events"
    )
    practice = models.ForeignKey(
        GoodPractice, on_delete=models.PROTECT, null=True, blank=True, related_name="events"
    )
    what = models.CharField(max_length=16, choices=What.choices)
    text = models.TextField(blank=True)
    # None: the portal itself.
    by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                name="event_of_something",
                condition=Q(finding__isnull=False)
                | Q(action__isnull=False)
                | Q(practice__isnull=False),
            )
        ]
        triggers = [
            pgtrigger.Protect(name="event_is_kept", operation=pgtrigger.Update | pgtrigger.Delete)
        ]


class SavedView(models.Model):
    """Filters of the board that a person kept under a name. `query` is its address' query."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(_("nombre"), max_length=40)
    query = models.CharField(max_length=500)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("vista guardada")
        default_permissions = ()
        ordering = ["created_at", "pk"]
        constraints = [models.UniqueConstraint(fields=["person", "name"], name="view_name_once")]
