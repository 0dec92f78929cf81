"""Shape of what people choose and type in the manual."""

from apps.manual.forms.listing import (
    DAYS_SOON,
    ChangesFilter,
    CompareForm,
    EditionForm,
    FormForm,
    FormsFilter,
    HeadingForm,
    ListFilter,
    MoveForm,
    RenameForm,
)
from apps.manual.forms.writing import (
    DocumentForm,
    DraftForm,
    PictureForm,
    RestoreForm,
    StartForm,
    StepForm,
    TemplateForm,
)

__all__ = [
    "DAYS_SOON",
    "ChangesFilter",
    "CompareForm",
    "DocumentForm",
    "DraftForm",
    "EditionForm",
    "FormForm",
    "FormsFilter",
    "HeadingForm",
    "ListFilter",
    "MoveForm",
    "PictureForm",
    "RenameForm",
    "RestoreForm",
    "StartForm",
    "StepForm",
    "TemplateForm",
]
