"""A delivery is read in either content type that GitHub offers."""

from __future__ import annotations

from urllib.parse import quote_plus, urlencode

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluxstudio.providers.github import github
from fluxstudio.sdk import UnreadableBody

assert github.webhooks is not None
read = github.webhooks.read


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=40) | st.integers(), max_size=5))
def test_a_form_says_the_same_as_json(payload: dict[str, object]) -> None:
    body = msgspec.json.encode(payload)
    assert read(urlencode({"payload": body}).encode()) == read(body) == payload


@pytest.mark.parametrize(
    "body", [b"payload=", b"payload=1", b"payload=%7B%7D&payload=%7B%7D", b"other=%7B%7D", b"payload=%7B"]
)
def test_a_form_without_one_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(UnreadableBody):
        read(body)


def test_half_a_character_does_not_lose_a_delivery() -> None:  # R74
    body = b'{"issue": {"title": "cut \\ud83d here"}}'
    for sent in (body, b"payload=" + quote_plus(body).encode()):
        assert read(sent) == {"issue": {"title": "cut \ufffd here"}}
