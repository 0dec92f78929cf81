"""The cache shared by all processes, with a table as stand-in while the server is away.

Values are JSON (S64: no pickle), so only plain data may be cached.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.cache import caches
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from django.db.models import F, Func, IntegerField, JSONField, Q
from django.db.models.functions import Cast
from django.utils import timezone
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

# Seconds for which a server that failed is not asked again.
REST_SECONDS = 5.0


class JsonSerializer:
    """Values as JSON text; integers stay bare so that the server can add to them."""

    def dumps(self, value: Any) -> bytes | int:
        if type(value) is int:
            return value
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()

    def loads(self, value: bytes) -> Any:
        return json.loads(value)


class TableCache(BaseCache):
    """Cache rows in PostgreSQL. Slower than the server, as true as the database."""

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def _rows(self) -> Any:
        from apps.core.models import CacheRow

        return CacheRow.objects.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()))

    def _expiry(self, timeout: Any) -> Any:
        if timeout is DEFAULT_TIMEOUT:
            timeout = self.default_timeout
        return None if timeout is None else timezone.now() + timedelta(seconds=timeout)

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        row = self._rows().filter(key=self.make_and_validate_key(key, version)).first()
        return default if row is None else row.value

    def set(
        self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> None:
        from apps.core.models import CacheRow

        CacheRow.objects.update_or_create(
            key=self.make_and_validate_key(key, version),
            defaults={"value": value, "expires_at": self._expiry(timeout)},
        )

    def add(
        self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> bool:
        from apps.core.models import CacheRow

        made = self.make_and_validate_key(key, version)
        CacheRow.objects.filter(key=made, expires_at__lte=timezone.now()).delete()
        _row, created = CacheRow.objects.get_or_create(
            key=made, defaults={"value": value, "expires_at": self._expiry(timeout)}
        )
        return created

    def touch(self, key: str, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        rows = self._rows().filter(key=self.make_and_validate_key(key, version))
        return bool(rows.update(expires_at=self._expiry(timeout)))

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        made = self.make_and_validate_key(key, version)
        total = Func(
            Cast(F("value"), IntegerField()) + delta, function="to_jsonb", output_field=JSONField()
        )
        if not self._rows().filter(key=made).update(value=total):
            raise ValueError(f"Key '{key}' not found")
        return int(self.get(key, version=version))

    def delete(self, key: str, version: int | None = None) -> bool:
        rows = self._rows().filter(key=self.make_and_validate_key(key, version))
        return bool(rows.delete()[0])

    def has_key(self, key: str, version: int | None = None) -> bool:
        return self._rows().filter(key=self.make_and_validate_key(key, version)).exists()

    def clear(self) -> None:
        from apps.core.models import CacheRow

        CacheRow.objects.all().delete()


class _KeptClient(RedisCacheClient):
    """Django's client of the server, which here keeps one connection pool's client.

    Django makes a new `redis.Redis` for each call, and filling its tables takes longer than
    the server's answer. It is safe to share between threads: each call borrows a connection.
    """

    _kept: Any = None

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        if self._kept is None:
            self._kept = super().get_client(key, write=write)
        return self._kept


class ResilientCache(RedisCache):
    """The shared server; while it does not answer, the table of the `fallback` cache.

    A server that failed is left alone for `REST_SECONDS`, so that its absence costs at most
    one connection time-out per process in that time (F6).
    """

    _resting_until = 0.0

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = _KeptClient

    def validate_key(self, key: str) -> None:
        """Any key will do here; Django warns, quoting the key, of what memcached refuses."""

    def _ask(self, verb: str, call: Callable[[], Any], *args: Any, **kwargs: Any) -> Any:
        if time.monotonic() >= self._resting_until:
            try:
                return call()
            except (RedisError, OSError) as fault:
                self._rest(fault)
        return getattr(caches["fallback"], verb)(*args, **kwargs)

    def _rest(self, fault: Exception) -> None:
        type(self)._resting_until = time.monotonic() + REST_SECONDS
        logger.warning("cache server away, using the table: %s", type(fault).__name__)

    def answers(self) -> bool:
        """Whether the server answers now; known without asking while it is left alone."""
        if time.monotonic() < self._resting_until:
            return False
        try:
            return self.ping()
        except (RedisError, OSError) as fault:
            self._rest(fault)
            return False

    def ping(self) -> bool:
        """Whether the server answers. Raises RedisError or OSError when it cannot be reached."""
        return bool(self._cache.get_client(None).ping())


def _resilient(verb: str) -> Callable[..., Any]:
    def method(self: ResilientCache, *args: Any, **kwargs: Any) -> Any:
        plain = getattr(RedisCache, verb)
        return self._ask(verb, lambda: plain(self, *args, **kwargs), *args, **kwargs)

    method.__name__ = verb
    return method


for _verb in (
    "add", "get", "set", "touch", "delete", "get_many", "has_key", "incr",
    "set_many", "delete_many", "clear",
):  # fmt: skip
    setattr(ResilientCache, _verb, _resilient(_verb))
