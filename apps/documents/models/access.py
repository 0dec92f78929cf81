"""A document opened to, or hidden from, people, roles and units beyond its audience.

Rows hold one of two object permissions of Document: `open_document` or `hide_document`.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import Permission
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from apps.accounts.models import Unit
from apps.documents.models.base import Document
from apps.documents.stamps import Mark, changes


class Given(models.Model):
    """By whom an exception was given, why, and until which calendar day (included)."""

    reason = models.TextField(_("motivo"), blank=True)
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    given_at = models.DateTimeField(_("dado el"), default=timezone.now)
    until_on = models.DateField(_("hasta"), null=True, blank=True)

    class Meta:
        abstract = True


class DocumentUserPermission(Given, UserObjectPermissionBase):
    """An exception for one person."""

    content_object = models.ForeignKey(
        Document, on_delete=models.CASCADE, related_name="person_exceptions"
    )

    class Meta(UserObjectPermissionBase.Meta):
        verbose_name = _("acceso de una persona")
        default_permissions = ()
        triggers = [changes(Mark.TREE)]


class DocumentGroupPermission(Given, GroupObjectPermissionBase):
    """An exception for everyone of a role."""

    content_object = models.ForeignKey(
        Document, on_delete=models.CASCADE, related_name="role_exceptions"
    )

    class Meta(GroupObjectPermissionBase.Meta):
        verbose_name = _("acceso de un rol")
        default_permissions = ()
        triggers = [changes(Mark.TREE)]


class DocumentUnitPermission(Given):
    """An exception for everyone of a unit; units below it have rows of their own."""

    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="+")
    permission = models.ForeignKey(Permission, on_delete=models.CASCADE, related_name="+")
    content_object = models.ForeignKey(
        Document, on_delete=models.CASCADE, related_name="unit_exceptions"
    )

    class Meta:
        verbose_name = _("acceso de una unidad")
        default_permissions = ()
        triggers = [changes(Mark.TREE)]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "permission", "content_object"], name="unit_exception_once"
            )
        ]
