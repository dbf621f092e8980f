"""What a rule says of itself, in words people use."""

from __future__ import annotations

from typing import Any

import pytest

from fluxstudio.core.registry import Registry, discover
from fluxstudio.flows.automations.authoring.gallery import suggestions
from fluxstudio.flows.automations.authoring.summary import schedule_summary, summary_of
from fluxstudio.flows.automations.rules.placeholders import filled
from fluxstudio.settings import ProviderSettings
from tests.support.automating import ANSWERS


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry(discover(), lambda provider: ProviderSettings())


def doing(when: Any, operation: str = "slack.message", **arguments: Any) -> dict[str, Any]:
    return {"when": when, "do": {"operation": operation, "arguments": arguments}}


def test_a_rule_is_one_sentence_with_the_channel_in_it(registry: Registry) -> None:
    condition = {"field": "file_key", "is": "equals", "value": "TidewaterBookingFlow01"}
    when = {"event": "figma.FILE_COMMENT", "conditions": [condition]}
    text = summary_of(registry, doing(when, channel="#design", text="{{ summary }}"))
    assert text.sentence == "When someone comments on a file in Figma, post a message to #design in Slack."
    assert text.only == ("file_key is “TidewaterBookingFlow01”",)


def test_a_place_that_depends_on_the_event_is_not_named(registry: Registry) -> None:
    text = summary_of(registry, doing({"event": "slack.message"}, channel="{{ event.event.channel }}"))
    assert text.sentence == "When a message is posted in Slack, post a message to a channel in Slack."


def test_an_event_nobody_found_words_for_is_called_by_its_name(registry: Registry) -> None:
    text = summary_of(registry, doing({"event": "github.merge_group"}, channel="#design"))
    assert text.when == "When GitHub tells of “merge group”"


def test_every_suggestion_says_what_it_does(registry: Registry) -> None:
    for entry in suggestions(registry):
        text = summary_of(registry, filled(entry.definition, ANSWERS))
        assert "tells of" not in text.when, entry.id
        assert len(text.sentence) < 120, text.sentence


def test_what_cannot_be_read_or_done_any_more_is_said_so(registry: Registry) -> None:
    assert "can no longer be read" in summary_of(registry, {"when": 1}).sentence
    gone = summary_of(registry, doing({"event": "elsewhere.X"}, "elsewhere.shout"))
    assert gone.sentence == ("When “elsewhere.X” happens, do “elsewhere.shout”, which there is not any more.")


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        ("0 9 * * 1", "Every Monday at 09:00 (Europe/Berlin)"),
        ("30 16 * * 1-5", "Every weekday at 16:30 (Europe/Berlin)"),
        ("5 8 * * *", "Every day at 08:05 (Europe/Berlin)"),
        ("0 9 1 * *", "On day 1 of every month at 09:00 (Europe/Berlin)"),
        ("15 * * * *", "Every hour at minute 15"),
        ("*/5 9-17 * * 1", "At the times “*/5 9-17 * * 1” (Europe/Berlin)"),
        ("0 9 1 * 1", "At the times “0 9 1 * 1” (Europe/Berlin)"),
    ],
)
def test_a_schedule_reads_as_people_say_it(schedule: str, words: str) -> None:
    assert schedule_summary(schedule, "Europe/Berlin") == words


def test_every_event_that_is_described_is_one_the_provider_sends(registry: Registry) -> None:
    for entry in registry:
        hook = entry.provider.webhooks
        assert hook is not None
        assert set(hook.event_labels) <= set(hook.events)
