"""Answers of the Web API held against the types of `@slack/web-api`, which Slack makes of real answers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import msgspec
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tools.witnesses import FOLDER

RESPONSES = FOLDER / "node_modules" / "@slack" / "web-api" / "dist" / "types" / "response"
API = "/slack.com/api/"
PLAIN: Mapping[str, type | tuple[type, ...]] = {
    "string": str,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}
# What every answer may have, whatever its type says.
OF_EVERY_ANSWER = frozenset(
    {"warning", "response_metadata", "error", "needed", "provided", "errors", "req_method"}
)
# What real answers hold although these types do not say so: what docs.slack.dev shows in the examples of a
# method, and what messages have in threads.
FURTHER: Mapping[str, frozenset[str]] = {
    "AuthRevokeResponse": frozenset({"revoked"}),
    "ConversationsLeaveResponse": frozenset({"not_in_channel"}),
    "Message": frozenset(
        {"thread_ts", "parent_user_id", "reply_count", "reply_users", "reply_users_count", "latest_reply"}
        | {"subtype", "username", "icons", "attachments", "bot_profile", "files", "reactions", "edited"}
        | {"app_id", "bot_id", "blocks"}
    ),
}
# Held against `@slack/types` where they are sent, in test_blockkit.py.
ELSEWHERE = frozenset({"blocks"})


@cache
def methods() -> dict[str, str]:
    """The method of each response type: `chatpostmessage` → `ChatPostMessageResponse`."""
    names = [file.name.removesuffix(".d.ts") for file in RESPONSES.glob("*Response.d.ts")]
    return {name.removesuffix("Response").lower(): name for name in names}


@cache
def declared(response: str) -> dict[str, dict[str, str]]:
    """The types of a response's file: the fields of each, with the texts of their types."""
    text = re.sub(r"/\*.*?\*/", "", (RESPONSES / f"{response}.d.ts").read_text(), flags=re.DOTALL)
    types = {}
    for name, body in re.findall(r"export (?:interface|type) (\w+)[^{;]*\{(.*?)\n\}", text, re.DOTALL):
        fields = re.findall(r"\n    (?:'([^']+)'|(\w+))\??: ([^;]+);", body)
        types[name] = {quoted or plain: kind for quoted, plain, kind in fields}
    return types


def problems(method: str, answer: Any) -> list[str]:
    """What of an answer is not of its type: fields that it does not have, and values of other kinds."""
    response = methods().get(method.replace(".", "").lower())
    if response is None:
        return [f"{method} is no method of Slack's own client"]
    types = declared(response)
    body = {name: value for name, value in answer.items() if name not in OF_EVERY_ANSWER}
    return [f"{method}{problem}" for problem in _object(types, response, body, "")]


def _object(types: Mapping[str, Mapping[str, str]], name: str, value: Any, place: str) -> Iterator[str]:
    fields = types[name]
    for key, entry in value.items():
        if key in ELSEWHERE:
            continue
        if key in fields:
            yield from _value(types, fields[key], entry, f"{place}.{key}")
        elif key not in FURTHER.get(re.sub(r"Element$", "", name), ()):
            yield f"{place}.{key} is not in {name}"


def _value(types: Mapping[str, Mapping[str, str]], kind: str, value: Any, place: str) -> Iterator[str]:
    if value is None:
        return
    if kind.endswith("[]"):
        if not isinstance(value, list):
            yield f"{place} is no list"
            return
        for number, entry in enumerate(value):
            yield from _value(types, kind[:-2].strip("()"), entry, f"{place}.{number}")
    elif kind in PLAIN:
        if not isinstance(value, PLAIN[kind]):
            yield f"{place} is no {kind}"
    elif kind in types:
        if isinstance(value, dict):
            yield from _object(types, kind, value, place)
        else:
            yield f"{place} is no object"


class PinnedToTypes:
    """ASGI middleware that holds every answer of the Web API against these types, in `violations`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.violations: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(API):
            await self._app(scope, receive, send)
            return
        status, body = 0, bytearray()

        async def note(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            body.extend(message.get("body", b""))
            await send(message)

        await self._app(scope, receive, note)
        answer = msgspec.json.decode(bytes(body)) if status == 200 else {}
        if answer.get("ok") is True:
            self.violations += problems(scope["path"].removeprefix(API), answer)
