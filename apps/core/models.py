"""Records without a domain: permissions, outbox, form keys, kept texts, files, work of jobs."""

import uuid
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.search.models import (  # noqa: F401  (Django looks for models here)
    SearchEntry,
    SearchLexeme,
    SearchPosting,
    SearchStatistics,
    SearchWord,
)


class Clearance(models.Model):
    """Carries the permissions to read above the internal level; has no table."""

    class Meta:
        managed = False
        default_permissions = ()
        permissions = [
            ("see_confidential", _("Puede leer información confidencial")),
            ("see_reserved", _("Puede leer información reservada")),
        ]


class OutboxMail(models.Model):
    """A mail to be sent, written in the transaction of the fact it tells.

    `sealed` holds recipient, subject and body encrypted; it is emptied once delivered.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Por enviar")
        SENT = "sent", _("Enviado")
        UNDELIVERABLE = "undeliverable", _("No se pudo entregar")

    message_id = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=40, blank=True)
    sealed = models.BinaryField()
    state = models.CharField(max_length=16, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    next_try_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=200, blank=True)

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(
                fields=["next_try_at"],
                name="outbox_waiting",
                condition=models.Q(state="waiting"),
            ),
            models.Index(
                fields=["-created_at", "-id"],
                name="outbox_undeliverable",
                condition=models.Q(state="undeliverable"),
            ),
        ]


class SubmittedForm(models.Model):
    """The key a form was posted with, so that a second post changes nothing (DESIGN §10)."""

    key = models.UUIDField(primary_key=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, db_index=False
    )
    answer_url = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        default_permissions = ()


class KeptForm(models.Model):
    """What a person had typed when the session ran out or while writing: offered again.

    `sealed` holds the fields encrypted. One row per person and address.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    path = models.CharField(max_length=300)
    sealed = models.BinaryField()
    kept_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["person", "path"], name="one_kept_form_per_address")
        ]


class StoredFile(models.Model):
    """A file people handed in: kept under a random name, served only after a check (S41)."""

    class State(models.TextChoices):
        CLEAN = "clean", _("Revisado")
        QUARANTINED = "quarantined", _("En cuarentena")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = models.CharField(_("nombre"), max_length=160)
    content_type = models.CharField(_("tipo"), max_length=100)
    size_bytes = models.PositiveIntegerField(_("tamaño"))
    sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=12, choices=State.choices, default=State.QUARANTINED)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    uploaded_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        verbose_name = _("archivo")
        default_permissions = ()

    def __str__(self) -> str:
        return self.name


class CacheRow(models.Model):
    """A cached value while the cache server is away (`core.cache.TableCache`)."""

    key = models.CharField(max_length=300, primary_key=True)
    value = models.JSONField(null=True)
    expires_at = models.DateTimeField(null=True, db_index=True)

    class Meta:
        default_permissions = ()


class LongWorkQuerySet(models.QuerySet):
    def visible_to(self, actor: Any) -> Self:
        """Work that exists for `actor`: what they started themselves."""
        return self.filter(started_by=actor.pk)

    def unfinished(self) -> Self:
        """Work that waits or is being done."""
        return self.filter(state__in=(LongWork.State.QUEUED, LongWork.State.RUNNING))


class LongWork(models.Model):
    """Something that takes too long for a request: a job does it, a page shows how far it is.

    `subject` names what it works on by key; it, `result` and `message` hold no personal data.
    See `core.long_work`.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("En espera")
        RUNNING = "running", _("En curso")
        DONE = "done", _("Listo")
        FAILED = "failed", _("No se completó")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=64)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    result = models.JSONField(default=dict)
    message = models.CharField(max_length=500, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    queued_at = models.DateTimeField(default=timezone.now)
    began_at = models.DateTimeField(null=True)
    # The last sign of life.
    touched_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    objects = LongWorkQuerySet.as_manager()

    class Meta:
        verbose_name = _("trabajo")
        verbose_name_plural = _("trabajos")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"],
                name="the_same_work_once",
                condition=~models.Q(state="failed"),
            )
        ]
        indexes = [
            models.Index(
                fields=["touched_at"],
                name="long_work_unfinished",
                condition=models.Q(state__in=("queued", "running")),
            )
        ]

    def get_absolute_url(self) -> str:
        return reverse("core:work", args=[self.pk])

    @property
    def is_over(self) -> bool:
        """Whether it is done or failed."""
        return self.state in (self.State.DONE, self.State.FAILED)


class UpToDate(models.Model):
    """Up to which calendar day, included, a job that follows the calendar has done its part."""

    job = models.CharField(max_length=60, primary_key=True)
    on = models.DateField()

    class Meta:
        default_permissions = ()


class NumberSeries(models.Model):
    """The last number given in a register (`core.numbering`)."""

    series = models.CharField(max_length=40, primary_key=True)
    last = models.PositiveIntegerField()

    class Meta:
        default_permissions = ()
