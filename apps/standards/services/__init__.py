"""What can happen to services, to what is expected of them, and to standards."""

from apps.standards.services.catalogue import (
    SERVICE_FIELDS,
    add_expectation,
    bring_back_service,
    remove_expectation,
    retire_service,
    save_service,
)
from apps.standards.services.complying import Recomputed, recompute
from apps.standards.services.drafting import (
    CriterionInput,
    PromiseInput,
    add_criterion,
    carry,
    create_standard,
    edit_criterion,
    record_standard,
    remove_criterion,
    save_standard,
)

__all__ = [
    "SERVICE_FIELDS",
    "CriterionInput",
    "PromiseInput",
    "Recomputed",
    "add_criterion",
    "add_expectation",
    "bring_back_service",
    "carry",
    "create_standard",
    "edit_criterion",
    "recompute",
    "record_standard",
    "remove_criterion",
    "remove_expectation",
    "retire_service",
    "save_service",
    "save_standard",
]
