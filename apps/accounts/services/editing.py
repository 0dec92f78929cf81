"""Two people edit the same row: the second is told, nothing is overwritten (F14)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from apps.core.rules import StaleEdit


def state_of(row: Model, fields: Sequence[str]) -> str:
    """Mark of the values of `fields` (attribute names) that a form carries along."""
    values = [getattr(row, name) for name in fields]
    return hashlib.sha256(json.dumps(values, default=str).encode()).hexdigest()[:32]


def refuse_stale(row: Model, fields: Sequence[str], expected: str | None) -> None:
    """Raise StaleEdit if `row` is not as it was when the form was drawn.

    Without `expected` nothing was drawn: an import or a command.
    """
    if expected and expected != state_of(row, fields):
        raise StaleEdit(_("Otra persona guardó un cambio mientras usted editaba."))
