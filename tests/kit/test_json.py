"""What senders of JSON consider valid is read."""

from __future__ import annotations

import json
import sys
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluxstudio.kit.json import NotJson, decode, encode

ANY_TEXT = st.text(st.characters(codec=None, categories=None))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("sent", "value"),
    [
        (b'{"title": "cut \\ud83d here"}', {"title": "cut \ufffd here"}),
        (b'{"title": "\\ude00\\ud83d"}', {"title": "\ufffd\ufffd"}),
        (b'{"\\ud83d": 1}', {"\ufffd": 1}),
        (b'{"title": "\\ud83d\\ude00", "cut": "\\ud83d"}', {"title": "\U0001f600", "cut": "\ufffd"}),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b'{"a": 123456789012345678901234567890}', {"a": 123456789012345678901234567890}),
        (b'{"a": 1e400}', {"a": sys.float_info.max}),
        (b'{"a": -1.5e999}', {"a": -sys.float_info.max}),
        (b'{"a": ' + b"9" * 5000 + b"}", {"a": sys.float_info.max}),
    ],
)
def test_what_a_sender_considers_valid_is_read(sent: bytes, value: Any) -> None:  # R74
    assert decode(sent) == value


@pytest.mark.parametrize(
    "sent", [b"", b"{", b'{"a": NaN}', b"[Infinity]", b"<html>", b"[" * 100_000, b"\xff", b'"\xed\xa0\x80"']
)
def test_what_is_not_json_is_refused_as_such(sent: bytes) -> None:
    with pytest.raises(NotJson):
        decode(sent)


@given(VALUES)
def test_whatever_another_program_writes_is_read_and_can_be_written_again(value: Any) -> None:  # R74
    sent = json.dumps(value).encode()
    read = decode(sent)
    assert msgspec.json.decode(encode(read)) == read
