"""What events say arrives in messages as people wrote it, whatever they wrote it in and whatever is
missing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from fluxstudio.core.registry import Registry, discover
from fluxstudio.flows.automations.authoring.gallery import suggestions
from fluxstudio.flows.automations.rules.arguments import WrongArguments, rendered
from fluxstudio.flows.automations.rules.definition import OnEvent, read
from fluxstudio.flows.automations.rules.placeholders import filled
from fluxstudio.flows.automations.runs import context
from fluxstudio.settings import ProviderSettings
from tests.support.automating import ANSWERS

REGISTRY = Registry(discover(), lambda provider: ProviderSettings())
GALLERY = {entry.id: entry for entry in suggestions(REGISTRY)}
WITH_EVENTS = [entry for entry in GALLERY.values() if entry.example is not None]


def event_of(entry_id: str, payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """The arguments that a rule of the gallery makes of an event."""
    definition = read(filled(GALLERY[entry_id].definition, ANSWERS))
    assert isinstance(definition.when, OnEvent)
    return written(definition.when.event, payload, definition.do.operation, definition.do.arguments)


def written(
    event: str, payload: Mapping[str, Any], operation: str, arguments: Mapping[str, Any]
) -> Mapping[str, Any]:
    provider, _, kind = event.partition(".")
    row = {"provider": provider, "event_type": kind, "payload": payload, "received_at": datetime.now(UTC)}
    return rendered(REGISTRY.operation(operation), arguments, context.of_event(REGISTRY, row))


def without_people(value: Any) -> Any:
    """A payload of whose people nothing is left, as after an account was deleted."""
    people = {
        "user",
        "sender",
        "triggered_by",
        "assignee",
        "requested_reviewer",
        "body",
        "description",
        "name",
    }
    if isinstance(value, Mapping):
        return {
            key: None if key in people and key != "repository" else without_people(part)
            for key, part in value.items()
        }
    return value


def test_release_notes_are_read_as_markdown() -> None:
    body = "<!-- hidden -->\n## Changes\n* **Tides** by @mei-lin, [guide](https://docs.example/tide)"
    release = {"tag_name": "v2", "body": body, "html_url": "https://github.com/a/b/releases/v2"}
    made = event_of("release-to-channel", {"release": release, "repository": {"name": "b"}})
    assert made["text"] == (
        "*b <https://github.com/a/b/releases/v2|v2>* is out.\n*Changes*\n"
        "• *Tides* by @mei-lin, <https://docs.example/tide|guide> (docs.example)"
    )


def test_people_mentioned_in_a_figma_comment_are_named() -> None:
    comment = [{"text": "Could "}, {"mention": "7"}, {"text": " or "}, {"mention": "8"}, {"text": " look?"}]
    payload = {"file_name": "Tide", "comment": comment, "mentions": [{"id": "7", "handle": "Tomas Ruiz"}]}
    assert event_of("comment-to-channel", payload)["text"].endswith("Could @Tomas Ruiz or @someone look?")


@pytest.mark.parametrize(
    ("operation", "argument", "made"),
    [
        ("slack.message", "text", "Tom &amp; Jerry for @Mei Lin"),
        ("github.add_comment", "body", "Tom &amp; Jerry for @&#8203;Mei Lin"),
        ("github.create_issue", "title", "Tom & Jerry for @Mei Lin"),
        ("figma.post_comment", "message", "Tom & Jerry for @Mei Lin"),
    ],
)
def test_slacks_words_are_unescaped_once(operation: str, argument: str, made: str) -> None:
    event = {
        "text": "Tom &amp; Jerry for <@U0MEILIN01>",
        "user": "U0MEILIN01",
        "user_profile": {"display_name": "Mei Lin"},
    }
    template = {argument: "{{ event.event.text }}"}
    assert written("slack.message", {"event": event}, operation, template)[argument] == made


@pytest.mark.parametrize("entry", WITH_EVENTS, ids=lambda entry: str(entry.id))
def test_the_gallery_reads_on_where_nobody_is_named(entry: Any) -> None:
    payload = without_people(entry.example["payload"])
    payload |= {"repository": {"name": "b"}} if "repository" in payload else {}
    made = event_of(entry.id, payload)
    assert all(made.values())


def test_a_field_of_nobody_is_named_in_full() -> None:
    with pytest.raises(WrongArguments) as error:
        written(
            "github.issues",
            {"issue": {"user": None}},
            "slack.message",
            {"text": "{{ event.issue.user.login }} {{ event.sender.login }}"},
        )
    assert (
        'the event has no event.issue.user.login; write {{ event.issue.user.login | default("…") }}'
        in str(error.value)
    )


def test_an_address_in_a_button_is_one_or_the_rule_says_why_not() -> None:
    def button(url: str) -> Any:
        blocks = [
            {
                "type": "actions",
                "elements": [
                    {"type": "button", "text": {"type": "plain_text", "text": "Go"}, "url": "{{ event.url }}"}
                ],
            }
        ]
        return written("github.issues", {"url": url}, "slack.message", {"blocks": blocks})["blocks"][0][
            "elements"
        ][0]["url"]

    assert button("https://a.example/b?c=d") == "https://a.example/b?c=d"
    with pytest.raises(WrongArguments) as error:
        button("javascript:alert(1)")
    assert "is no web address" in str(error.value)
