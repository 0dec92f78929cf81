"""A rule of the house that was about to be broken."""

from typing import Any

from django.core.exceptions import ValidationError


class RuleBroken(ValidationError):
    """Raised by services when a rule forbids what was asked.

    Its message is Spanish and meant for the person. Forms show it like any other error;
    outside a form `core.middleware.errors` answers with it (status 409).
    """


class StaleEdit(RuleBroken):
    """The thing changed since the person began to edit it; nothing was overwritten.

    `newer` is the thing as it is saved now, where the service hands it over.
    """

    def __init__(self, message: Any, *args: Any, newer: Any = None, **kwargs: Any) -> None:
        super().__init__(message, *args, **kwargs)
        self.newer = newer
