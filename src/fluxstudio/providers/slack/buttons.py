"""Messages with buttons, and who pressed one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fluxstudio.providers.slack import blocks
from fluxstudio.sdk import Api, PostedMessage, PressedButton
from fluxstudio.sdk.payload import text_at

# So that presses of other buttons of the app are never taken for ours.
ACTION = "fluxstudio_choice_"
LONGEST_SECTION, LONGEST_OUTCOME = 2900, 300


def asking(text: str, buttons: Sequence[tuple[str, str]], link: str) -> Mapping[str, Any]:
    """Arguments for a message that asks: a plain text, buttons of (label, value), and a link to more."""
    choices: list[dict[str, Any]] = [
        {
            "type": "button",
            "action_id": f"{ACTION}{number}",
            "text": {"type": "plain_text", "text": label},
            "value": value,
        }
        for number, (label, value) in enumerate(buttons)
    ]
    opening = {
        "type": "button",
        "action_id": f"{ACTION}open",
        "text": {"type": "plain_text", "text": "Open"},
        "url": link,
    }
    return {"blocks": [_section(text), {"type": "actions", "elements": [*choices, opening]}]}


def posted(answer: Mapping[str, Any]) -> PostedMessage:
    """Where the message stands that `message` posted; a person's id has become their conversation's."""
    return PostedMessage(answer["channel"], answer["ts"])


async def settle(api: Api, message: PostedMessage, text: str, outcome: str) -> None:
    """Change a message that asked: the plain text stays, what was decided takes the place of the buttons.

    Blocks that are sent replace all there were (docs.slack.dev/reference/methods/chat.update, read
    2026-12-01). Raises the product's errors.
    """
    line = {"type": "context", "elements": [blocks.plain_text(outcome, LONGEST_OUTCOME)]}
    await api.post(
        "/api/chat.update",
        json={
            "channel": message.channel,
            "ts": message.message,
            "text": blocks.escape(outcome, LONGEST_OUTCOME),
            "blocks": [_section(text), line],
        },
        limit="chat.update",
    )


def _section(text: str) -> Mapping[str, Any]:
    return {"type": "section", "text": {"type": "plain_text", "text": text[:LONGEST_SECTION]}}


def pressed(event_type: str, payload: Mapping[str, Any]) -> PressedButton | None:
    """Which of our buttons somebody pressed, None for anything else."""
    if event_type != "block_actions":
        return None
    action, value = text_at(payload, "actions", 0, "action_id"), text_at(payload, "actions", 0, "value")
    team, person = text_at(payload, "team", "id"), text_at(payload, "user", "id")
    if not action.startswith(ACTION) or not value or not team or not person:
        return None
    return PressedButton(team, person, value)
