"""Holds the declared access policy at each request (C3, S1, S12)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url

from apps.core import kept
from apps.core.access import policy_of
from apps.core.views import errors

logger = logging.getLogger(__name__)


class AccessMiddleware:
    """A view without a policy is refused; one with a policy only opens to whom it names."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        policy = policy_of(view)
        if policy is None:
            logger.error("view %s declares no access policy: refused", view)
            raise PermissionDenied
        if request.method not in policy.methods:
            return errors.method_not_allowed(request, policy.methods)
        if policy.kind in ("public", "token"):
            return None
        person = request.user
        if not person.is_authenticated:
            return self._go(request, settings.LOGIN_URL)
        if policy.kind == "enrolment":
            return None
        if not person.has_second_factor:
            return self._go(request, "accounts:choose-factor")
        for perm in policy.perms:
            if not person.has_perm(perm):
                raise PermissionDenied
        return None

    @staticmethod
    def _go(request: HttpRequest, target: str) -> HttpResponse:
        """Send to `target` with the way back; an htmx request navigates as a whole page."""
        safe = request.method in ("GET", "HEAD")
        back = request.get_full_path() if safe else kept.page_of(request)
        url = f"{resolve_url(target)}?{urlencode({'next': back})}"
        if request.headers.get("HX-Request"):
            return HttpResponse(status=401, headers={"HX-Redirect": url})
        return HttpResponseRedirect(url)
