"""What can happen to a governed document."""

from apps.documents.services.approving import (
    approve,
    default_day,
    may_withdraw,
    return_for_changes,
    submit,
    void_approvals,
    withdraw,
)
from apps.documents.services.commenting import comment, reopen_comment, resolve_comment
from apps.documents.services.content import (
    attached_texts,
    came_into_force,
    carriers,
    content_of,
    content_parts,
    hash_of,
    left_force,
    passages,
    passages_of,
)
from apps.documents.services.emergency import publish_emergency, ratify
from apps.documents.services.force import bring_into_force, record_published
from apps.documents.services.opening import open_document, relate, set_audience
from apps.documents.services.reading import remember_reading
from apps.documents.services.retiring import cancel_scheduled, retire
from apps.documents.services.sharing import (
    end_exception,
    end_past_exceptions,
    follow_unit,
    hide_from,
    open_to,
)
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
    "cancel_scheduled",
    "carriers",
    "comment",
    "content_of",
    "content_parts",
    "default_day",
    "discard_draft",
    "editing",
    "end_exception",
    "end_past_exceptions",
    "follow_unit",
    "hash_of",
    "hide_from",
    "left_force",
    "may_withdraw",
    "open_document",
    "open_to",
    "passages",
    "passages_of",
    "publish_emergency",
    "ratify",
    "record_published",
    "relate",
    "remember_reading",
    "reopen_comment",
    "resolve_comment",
    "restore",
    "retire",
    "return_for_changes",
    "save_draft",
    "set_audience",
    "start_version",
    "submit",
    "void_approvals",
    "withdraw",
]
