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
    Passage,
    attached_texts,
    came_into_force,
    carriers,
    content_of,
    content_parts,
    hash_of,
    left_force,
    passages,
    passages_of,
    submission_checks,
)
from apps.documents.services.emergency import publish_emergency, ratify
from apps.documents.services.feeds import create_feed, feed_owner, live_feed, revoke_feed
from apps.documents.services.force import bring_into_force, record_published
from apps.documents.services.opening import open_document, relate, set_audience
from apps.documents.services.reading import remember_reading
from apps.documents.services.regulating import (
    Affected,
    add_impacts,
    decide_impact,
    edit_regulation,
    register_regulation,
    remove_impact,
    versions_that_adapt,
)
from apps.documents.services.reminding import escalate_reviews, remind_reviews
from apps.documents.services.retiring import cancel_scheduled, retire
from apps.documents.services.reviewing import (
    conclude_review,
    may_review,
    next_review_after,
    rules_of,
    set_kind_rules,
    set_review_date,
    set_reviewer,
)
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
    "Affected",
    "Passage",
    "add_impacts",
    "approve",
    "attached_texts",
    "bring_into_force",
    "came_into_force",
    "cancel_scheduled",
    "carriers",
    "comment",
    "conclude_review",
    "content_of",
    "content_parts",
    "create_feed",
    "decide_impact",
    "default_day",
    "discard_draft",
    "edit_regulation",
    "editing",
    "end_exception",
    "end_past_exceptions",
    "escalate_reviews",
    "feed_owner",
    "follow_unit",
    "hash_of",
    "hide_from",
    "left_force",
    "live_feed",
    "may_review",
    "may_withdraw",
    "next_review_after",
    "open_document",
    "open_to",
    "passages",
    "passages_of",
    "publish_emergency",
    "ratify",
    "record_published",
    "register_regulation",
    "relate",
    "remember_reading",
    "remind_reviews",
    "remove_impact",
    "reopen_comment",
    "resolve_comment",
    "restore",
    "retire",
    "return_for_changes",
    "revoke_feed",
    "rules_of",
    "save_draft",
    "set_audience",
    "set_kind_rules",
    "set_review_date",
    "set_reviewer",
    "start_version",
    "submission_checks",
    "submit",
    "versions_that_adapt",
    "void_approvals",
    "withdraw",
]
