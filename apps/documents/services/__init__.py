"""What can happen to a governed document."""

from apps.documents.services.approving import approve, submit, void_approvals
from apps.documents.services.content import (
    attached_texts,
    came_into_force,
    carriers,
    content_of,
    content_parts,
    hash_of,
    submission_checks,
)
from apps.documents.services.force import bring_into_force, record_published
from apps.documents.services.opening import open_document, relate, set_audience
from apps.documents.services.reading import remember_reading
from apps.documents.services.writing import (
    discard_draft,
    editing,
    restore,
    save_draft,
    start_version,
)

__all__ = [
    "approve",
    "attached_texts",
    "bring_into_force",
    "came_into_force",
    "carriers",
    "content_of",
    "content_parts",
    "discard_draft",
    "editing",
    "hash_of",
    "open_document",
    "record_published",
    "relate",
    "remember_reading",
    "restore",
    "save_draft",
    "set_audience",
    "start_version",
    "submission_checks",
    "submit",
    "void_approvals",
]
