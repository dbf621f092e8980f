"""Messages with buttons, and who pressed one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fluxstudio.sdk import PressedButton
from fluxstudio.sdk.payload import text_at

# So that presses of other buttons of the app are never taken for ours.
ACTION = "fluxstudio_choice_"
LONGEST_SECTION = 2900


def asking(text: str, buttons: Sequence[tuple[str, str]], link: str) -> Mapping[str, Any]:
    """Arguments for a message that asks: a plain text, buttons of (label, value), and a link to more."""
    section = {"type": "section", "text": {"type": "plain_text", "text": text[:LONGEST_SECTION]}}
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
    return {"blocks": [section, {"type": "actions", "elements": [*choices, opening]}]}


def pressed(event_type: str, payload: Mapping[str, Any]) -> PressedButton | None:
    """Which of our buttons somebody pressed, None for anything else."""
    if event_type != "block_actions":
        return None
    action, value = text_at(payload, "actions", 0, "action_id"), text_at(payload, "actions", 0, "value")
    team, person = text_at(payload, "team", "id"), text_at(payload, "user", "id")
    if not action.startswith(ACTION) or not value or not team or not person:
        return None
    return PressedButton(team, person, value)
