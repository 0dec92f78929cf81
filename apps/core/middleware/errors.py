"""What a view raises and is no defect of ours is answered in words."""

from __future__ import annotations

from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, UnreadablePostError

from apps.core.rules import RuleBroken
from apps.core.views import errors


class ErrorsMiddleware:
    """A rule broken outside a form: 409 with its message. The database away: 503. A request
    that breaks off: 400."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, RuleBroken):
            return errors.conflict(request, exception)
        if isinstance(exception, OperationalError | InterfaceError):
            return errors.unavailable(request)
        if isinstance(exception, UnreadablePostError):
            return errors.bad_request(request)
        return None
