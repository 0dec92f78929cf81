"""Sealing small values: AES-256-GCM under a versioned envelope.

Keys come from `CAUCE_KEYS` ("id:base64", newest first) and are independent of SECRET_KEY.
An envelope names its key, and is bound to a purpose and a subject: moved to another row it
does not open (S50, C22).
"""

from __future__ import annotations

import base64
import json
import os
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

MAGIC = b"C1"


class Unreadable(Exception):
    """The value does not open: its key is not here, or it was altered or moved."""


@lru_cache(maxsize=8)
def _keys(configured: tuple[str, ...]) -> dict[str, AESGCM]:
    keys = {}
    for entry in configured:
        key_id, _, encoded = entry.partition(":")
        keys[key_id] = AESGCM(base64.b64decode(encoded))
    if not keys:
        raise ValueError("CAUCE_KEYS holds no key")
    return keys


def seal(value: Any, *, purpose: str, subject: str = "") -> bytes:
    """Envelope of `value` (anything JSON can hold) for `purpose` and `subject`."""
    keys = _keys(tuple(settings.FIELD_KEYS))
    key_id = next(iter(keys))
    header = MAGIC + bytes([len(key_id)]) + key_id.encode()
    nonce = os.urandom(12)
    bound = header + f"|{purpose}|{subject}".encode()
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return header + nonce + keys[key_id].encrypt(nonce, text, bound)


def unseal(envelope: bytes | memoryview, *, purpose: str, subject: str = "") -> Any:
    """Value of an envelope. Raises Unreadable; never returns ciphertext."""
    envelope = bytes(envelope)
    keys = _keys(tuple(settings.FIELD_KEYS))
    if len(envelope) < 3 or envelope[:2] != MAGIC:
        raise Unreadable("not an envelope")
    end = 3 + envelope[2]
    header, key_id = envelope[:end], envelope[3:end].decode("ascii", "replace")
    if key_id not in keys:
        raise Unreadable("its key is not here")
    bound = header + f"|{purpose}|{subject}".encode()
    try:
        text = keys[key_id].decrypt(envelope[end : end + 12], envelope[end + 12 :], bound)
    except InvalidTag:
        raise Unreadable("altered, moved or sealed for another purpose") from None
    return json.loads(text)
