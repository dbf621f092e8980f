"""What the product is compared with and connects to: `python -m bench.serve ROLE PORT …`."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import uvloop
from authlib.integrations.starlette_client import OAuth
from fastapi import FastAPI, Request
from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.middleware.sessions import SessionMiddleware
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from bench.scene import FIGMA, READY, SECRET
from fluxstudio.core.registry import discover
from fluxstudio.demo import simulator_of
from fluxstudio.kit.serving import AsgiApp, listening_socket, serving
from fluxstudio.sdk import Limit
from fluxstudio.sdk.simulation import simulation

KEY = "answer"


def bare(body: str, redis: str) -> AsgiApp:
    """Bare FastAPI routes: one answers with the bytes of a file, one fetches the same from Redis first."""
    app = FastAPI(openapi_url=None)
    content = Path(body).read_bytes()
    store = Redis.from_url(redis)

    @app.get("/bare")
    async def plain() -> Response:
        return Response(content, media_type="application/json")

    @app.get("/redis")
    async def fetched() -> Response:
        found: bytes = await store.get(KEY)
        return Response(found, media_type="application/json")

    @app.get(READY)
    async def ready() -> Response:
        if redis:
            await store.set(KEY, content)
        return Response()

    return app


def authlib(simulator: str, redirect_uri: str) -> AsgiApp:
    """The usual way to connect: Authlib on Starlette, everything kept in a signed cookie."""
    oauth = OAuth()
    figma = oauth.register(
        "figma",
        client_id=FIGMA.app_id,
        client_secret=FIGMA.app_secret,
        authorize_url=f"{simulator}/{FIGMA.hosts['web']}/oauth",
        access_token_url=f"{simulator}/{FIGMA.hosts['api']}/v1/oauth/token",
        api_base_url=f"{simulator}/{FIGMA.hosts['api']}/",
        client_kwargs={"scope": "current_user:read projects:read", "code_challenge_method": "S256"},
    )

    async def connect(request: Request) -> Response:
        answer: Response = await figma.authorize_redirect(request, redirect_uri)
        return answer

    async def callback(request: Request) -> Response:
        token = await figma.authorize_access_token(request)
        account = (await figma.get("v1/me", token=token)).json()
        request.session["token"] = dict(token)
        request.session["account"] = account["id"]
        return RedirectResponse("/", 303)

    async def ready(request: Request) -> Response:
        return PlainTextResponse("ready")

    app = Starlette(routes=[Route("/connect", connect), Route("/callback", callback), Route(READY, ready)])
    app.add_middleware(SessionMiddleware, secret_key=SECRET)
    return app


def simulator(base: str) -> AsgiApp:
    """Figma, simulated in memory and without rate limits."""
    figma = simulator_of(next(provider for provider, _ in discover() if provider.id == "figma"))
    for tier in ("tier1", "tier2", "tier3"):
        figma.budgets.lowered[tier] = Limit(10**9, 60)
    return simulation([figma], base)


ROLES: dict[str, Callable[..., AsgiApp]] = {"bare": bare, "authlib": authlib, "simulator": simulator}


async def main(role: str, port: str, *arguments: str) -> None:
    """Serve one role until SIGTERM, in the way the product is served."""
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    with listening_socket("127.0.0.1", int(port)) as listening:
        async with serving(ROLES[role](*arguments), listening):
            await stopped.wait()


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:]))
