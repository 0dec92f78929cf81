"""What rooms above register: the kinds of notices, and whom an announcement reaches.

Both are filled by `notices.py` of each app, which `CoreConfig.ready` imports.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person
from apps.core.registry import Registry


class Mail(models.TextChoices):
    """When a kind of notice also comes by mail."""

    NOW = "now", _("Enseguida")
    DAILY = "daily", _("En el resumen del día")
    NEVER = "never", _("No enviar correo")


@dataclass(frozen=True)
class NoticeKind:
    """A kind of notice. `mail` is when it also comes by mail, until a person chooses.

    `note` says when it comes, for the page of preferences. An `obligatory` kind always comes
    by mail too: people choose when, not whether.
    """

    title: str
    mail: Literal["now", "daily", "never"] = "daily"
    note: str = ""
    icon: str = "bell"
    obligatory: bool = False

    def __post_init__(self) -> None:
        if self.mail not in Mail.values:
            raise ValueError(f"mail is one of {', '.join(Mail.values)}")
        if self.obligatory and self.mail == Mail.NEVER:
            raise ValueError("an obligatory kind comes by mail")


kinds: Registry[NoticeKind] = Registry("notice kind")
# Whom an announcement about the subject of that id reaches; nobody if it is gone.
audiences: Registry[Callable[[int], models.QuerySet[Person]]] = Registry("audience")
