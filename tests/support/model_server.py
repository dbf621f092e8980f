"""A language model that says what a test has it say, in OpenAI's and in Anthropic's form."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from fluxstudio.core.ask.language_model import LanguageModel, ModelSettings
from fluxstudio.kit import json
from tests.support.serving import serving

KEY = "sk-not-a-real-key-of-anybody-0123456789"


@dataclass
class ModelServer:
    """Answers with `replies`, one after the other and the last for good: text, a status, or None for never.

    Attributes:
        requests: the bodies received.
        headers: those of the last request.
    """

    url: str = ""
    replies: list[str | int | None] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: Mapping[str, str] = field(default_factory=dict)

    def model(self, api: Literal["openai", "anthropic"] = "openai", *, seconds: float = 30) -> LanguageModel:
        """A client of it."""
        return LanguageModel(ModelSettings(api, self.url, "some-model", KEY), seconds=seconds)

    async def next(self, request: Request) -> str | Response:
        """What is to be said to a request."""
        self.requests.append(json.decode(await request.body()))
        self.headers = request.headers
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if reply is None:
            await asyncio.Event().wait()
        if isinstance(reply, int):
            return JSONResponse({"error": {"message": f"no such key: {KEY}"}}, status_code=reply)
        return reply or ""

    async def openai(self, request: Request) -> Response:
        """`POST /chat/completions`."""
        text = await self.next(request)
        if isinstance(text, Response):
            return text
        message = {"role": "assistant", "content": text}
        return JSONResponse({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})

    async def anthropic(self, request: Request) -> Response:
        """`POST /messages`."""
        text = await self.next(request)
        if isinstance(text, Response):
            return text
        return JSONResponse({"type": "message", "content": [{"type": "text", "text": text}]})


@asynccontextmanager
async def model_server(*replies: str | int | None) -> AsyncIterator[ModelServer]:
    """A language model on a free port of the loopback."""
    server = ModelServer(replies=list(replies))

    def app(base: str) -> Starlette:
        server.url = f"{base}/v1"
        return Starlette(
            routes=[
                Route("/v1/chat/completions", server.openai, methods=["POST"]),
                Route("/v1/messages", server.anthropic, methods=["POST"]),
            ]
        )

    async with serving(app):
        yield server


def written(sql: str | None, explanation: str = "Figma connections.") -> str:
    """A reply as it was asked for."""
    return json.encode({"sql": sql, "explanation": explanation}).decode()
