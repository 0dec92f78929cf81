"""Pages that say what happened, what was kept and what to do."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from apps.core import kept
from apps.core.access import public
from apps.core.middleware.headers import current_reference

logger = logging.getLogger(__name__)


def _page(request: HttpRequest, status: int, **context: Any) -> HttpResponse:
    context["reference"] = current_reference()
    return render(request, f"{status}.html", context, status=status)


@public
def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, 400)


@public
def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, 403)


@public
def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, 404)


@public
def server_error(request: HttpRequest) -> HttpResponse:
    """500 with a reference that the log holds too (S60); 503 when the database is away."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return unavailable(request)
    logger.error("answered 500 with reference %s", current_reference())
    return HttpResponse(_bare("500.html"), status=500)


def unavailable(request: HttpRequest, retry_after_seconds: int = 10) -> HttpResponse:
    """Answer 503: the database does not answer, nothing was lost."""
    logger.error("answered 503 with reference %s: the database is away", current_reference())
    response = HttpResponse(_bare("503.html"), status=503)
    response.headers["Retry-After"] = str(retry_after_seconds)
    return response


def _bare(template: str) -> str:
    # Rendered without the request: a context processor may be what failed.
    return render_to_string(template, {"reference": current_reference(), "theme": "light"})


def conflict(request: HttpRequest, rule: ValidationError) -> HttpResponse:
    """Answer 409 with the rule's own words."""
    return _page(request, 409, messages_of_rule=rule.messages)


def too_many(request: HttpRequest, retry_after_seconds: int = 60) -> HttpResponse:
    """Answer 429 with the time to wait."""
    response = _page(request, 429, retry_after_seconds=retry_after_seconds)
    response.headers["Retry-After"] = str(retry_after_seconds)
    return response


def method_not_allowed(request: HttpRequest, allowed: Iterable[str]) -> HttpResponse:
    """Answer 405, naming what is allowed, without a body."""
    return HttpResponse(status=405, headers={"Allow": ", ".join(allowed)})


@public
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    context = {"reference": current_reference(), "kept_page": kept.rescue(request)}
    return render(request, "403_csrf.html", context, status=403)
