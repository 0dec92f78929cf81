"""What a view raises and is no defect of ours is answered in words."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.db import DataError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, UnreadablePostError

from apps.core.middleware.headers import current_reference
from apps.core.rules import RuleBroken
from apps.core.views import errors

logger = logging.getLogger(__name__)


class ErrorsMiddleware:
    """A rule broken outside a form: 409 with its message. The database away: 503. A request
    that breaks off, or holds what no row can: 400."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, RuleBroken):
            return errors.conflict(request, exception)
        if isinstance(exception, OperationalError | InterfaceError):
            return errors.unavailable(request, fault=exception)
        if isinstance(exception, UnreadablePostError):
            return errors.bad_request(request)
        if _no_row_can_hold(exception):
            # A form should have told it: the traceback shows where.
            logger.error("no form refused it: %s", current_reference(), exc_info=exception)
            return errors.bad_request(request)
        return None


def _no_row_can_hold(exception: Exception) -> bool:
    """Whether a value was refused as such by the database, its driver or Python: NUL, a lone
    surrogate, a number or a date out of range, digits by the thousand."""
    if isinstance(exception, DataError):
        return True
    if isinstance(exception, UnicodeEncodeError):
        return "surrogates not allowed" in exception.reason
    signs = ("NUL (0x00)", "Exceeds the limit (")
    return isinstance(exception, ValueError) and any(sign in str(exception) for sign in signs)
