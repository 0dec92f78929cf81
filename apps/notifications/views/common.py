"""What the pages of the notices share."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.notifications.permissions import Perm


def tabs(request: HttpRequest, current: str) -> list[dict[str, Any]]:
    """Pages of the section side by side, those this person may open."""
    entries = [
        ("notices", _("Avisos"), None),
        ("preferences", _("Preferencias"), None),
        ("mails", _("Correo sin entregar"), Perm.MANAGE_MAIL),
    ]
    return [
        {"title": title, "url": reverse(f"notifications:{name}"), "current": name == current}
        for name, title, perm in entries
        if perm is None or request.user.has_perm(perm)
    ]
