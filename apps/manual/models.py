"""The procedures manual: a tree of headings and pages; procedures with their steps."""

from __future__ import annotations

import pgtrigger
from auditlog.registry import auditlog
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from tree_queries.models import TreeNode

from apps.accounts.models import Position, Unit
from apps.core.models import StoredFile
from apps.documents.models import Document, Version
from apps.documents.stamps import Mark, changes
from apps.manual import querysets


class Node(TreeNode):
    """A place in the manual: a heading, or the page of a document (M1)."""

    code = models.CharField(_("código"), max_length=40, unique=True)
    title = models.CharField(_("título"), max_length=200)
    summary = models.TextField(_("resumen"), blank=True)
    order = models.PositiveIntegerField(_("orden"), default=0)
    document = models.OneToOneField(
        Document, on_delete=models.PROTECT, null=True, blank=True, related_name="node"
    )

    objects = querysets.NodeQuerySet.as_manager(with_tree_fields=False)

    class Meta:
        verbose_name = _("lugar del manual")
        verbose_name_plural = _("lugares del manual")
        ordering = ["order", "pk"]
        default_permissions = ("view",)
        permissions = [("arrange_nodes", _("Puede ordenar el manual"))]
        triggers = [changes(Mark.TREE)]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("manual:page", args=[self.code])


class Form(models.Model):
    """A form or letter template that steps ask for: FO-012, PL-007 (1.3.2)."""

    code = models.CharField(_("código"), max_length=20, unique=True)
    title = models.CharField(_("título"), max_length=160)
    purpose = models.TextField(_("para qué sirve"), blank=True)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")

    objects = querysets.FormQuerySet.as_manager()

    class Meta:
        verbose_name = _("formulario o plantilla")
        verbose_name_plural = _("formularios y plantillas")
        ordering = ["code"]
        default_permissions = ()
        permissions = [("manage_forms", _("Puede publicar formularios y plantillas"))]
        triggers = [changes(Mark.WORDS)]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("manual:form", args=[self.code])


class FormVersion(models.Model):
    """One edition of a form's file; the highest number is the one to use."""

    form = models.ForeignKey(Form, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField(_("versión"))
    file = models.OneToOneField(StoredFile, on_delete=models.PROTECT, related_name="+")
    published_on = models.DateField(_("publicada el"), default=timezone.localdate)
    note = models.CharField(_("qué cambió"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("edición de formulario")
        verbose_name_plural = _("ediciones de formulario")
        ordering = ["-number"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["form", "number"], name="form_edition_once")]


def _sealed_with_its_version(name: str) -> pgtrigger.Trigger:
    """Rows attached to a published version can be neither changed, added nor removed (M11)."""
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        declare=[("sealed", "boolean")],
        func=pgtrigger.Func(
            """
            -- OLD is null on INSERT, NEW on DELETE; an UPDATE may try to leave or to enter.
            SELECT EXISTS (
                SELECT FROM documents_version
                WHERE id IN (OLD.version_id, NEW.version_id)
                AND state IN ('approved', 'in_force', 'superseded', 'retired')
            ) INTO sealed;
            IF (sealed) THEN
                RAISE EXCEPTION 'a published version never changes';
            END IF;
            IF (TG_OP = 'DELETE') THEN RETURN OLD; END IF;
            RETURN NEW;
            """
        ),
    )


class Procedure(models.Model):
    """What a version of a procedure says besides its free text (M2)."""

    version = models.OneToOneField(Version, on_delete=models.CASCADE, related_name="procedure")
    purpose = models.TextField(_("para qué sirve"))
    scope = models.TextField(_("se aplica a"), blank=True)
    starts_with = models.TextField(_("empieza con"), blank=True)
    ends_with = models.TextField(_("termina con"), blank=True)
    inputs = models.JSONField(_("entradas"), default=list, blank=True)
    outputs = models.JSONField(_("salidas"), default=list, blank=True)
    standard = models.CharField(_("estándar"), max_length=200, blank=True)
    example = models.TextField(_("ejemplo"), blank=True)
    notes = models.TextField(_("casos especiales"), blank=True)

    class Meta:
        verbose_name = _("procedimiento")
        default_permissions = ()
        triggers = [_sealed_with_its_version("procedure_is_sealed")]


class Step(models.Model):
    """One step of a procedure: who, what, with what, by when (1.3.1).

    `key` stays the same through versions: differences and feedback follow a step by it.
    """

    class LimitUnit(models.TextChoices):
        MINUTES = "minutes", _("minutos")
        HOURS = "hours", _("horas")
        SAME_DAY = "same_day", _("el mismo día")
        DAYS = "days", _("días")
        BUSINESS_DAYS = "business_days", _("días hábiles")

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="steps")
    key = models.SlugField(_("clave"), max_length=80)
    number = models.PositiveSmallIntegerField(_("número"))
    title = models.CharField(_("título"), max_length=160)
    text = models.TextField(_("qué hacer"))
    # Nobody yet only while it is a draft: submission asks for it (M3).
    role = models.ForeignKey(
        Position,
        verbose_name=_("responsable"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    accountable = models.ForeignKey(
        Position,
        verbose_name=_("responde"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    limit_amount = models.PositiveSmallIntegerField(_("plazo"), null=True, blank=True)
    limit_unit = models.CharField(
        _("unidad del plazo"), max_length=16, choices=LimitUnit.choices, blank=True
    )
    tool = models.CharField(_("herramienta"), max_length=120, blank=True)
    form = models.ForeignKey(Form, on_delete=models.PROTECT, null=True, blank=True)
    channel = models.CharField(_("canal"), max_length=60, blank=True)
    record = models.CharField(_("qué queda"), max_length=160, blank=True)

    class Meta:
        verbose_name = _("paso")
        verbose_name_plural = _("pasos")
        ordering = ["number"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["version", "number"],
                name="step_number_once",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.UniqueConstraint(fields=["version", "key"], name="step_key_once"),
            models.CheckConstraint(
                name="step_limit_has_a_unit",
                condition=Q(limit_amount=None) | ~Q(limit_unit=""),
            ),
        ]
        triggers = [_sealed_with_its_version("step_is_sealed")]

    def __str__(self) -> str:
        return f"{self.number}. {self.title}"


class Picture(models.Model):
    """An image that texts of a document show; whoever may read the document may see it."""

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="pictures")
    file = models.OneToOneField(StoredFile, on_delete=models.PROTECT, related_name="+")

    objects = querysets.PictureQuerySet.as_manager()

    class Meta:
        verbose_name = _("imagen")
        verbose_name_plural = _("imágenes")
        default_permissions = ()

    def __str__(self) -> str:
        return self.file.name

    def get_absolute_url(self) -> str:
        return reverse("manual:picture", args=[self.file_id])


class DocumentTemplate(models.Model):
    """What a new document of a kind begins with."""

    kind = models.CharField(_("clase"), max_length=16, choices=Document.Kind.choices, unique=True)
    purpose = models.TextField(_("para qué sirve"), blank=True)
    scope = models.TextField(_("se aplica a"), blank=True)
    body = models.TextField(_("texto"), blank=True)
    # One step a line: its title, and after a vertical bar what to do.
    steps = models.TextField(_("pasos"), blank=True)

    class Meta:
        verbose_name = _("plantilla de documento")
        verbose_name_plural = _("plantillas de documento")
        ordering = ["pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return self.get_kind_display()


auditlog.register(DocumentTemplate)
auditlog.register(Picture)
auditlog.register(Node)
auditlog.register(Form)
auditlog.register(FormVersion)
auditlog.register(Procedure, exclude_fields=["example", "notes"])
auditlog.register(Step)
