"""The public service charter: what is promised, what came of it, what to do when we fail."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from apps.accounts.models import Organisation
from apps.core.access import SAFE_METHODS, public
from apps.standards import printing, selectors, showing

KEEP_SECONDS = 3600


@public(methods=SAFE_METHODS)
def charter(request: HttpRequest) -> HttpResponse:
    """Every service with its promises and the last result of each."""
    services = [
        {"service": entry.service, "rows": showing.rows_of(entry.criteria, public=True),
         "promises": [promise for promise, _rows in entry.promises]}
        for entry in selectors.charter()
    ]  # fmt: skip
    rows = [row for entry in services for row in entry["rows"]]
    context = {
        "services": services,
        "organisation": Organisation.objects.first(),
        "fulfilled": sum(row["tag"].tone == "ok" for row in rows),
        "measured": sum(bool(row["value"]) for row in rows),
    }
    return render(request, "standards/public/charter.html", context)


@public(methods=SAFE_METHODS)
def service(request: HttpRequest, code: str) -> HttpResponse:
    """One service: for whom, where and when, its promises and their history."""
    found = selectors.charter(code)
    if not found:
        raise Http404
    entry = found[0]
    promises = [
        {
            "promise": promise,
            "rows": [
                row | {"chart": showing.chart(one, public=True)}
                for row, one in zip(showing.rows_of(kept, public=True), kept, strict=True)
            ],
        }
        for promise, kept in entry.promises
    ]
    context = {
        "service": entry.service,
        "promises": promises,
        "organisation": Organisation.objects.first(),
    }
    return render(request, "standards/public/service.html", context)


@public(methods=SAFE_METHODS)
def charter_pdf(request: HttpRequest) -> HttpResponse:
    """The charter as PDF, made anew only when what it says changes."""
    data = printing.charter_data(timezone.localdate())
    content = _kept(data)
    return HttpResponse(
        content,
        content_type="application/pdf",
        headers={"Content-Disposition": 'attachment; filename="carta-de-servicios.pdf"'},
    )


def _kept(data: dict[str, Any]) -> bytes:
    said = hashlib.sha256(json.dumps(data, sort_keys=True, default=str).encode()).hexdigest()
    key = f"standards:charter:{said}"
    found = cache.get(key)
    if found is not None:
        return base64.b64decode(found)
    content = printing.charter_pdf(data, at=timezone.now())
    cache.set(key, base64.b64encode(content).decode(), KEEP_SECONDS)
    return content
