"""What people press, fill in and call up."""

from __future__ import annotations

from fluxstudio.providers.slack.webhooks.events.reading import Payload, channel_id, plain, where, who
from fluxstudio.sdk.payload import at, in_words, name_at, quoted, sentence, text_at

# Where an element keeps what it says, or what was chosen in it.
LABELS: tuple[tuple[str, ...], ...] = (
    ("selected_option", "text", "text"),
    ("selected_date",),
    ("selected_time",),
    ("text", "text"),
    ("value",),
)


def interaction(kind: str, payload: Payload) -> str:
    match kind:
        case "block_actions" | "interactive_message":
            return _pressed(payload)
        case "view_submission":
            return sentence(who(payload), "sent", _view(payload))
        case "view_closed":
            return sentence(who(payload), "closed", _view(payload))
        case "block_suggestion":
            return sentence(who(payload), f"looked for a choice{quoted(text_at(payload, 'value'))}")
    used = f"used the shortcut {in_words(text_at(payload, 'callback_id')).lower()}"
    if not text_at(payload, "callback_id"):
        used = "used a shortcut"
    if kind != "message_action":
        return sentence(who(payload), used)
    quotation = quoted(plain(text_at(payload, "message", "text")))
    return sentence(who(payload), f"{used} on a message in {where(payload)}{quotation}")


def command(payload: Payload) -> str:
    """`Mei Lin used /fluxstudio in #design: “status”`."""
    called = name_at(payload, "command") or "a command"
    return sentence(
        who(payload), f"used {called} in {where(payload)}{quoted(plain(text_at(payload, 'text')))}"
    )


def _pressed(payload: Payload) -> str:
    action = at(payload, "actions", 0)
    labels = (plain(text_at(action, *path)) for path in LABELS)
    label = quoted(next((text for text in labels if text), "")).removeprefix(": ")
    pressed = "pressed" if text_at(action, "type") == "button" else "chose"
    place = f"in {where(payload)}" if channel_id(payload) else ""
    return sentence(who(payload), f"{pressed} {label}" if label else "used a control", place)


def _view(payload: Payload) -> str:
    title = quoted(text_at(payload, "view", "title", "text")).removeprefix(": ")
    return title or "a form"
