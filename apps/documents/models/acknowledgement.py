"""«Leído y comprendido»: who must, who did, and the proof of it, kept for ever (M15, M16)."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person, Position, Role, Unit
from apps.documents.models.base import Document, Version


class Addressee(models.Model):
    """Somebody whose acknowledgement a document asks for: a unit (and all below it), a
    position or a role. Without any, those who are named in its steps and its audience."""

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="addressees")
    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, null=True, related_name="+")
    position = models.ForeignKey(Position, on_delete=models.CASCADE, null=True, related_name="+")
    role = models.ForeignKey(Role, on_delete=models.CASCADE, null=True, related_name="+")

    class Meta:
        verbose_name = _("destinatario de la lectura")
        verbose_name_plural = _("destinatarios de la lectura")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="addressee_is_one_thing",
                condition=Q(unit__isnull=False, position=None, role=None)
                | Q(unit=None, position__isnull=False, role=None)
                | Q(unit=None, position=None, role__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["document", "unit", "position", "role"],
                nulls_distinct=False,
                name="addressee_once",
            ),
        ]


class Obligation(models.Model):
    """A person must read and accept a version by a calendar day.

    Withdrawn when they no longer belong to those addressed, or a later version asks instead;
    done when their Acknowledgement of the same version exists.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="obligations")
    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="obligations")
    asked_at = models.DateTimeField(_("pedida el"), default=timezone.now)
    due_on = models.DateField(_("vence el"))
    withdrawn_at = models.DateTimeField(_("dejó de pedirse el"), null=True, blank=True)
    acknowledged_at = models.DateTimeField(_("aceptada el"), null=True, blank=True)

    class Meta:
        verbose_name = _("lectura pedida")
        verbose_name_plural = _("lecturas pedidas")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["version", "person"], name="obligation_once")
        ]
        indexes = [
            models.Index(
                fields=["person", "due_on", "id"],
                condition=Q(withdrawn_at=None, acknowledged_at=None),
                name="obligation_open",
            )
        ]


class Acknowledgement(models.Model):
    """The proof that a person read and accepted a version. Never changed, never deleted (M16).

    `evidence` is plain data: when the page was opened, seconds until acceptance, parts shown.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="acknowledgements")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="acknowledgements")
    content_hash = models.CharField("SHA-256", max_length=64)
    accepted_at = models.DateTimeField(_("aceptada el"), default=timezone.now)
    text_shown = models.TextField(_("texto aceptado"))
    evidence = models.JSONField(_("constancia de lectura"), default=dict)

    class Meta:
        verbose_name = _("lectura aceptada")
        verbose_name_plural = _("lecturas aceptadas")
        ordering = ["-accepted_at", "-pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["version", "person"], name="acknowledgement_once")
        ]
        triggers = [
            pgtrigger.Protect(
                name="acknowledgement_is_kept", operation=pgtrigger.Update | pgtrigger.Delete
            )
        ]
