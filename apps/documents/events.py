"""What happens to documents that no field shows, for the activity log."""

from __future__ import annotations

from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from apps.accounts.activity import EVENTS


class Event(StrEnum):
    """Kinds of such events."""

    EMERGENCY_PUBLISHED = "emergency_published"
    RATIFIED = "ratified"
    NOT_RATIFIED = "not_ratified"
    CHARGED = "charged"


def hand_over() -> None:
    """Tell the activity log how to name them; called once when the apps have loaded."""
    EVENTS[Event.EMERGENCY_PUBLISHED] = _("Publicó de emergencia, sin aprobación previa")
    EVENTS[Event.RATIFIED] = _("Ratificó lo publicado de emergencia")
    EVENTS[Event.CHARGED] = _("Cambió responsable, unidad o clasificación")
    EVENTS[Event.NOT_RATIFIED] = _("No ratificó lo publicado de emergencia")
