"""«Leído y comprendido»: who must, who did, and the proof of it, kept for ever (M15, M16)."""

from __future__ import annotations

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person, Position, Role, Unit
from apps.documents.models.base import Document, Version
from apps.documents.querysets import ObligationQuerySet


class Addressee(models.Model):
    """Somebody whose acknowledgement a document asks for: a unit (and all below it), a
    position or a role. Without any, those who are named in its steps and its audience."""

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="addressees")
    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, null=True, related_name="+")
    position = models.ForeignKey(Position, on_delete=models.CASCADE, null=True, related_name="+")
    role = models.ForeignKey(Role, on_delete=models.CASCADE, null=True, related_name="+")

    class Meta:
        verbose_name = _("destinatario de la lectura")
        verbose_name_plural = _("destinatarios de la lectura")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="addressee_is_one_thing",
                condition=Q(unit__isnull=False, position=None, role=None)
                | Q(unit=None, position__isnull=False, role=None)
                | Q(unit=None, position=None, role__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["document", "unit", "position", "role"],
                nulls_distinct=False,
                name="addressee_once",
            ),
        ]


class Asking(models.Model):
    """A published version that asks its readers, or takes over what an earlier one asked.

    Written with the publication, one row whatever the number of readers; a job spreads it
    (`services.acknowledging`). `position_ids` are the positions named in what rooms above
    attach to the version, noted when it is spread.
    """

    version = models.OneToOneField(
        Version, on_delete=models.CASCADE, primary_key=True, related_name="asking"
    )
    asks = models.BooleanField(_("pide lectura y aceptación"))
    position_ids = ArrayField(models.BigIntegerField(), default=list)
    written_at = models.DateTimeField(default=timezone.now)
    spread_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(
                fields=["written_at"], condition=Q(spread_at=None), name="askings_to_spread"
            )
        ]


def _counts(operation: pgtrigger.Operation, rows: str, **tables: str) -> pgtrigger.Trigger:
    """Keeps `Reach` equal to the count of obligations, whatever way they change."""
    return pgtrigger.Trigger(
        name=f"counts_reach_{str(operation).lower()}",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=pgtrigger.Referencing(**tables),
        func=f"""
            INSERT INTO documents_reach AS kept (version_id, unit_id, asked, accepted)
            SELECT version_id, unit_id, asked, accepted FROM (
                SELECT version_id, unit_id,
                    coalesce(sum(sign) FILTER (WHERE withdrawn_at IS NULL), 0) AS asked,
                    coalesce(sum(sign) FILTER (WHERE acknowledged_at IS NOT NULL), 0) AS accepted
                FROM ({rows}) AS changed GROUP BY version_id, unit_id
            ) AS sums
            WHERE (asked, accepted) <> (0, 0)
            -- One order for everybody: two statements at once do not block each other in turn.
            ORDER BY version_id, unit_id
            ON CONFLICT (version_id, unit_id) DO UPDATE SET
                asked = kept.asked + EXCLUDED.asked,
                accepted = kept.accepted + EXCLUDED.accepted;
            RETURN NULL;
        """,  # noqa: S608  (fixed text of this module)
    )


_ADDED = "SELECT *, 1 AS sign FROM added"
_TAKEN = "SELECT *, -1 AS sign FROM taken"


class Obligation(models.Model):
    """A person must read and accept a version by a calendar day.

    Withdrawn when they no longer belong to those addressed, or a later version asks instead;
    done when their Acknowledgement of the same version exists. `unit` is where they worked
    while it was asked.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="obligations")
    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="obligations")
    unit = models.ForeignKey(
        Unit, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    asked_at = models.DateTimeField(_("pedida el"), default=timezone.now)
    due_on = models.DateField(_("vence el"))
    withdrawn_at = models.DateTimeField(_("dejó de pedirse el"), null=True, blank=True)
    acknowledged_at = models.DateTimeField(_("aceptada el"), null=True, blank=True)

    objects = ObligationQuerySet.as_manager()

    class Meta:
        verbose_name = _("lectura pedida")
        verbose_name_plural = _("lecturas pedidas")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["version", "person"], name="obligation_once"),
            models.CheckConstraint(
                name="accepted_obligation_is_not_withdrawn",
                condition=Q(withdrawn_at=None) | Q(acknowledged_at=None),
            ),
        ]
        indexes = [
            models.Index(
                fields=["person", "due_on", "id"],
                condition=Q(withdrawn_at=None, acknowledged_at=None),
                name="obligation_open",
            ),
            models.Index(
                fields=["version", "due_on", "person"],
                condition=Q(withdrawn_at=None, acknowledged_at=None),
                name="obligation_open_of_version",
            ),
        ]
        triggers = [
            _counts(pgtrigger.Insert, _ADDED, new="added"),
            _counts(pgtrigger.Update, f"{_ADDED} UNION ALL {_TAKEN}", new="added", old="taken"),
            _counts(pgtrigger.Delete, _TAKEN, old="taken"),
        ]


class Reach(models.Model):
    """How many people of a unit were asked to accept a version and how many did.

    Kept by triggers of Obligation in the same transaction, so that the board of 2,000
    documents and 2,000 people adds up thousands of rows instead of millions.
    """

    version = models.ForeignKey(
        Version, on_delete=models.CASCADE, related_name="reach", db_index=False
    )
    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, null=True, related_name="+")
    asked = models.IntegerField(default=0)
    accepted = models.IntegerField(default=0)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["version", "unit"], nulls_distinct=False, name="reach_once"
            )
        ]


class Acknowledgement(models.Model):
    """The proof that a person read and accepted a version. Never changed, never deleted (M16).

    `evidence` is plain data: when the page was opened, seconds until acceptance, parts shown.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="acknowledgements")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="acknowledgements")
    content_hash = models.CharField("SHA-256", max_length=64)
    accepted_at = models.DateTimeField(_("aceptada el"), default=timezone.now)
    text_shown = models.TextField(_("texto aceptado"))
    evidence = models.JSONField(_("constancia de lectura"), default=dict)

    class Meta:
        verbose_name = _("lectura aceptada")
        verbose_name_plural = _("lecturas aceptadas")
        ordering = ["-accepted_at", "-pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["version", "person"], name="acknowledgement_once")
        ]
        triggers = [
            pgtrigger.Protect(
                name="acknowledgement_is_kept", operation=pgtrigger.Update | pgtrigger.Delete
            )
        ]
