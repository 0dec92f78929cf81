"""Governed documents and their versions: one engine for all that is written (DESIGN §3)."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person, Unit
from apps.core.access import Level
from apps.documents import querysets
from apps.documents.stamps import Mark, changes, changes_of_published


class Document(models.Model):
    """Something written down that people must be able to trust.

    `title` and `current` follow the version in force.
    """

    class Kind(models.TextChoices):
        PROCEDURE = "procedure", _("Procedimiento")
        POLICY = "policy", _("Política")
        STANDARD = "standard", _("Estándar")
        CHARTER = "charter", _("Carta")
        PROTOCOL = "protocol", _("Protocolo")
        CASE = "case", _("Caso de ejemplo")

    kind = models.CharField(_("clase"), max_length=16, choices=Kind.choices)
    code = models.CharField(_("código"), max_length=40, unique=True)
    title = models.CharField(_("título"), max_length=200)
    owner = models.ForeignKey(
        Person,
        verbose_name=_("responsable"),
        on_delete=models.PROTECT,
        related_name="owned_documents",
    )
    unit = models.ForeignKey(Unit, verbose_name=_("unidad"), on_delete=models.PROTECT)
    classification = models.PositiveSmallIntegerField(
        _("clasificación"), choices=Level.choices, default=Level.INTERNAL
    )
    audience = models.ManyToManyField(
        Unit, verbose_name=_("destinatarios"), blank=True, related_name="addressed_documents"
    )
    review_months = models.PositiveSmallIntegerField(_("revisión cada, en meses"), default=12)
    next_review_on = models.DateField(_("próxima revisión"), null=True, blank=True)
    current = models.OneToOneField(
        "Version", on_delete=models.PROTECT, null=True, blank=True, related_name="current_of"
    )
    reviewer = models.ForeignKey(
        Person,
        verbose_name=_("quien la revisa"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Si nadie está indicado, revisa quien responde por él."),
    )
    retired_on = models.DateField(_("retirado el"), null=True, blank=True)
    retirement_reason = models.TextField(_("por qué se retiró"), blank=True)
    replaced_by = models.ForeignKey(
        "self",
        verbose_name=_("lo reemplaza"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    created_at = models.DateTimeField(default=timezone.now)

    objects = querysets.DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = _("documento")
        verbose_name_plural = _("documentos")
        ordering = ["code"]
        default_permissions = ("view",)
        permissions = [
            ("write_document", _("Puede redactar documentos")),
            ("approve_document", _("Puede aprobar documentos")),
            ("export_document", _("Puede exportar listas de documentos")),
            ("publish_emergency", _("Puede publicar de emergencia, sin aprobación previa")),
            (
                "govern_document",
                _("Puede cambiar responsables, revisores, accesos y retirar documentos"),
            ),
            ("manage_regulations", _("Puede llevar el registro de normas")),
            ("view_reach", _("Puede ver quién ha leído y aceptado un documento")),
            # Given for one document to one person or role (guardian's tables, `access`).
            ("open_document", _("Lee este documento aunque no esté entre sus destinatarios")),
            ("hide_document", _("No ve este documento")),
        ]
        constraints = [
            models.CheckConstraint(
                name="document_reviewed_within_three_years",
                condition=Q(review_months__gte=1, review_months__lte=36),
            ),
            models.CheckConstraint(
                name="document_in_force_has_a_review_date",
                condition=Q(current=None) | Q(next_review_on__isnull=False),
            ),
        ]
        triggers = [changes(Mark.TREE)]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("documents:document", args=[self.code])


class Version(models.Model):
    """The text of a document at one time. Once published it never changes (M11)."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Borrador")
        IN_REVIEW = "in_review", _("En revisión")
        APPROVED = "approved", _("Aprobada")
        IN_FORCE = "in_force", _("En vigor")
        SUPERSEDED = "superseded", _("Sustituida")
        RETIRED = "retired", _("Retirada")

    class Change(models.TextChoices):
        FIRST = "first", _("Primera versión")
        CORRECTION = "correction", _("Corrección")
        MINOR = "minor", _("Cambio menor")
        MAJOR = "major", _("Cambio mayor")

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField(_("versión"))
    state = models.CharField(_("estado"), max_length=12, choices=State.choices, default=State.DRAFT)
    title = models.CharField(_("título"), max_length=200)
    body = models.TextField(_("texto"), blank=True)
    change = models.CharField(_("tipo de cambio"), max_length=12, choices=Change.choices)
    justification = models.TextField(_("por qué cambió"), blank=True)
    author = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    approver = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    editors = models.ManyToManyField(
        Person, verbose_name=_("escribieron"), blank=True, related_name="+"
    )
    asks_acknowledgement = models.BooleanField(_("pide lectura y aceptación"), default=False)
    restored_from = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    # Counts the edits of a draft: an edit that began at an older count is stale.
    revision = models.PositiveIntegerField(default=0)
    edited_at = models.DateTimeField(_("editada el"), null=True, blank=True)
    submitted_at = models.DateTimeField(_("enviada el"), null=True, blank=True)
    wanted_on = models.DateField(_("fecha propuesta"), null=True, blank=True)
    submission_note = models.TextField(_("mensaje para quienes aprueban"), blank=True)
    emergency_reason = models.TextField(_("motivo de la emergencia"), blank=True)
    ratified_by = models.ForeignKey(
        Person,
        verbose_name=_("la ratificó"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    ratified_at = models.DateTimeField(_("ratificada el"), null=True, blank=True)
    # Somebody else would not stand by what was published in an emergency, and says why.
    objected_by = models.ForeignKey(
        Person,
        verbose_name=_("no la ratificó"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    objected_at = models.DateTimeField(_("no ratificada el"), null=True, blank=True)
    objection = models.TextField(_("por qué no se ratificó"), blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    approved_at = models.DateTimeField(_("aprobada el"), null=True, blank=True)
    effective_on = models.DateField(_("en vigor desde"), null=True, blank=True)
    superseded_on = models.DateField(_("sustituida o retirada el"), null=True, blank=True)
    # Retired while in force, or cancelled before its day: then it has no `superseded_on`.
    retired_at = models.DateTimeField(_("retirada el"), null=True, blank=True)
    retired_by = models.ForeignKey(
        Person,
        verbose_name=_("la retiró"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    retirement_reason = models.TextField(_("por qué se retiró"), blank=True)
    content_hash = models.CharField("SHA-256", max_length=64, blank=True)

    objects = querysets.VersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("versión")
        verbose_name_plural = _("versiones")
        ordering = ["-number"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["document", "number"], name="version_number_once"),
            models.UniqueConstraint(
                fields=["document"],
                condition=Q(state="in_force"),
                name="one_version_in_force_per_document",
            ),
            models.CheckConstraint(
                # Nobody but in an emergency, which says why and waits for somebody else (M7).
                name="nobody_approves_their_own_version",
                condition=~Q(author=F("approver")) | ~Q(emergency_reason=""),
            ),
            models.CheckConstraint(
                name="nobody_ratifies_what_they_published",
                condition=Q(ratified_by=None)
                | ~Q(ratified_by=F("author")) & ~Q(ratified_by=F("approver")),
            ),
            models.CheckConstraint(
                name="an_objection_is_somebody_else_s_and_says_why",
                condition=Q(objected_by=None, objected_at=None, objection="")
                | Q(objected_by__isnull=False, objected_at__isnull=False, ratified_at=None)
                & ~Q(objection="")
                & ~Q(objected_by=F("author"))
                & ~Q(objected_by=F("approver")),
            ),
            models.CheckConstraint(
                name="published_version_is_approved_and_hashed",
                condition=Q(state__in=["draft", "in_review"])
                | Q(approver__isnull=False, approved_at__isnull=False)
                & ~Q(content_hash="")
                & Q(effective_on__isnull=False),
            ),
            models.CheckConstraint(
                name="retired_version_says_when_by_whom_and_why",
                condition=~Q(state="retired")
                | Q(retired_at__isnull=False, retired_by__isnull=False) & ~Q(retirement_reason=""),
            ),
        ]
        indexes = [
            models.Index(F("effective_on").desc(), F("id").desc(), name="version_latest_changes")
        ]
        triggers = [
            changes_of_published(Mark.TREE),
            pgtrigger.Trigger(
                name="published_text_is_immutable",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.state IN ('approved', 'in_force', 'superseded', 'retired') AND (("
                    "OLD.title, OLD.body, OLD.number, OLD.document_id, OLD.change,"
                    " OLD.justification, OLD.author_id, OLD.approver_id, OLD.approved_at,"
                    " OLD.effective_on, OLD.content_hash, OLD.asks_acknowledgement,"
                    " OLD.emergency_reason, OLD.restored_from_id) IS DISTINCT FROM ("
                    "NEW.title, NEW.body, NEW.number, NEW.document_id, NEW.change,"
                    " NEW.justification, NEW.author_id, NEW.approver_id, NEW.approved_at,"
                    " NEW.effective_on, NEW.content_hash, NEW.asks_acknowledgement,"
                    " NEW.emergency_reason, NEW.restored_from_id)"
                    # Its state only goes on: approved, in force, superseded or retired.
                    " OR OLD.state = 'approved'"
                    " AND NEW.state NOT IN ('approved', 'in_force', 'retired')"
                    " OR OLD.state = 'in_force'"
                    " AND NEW.state NOT IN ('in_force', 'superseded', 'retired')"
                    " OR OLD.state IN ('superseded', 'retired')"
                    " AND (OLD.state, OLD.superseded_on, OLD.retired_at, OLD.retired_by_id,"
                    " OLD.retirement_reason) IS DISTINCT FROM (NEW.state, NEW.superseded_on,"
                    " NEW.retired_at, NEW.retired_by_id, NEW.retirement_reason))"
                ),
                func="RAISE EXCEPTION 'a published version never changes';",
            ),
            pgtrigger.Trigger(
                name="text_in_review_stands",  # M8
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.state = 'in_review' AND NEW.state <> 'draft'"
                    " AND (OLD.title, OLD.body, OLD.number, OLD.document_id, OLD.author_id)"
                    " IS DISTINCT FROM"
                    " (NEW.title, NEW.body, NEW.number, NEW.document_id, NEW.author_id)"
                ),
                func="RAISE EXCEPTION 'a version in review does not change';",
            ),
            pgtrigger.Protect(
                name="published_version_is_kept",
                operation=pgtrigger.Delete,
                condition=pgtrigger.Q(
                    old__state__in=["approved", "in_force", "superseded", "retired"]
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document.code} v{self.number}"

    def get_absolute_url(self) -> str:
        return reverse("documents:version", args=[self.document.code, self.number])

    @property
    def is_published(self) -> bool:
        """Whether its text can no longer change."""
        return self.state in (
            self.State.APPROVED,
            self.State.IN_FORCE,
            self.State.SUPERSEDED,
            self.State.RETIRED,
        )

    @property
    def is_open(self) -> bool:
        """Whether it is still being written or decided on."""
        return self.state in (self.State.DRAFT, self.State.IN_REVIEW)

    @property
    def was_cancelled(self) -> bool:
        """Whether it was approved and then retired before its day came."""
        return self.state == self.State.RETIRED and self.superseded_on is None

    @property
    def awaits_ratification(self) -> bool:
        """Whether it was published in an emergency and nobody else has decided about it yet."""
        return bool(self.emergency_reason) and not (self.ratified_at or self.objected_at)


class Relation(models.Model):
    """A document that is worth reading beside another."""

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="relations")
    related = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("documento relacionado")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["document", "related"], name="relation_once"),
            models.CheckConstraint(
                name="not_related_to_itself", condition=~Q(document=F("related"))
            ),
        ]
