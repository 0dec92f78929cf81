"""Reading people and the organisation."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Self

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import Permission
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import BooleanField, Exists, ExpressionWrapper, F, OuterRef, Q, Value
from django.db.models.functions import Concat
from django.utils import timezone
from tree_queries.query import TreeQuerySet

from apps.accounts.permissions import Perm
from apps.core.access import visible

if TYPE_CHECKING:
    from apps.accounts.models import Person

DEMO_DOMAIN = "@demo.cauce.test"


class PersonQuerySet(models.QuerySet):
    def visible_to(self, actor: Person) -> Self:
        """People whose card `actor` may see."""
        return visible(self, actor, Perm.VIEW_PEOPLE)

    def active(self) -> Self:
        """People who may sign in."""
        return self.filter(is_active=True)

    def may_enter(self) -> Self:
        """People who chose a password and to whom the door opens (`backends.may_enter`)."""
        rows = self.filter(is_active=True, is_system=False)
        rows = rows.exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX)
        return rows if settings.DEMO else rows.exclude(email__endswith=DEMO_DOMAIN)

    def holding(self, perm: str) -> Self:
        """Active people who hold `perm` ("app.codename") through a role."""
        app, _dot, codename = str(perm).partition(".")
        groups = Permission.objects.filter(
            content_type__app_label=app, codename=codename, group__user=OuterRef("pk")
        )
        return self.filter(Exists(groups), is_active=True, is_system=False)

    def with_open_invitation(self) -> Self:
        """Annotate `is_invited`: a link was sent and no password chosen yet."""
        from apps.accounts.models import Invitation

        sent = Invitation.objects.filter(person=OuterRef("pk"), accepted_at=None)
        without = Q(password__startswith=UNUSABLE_PASSWORD_PREFIX)
        return self.annotate(is_invited=Exists(sent) & ExpressionWrapper(without, BooleanField()))

    def with_access(self) -> Self:
        """Annotate in one statement what each request asks of its person.

        Adds `granted` (list of "app.codename"), `unit_ids` (units of today's positions),
        `has_second_factor` and `holds_sensitive_role`.
        """
        from apps.accounts.models import Holding, Role

        permissions = (
            Permission.objects.filter(group__user=OuterRef("pk"))
            .annotate(
                full=Concat(F("content_type__app_label"), Value("."), F("codename")),
            )
            .values("full")
            .distinct()
        )
        today = timezone.localdate()
        holdings = Holding.objects.current(today).filter(person=OuterRef("pk"))
        return self.annotate(
            granted=ArraySubquery(permissions),
            unit_ids=ArraySubquery(holdings.values("position__unit_id")),
            has_second_factor=Exists(
                Authenticator.objects.filter(user=OuterRef("pk")).exclude(
                    type=Authenticator.Type.RECOVERY_CODES
                )
            ),
            holds_sensitive_role=Exists(
                Role.objects.filter(group__user=OuterRef("pk"), is_sensitive=True)
            ),
        )


class UnitQuerySet(TreeQuerySet):
    def visible_to(self, actor: Person) -> Self:
        """Units `actor` may see in the organigram."""
        return visible(self, actor, Perm.VIEW_ORGANISATION)


class PositionQuerySet(models.QuerySet):
    def visible_to(self, actor: Person) -> Self:
        """Positions `actor` may see in the organigram."""
        return visible(self, actor, Perm.VIEW_ORGANISATION)


class HoldingQuerySet(models.QuerySet):
    def current(self, on: date) -> Self:
        """Holdings in force on the calendar day `on`, of active people."""
        return self.filter(
            Q(until_on=None) | Q(until_on__gte=on), from_on__lte=on, person__is_active=True
        )


class AbsenceQuerySet(models.QuerySet):
    def current(self, on: date) -> Self:
        """Absences that include the calendar day `on`."""
        return self.filter(from_on__lte=on, to_on__gte=on)
