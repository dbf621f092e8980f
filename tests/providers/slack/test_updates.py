from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block as OfficialBlock

from fluxstudio.providers.slack import blocks
from fluxstudio.providers.slack.simulator.blockkit import MOST_WEIGHT, complaints, weight
from fluxstudio.providers.slack.updates import (
    HEADLINES,
    UpdateType,
    moment,
    person,
    project_update,
    summary_of,
    task_notification,
)

WILD = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
WORDS = WILD.filter(lambda words: re.search(r"\S", words))
LONG = st.builds(lambda word, times: word * times, WORDS, st.sampled_from([1, 3, 40, 200]))


def assert_valid(built: list[Any]) -> None:
    """Both the official client and the simulator's own check take the blocks."""
    for block in built:
        parsed = OfficialBlock.parse(block)
        assert parsed is not None
        parsed.validate_json()
        assert parsed.to_dict() == block
    assert complaints(built) == []


@given(
    LONG,
    st.sampled_from(sorted(HEADLINES)),
    st.none() | LONG,
    st.none()
    | st.dictionaries(LONG, LONG | st.integers() | st.booleans() | st.floats(), max_size=60)
    | st.lists(st.fixed_dictionaries({"title": LONG, "value": LONG}), max_size=25),
    st.none() | st.just("https://design.example/" + "x" * 2900),
)
def test_a_project_update_of_any_words_stays_within_block_kits_limits(
    name: str, update: UpdateType, details: str | None, fields: Any, url: str | None
) -> None:
    text, built = project_update(name, update, details, fields, url)
    assert_valid(built)
    assert 0 < len(text) <= blocks.MESSAGE
    assert len(built) <= blocks.BLOCKS
    assert blocks.length(built) <= blocks.TOGETHER
    assert weight(built) <= MOST_WEIGHT


@pytest.mark.parametrize("count", [1, 6, 10, 40])
def test_the_longest_update_is_cut_as_a_whole_and_keeps_every_field(count: int) -> None:
    fields = {f"Label {number} {'l' * 300}": f"Value {number} {'&' * 3000}" for number in range(count)}
    _, built = project_update("n" * 300, "updated", "d" * 9000, fields, f"https://x.example/{'u' * 2900}")
    assert weight(built) <= MOST_WEIGHT
    shown = str(built)
    assert all(f"Label {number} " in shown and f"Value {number} " in shown for number in range(count))


@given(
    LONG, WORDS, st.none() | WORDS | st.datetimes().map(str), st.none() | st.just("https://design.example")
)
def test_a_task_notification_of_any_words_stays_within_block_kits_limits(
    title: str, assignee: str, due: str | None, url: str | None
) -> None:
    text, built = task_notification(title, assignee, due, url)
    assert_valid(built)
    assert text


@given(st.builds(lambda word, times: word * times, WILD, st.sampled_from([1, 3, 100])), st.integers(1, 9))
def test_every_builder_makes_of_any_words_what_block_kit_takes(words: str, count: int) -> None:
    pushed = blocks.button(words, "https://design.example/" + "x" * 2900)
    assert_valid(
        [
            blocks.header(words),
            blocks.section(blocks.escape(words), pushed),
            blocks.actions(*[pushed] * count),
            blocks.context(*[blocks.escape(words)] * count * 2),
            *blocks.field_sections([blocks.worded_field(words, words, blocks.LABEL, 1800)] * count * 5),
        ]
    )


@given(st.text(max_size=400), st.integers(10, 300))
def test_escaped_words_fit_and_hold_no_half_entity(words: str, most: int) -> None:
    escaped = blocks.escape(words, most)
    assert len(escaped) <= most
    assert "<" not in escaped
    assert ">" not in escaped
    assert re.fullmatch(r"(?:[^&]|&(?:amp|lt|gt);)*", escaped)


def test_words_neither_mention_nor_link() -> None:
    text, built = project_update("<!channel>", "updated", "<https://evil.example|Sign in> & more", None, None)
    assert "<" not in text
    assert built[1] == {
        "type": "section",
        "text": {
            "type": "mrkdwn",
            "text": "*Project updated*\n&lt;https://evil.example|Sign in&gt; &amp; more",
        },
    }


def test_a_project_update_says_what_happened_its_values_and_where_to_look() -> None:
    text, built = project_update(
        "Tidewater",
        "completed",
        "All shipped.",
        {"Screens": 14, "Late": False},
        "https://design.example/t",
    )
    assert text == "Project completed: Tidewater. All shipped."
    assert [block["type"] for block in built] == ["header", "section", "section", "actions", "context"]
    assert built[2] == {
        "type": "section",
        "fields": [
            {"type": "mrkdwn", "text": "*Screens*\n14"},
            {"type": "mrkdwn", "text": "*Late*\nNo"},
        ],
    }
    assert built[3]["elements"][0]["url"] == "https://design.example/t"  # type: ignore[typeddict-item]


def test_a_task_notification_says_who_what_and_when() -> None:
    text, built = task_notification(
        "Draw the\ntide line", "Mei Lin", "2026-12-04", "https://design.example/17"
    )
    assert text == "Task for Mei Lin: Draw the tide line, due Friday 4 December 2026"
    assert built[0]["text"]["text"] == "*Draw the tide line*"  # type: ignore[typeddict-item]
    assert built[0]["accessory"]["text"]["text"] == "Open task"  # type: ignore[typeddict-item]


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("2026-12-04", "Friday 4 December 2026"),
        ("2026-12-04T15:30", "Friday 4 December 2026, 15:30"),
        (
            "2026-12-04T15:30:00Z",
            "<!date^1796398200^{date_long}, {time}|Friday 4 December 2026, 15:30 UTC>",
        ),
        ("end of the week", "end of the week"),
        ("soon <3", "soon &lt;3"),
    ],
)
def test_a_due_date_is_shown_in_words_and_a_time_in_the_readers_zone(words: str, shown: str) -> None:
    assert moment(words) == shown


def test_a_slack_user_id_becomes_a_mention_and_a_name_stays_a_name() -> None:
    assert person("U0MEILIN01") == "<@U0MEILIN01>"
    assert person("UMA") == "UMA"
    assert person("Ada & Mei") == "Ada &amp; Mei"


def test_blocks_without_words_get_a_plain_notification() -> None:
    assert summary_of(
        [{"type": "divider"}, {"type": "section", "text": {"type": "mrkdwn", "text": " "}}]
    ) == ("New message")
    assert summary_of([{"type": "section", "text": {"type": "mrkdwn", "text": "*Hi* <@U1>"}}]) == "*Hi* <@U1>"
