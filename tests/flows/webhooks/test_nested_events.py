"""An event is readable wherever it is shown, however it nests."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluxstudio.kit.json import MOST_LEVELS, PRUNED, may_nest_deeper, pruned
from tests.faces.web.activity.pages import connected
from tests.support.receiving import send, stored_events
from tests.support.running import Running
from tests.support.webhooks import slack_event

NAMES = st.text("ab_é", min_size=1)
SHAPES = ["lists", "objects", "mixed", "twice"]


def nested(shape: str, depth: int) -> Any:
    """A value that nests so many levels deep."""
    value: Any = "leaf"
    for level in range(depth):
        in_list = shape == "lists" or (shape in {"mixed", "twice"} and level % 2 == 0)
        more = [value] if shape == "twice" and level < 3 else []
        value = [value, *more] if in_list else {"in": value}
    return value


def depth_of(value: Any) -> int:
    deepest, level = 0, [value]
    while level := [child for child in level if isinstance(child, (dict, list))]:
        deepest += 1
        level = [
            child for parent in level for child in (parent.values() if isinstance(parent, dict) else parent)
        ]
    return deepest


@given(st.sampled_from(SHAPES), st.integers(0, 3 * MOST_LEVELS))
def test_no_value_is_deeper_than_what_is_kept(shape: str, depth: int) -> None:  # R36
    value = nested(shape, depth)
    assert depth_of(pruned(value)) == min(depth, MOST_LEVELS)
    assert (PRUNED in str(value)) == (depth > MOST_LEVELS)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ),
    st.integers(1, 6),
)
def test_what_is_not_deeper_stays_as_it_is(value: Any, levels: int) -> None:
    text = msgspec.json.decode(msgspec.json.encode(value))
    shallow = depth_of(text) <= levels
    if isinstance(text, (dict, list)):
        assert (pruned(text, levels) == value) == shallow
        assert depth_of(text) <= levels


@given(
    st.dictionaries(
        NAMES, st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner))
    ),
    st.integers(1, 4),
    st.sampled_from(["utf-8", "ascii"]),
)
def test_what_needs_no_walk_is_told_by_its_bytes(value: dict[str, Any], levels: int, written_as: str) -> None:
    content = json.dumps(value, ensure_ascii=written_as == "ascii").encode()
    assert may_nest_deeper(content, levels) or depth_of(value) <= levels


def test_what_is_no_plain_json_has_to_be_walked_through() -> None:
    for content in (b"payload=%7B%22token%22%3A%221%22%7D", b"\xef\xbb\xbf{}", b" {}", b"[]"):
        assert may_nest_deeper(content)
    assert not may_nest_deeper(b'{"in": [1]}')


@pytest.mark.parametrize("shape", SHAPES)
async def test_a_nested_event_can_be_read_everywhere(running: Running, shape: str) -> None:  # R36
    ada = await running.client("ada", role="admin")
    stranger = await running.client(None)
    browser, team = await connected(running)
    for depth in (2, 98, 128, 255, 256, 500, 900):
        answer = await send(stranger, "slack", slack_event(team, text=uuid4().hex, deep=nested(shape, depth)))
        assert answer.status_code == 200, depth
        (row,) = (await stored_events(running))[-1:]
        detail = await ada.get(f"/api/webhooks/events/{row['id']}")
        assert detail.status_code == 200, depth
        assert detail.json()["payload"]["event"]["type"] == "message"
        assert (await ada.get("/api/webhooks/events")).status_code == 200
        assert (await browser.client.get(f"/activity/{row['id']}")).status_code == 200, depth
        assert (await browser.client.get("/activity")).status_code == 200


async def test_an_event_kept_by_an_earlier_version_can_be_read(running: Running) -> None:
    ada = await running.client("ada", role="admin")
    await send(await running.client(None), "slack", slack_event())
    (row,) = await stored_events(running)
    await running.services.db.execute(
        "UPDATE integration_webhooks SET payload = $1", {**row["payload"], "deep": nested("mixed", 400)}
    )
    detail = await ada.get(f"/api/webhooks/events/{row['id']}")
    assert detail.status_code == 200
    assert PRUNED in detail.text
