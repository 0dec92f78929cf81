"""Who must approve a version, what they said, and remarks on its passages."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person
from apps.documents import querysets
from apps.documents.models.base import Version


class Approval(models.Model):
    """One person is asked to approve a version.

    Those of equal `order` are asked together, the next order once all of it said yes.
    `decided_by` differs from `person` when a substitute decided for them (M7). Editing the
    text voids what was said of it (M8).
    """

    class Decision(models.TextChoices):
        PENDING = "pending", _("Pendiente")
        APPROVED = "approved", _("Aprobó")
        RETURNED = "returned", _("Pidió cambios")

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="approvals")
    order = models.PositiveSmallIntegerField(_("turno"), default=1)
    person = models.ForeignKey(
        Person, verbose_name=_("aprueba"), on_delete=models.PROTECT, related_name="+"
    )
    decision = models.CharField(
        _("decisión"), max_length=10, choices=Decision.choices, default=Decision.PENDING
    )
    decided_by = models.ForeignKey(
        Person,
        verbose_name=_("decidió"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    decided_at = models.DateTimeField(_("decidido el"), null=True, blank=True)
    note = models.TextField(_("comentario"), blank=True)
    asked_at = models.DateTimeField(_("pedida el"), default=timezone.now)
    voided_at = models.DateTimeField(_("anulada el"), null=True, blank=True)
    # Of the text that was decided on: a yes counts for that text only (M8).
    content_hash = models.CharField("SHA-256", max_length=64, blank=True)

    objects = querysets.ApprovalQuerySet.as_manager()

    class Meta:
        verbose_name = _("aprobación")
        verbose_name_plural = _("aprobaciones")
        ordering = ["order", "pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["version", "person"],
                condition=Q(voided_at=None),
                name="one_open_approval_per_person",
            ),
            models.CheckConstraint(
                name="a_decision_has_a_person_and_a_time",
                condition=Q(decision="pending", decided_by=None, decided_at=None)
                | ~Q(decision="pending") & Q(decided_by__isnull=False, decided_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["person"],
                condition=Q(decision="pending", voided_at=None),
                name="approval_waiting",
            )
        ]
        triggers = [
            pgtrigger.Trigger(
                name="writers_do_not_approve",  # M7
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "NEW.decision = 'approved' AND NEW.voided_at IS NULL"
                ),
                func=pgtrigger.Func(
                    """
                    IF EXISTS (
                        SELECT FROM documents_version
                        WHERE id = NEW.version_id AND author_id = NEW.decided_by_id
                    ) OR EXISTS (
                        SELECT FROM documents_version_editors
                        WHERE version_id = NEW.version_id AND person_id = NEW.decided_by_id
                    ) THEN
                        RAISE EXCEPTION 'nobody approves what they wrote';
                    END IF;
                    RETURN NEW;
                    """
                ),
            )
        ]


class Comment(models.Model):
    """A remark of a reviewer on a passage of a version, or an answer to one.

    `part` is where the passage stands: "body", a field of the room above, or "step:" and the
    step's key; `quote` is the passage as it read, empty for the part as a whole.
    """

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="comments")
    answers = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, blank=True, related_name="replies"
    )
    part = models.CharField(_("parte"), max_length=100, blank=True)
    quote = models.CharField(_("pasaje"), max_length=500, blank=True)
    text = models.TextField(_("comentario"))
    author = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    resolved_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    resolved_at = models.DateTimeField(_("resuelto el"), null=True, blank=True)

    class Meta:
        verbose_name = _("comentario de revisión")
        verbose_name_plural = _("comentarios de revisión")
        ordering = ["created_at", "pk"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="comment_does_not_answer_itself", condition=~Q(answers=F("pk"))
            )
        ]
