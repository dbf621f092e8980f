"""`fluxstudio mcp`: the tools over standard input and output, for programs that start their own server."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Annotated, Any

import httpx2
import typer

from fluxstudio.commands.terminal import command, say, settings_now
from fluxstudio.kit.json import NotJson, decode, encode
from fluxstudio.settings import Settings

VERSION = "io.modelcontextprotocol/protocolVersion"
# Longer than a call waits for a person.
SECONDS = 120.0
LONGEST_LINE = 8 * 1024 * 1024
# Which part of a request says what it is about.
ABOUT = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}

User = Annotated[
    str | None,
    typer.Option(help="User to act for, by email or subject (default: the first administrator)."),
]


@command
async def mcp(user: User = None) -> None:
    """Serve tools to agents over standard input and output (Model Context Protocol).

    Passes messages on to a running server, or answers on its own where none runs. Acts with MCP_TOKEN, or
    with a token of its own for --user.
    """
    settings = settings_now(needs_data=True)
    async with _reached(settings, user) as (http, token):
        await Bridge(http, f"{settings.base_url}/mcp", token).run()


@asynccontextmanager
async def _reached(settings: Settings, user: str | None) -> AsyncIterator[tuple[httpx2.AsyncClient, str]]:
    """A way to the product, and a token: over HTTP where it runs, else within this process."""
    token_setting = settings.mcp_token.get_secret_value() if settings.mcp_token else None
    async with httpx2.AsyncClient(timeout=SECONDS, trust_env=False) as http:
        if await _answers(http, settings.base_url):
            yield http, token_setting or await _signed(settings, user)
            return
    from fluxstudio.app import product
    from fluxstudio.core.registry import registry_of
    from fluxstudio.faces.app import web_app

    async with product(settings, registry_of(settings), maintenance=False) as services:
        token = token_setting or await _signed(settings, user)
        transport = httpx2.ASGITransport(app=web_app(services))
        async with httpx2.AsyncClient(transport=transport, timeout=SECONDS) as http:
            yield http, token


async def _answers(http: httpx2.AsyncClient, base_url: str) -> bool:
    with suppress(httpx2.HTTPError):
        answer = await http.get(f"{base_url}/health", timeout=2)
        return answer.status_code == 200
    return False


async def _signed(settings: Settings, user: str | None) -> str:
    from fluxstudio.commands.tokens import sign
    from fluxstudio.core.database import database_of
    from fluxstudio.core.identity.users import Users
    from fluxstudio.kit.postgres.database import Database

    if user is None:
        async with database_of(settings) as target, Database(target) as db:
            administrators = await Users(db).administrators()
        if not administrators:
            say("No administrator yet. Choose a user with --user.")
            raise typer.Exit(2)
        user = administrators[0][0]
    return await sign(settings, user, admin=False, hours=24)


class Bridge:
    """Passes each message on by itself, and what comes back as it comes."""

    def __init__(self, http: httpx2.AsyncClient, url: str, token: str) -> None:
        self._http = http
        self._url = url
        self._token = token
        self._revision: str | None = None
        self._writing = asyncio.Lock()

    async def run(self) -> None:
        """Until standard input ends, and what was asked is answered."""
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=LONGEST_LINE)
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        async with asyncio.TaskGroup() as group:
            while line := await reader.readline():
                if line.strip():
                    await self._take(group, line)

    async def _take(self, group: asyncio.TaskGroup, line: bytes) -> None:
        try:
            message = decode(line)
        except NotJson:
            await self._write(
                {"jsonrpc": "2.0", "id": None, "error": {"code": -32700, "message": "Parse error"}}
            )
            return
        if isinstance(message, dict) and message.get("method") == "initialize":
            # What follows is in the revision that its answer names.
            await self._pass_on(message)
        else:
            group.create_task(self._pass_on(message))

    async def _pass_on(self, message: Any) -> None:
        expects_answer = isinstance(message, dict) and "id" in message and "method" in message
        try:
            async with self._http.stream(
                "POST", self._url, content=encode(message), headers=self._headers(message)
            ) as answer:
                await self._hand_back(answer, message if expects_answer else None)
        except httpx2.HTTPError as error:
            if expects_answer:
                await self._fail(message, f"FluxStudio does not answer ({type(error).__name__}).")

    async def _hand_back(self, answer: httpx2.Response, request: Mapping[str, Any] | None) -> None:
        kind = answer.headers.get("content-type", "")
        if kind.startswith("text/event-stream"):
            async for line in answer.aiter_lines():
                if line.startswith("data:") and line[5:].strip():
                    await self._write(decode(line[5:].encode()))
            return
        content = await answer.aread()
        if not content or request is None:
            return
        body = decode(content) if kind.startswith("application/json") else {}
        if isinstance(body, dict) and body.get("jsonrpc") == "2.0":
            await self._write(body)
        else:
            message = body.get("error") if isinstance(body, dict) else None
            await self._fail(request, str(message or f"FluxStudio answers {answer.status_code}."))

    def _headers(self, message: Any) -> dict[str, str]:
        headers = {
            "authorization": f"Bearer {self._token}",
            "content-type": "application/json",
            "accept": "application/json, text/event-stream",
        }
        params = message.get("params") if isinstance(message, dict) else None
        meta = params.get("_meta") if isinstance(params, dict) else None
        revision = meta.get(VERSION) if isinstance(meta, dict) else None
        if isinstance(revision, str) and isinstance(params, dict):
            headers |= {"mcp-protocol-version": revision, "mcp-method": str(message.get("method"))}
            about = params.get(ABOUT.get(headers["mcp-method"], ""))
            if isinstance(about, str) and about.isascii():
                headers["mcp-name"] = about
        elif self._revision is not None:
            headers["mcp-protocol-version"] = self._revision
        return headers

    async def _fail(self, request: Mapping[str, Any], why: str) -> None:
        error = {"code": -32603, "message": why}
        await self._write({"jsonrpc": "2.0", "id": request["id"], "error": error})

    async def _write(self, message: Any) -> None:
        result = message.get("result") if isinstance(message, dict) else None
        if isinstance(result, dict) and isinstance(result.get("protocolVersion"), str):
            self._revision = result["protocolVersion"]
        async with self._writing:
            sys.stdout.buffer.write(encode(message) + b"\n")
            await asyncio.to_thread(sys.stdout.buffer.flush)
