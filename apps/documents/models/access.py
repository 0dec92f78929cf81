"""A document opened to, or hidden from, people, roles and units beyond its audience.

Rows hold one of two object permissions of Document: `open_document` or `hide_document`.
What they amount to for a person is `apps.documents.sight`.
"""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.contrib.auth.models import Permission
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from guardian.managers import GroupObjectPermissionManager, UserObjectPermissionManager
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from apps.accounts.models import Unit
from apps.documents import querysets
from apps.documents.models.base import Document
from apps.documents.stamps import Mark, changes


def says_what_it_does() -> pgtrigger.Trigger:
    """Keeps `hides` what the permission of the row says, whoever writes it."""
    return pgtrigger.Trigger(
        name="hides_as_its_permission",
        level=pgtrigger.Row,
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update,
        func=(
            "NEW.hides := (SELECT codename = 'hide_document' FROM auth_permission"
            " WHERE id = NEW.permission_id); RETURN NEW;"
        ),
    )


def hiding(whom: str) -> models.Index:
    """The few rows that hide, which every reading asks for."""
    return models.Index(fields=[whom], condition=models.Q(hides=True), name=f"hidden_from_{whom}")


class Given(models.Model):
    """By whom an exception was given, why, and until which calendar day (included).

    `hides` repeats the permission, so that reading needs no join: the database sees to it.
    """

    hides = models.BooleanField(_("oculta"), default=False, editable=False)
    reason = models.TextField(_("motivo"), blank=True)
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("lo dio"),
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
    )
    given_at = models.DateTimeField(_("dado el"), default=timezone.now)
    until_on = models.DateField(_("hasta"), null=True, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.content_object.code}: {self.whom}"

    @property
    def whom(self) -> str:
        """Whom it is for, in words."""
        raise NotImplementedError


class DocumentUserPermission(Given, UserObjectPermissionBase):
    """An exception for one person."""

    content_object = models.ForeignKey(
        Document,
        verbose_name=_("documento"),
        on_delete=models.CASCADE,
        related_name="person_exceptions",
    )

    objects = UserObjectPermissionManager.from_queryset(querysets.ExceptionQuerySet)()

    class Meta(UserObjectPermissionBase.Meta):
        verbose_name = _("acceso de una persona")
        verbose_name_plural = _("accesos de personas")
        default_permissions = ()
        indexes = [hiding("user")]
        triggers = [changes(Mark.TREE), says_what_it_does()]

    @property
    def whom(self) -> str:
        return str(self.user)


class DocumentGroupPermission(Given, GroupObjectPermissionBase):
    """An exception for everyone of a role."""

    content_object = models.ForeignKey(
        Document,
        verbose_name=_("documento"),
        on_delete=models.CASCADE,
        related_name="role_exceptions",
    )

    objects = GroupObjectPermissionManager.from_queryset(querysets.ExceptionQuerySet)()

    class Meta(GroupObjectPermissionBase.Meta):
        verbose_name = _("acceso de un rol")
        verbose_name_plural = _("accesos de roles")
        default_permissions = ()
        indexes = [hiding("group")]
        triggers = [changes(Mark.TREE), says_what_it_does()]

    @property
    def whom(self) -> str:
        return str(getattr(self.group, "role", self.group))


class DocumentUnitPermission(Given):
    """An exception for everyone of a unit and of all units below it (its `reach`)."""

    unit = models.ForeignKey(
        Unit, verbose_name=_("unidad"), on_delete=models.CASCADE, related_name="+"
    )
    permission = models.ForeignKey(Permission, on_delete=models.CASCADE, related_name="+")
    content_object = models.ForeignKey(
        Document,
        verbose_name=_("documento"),
        on_delete=models.CASCADE,
        related_name="unit_exceptions",
    )

    objects = querysets.ExceptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("acceso de una unidad")
        verbose_name_plural = _("accesos de unidades")
        default_permissions = ()
        indexes = [hiding("unit")]
        triggers = [changes(Mark.TREE), says_what_it_does()]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "permission", "content_object"], name="unit_exception_once"
            )
        ]

    @property
    def whom(self) -> str:
        return str(self.unit)


class DocumentUnitReach(models.Model):
    """A unit that an exception covers: the one it names, or one that hangs below it now.

    Follows the organigram (`services.follow_unit`); the exception itself is what is audited.
    """

    exception = models.ForeignKey(
        DocumentUnitPermission, on_delete=models.CASCADE, related_name="reach"
    )
    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="+")

    class Meta:
        default_permissions = ()
        triggers = [changes(Mark.TREE)]
        constraints = [
            models.UniqueConstraint(fields=["exception", "unit"], name="unit_reached_once")
        ]
