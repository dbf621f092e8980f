"""What tests exchanged with simulators, written down where `EXCHANGES` names a file: for `make scorecard`."""

from __future__ import annotations

import json
import os
from pathlib import Path

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Slack answers its errors with status 200.
SLACK = "/slack.com/api/"


def recorded(app: ASGIApp) -> ASGIApp:
    """The app, with a line for each exchange: method, path, status, who asked, Slack's code of an error."""
    place = os.environ.get("EXCHANGES")
    if not place:
        return app

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        status, body = 0, bytearray()

        async def note(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            if scope["path"].startswith(SLACK):
                body.extend(message.get("body", b""))
            await send(message)

        await app(scope, receive, note)
        if scope["type"] == "http":
            agent = Headers(scope=scope).get("user-agent", "")
            entry = [scope["method"], scope["path"], status, agent, _code(bytes(body))]
            with Path(place).open("a") as file:
                file.write(json.dumps(entry) + "\n")

    return serve


def _code(body: bytes) -> str:
    try:
        return str(json.loads(body).get("error") or "")
    except (ValueError, AttributeError):
        return ""
