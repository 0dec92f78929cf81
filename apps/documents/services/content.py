"""The whole content of a version, its hash, and what rooms above attach to it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.dispatch import Signal
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.core.registry import Registry
from apps.core.rules import RuleBroken
from apps.documents.models import Version

# Rooms above attach structure to a version (steps, criteria). Each hands over a function that
# returns it as plain data, so that the hash covers the whole text.
content_parts: Registry[Callable[[Version], Any]] = Registry("content part")

# Rooms above hand over the rich texts they attach to a version, to be checked at submission.
attached_texts: Registry[Callable[[Version], Iterable[str]]] = Registry("attached texts")

# Sent inside the transaction, with `version` (the one that came into force) and `imported`
# (whether it is history brought in from outside, of which nobody needs a notice).
came_into_force = Signal()

# Rooms above hand over how what they attach is carried from a version into a new draft.
carriers: Registry[Callable[[Version, Version], None]] = Registry("carrier of content")

# Sent inside the transaction with `document`, which is no longer in force and has no text now.
left_force = Signal()

# Sent inside the transaction with `document`, of which nothing was ever published and whose only
# draft was thrown away, before its own row goes: rooms above take theirs away.
given_up = Signal()


@dataclass(frozen=True)
class Passage:
    """A place in a text: what it is called, and its anchor in the text as shown."""

    title: str
    anchor: str = ""


# Rooms above name the passages a remark may be about, by key («step:registrar»).
passages: Registry[Callable[[Version], Mapping[str, Passage]]] = Registry("passages")
# Rooms above hand over what, besides its texts, keeps a version from being submitted, in words.
submission_checks: Registry[Callable[[Version], Iterable[str]]] = Registry("submission check")

JUSTIFICATION_MIN = 20


def content_of(version: Version) -> dict[str, Any]:
    """The whole content of `version` as plain data, parts of other rooms included."""
    content: dict[str, Any] = {"title": version.title, "body": version.body}
    for key, part in content_parts:
        content[key] = part(version)
    return content


def hash_of(version: Version) -> str:
    """SHA-256 (hex) over the canonical JSON of `content_of(version)` (M11)."""
    canonical = json.dumps(
        content_of(version), ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    return hashlib.sha256(canonical.encode()).hexdigest()


def passages_of(version: Version) -> dict[str, Passage]:
    """Passages of `version` a remark may be about, by key, in the order they are read."""
    found = {"": Passage(gettext("Todo el documento")), "body": Passage(gettext("Texto"))}
    for _key, part in passages:
        found |= part(version)
    return found


def check_reason(justification: str, field: str = "", message: str = "") -> None:
    """Raise RuleBroken, at `field` if given, unless a reason has at least 20 characters (M6)."""
    if len(justification.strip()) < JUSTIFICATION_MIN:
        words = message or _("Explique el motivo del cambio con al menos %(least)s caracteres.")
        fault = RuleBroken(words, params={"least": JUSTIFICATION_MIN})
        raise RuleBroken({field: fault}) if field else fault
