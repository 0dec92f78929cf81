"""Limits that hold across all processes: counted in the shared cache."""

from __future__ import annotations

import hashlib
import time

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import HttpRequest


def consume(action: str, key: str, *, amount: int, seconds: int) -> bool:
    """Count one try of `action` by `key`; False once more than `amount` fell in the window.

    Windows are fixed slices of `seconds`. `key` is hashed, so no address or name is kept.
    """
    window = int(time.time()) // seconds
    digest = hashlib.sha256(f"{action}|{key}".encode()).hexdigest()[:32]
    name = f"limit:{digest}:{window}"
    if cache.add(name, 1, seconds + 1):
        return amount >= 1
    try:
        return cache.incr(name) <= amount
    except ValueError:  # it expired between the two calls: a new window
        cache.add(name, 1, seconds + 1)
        return amount >= 1


def client_address(request: HttpRequest) -> str:
    """Address of the client, counted from the trusted proxies only (S30).

    The same rule as the sign-in limits of allauth (`CAUCE_PROXIES`).
    """
    return get_adapter().get_client_ip(request)
