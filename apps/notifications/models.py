"""What people are told: notices, the announcements they come from, and who wants what by mail."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.notifications import querysets
from apps.notifications.kinds import Mail

# A path of this portal. "//host" and "/\host" lead elsewhere.
LOCAL_PATH = r"^/($|[^/\\])"


class Notice(models.Model):
    """Something one person is told, at most once per `key`."""

    class MailState(models.TextChoices):
        NONE = "none", _("Sin correo")
        WAITING = "waiting", _("Por enviar")
        DIGEST = "digest", _("Irá en el resumen")
        MAILED = "mailed", _("Enviado")

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("persona"),
        on_delete=models.CASCADE,
        related_name="notices",
        db_index=False,
    )
    kind = models.CharField(_("tipo"), max_length=60)
    key = models.CharField(max_length=200)
    title = models.CharField(_("título"), max_length=300)
    text = models.TextField(_("texto"), blank=True)
    url = models.CharField(_("dirección"), max_length=500)
    created_at = models.DateTimeField(_("creado el"), default=timezone.now)
    read_at = models.DateTimeField(_("leído el"), null=True, blank=True)
    is_unread = models.GeneratedField(
        expression=Q(read_at__isnull=True), output_field=models.BooleanField(), db_persist=True
    )
    mail = models.CharField(
        _("correo"), max_length=8, choices=MailState.choices, default=MailState.NONE
    )

    objects = querysets.NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("aviso")
        verbose_name_plural = _("avisos")
        default_permissions = ()
        permissions = [("manage_mail", _("Puede ver y reintentar correos no entregados"))]
        constraints = [
            models.UniqueConstraint(fields=["person", "key"], name="one_notice_per_thing"),
            # SECURITY: a notice never leads to another site.
            models.CheckConstraint(name="notice_leads_inside", condition=Q(url__regex=LOCAL_PATH)),
        ]
        indexes = [
            models.Index(
                fields=["person", "-is_unread", "-created_at", "-id"], name="notices_of_a_person"
            ),
            models.Index(
                fields=["mail", "person"],
                name="notices_to_be_mailed",
                condition=Q(mail__in=("waiting", "digest")),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Address that marks it read and leads to what it tells of."""
        return reverse("notifications:notice", args=[self.pk])


class Announcement(models.Model):
    """A notice for many people: one row now, their notices by a job. Kept for its key."""

    kind = models.CharField(max_length=60)
    audience = models.CharField(max_length=60)
    subject_id = models.BigIntegerField()
    key = models.CharField(max_length=200, unique=True)
    title = models.CharField(max_length=300)
    text = models.TextField(blank=True)
    url = models.CharField(max_length=500)
    created_at = models.DateTimeField(default=timezone.now)
    expanded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="announcement_leads_inside", condition=Q(url__regex=LOCAL_PATH)
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"], name="announcements_to_expand", condition=Q(expanded_at=None)
            )
        ]


class Preference(models.Model):
    """When one person gets one kind of notice by mail, where it is not the kind's own."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="notice_preferences",
        db_index=False,
    )
    kind = models.CharField(max_length=60)
    mail = models.CharField(max_length=8, choices=Mail.choices)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["person", "kind"], name="one_choice_per_kind"),
        ]


class Digest(models.Model):
    """The day's summary went to a person: at most one per calendar day."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    on = models.DateField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["person", "on"], name="one_digest_a_day"),
        ]
