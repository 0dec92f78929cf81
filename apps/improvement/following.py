"""What documents below tell: a new version rules, perhaps the one a finding waits for (M21)."""

from __future__ import annotations

from typing import Any

from apps.documents.models import Version
from apps.documents.services import came_into_force
from apps.improvement.models import ChangeRequest
from apps.improvement.services.telling import version_rules


def connect() -> None:
    """Listen to versions that come into force."""
    came_into_force.connect(_version_rules, dispatch_uid="improvement-version-rules")


def _version_rules(sender: type, version: Version, **kwargs: Any) -> None:
    waiting = ChangeRequest.objects.filter(
        document=version.document_id, state="accepted", version=None, finding__state="open"
    )
    for change in waiting.select_related("document", "finding"):
        version_rules(change)
