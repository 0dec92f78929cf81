"""Shape of what people choose and type in the room of indicators."""

from apps.indicators.forms.defining import DefinitionForm, ReasonForm
from apps.indicators.forms.listing import ListFilter, SignalFilter
from apps.indicators.forms.measuring import (
    AnswerForm,
    BaselineForm,
    CorrectionForm,
    ImportForm,
    ReadingForm,
)

__all__ = [
    "AnswerForm",
    "BaselineForm",
    "CorrectionForm",
    "DefinitionForm",
    "ImportForm",
    "ListFilter",
    "ReadingForm",
    "ReasonForm",
    "SignalFilter",
]
