"""Servers of the Model Context Protocol that we are a client of: kept connected, restarted when dead."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import httpx2
import structlog
from cachetools import TTLCache

from fluxstudio import __version__
from fluxstudio.core.agents.server_settings import ServerSettings
from fluxstudio.errors import InvalidRequest, NotFound, Unavailable
from fluxstudio.kit.http import GuardedTransport, Host
from fluxstudio.kit.json import encode
from fluxstudio.kit.signatures import sha256

if TYPE_CHECKING:
    # Where servers are named it is loaded. It takes 20 MB that others need not spend.
    from mcp import Client, StdioServerParameters
    from mcp_types import CallToolResult, Tool

log = structlog.get_logger(__name__)

State = Literal["starting", "connected", "down"]
CONNECTION_LOST = "connection_lost"
START_SECONDS, CALL_SECONDS, CHECK_EVERY = 30.0, 60.0, 5.0
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0
MOST_TOOLS = 500
ANSWERS, ANSWERS_SECONDS = 500, 300.0
# What the SDK hands on unasked. A child gets what it is named, and where its commands are.
NOT_HANDED_ON = ("HOME", "LOGNAME", "SHELL", "TERM", "USER")


@dataclass
class HostedServer:
    """One server: connected for as long as `run` lasts, whatever it does meanwhile.

    `problem` is CONNECTION_LOST, or the kind of error that it did not answer with.
    """

    name: str
    settings: ServerSettings
    state: State = "starting"
    tools: Sequence[Tool] = ()
    problem: str | None = None
    restarts: int = -1
    _client: Client | None = field(default=None, repr=False)
    _lost: asyncio.Event = field(default_factory=asyncio.Event, repr=False)
    _ready: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    async def run(self) -> None:
        """Connect, and connect again with growing pauses."""
        pause = FIRST_PAUSE
        while True:
            try:
                pause = await self._connected(pause)
            except asyncio.CancelledError:
                raise
            except BaseException as error:
                self._fell(error)
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311 - only spreads out
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _connected(self, pause: float) -> float:
        """One connection, until it is lost; the pause before the next."""
        self.restarts += 1
        self._lost.clear()
        async with AsyncExitStack() as stack:
            async with asyncio.timeout(START_SECONDS):
                client = await stack.enter_async_context(_client_of(self.settings))
                self.tools = await _tools(client)
            self._client, self.state, self.problem = client, "connected", None
            self._ready.set()
            log.info("mcp_server_connected", server=self.name, tools=len(self.tools))
            try:
                await self._watch(client)
            finally:
                self._client, self.state = None, "down"
        self.problem = CONNECTION_LOST
        return FIRST_PAUSE

    async def _watch(self, client: Client) -> None:
        """Until the server no longer answers."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(CHECK_EVERY):
                    await self._lost.wait()
                return
            async with asyncio.timeout(START_SECONDS):
                self.tools = await _tools(client)

    def _fell(self, error: BaseException) -> None:
        self._client, self.state = None, "down"
        self.problem = _innermost(error)
        self._ready.set()
        log.warning("mcp_server_down", server=self.name, kind=_innermost(error))

    async def call(self, tool: str, arguments: Mapping[str, Any]) -> CallToolResult:
        """Call a tool. Raises `Unavailable` while the server is away, `InvalidRequest` where it refuses."""
        client = self._client
        if client is None:
            raise Unavailable(f"The server {self.name} is away. Try again in a moment.")
        from mcp.shared.exceptions import MCPError

        try:
            async with asyncio.timeout(CALL_SECONDS):
                return await client.call_tool(tool, dict(arguments))
        except TimeoutError:
            raise Unavailable(f"The server {self.name} did not answer in {CALL_SECONDS:g} s.") from None
        except MCPError as error:
            if self._lost.is_set() or self._client is None or "closed" in error.message.lower():
                self._lost.set()
                raise Unavailable(f"The server {self.name} went away. Try again in a moment.") from None
            raise InvalidRequest(f"The server {self.name} refuses this: {error.message[:300]}") from None
        except Exception as error:
            self._lost.set()
            log.warning("mcp_call_failed", server=self.name, kind=type(error).__name__)
            raise Unavailable(f"The server {self.name} went away. Try again in a moment.") from None

    async def ready(self, seconds: float) -> None:
        """Wait until it was connected, or could not be, for so long at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._ready.wait()


class HostedServers:
    """The servers of an installation, started with it or when somebody first asks."""

    def __init__(self, settings: Mapping[str, ServerSettings], *, caching: bool) -> None:
        self._servers = {name: HostedServer(name, entry) for name, entry in settings.items()}
        self._tasks: list[asyncio.Task[None]] = []
        self._answers: TTLCache[bytes, CallToolResult] = TTLCache(ANSWERS if caching else 1, ANSWERS_SECONDS)
        self._caching = caching

    @property
    def servers(self) -> Sequence[HostedServer]:
        """All of them."""
        return tuple(self._servers.values())

    def start(self) -> None:
        """Connect to all of them, unless that was begun."""
        if not self._tasks:
            self._tasks = [asyncio.create_task(server.run()) for server in self._servers.values()]

    async def started(self) -> Sequence[HostedServer]:
        """All of them, once each was connected or could not be."""
        self.start()
        await asyncio.gather(*(server.ready(START_SECONDS) for server in self._servers.values()))
        return self.servers

    async def call(self, name: str, tool: str, arguments: Mapping[str, Any]) -> CallToolResult:
        """Call a tool; the answer of one that only reads is kept for a while, where that is switched on.

        Raises `NotFound`, `Unavailable`, `InvalidRequest`.
        """
        await self.started()
        server = self._servers.get(name)
        described = next((entry for entry in server.tools if entry.name == tool), None) if server else None
        if server is None or (described is None and server.state == "connected"):
            raise NotFound(
                f"There is no tool “{tool[:60]}” of “{name[:60]}”. `GET /api/mcp/tools` lists them."
            )
        reads = described is not None and described.annotations is not None
        keeps = self._caching and reads and bool(described.annotations.read_only_hint)  # type: ignore[union-attr]
        key = sha256(encode([name, tool, arguments]))
        if keeps and key in self._answers:
            return self._answers[key]
        answer = await server.call(tool, arguments)
        if keeps and not answer.is_error:
            self._answers[key] = answer
        return answer

    def forget(self) -> None:
        """Forget kept answers."""
        self._answers.clear()

    async def close(self) -> None:
        """End all of them, and the processes that were started."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []


async def _tools(client: Client) -> list[Tool]:
    tools: list[Tool] = []
    cursor = None
    while len(tools) < MOST_TOOLS:
        page = await client.list_tools(cursor=cursor, cache_mode="bypass")
        tools += page.tools
        cursor = page.next_cursor
        if cursor is None:
            break
    return tools[:MOST_TOOLS]


@asynccontextmanager
async def _client_of(settings: ServerSettings) -> AsyncIterator[Client]:
    from mcp import Client, stdio_client
    from mcp.client.streamable_http import streamable_http_client

    async with AsyncExitStack() as stack:
        if settings.command is not None:
            transport = stdio_client(_parameters(settings), errlog=stack.enter_context(open(os.devnull, "w")))  # noqa: ASYNC230, PTH123, SIM115
        else:
            assert settings.url is not None
            guarded = GuardedTransport([Host(settings.url, private=True)])
            http = await stack.enter_async_context(
                httpx2.AsyncClient(
                    transport=guarded,
                    headers={"user-agent": f"fluxstudio/{__version__}", **settings.headers},
                    timeout=CALL_SECONDS,
                    trust_env=False,
                )
            )
            transport = streamable_http_client(settings.url, http_client=http)
        yield await stack.enter_async_context(Client(transport))


def _parameters(settings: ServerSettings) -> StdioServerParameters:
    """The child's command, with the environment it is named and PATH."""
    from mcp import StdioServerParameters

    unset = [word for name in NOT_HANDED_ON if name not in settings.env for word in ("-u", name)]
    return StdioServerParameters(
        command="env",
        args=[*unset, settings.command or "", *settings.args],
        env=dict(settings.env),
        cwd=settings.cwd,
    )


def _innermost(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return type(error).__name__
