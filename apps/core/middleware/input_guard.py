"""Input no view should ever see (S31, S32)."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from apps.core.access import FORM_METHODS
from apps.core.views import errors

QUERY_MAX = 8 * 1024
# As much as the proxy lets through (deploy/Caddyfile): files of one form together.
BODY_MAX_BYTES = 32 * 1024 * 1024
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
CONTROL_BUT_TAB = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
NUL_IN_QUERY = re.compile(r"%00|\x00")


class InputGuardMiddleware:
    """Refuses what is never meant: other methods (405), bodies over 32 MB (413), over-long
    addresses, control characters in paths and headers, NUL in queries (400).

    NUL and lone surrogates in form fields are the forms' to tell; `ErrorsMiddleware` answers
    400 when a view lets them through to the database.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in FORM_METHODS:
            return errors.method_not_allowed(request, FORM_METHODS)
        if _announced_bytes(request) > BODY_MAX_BYTES:
            return errors.too_large(request)
        query = request.META.get("QUERY_STRING", "")
        if len(query) > QUERY_MAX:
            return errors.bad_request(
                request, message=_("La dirección es más larga de lo que el portal admite.")
            )
        if CONTROL.search(request.path) or NUL_IN_QUERY.search(query) or _odd_headers(request):
            return errors.bad_request(request)
        return self.get_response(request)


def _announced_bytes(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def _odd_headers(request: HttpRequest) -> bool:
    """Whether a header holds NUL or a line break: some are kept in rows and written to logs."""
    return any(
        name.startswith("HTTP_") and CONTROL_BUT_TAB.search(value)
        for name, value in request.META.items()
    )
