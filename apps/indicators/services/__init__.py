"""Everything that can happen to an indicator: each function one transaction."""

from apps.indicators.services.chasing import chase, due_on
from apps.indicators.services.defining import (
    Wanted,
    bring_back,
    create_indicator,
    redefine,
    retire,
)
from apps.indicators.services.detecting import answer_signal, detect, set_baseline
from apps.indicators.services.feeding import feed, feed_all
from apps.indicators.services.measuring import (
    Reading,
    correct_measurement,
    record_many,
    record_measurement,
    withdraw_measurement,
)

__all__ = [
    "Reading",
    "Wanted",
    "answer_signal",
    "bring_back",
    "chase",
    "correct_measurement",
    "create_indicator",
    "detect",
    "due_on",
    "feed",
    "feed_all",
    "record_many",
    "record_measurement",
    "redefine",
    "retire",
    "set_baseline",
    "withdraw_measurement",
]
