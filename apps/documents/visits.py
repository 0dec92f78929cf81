"""Visits of customers to public pages: counted by day, told of nobody (1.5.4)."""

from __future__ import annotations

import re

from django.http import HttpRequest

from apps.core.ratelimit import client_address, consume
from apps.documents.services.reading import count_visit

# A visit: whatever one browser reads of a page within this time.
VISIT_SECONDS = 30 * 60
ROBOT = re.compile(r"bot|crawl|spider|slurp|preview|monitor|curl|wget|python|headless", re.I)


def note_visit(request: HttpRequest, document_id: int) -> None:
    """Count a customer's visit to a public page: no robots, no HEAD, once a visit.

    What tells two visits apart is hashed and forgotten with its window (`ratelimit`).
    """
    agent = request.headers.get("User-Agent", "")
    if request.method != "GET" or request.user.is_authenticated or not agent:
        return
    if ROBOT.search(agent):
        return
    who = f"{client_address(request)}|{agent}|{document_id}"
    if consume("public-visit", who, amount=1, seconds=VISIT_SECONDS):
        count_visit(document_id)
