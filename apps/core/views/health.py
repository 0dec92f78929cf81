"""Is it alive, is it ready; and what browsers report of our content policy."""

from __future__ import annotations

import json
import logging
import shutil

from django.conf import settings
from django.core.cache import caches
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from redis.exceptions import RedisError

from apps.core.access import SAFE_METHODS, public
from apps.core.ratelimit import client_address, consume

logger = logging.getLogger(__name__)

REPORT_MAX_BYTES = 8 * 1024
DISK_LEAST_BYTES = 200 * 1024 * 1024


@public(methods=SAFE_METHODS)
def live(request: HttpRequest) -> HttpResponse:
    """200 while this process answers; asks nothing of others."""
    return HttpResponse("ok", content_type="text/plain")


@public(methods=SAFE_METHODS)
def ready(request: HttpRequest) -> HttpResponse:
    """200 when the database answers, with "degraded" parts named; else 503 (F6)."""
    parts = {"database": _database(), "cache": _cache(), "disk": _disk()}
    status = 200 if parts["database"] else 503
    verdict = "ready" if all(parts.values()) else "degraded" if status == 200 else "down"
    return JsonResponse({"status": verdict, **parts}, status=status)


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return cursor.fetchone() == (1,)
    except DatabaseError:
        return False


def _cache() -> bool:
    try:
        return bool(caches["default"].ping())
    except (RedisError, OSError):
        return False


def _disk() -> bool:
    folder = settings.CAUCE_HOME
    return not folder.exists() or shutil.disk_usage(folder).free > DISK_LEAST_BYTES


@csrf_exempt
def _csp_report(request: HttpRequest) -> HttpResponse:
    if not consume("csp-report", client_address(request), amount=20, seconds=60):
        return HttpResponse(status=429)
    body = request.read(REPORT_MAX_BYTES + 1)
    if len(body) > REPORT_MAX_BYTES:
        return HttpResponse(status=413)
    try:
        report = json.loads(body).get("csp-report", {})
    except (ValueError, AttributeError, RecursionError):
        return HttpResponse(status=400)
    if isinstance(report, dict):
        # Paths only: an address may carry a token in its query (S46).
        page = str(report.get("document-uri", "")).partition("?")[0][:200]
        logger.warning(
            "content policy: %s blocked %s on %s",
            str(report.get("violated-directive", ""))[:60],
            str(report.get("blocked-uri", "")).partition("?")[0][:120],
            page,
        )
    return HttpResponse(status=204)


csp_report = public(_csp_report, methods=("POST",))
