"""Audit rows name the address that the trusted proxies vouch for, no other (S30)."""

from __future__ import annotations

from auditlog.middleware import AuditlogMiddleware
from django.http import HttpRequest

from apps.core.ratelimit import client_address


class AuditMiddleware(AuditlogMiddleware):
    """auditlog's, which by itself believes any X-Forwarded-For."""

    @staticmethod
    def _get_remote_addr(request: HttpRequest) -> str:
        return client_address(request)

    @staticmethod
    def _get_remote_port(request: HttpRequest) -> None:
        return None
