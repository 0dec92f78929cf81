"""People, units, positions, roles: who there is and what they may do."""

from __future__ import annotations

from datetime import date
from typing import Any

from auditlog.registry import auditlog
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import Group, PermissionsMixin
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from tree_queries.models import TreeNode

from apps.accounts import querysets
from apps.core.sheets import SheetRun


class Organisation(models.Model):
    """The organisation this portal serves. One row."""

    name = models.CharField(_("nombre"), max_length=120)
    legal_name = models.CharField(_("razón social"), max_length=200, blank=True)
    country = models.CharField(_("país"), max_length=2)
    city = models.CharField(_("ciudad"), max_length=120, blank=True)
    phone = models.CharField(_("teléfono de atención"), max_length=40, blank=True)
    hours = models.CharField(_("horario de atención"), max_length=300, blank=True)
    mission = models.TextField(_("misión"), blank=True)

    class Meta:
        verbose_name = _("organización")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(name="only_one_organisation", condition=Q(pk=1)),
        ]

    def __str__(self) -> str:
        return self.name


class PersonManager(BaseUserManager.from_queryset(querysets.PersonQuerySet)):
    use_in_migrations = False

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> Person:
        """Create a person with that e-mail (kept in lower case) and password."""
        person = self.model(email=self.normalize_email(email).lower(), **fields)
        person.set_password(password)
        person.save()
        return person

    def get_by_natural_key(self, email: str | None) -> Person:
        return self.get(email=(email or "").lower())


class Person(AbstractBaseUser, PermissionsMixin):
    """Someone who works in the organisation and may sign in. The e-mail is the name."""

    email = models.EmailField(_("correo"), unique=True)
    first_name = models.CharField(_("nombre"), max_length=80)
    last_name = models.CharField(_("apellidos"), max_length=80)
    phone = models.CharField(_("teléfono interno"), max_length=40, blank=True)
    is_active = models.BooleanField(_("activa"), default=True)
    is_system = models.BooleanField(_("es el propio portal"), default=False)
    joined_on = models.DateField(_("ingreso"), default=timezone.localdate)
    deactivated_at = models.DateTimeField(_("desactivada el"), null=True, blank=True)
    # Part of what a session is checked against: raised, it ends every session at once.
    session_epoch = models.PositiveIntegerField(default=0)
    theme = models.CharField(
        _("tema"),
        max_length=5,
        default="light",
        choices=[("light", _("Claro")), ("dark", _("Oscuro"))],
    )

    objects = PersonManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["first_name", "last_name"]

    class Meta:
        verbose_name = _("persona")
        verbose_name_plural = _("personas")
        ordering = ["last_name", "first_name", "pk"]
        default_permissions = ("view",)
        permissions = [
            ("manage_people", _("Puede invitar, activar y desactivar personas")),
            ("import_people", _("Puede importar personas y unidades")),
            ("close_sessions", _("Puede cerrar sesiones de otras personas")),
            ("reset_factors", _("Puede restablecer el segundo factor")),
            ("view_log", _("Puede leer el registro de actividad")),
        ]
        constraints = [
            # SECURITY: a superuser would pass every check, also a misspelt one.
            models.CheckConstraint(name="nobody_is_superuser", condition=Q(is_superuser=False)),
            models.CheckConstraint(
                name="person_email_is_lower_case",
                condition=Q(email=Func(F("email"), function="lower")),
            ),
        ]

    def __str__(self) -> str:
        return self.get_full_name()

    def get_absolute_url(self) -> str:
        return reverse("accounts:person", args=[self.pk])

    def get_full_name(self) -> str:
        """First and last names."""
        return f"{self.first_name} {self.last_name}".strip()

    def get_short_name(self) -> str:
        """First name and initial: «Luis P.»."""
        return f"{self.first_name} {self.last_name[:1]}.".strip()

    def holdings_on(self, on: date) -> list[Holding]:
        """Holdings in force on the calendar day `on`; reads `holdings` as prefetched."""
        return [
            holding
            for holding in self.holdings.all()
            if holding.from_on <= on and (holding.until_on is None or holding.until_on >= on)
        ]

    def access(self) -> Person:
        """This person with `granted`, `unit_ids`, `has_second_factor` filled in.

        Requests come with them already (`accounts.backends`); elsewhere one query fetches
        them once per instance.
        """
        if "granted" not in self.__dict__:
            fresh = Person.objects.with_access().get(pk=self.pk)
            for name in ("granted", "unit_ids", "has_second_factor", "holds_sensitive_role"):
                setattr(self, name, getattr(fresh, name))
        return self

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Django's, and the epoch: a new password or a new epoch ends every session (S10)."""
        return salted_hmac(
            "apps.accounts.models.Person.session",
            f"{self.password}|{self.session_epoch}",
            secret=secret,
            algorithm="sha256",
        ).hexdigest()

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Whether an active person holds `perm` ("app.codename") through their roles."""
        return self.is_active and str(perm) in self.access().granted

    def has_perms(self, perm_list: Any, obj: Any = None) -> bool:
        return all(self.has_perm(perm) for perm in perm_list)

    def has_module_perms(self, app_label: str) -> bool:
        return any(perm.startswith(f"{app_label}.") for perm in self.access().granted)


class Role(models.Model):
    """What a group of people may do: a Django group with a Spanish face."""

    group = models.OneToOneField(
        Group, verbose_name=_("grupo"), on_delete=models.CASCADE, related_name="role"
    )
    key = models.SlugField(_("clave"), unique=True)
    title = models.CharField(_("nombre"), max_length=80)
    description = models.TextField(_("para qué"), blank=True)
    is_sensitive = models.BooleanField(
        _("ve datos sensibles"),
        default=False,
        help_text=_("Sus sesiones se cierran a los 30 minutos sin uso."),
    )
    is_builtin = models.BooleanField(_("viene con el portal"), default=False)
    position = models.PositiveSmallIntegerField(_("orden"), default=100)

    class Meta:
        verbose_name = _("rol")
        verbose_name_plural = _("roles")
        ordering = ["position", "title"]
        default_permissions = ("view",)
        permissions = [("manage_roles", _("Puede cambiar lo que permite cada rol"))]

    def __str__(self) -> str:
        return self.title


class AppliedDefault(models.Model):
    """A permission whose default roles were already given: later changes are the admins'."""

    permission = models.CharField(max_length=120, unique=True)

    class Meta:
        default_permissions = ()


class Unit(TreeNode):
    """A part of the organisation."""

    code = models.CharField(_("código"), max_length=20, unique=True)
    name = models.CharField(_("nombre"), max_length=120)
    purpose = models.TextField(_("para qué está"), blank=True)
    order = models.PositiveSmallIntegerField(_("orden"), default=100)
    is_active = models.BooleanField(_("activa"), default=True)

    objects = querysets.UnitQuerySet.as_manager(with_tree_fields=False)

    class Meta:
        verbose_name = _("unidad")
        verbose_name_plural = _("unidades")
        ordering = ["order", "name"]
        default_permissions = ("view",)
        permissions = [("manage_organisation", _("Puede cambiar unidades y cargos"))]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("accounts:unit", args=[self.pk])


class Position(models.Model):
    """A post in a unit, whoever holds it."""

    key = models.SlugField(_("clave"), max_length=60, unique=True)
    unit = models.ForeignKey(
        Unit, verbose_name=_("unidad"), on_delete=models.PROTECT, related_name="positions"
    )
    title = models.CharField(_("cargo"), max_length=120)
    reports_to = models.ForeignKey(
        "self",
        verbose_name=_("depende de"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="reports",
    )
    purpose = models.TextField(_("propósito"), blank=True)
    duties = models.JSONField(_("funciones"), default=list, blank=True)
    seats = models.PositiveSmallIntegerField(_("plazas"), default=1)
    is_active = models.BooleanField(_("vigente"), default=True)

    objects = querysets.PositionQuerySet.as_manager()

    class Meta:
        verbose_name = _("cargo")
        verbose_name_plural = _("cargos")
        ordering = ["title"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="position_reports_to_another", condition=~Q(reports_to=F("pk"))
            )
        ]

    def __str__(self) -> str:
        return self.title


class Holding(models.Model):
    """A person holds a position between two calendar days, both included."""

    person = models.ForeignKey(
        Person, verbose_name=_("persona"), on_delete=models.CASCADE, related_name="holdings"
    )
    position = models.ForeignKey(
        Position, verbose_name=_("cargo"), on_delete=models.PROTECT, related_name="holdings"
    )
    from_on = models.DateField(_("desde"), default=timezone.localdate)
    until_on = models.DateField(_("hasta"), null=True, blank=True)

    objects = querysets.HoldingQuerySet.as_manager()

    class Meta:
        verbose_name = _("titularidad")
        verbose_name_plural = _("titularidades")
        ordering = ["-from_on"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="holding_ends_after_it_begins",
                condition=Q(until_on=None) | Q(until_on__gte=F("from_on")),
            ),
            ExclusionConstraint(
                name="a_position_once_per_person_and_day",
                expressions=[
                    ("person", RangeOperators.EQUAL),
                    ("position", RangeOperators.EQUAL),
                    (
                        Func(
                            F("from_on"),
                            F("until_on"),
                            Value("[]"),
                            function="daterange",
                            output_field=DateRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.position}"


class Absence(models.Model):
    """Days on which somebody else stands in for a person."""

    person = models.ForeignKey(
        Person, verbose_name=_("persona"), on_delete=models.CASCADE, related_name="absences"
    )
    substitute = models.ForeignKey(
        Person,
        verbose_name=_("le reemplaza"),
        on_delete=models.CASCADE,
        related_name="substitutions",
    )
    from_on = models.DateField(_("desde"))
    to_on = models.DateField(_("hasta"))
    reason = models.CharField(_("motivo"), max_length=120, blank=True)

    objects = querysets.AbsenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("ausencia")
        verbose_name_plural = _("ausencias")
        ordering = ["-from_on"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="absence_ends_after_it_begins", condition=Q(to_on__gte=F("from_on"))
            ),
            models.CheckConstraint(
                name="nobody_substitutes_themselves", condition=~Q(person=F("substitute"))
            ),
        ]

    def __str__(self) -> str:
        return str(self.person)


class Invitation(models.Model):
    """An invitation by mail link. Only the hash of the link's secret is kept."""

    person = models.ForeignKey(
        Person, verbose_name=_("persona"), on_delete=models.CASCADE, related_name="invitations"
    )
    token_hash = models.CharField(max_length=64, unique=True)
    sent_by = models.ForeignKey(
        Person, verbose_name=_("la envió"), on_delete=models.PROTECT, related_name="+"
    )
    sent_at = models.DateTimeField(_("enviada el"), default=timezone.now)
    expires_at = models.DateTimeField(_("vence el"))
    accepted_at = models.DateTimeField(_("aceptada el"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("anulada el"), null=True, blank=True)

    class Meta:
        verbose_name = _("invitación")
        verbose_name_plural = _("invitaciones")
        ordering = ["-sent_at"]
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.person)


class FactorReset(models.Model):
    """Somebody lost every factor: one admin asks, another confirms (S20, C20)."""

    person = models.ForeignKey(
        Person, verbose_name=_("persona"), on_delete=models.CASCADE, related_name="factor_resets"
    )
    asked_by = models.ForeignKey(
        Person, verbose_name=_("lo pidió"), on_delete=models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField(_("pedido el"), default=timezone.now)
    reason = models.CharField(_("motivo"), max_length=300)
    decided_by = models.ForeignKey(
        Person, verbose_name=_("lo decidió"), on_delete=models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(_("decidido el"), null=True, blank=True)
    confirmed = models.BooleanField(_("confirmado"), null=True)

    class Meta:
        verbose_name = _("restablecimiento de segundo factor")
        verbose_name_plural = _("restablecimientos de segundo factor")
        ordering = ["-asked_at"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="factor_reset_needs_two_people", condition=~Q(asked_by=F("decided_by"))
            )
        ]

    def __str__(self) -> str:
        return str(self.person)


class KnownDevice(models.Model):
    """A browser a person has signed in from: a new one is announced to them (C21)."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="devices")
    token_hash = models.CharField(max_length=64)
    label = models.CharField(max_length=120)
    first_seen_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["person", "token_hash"], name="a_device_once")
        ]


class ImportRun(SheetRun):
    """A sheet of people or units that was checked."""

    kind = models.CharField(
        _("qué contiene"),
        max_length=8,
        choices=[("people", _("Personas")), ("units", _("Unidades"))],
    )

    class Meta:
        verbose_name = _("importación")
        verbose_name_plural = _("importaciones")
        default_permissions = ()
        ordering = ["-asked_at"]

    def __str__(self) -> str:
        return self.get_kind_display()


auditlog.register(Person, exclude_fields=["password", "last_login", "theme", "session_epoch"])
for model in (Organisation, Role, Unit, Position, Holding, Absence, FactorReset):
    auditlog.register(model)
auditlog.register(Invitation, exclude_fields=["token_hash"])
auditlog.register(ImportRun, exclude_fields=["sealed"])
