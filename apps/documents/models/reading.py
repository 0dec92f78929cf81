"""What was read: by whom last (told to them alone), and how often in a day (of nobody)."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person
from apps.documents.models.base import Document


class LastReading(models.Model):
    """The version a person last opened: tells them what changed since (only to them).

    `previous_number` is the version they had read before `number`, which they first opened
    on `since_on`: all of that day they are told what changed.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="+")
    number = models.PositiveSmallIntegerField()
    previous_number = models.PositiveSmallIntegerField(null=True)
    since_on = models.DateField(default=timezone.localdate)
    read_on = models.DateField(default=timezone.localdate)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["person", "document"], name="last_reading_once")
        ]


class Stamp(models.Model):
    """A mark that changes with what it stands for (`documents.stamps`)."""

    name = models.CharField(max_length=16, primary_key=True)
    value = models.UUIDField()

    class Meta:
        default_permissions = ()


class DailyUse(models.Model):
    """How often a document was read and found useful in a day, without saying by whom (1.5.4).

    A reading counts once per person and day among the staff, once per visit among customers.
    """

    class Readers(models.TextChoices):
        STAFF = "staff", _("Personal")
        CUSTOMERS = "customers", _("Clientes")

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="daily_use")
    on = models.DateField(_("día"))
    readers = models.CharField(_("quiénes"), max_length=10, choices=Readers.choices)
    readings = models.PositiveIntegerField(_("lecturas"), default=0)
    useful = models.PositiveIntegerField(_("les sirvió"), default=0)
    not_useful = models.PositiveIntegerField(_("no les sirvió"), default=0)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["document", "readers", "on"], name="daily_use_once")
        ]
