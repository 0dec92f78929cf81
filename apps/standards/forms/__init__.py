"""Shape of what people look for and write among services and standards."""

from apps.standards.forms.listing import ListFilter, ServiceFilter
from apps.standards.forms.writing import (
    CriterionForm,
    DraftForm,
    ExpectationForm,
    LinksForm,
    ServiceForm,
    StandardForm,
    StartForm,
)

__all__ = [
    "CriterionForm",
    "DraftForm",
    "ExpectationForm",
    "LinksForm",
    "ListFilter",
    "ServiceFilter",
    "ServiceForm",
    "StandardForm",
    "StartForm",
]
