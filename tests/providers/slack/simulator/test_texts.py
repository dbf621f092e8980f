"""Texts come out of the simulated Slack as they do of Slack: escaped, with addresses in angle brackets."""

from __future__ import annotations

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluxstudio.errors import InvalidRequest
from fluxstudio.providers.slack.simulator.texts import posted, typed
from tests.providers.slack.conftest import DESIGN, Sandbox, run
from tests.providers.slack.simulator.calls import say


@pytest.mark.parametrize(
    ("text", "arrives"),
    [
        ("a & b <c>", "a &amp; b &lt;c&gt;"),
        ("see https://x.example/?a=1&b=2.", "see <https://x.example/?a=1&amp;b=2>."),
        ("&amp;", "&amp;amp;"),
        ("<!channel>", "&lt;!channel&gt;"),
    ],
)
def test_what_a_person_types_arrives_escaped(text: str, arrives: str) -> None:
    assert typed(text) == arrives


@pytest.mark.parametrize(
    ("text", "arrives"),
    [
        ("a & b <c>", "a &amp; b &lt;c&gt;"),
        ("a &amp; b", "a &amp; b"),
        ("<@U0MEILIN01> <#C0DESIGN01|design> <!here>", "<@U0MEILIN01> <#C0DESIGN01|design> <!here>"),
        ("<https://x.example|a> & https://y.example", "<https://x.example|a> &amp; <https://y.example>"),
    ],
)
def test_what_an_app_posts_keeps_its_references(text: str, arrives: str) -> None:
    assert posted(text) == arrives


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=80).filter(lambda text: "://" not in text))
def test_a_person_never_says_more_than_words(text: str) -> None:
    assert "<" not in typed(text)
    assert html.unescape(typed(text)) == html.unescape(html.escape(text, quote=False))


async def test_history_holds_texts_as_they_arrive(sandbox: Sandbox) -> None:
    await say(sandbox, DESIGN, "a & b <c> https://x.example")
    history = await run(await sandbox.api(), "history", id=DESIGN)
    assert history["messages"][0]["text"] == "a &amp; b &lt;c&gt; <https://x.example>"


async def test_blocks_that_are_too_long_together_are_refused_with_the_way_on(sandbox: Sandbox) -> None:
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2900}}
    with pytest.raises(InvalidRequest, match="too long for Slack"):
        await run(await sandbox.api(), "message", channel=DESIGN, text="Long", blocks=[section] * 5)
