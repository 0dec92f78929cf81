"""Governed documents: one engine for everything that is written down (DESIGN §3)."""

from auditlog.registry import auditlog

from apps.documents.models.access import (
    DocumentGroupPermission,
    DocumentUnitPermission,
    DocumentUnitReach,
    DocumentUserPermission,
)
from apps.documents.models.acknowledgement import (
    Acknowledgement,
    Addressee,
    Asking,
    Obligation,
    Reach,
)
from apps.documents.models.approval import Approval, Comment
from apps.documents.models.base import (
    Document,
    Relation,
    Version,
)
from apps.documents.models.reading import (
    DailyUse,
    LastReading,
    Stamp,
)
from apps.documents.models.regulation import Impact, Regulation
from apps.documents.models.review import (
    CalendarFeed,
    Escalation,
    KindRules,
    Review,
    ReviewChange,
)
from apps.documents.models.voice import Feedback, Vote

__all__ = [
    "Acknowledgement",
    "Addressee",
    "Approval",
    "Asking",
    "CalendarFeed",
    "Comment",
    "DailyUse",
    "Document",
    "DocumentGroupPermission",
    "DocumentUnitPermission",
    "DocumentUnitReach",
    "DocumentUserPermission",
    "Escalation",
    "Feedback",
    "Impact",
    "KindRules",
    "LastReading",
    "Obligation",
    "Reach",
    "Regulation",
    "Relation",
    "Review",
    "ReviewChange",
    "Stamp",
    "Version",
    "Vote",
]

auditlog.register(Document, m2m_fields={"audience"})
auditlog.register(Version, exclude_fields=["body", "revision"], m2m_fields={"editors"})
auditlog.register(Feedback, exclude_fields=["text", "quote", "answer"])
auditlog.register(CalendarFeed, exclude_fields=["token_hash", "last_used_at"])
for model in (
    Relation,
    Approval,
    Comment,
    KindRules,
    Review,
    ReviewChange,
    Escalation,
    Addressee,
    Acknowledgement,
    Regulation,
    Impact,
):
    auditlog.register(model)
for model in (DocumentUserPermission, DocumentGroupPermission, DocumentUnitPermission):
    auditlog.register(model, exclude_fields=["permission"])  # `hides` says it in one word
