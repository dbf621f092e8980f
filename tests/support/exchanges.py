"""What tests exchanged with simulators, written down where `EXCHANGES` names a file: for `make scorecard`."""

from __future__ import annotations

import json
import os
from pathlib import Path

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send


def recorded(app: ASGIApp) -> ASGIApp:
    """The app, with a line for each exchange: method, path, status, and who asked."""
    place = os.environ.get("EXCHANGES")
    if not place:
        return app

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        async def note(message: Message) -> None:
            if message["type"] == "http.response.start" and scope["type"] == "http":
                agent = Headers(scope=scope).get("user-agent", "")
                entry = [scope["method"], scope["path"], message["status"], agent]
                with Path(place).open("a") as file:
                    file.write(json.dumps(entry) + "\n")
            await send(message)

        await app(scope, receive, note)

    return serve
