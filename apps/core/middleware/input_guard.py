"""Input no view should ever see (S31, S32)."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from apps.core.access import FORM_METHODS
from apps.core.views import errors

QUERY_MAX = 8 * 1024


class InputGuardMiddleware:
    """Refuses other methods (405), NUL bytes and lone surrogates, over-long addresses (400)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in FORM_METHODS:
            return errors.method_not_allowed(request, FORM_METHODS)
        query = request.META.get("QUERY_STRING", "")
        if len(query) > QUERY_MAX or "\x00" in request.path or "%00" in query:
            return errors.bad_request(request)
        return self.get_response(request)
