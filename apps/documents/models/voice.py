"""The readers' voice: whether it helped, and what they would change (M20)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person
from apps.documents.models.base import Document, Version
from apps.documents.querysets import FeedbackQuerySet


class Vote(models.Model):
    """Whether a version helped a member of staff; customers' votes are only counted."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="votes")
    useful = models.BooleanField(_("le sirvió"))
    voted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["version", "person"], name="vote_once")]


class Feedback(models.Model):
    """What a reader says of a document, a step or a passage; its owner must answer.

    `author` is None for a customer. A private one is seen by its author and by those who
    answer for the document.
    """

    class Kind(models.TextChoices):
        UNCLEAR = "unclear", _("No se entiende")
        WRONG = "wrong", _("Está equivocado")
        IDEA = "idea", _("Tengo una idea")

    class State(models.TextChoices):
        OPEN = "open", _("Por responder")
        ACCEPTED = "accepted", _("Aceptado")
        REJECTED = "rejected", _("No se aplicará")

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="feedback")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="+")
    part = models.CharField(_("parte"), max_length=100, blank=True)
    quote = models.CharField(_("pasaje"), max_length=500, blank=True)
    kind = models.CharField(_("clase"), max_length=10, choices=Kind.choices)
    text = models.TextField(_("comentario"))
    is_private = models.BooleanField(_("privado"), default=False)
    author = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(_("enviado el"), default=timezone.now)
    state = models.CharField(_("estado"), max_length=10, choices=State.choices, default=State.OPEN)
    answer = models.TextField(_("respuesta"), blank=True)
    answered_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    answered_at = models.DateTimeField(_("respondido el"), null=True, blank=True)
    solved_by = models.ForeignKey(
        Version, on_delete=models.PROTECT, null=True, blank=True, related_name="solves"
    )

    objects = FeedbackQuerySet.as_manager()

    class Meta:
        verbose_name = _("comentario de lectura")
        verbose_name_plural = _("comentarios de lectura")
        ordering = ["-created_at", "-pk"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="feedback_decided_is_answered",
                condition=Q(state="open", answered_by=None, answered_at=None)
                | ~Q(state="open")
                & Q(answered_by__isnull=False, answered_at__isnull=False)
                & ~Q(answer=""),
            ),
            models.CheckConstraint(
                name="feedback_solved_was_accepted",
                condition=Q(solved_by=None) | Q(state="accepted"),
            ),
        ]
        indexes = [
            models.Index(fields=["document", "-created_at", "-id"], name="feedback_of_document"),
            models.Index(fields=["-created_at", "-id"], name="feedback_latest"),
            models.Index(
                fields=["document"], condition=models.Q(state="open"), name="feedback_unanswered"
            ),
        ]
