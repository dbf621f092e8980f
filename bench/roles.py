"""What the product is compared with and what it connects to: `python -m bench.roles ROLE PORT …`."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import uvloop
from authlib.integrations.starlette_client import OAuth
from fastapi import FastAPI
from redis.asyncio import Redis
from slack_bolt.adapter.asgi.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from starlette.applications import Starlette
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from bench.processes import READY
from fluxstudio.commands.simulated import simulator_of
from fluxstudio.core.registry import discover
from fluxstudio.kit.serving import AsgiApp, listening_socket, serving
from fluxstudio.sdk import Limit, Provider
from fluxstudio.sdk.simulation import Simulator, simulation

SECRET = "not-a-real-secret-not-a-real-secret"
TABLE = "CREATE TABLE IF NOT EXISTS bench_bolt (event_id text PRIMARY KEY, body jsonb NOT NULL)"
INSERT = "INSERT INTO bench_bolt (event_id, body) VALUES ($1, $2) ON CONFLICT DO NOTHING"


def figma() -> tuple[Provider, Simulator]:
    """The provider that is connected and called, and a simulator of it."""
    provider = next(provider for provider, _ in discover() if provider.id == "figma")
    return provider, simulator_of(provider)


def simulator(base: str) -> AsgiApp:
    """Figma in memory and without rate limits."""
    _, simulated = figma()
    for tier in ("tier1", "tier2", "tier3"):
        simulated.budgets.lowered[tier] = Limit(10**9, 60)
    inner = simulation([simulated], base)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("path") == READY:
            await Response()(scope, receive, send)
        else:
            await inner(scope, receive, send)

    return app


def office(base: str, channels: str) -> AsgiApp:
    """GitHub, and Slack with so many more channels; `/took` tells how old messages were when posted there.

    A message's age counts from the Unix time that its text says.
    """
    github, slack = (simulated_by(name) for name in ("github", "slack"))
    world = slack.world.data
    template = next(iter(world["channels"].values()))
    added = [channel_id(number) for number in range(int(channels))]
    world["channels"] |= {name: {**template, "id": name, "name": name.lower()} for name in added}
    inner = simulation([github, slack], base)

    async def took(scope: Scope, receive: Receive, send: Send) -> None:
        posted = [entry for name in added for entry in world["messages"].get(name, [])]
        ages = [float(entry["ts"]) - float(entry["text"]) for entry in posted]
        await JSONResponse(ages)(scope, receive, send)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("path") == READY:
            await Response()(scope, receive, send)
        else:
            await (took if scope.get("path") == "/took" else inner)(scope, receive, send)

    return app


def simulated_by(name: str) -> Simulator:
    """A simulator of a provider, in memory."""
    return next(simulator_of(entry) for entry, _ in discover() if entry.id == name)


def channel_id(number: int) -> str:
    """The id of a channel that `office` has added."""
    return f"C0BENCH{number:03d}"


def bare(call: str, check: str, redis: str) -> AsgiApp:
    """FastAPI routes with nothing behind them.

    `/call` and `/check` answer with the bytes of the two files; `/redis` gets the first ones from Redis.
    """
    app = FastAPI(openapi_url=None)
    called, checked = Path(call).read_bytes(), Path(check).read_bytes()
    store = Redis.from_url(redis) if redis else None

    @app.get("/call")
    async def a_call() -> Response:
        return Response(called, media_type="application/json")

    @app.get("/check")
    async def a_check() -> Response:
        return Response(checked, media_type="application/json")

    if store is not None:

        @app.get("/redis")
        async def from_redis() -> Response:
            return Response(await store.get("call"), media_type="application/json")

    @app.get(READY)
    async def ready() -> Response:
        if store is not None:
            await store.set("call", called)
        return Response()

    return app


def authlib(hosts: str, redirect_uri: str) -> AsgiApp:
    """The usual way to connect: Authlib on Starlette, everything kept in a signed cookie."""
    provider, simulated = figma()
    web, api = (f"{hosts}/{simulated.hosts[role]}" for role in ("web", "api"))
    client = OAuth().register(
        "figma",
        client_id=simulated.app_id,
        client_secret=simulated.app_secret,
        authorize_url=provider.oauth.authorize.format(web=web),
        access_token_url=provider.oauth.token.format(api=api),
        client_kwargs={
            "scope": provider.oauth.scope_separator.join(provider.oauth.asked_scopes()),
            "code_challenge_method": "S256",
            # Without this every connect would read the machine's certificates anew: 40 ms that say nothing.
            "verify": httpx2.create_ssl_context(),
        },
    )

    async def connect(request: Request) -> Response:
        answer: Response = await client.authorize_redirect(request, redirect_uri)
        return answer

    async def callback(request: Request) -> Response:
        token = await client.authorize_access_token(request)
        account = (await client.get(f"{api}/v1/me", token=token)).json()
        request.session["token"] = dict(token)
        request.session["account"] = account["id"]
        return RedirectResponse("/", 303)

    async def ready(request: Request) -> Response:
        return Response()

    app = Starlette(routes=[Route("/connect", connect), Route("/callback", callback), Route(READY, ready)])
    app.add_middleware(SessionMiddleware, secret_key=SECRET)
    return app


def floor() -> AsgiApp:
    """The least that can be done with a request: its body is read, 200 is answered."""
    head = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]}
    tail = {"type": "http.response.body", "body": b""}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body"):
            continue
        await send(head)
        await send(tail)

    return app


def bolt(secret: str, dsn: str) -> AsgiApp:
    """Slack's own framework: signature checked, acknowledged; with an address, one insert before that."""
    app = AsyncApp(signing_secret=secret, authorize=_nobody, process_before_response=True)
    pools: list[asyncpg.Pool[asyncpg.Record]] = []

    @app.event("message")
    async def message(body: dict[str, Any]) -> None:
        if dsn:
            await pools[0].execute(INSERT, body["event_id"], json.dumps(body))

    handler = AsyncSlackRequestHandler(app, path="/hook")

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("path") == READY:
            if dsn and not pools:
                pools.append(await asyncpg.create_pool(dsn, min_size=10, max_size=10))
                await pools[0].execute(TABLE)
            await Response()(scope, receive, send)
        else:
            await handler(dict(scope), receive, send)

    return served


async def _nobody(**_: object) -> AuthorizeResult:
    return AuthorizeResult(enterprise_id=None, team_id="T1", bot_token="xoxb-not-a-real-token")


ROLES: dict[str, Callable[..., AsgiApp]] = {
    "simulator": simulator,
    "office": office,
    "bare": bare,
    "authlib": authlib,
    "floor": floor,
    "bolt": bolt,
}


async def main(role: str, port: str, *arguments: str) -> None:
    """Serve a role until SIGTERM, in the way the product is served."""
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    with listening_socket("127.0.0.1", int(port)) as listening:
        async with serving(ROLES[role](*arguments), listening):
            await stopped.wait()


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:]))
