"""Texts kept for a person: what was typed when a session ran out, or while writing."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


def restored(request: HttpRequest) -> dict[str, Any]:
    """Fields to put back into the form at this address, when the person asked for them."""
    return getattr(request, "kept_fields", {})
