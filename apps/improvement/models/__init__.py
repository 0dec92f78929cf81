"""Findings, actions and their verification, good practices: the closed loop's memory."""

from auditlog.registry import auditlog

from apps.improvement.models.actions import Action, ActionStep, Check, Escalation, Evidence
from apps.improvement.models.changes import READ_BY, ChangeRequest
from apps.improvement.models.findings import Cause, CauseKind, Finding
from apps.improvement.models.practices import Adoption, GoodPractice
from apps.improvement.models.records import Event, SavedView

__all__ = [
    "READ_BY",
    "Action",
    "ActionStep",
    "Adoption",
    "Cause",
    "CauseKind",
    "ChangeRequest",
    "Check",
    "Escalation",
    "Event",
    "Evidence",
    "Finding",
    "GoodPractice",
    "SavedView",
]

auditlog.register(Finding, exclude_fields=["text", "conclusion", "root_cause"])
auditlog.register(Action, exclude_fields=["text"])
auditlog.register(GoodPractice, exclude_fields=["text", "benefit"])
for model in (Cause, CauseKind, ActionStep, Evidence, Check, Adoption):
    auditlog.register(model)
auditlog.register(ChangeRequest, exclude_fields=["text"])
