"""Sealed values: bound to their place, readable with old keys, never in clear."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.crypto import Unreadable, seal, unseal

OLD = "viejo:" + "B" * 43 + "="
NEW = "nuevo:" + "C" * 43 + "="


@given(st.text(max_size=300))
def test_a_sealed_value_opens_where_it_was_sealed(text):
    assert unseal(seal(text, purpose="a", subject="1"), purpose="a", subject="1") == text


def test_s50_moved_to_another_row_or_purpose_it_does_not_open():
    envelope = seal("secreto", purpose="a", subject="1")
    for place in ({"purpose": "a", "subject": "2"}, {"purpose": "b", "subject": "1"}):
        with pytest.raises(Unreadable):
            unseal(envelope, **place)


def test_an_altered_envelope_never_returns_anything():
    envelope = bytearray(seal("secreto", purpose="a"))
    for at in range(len(envelope)):
        changed = bytes(envelope[:at]) + bytes([envelope[at] ^ 1]) + bytes(envelope[at + 1 :])
        with pytest.raises(Unreadable):
            unseal(changed, purpose="a")
    for short in (b"", b"C1", b"C1\x02ab"):
        with pytest.raises(Unreadable):
            unseal(short, purpose="a")


def test_old_values_open_after_a_new_key_came_and_fail_once_it_is_gone(settings):
    settings.FIELD_KEYS = [OLD]
    envelope = seal("secreto", purpose="a")
    settings.FIELD_KEYS = [NEW, OLD]
    assert unseal(envelope, purpose="a") == "secreto"
    assert b"nuevo" in seal("secreto", purpose="a")[:12]
    settings.FIELD_KEYS = [NEW]
    with pytest.raises(Unreadable):
        unseal(envelope, purpose="a")


def test_the_clear_text_is_not_in_the_envelope():
    assert b"12345678Z" not in seal("12345678Z", purpose="a")
