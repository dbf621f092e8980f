"""How the bodies of Slack's requests are read: events as JSON, interactions and commands as forms.

docs.slack.dev “Handling user interaction” (a form field `payload` that holds JSON) and “Implementing slash
commands” (plain form fields; `ssl_check` is asked now and then), read 2026-11-25.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from fluxstudio.sdk import UnreadableBody, json_body

MAX_BODY_FIELDS = 100
COMMAND, CERTIFICATE_CHECK = "slash_command", "ssl_check"


def read_event(body: bytes) -> Mapping[str, Any]:
    """An event as Slack sends it to `webhook`. Raises `UnreadableBody`."""
    return _without_token(json_body(body))


def read_interaction(body: bytes) -> Mapping[str, Any]:
    """A click, a filled form or a shortcut. Raises `UnreadableBody`."""
    fields = _form(body)
    if "payload" not in fields:
        raise UnreadableBody("the form has no field payload")
    return _without_token(json_body(fields["payload"].encode()))


def read_command(body: bytes) -> Mapping[str, Any]:
    """The fields of a slash command, with `type` saying that it is one. Raises `UnreadableBody`."""
    fields = _form(body)
    if "command" not in fields:
        if fields.get("ssl_check") != "1":
            raise UnreadableBody("the form has no field command")
        return {"type": CERTIFICATE_CHECK}
    return {**_without_token(fields), "type": COMMAND}


def challenge(payload: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What Slack wants to hear when it tries out an address; None for anything else."""
    kind = payload.get("type")
    if kind == CERTIFICATE_CHECK:
        return {}
    challenge_text = payload.get("challenge")
    return (
        {"challenge": challenge_text}
        if kind == "url_verification" and isinstance(challenge_text, str)
        else None
    )


def _form(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            body.decode(errors="replace"),
            keep_blank_values=True,
            strict_parsing=True,
            # People type halves of characters, too; a command is not lost for that.
            errors="replace",
            max_num_fields=MAX_BODY_FIELDS,
        )
    except ValueError:
        raise UnreadableBody("the body is not a form") from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise UnreadableBody("a field of the form appears twice")
    return fields


def _without_token(payload: dict[str, Any]) -> dict[str, Any]:
    """Takes out the verification token, which signatures have replaced and which is not to be kept."""
    payload.pop("token", None)
    return payload
