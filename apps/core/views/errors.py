"""Pages that say what happened, what was kept and what to do."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import (
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
    ValidationError,
)
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core import kept
from apps.core.access import public
from apps.core.middleware.headers import current_reference

logger = logging.getLogger(__name__)


def _page(request: HttpRequest, status: int, sentence: str = "", **context: Any) -> HttpResponse:
    """The page of `status`; to a script `sentence` alone, which it shows where the person is."""
    if request.headers.get("HX-Request") and sentence:
        return HttpResponse(sentence, status=status, content_type="text/plain; charset=utf-8")
    context["reference"] = current_reference()
    try:
        return render(request, f"{status}.html", context, status=status)
    except (OperationalError, InterfaceError) as fault:
        # The frame asks for session and organisation.
        return unavailable(request, fault=fault)


@public
def bad_request(
    request: HttpRequest, exception: Exception | None = None, *, message: str = ""
) -> HttpResponse:
    """Answer 400, or 413 when it was too much, saying which limit it went over."""
    if isinstance(exception, RequestDataTooBig):
        return too_large(request)
    if isinstance(exception, TooManyFieldsSent):
        message = _("Llegaron más datos de los que un formulario del portal tiene.")
    elif isinstance(exception, TooManyFilesSent):
        message = _("Llegaron más archivos de los que se admiten de una vez.")
    sentence = message or _("La petición llegó incompleta o con signos que el portal no admite.")
    return _page(request, 400, sentence, message=message)


def too_large(request: HttpRequest) -> HttpResponse:
    """Answer 413: more bytes than any form of the portal takes."""
    sentence = _("Lo que envió ocupa más de lo que el portal admite de una vez.")
    response = _page(request, 400, sentence, message=sentence)
    response.status_code = 413 if response.status_code == 400 else response.status_code
    return response


@public
def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, 403, _("No puede hacer esto. Pida acceso a su supervisión."))


@public
def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, 404, _("La dirección no existe, cambió, o no está a su alcance."))


@public
def server_error(request: HttpRequest) -> HttpResponse:
    """500 with a reference that the log holds too (S60); 503 when the database is away."""
    fault = sys.exc_info()[1]
    if isinstance(fault, OperationalError | InterfaceError):
        return unavailable(request, fault=fault)
    logger.error("answered 500 with reference %s", current_reference())
    return HttpResponse(_bare("500.html"), status=500)


def unavailable(
    request: HttpRequest, retry_after_seconds: int = 10, *, fault: Exception | None = None
) -> HttpResponse:
    """Answer 503: the database does not answer, or not in time; nothing was lost."""
    logger.error("answered 503 with reference %s", current_reference(), exc_info=fault)
    response = HttpResponse(_bare("503.html"), status=503)
    response.headers["Retry-After"] = str(retry_after_seconds)
    return response


def _bare(template: str) -> str:
    # Rendered without the request: a context processor may be what failed.
    return render_to_string(template, {"reference": current_reference(), "theme": "light"})


def conflict(request: HttpRequest, rule: ValidationError) -> HttpResponse:
    """Answer 409 with the rule's own words."""
    return _page(request, 409, " ".join(rule.messages), messages_of_rule=rule.messages)


def too_many(request: HttpRequest, retry_after_seconds: int = 60) -> HttpResponse:
    """Answer 429 with the time to wait."""
    sentence = ngettext(
        "Hizo muchas peticiones seguidas. Podrá seguir en %(n)s segundo.",
        "Hizo muchas peticiones seguidas. Podrá seguir en %(n)s segundos.",
        retry_after_seconds,
    ) % {"n": retry_after_seconds}
    response = _page(request, 429, sentence, retry_after_seconds=retry_after_seconds)
    response.headers["Retry-After"] = str(retry_after_seconds)
    return response


def method_not_allowed(request: HttpRequest, allowed: Iterable[str]) -> HttpResponse:
    """Answer 405, naming what is allowed; in words to the methods a browser may send."""
    spoken = request.method in ("GET", "POST")
    response = _page(request, 405) if spoken else HttpResponse(status=405)
    response.headers["Allow"] = ", ".join(allowed)
    return response


@public
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    context = {"reference": current_reference(), "kept_page": kept.rescue(request)}
    return render(request, "403_csrf.html", context, status=403)
