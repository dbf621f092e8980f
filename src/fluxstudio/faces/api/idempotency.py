"""`Idempotency-Key` on POST: carried out once, and answered the same for a day.

Bodies and answers pass through as they come. What a body was is told by its digest, and an answer is kept
where it is not too large; nothing waits for the whole of either.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog
from fastapi import FastAPI, Request
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fluxstudio.core.idempotency import (
    HOLD_EVERY_SECONDS,
    MAX_KEPT_ANSWER_BYTES,
    IdempotencyKey,
    IdempotencyKeys,
    KeyState,
    RecordedAnswer,
)
from fluxstudio.core.identity.users import Actor
from fluxstudio.errors import Conflict, FluxStudioError, IdempotencyKeyReused, InvalidRequest
from fluxstudio.faces.api.body_digest import BodyDigest
from fluxstudio.faces.api.errors import answer_to
from fluxstudio.faces.authentication import authenticator_of, services_of
from fluxstudio.faces.middleware.bodies import BodyPolicy, reads
from fluxstudio.faces.webhooks.intake import KILOBYTE, MEGABYTE, Pace
from fluxstudio.kit.postgres.database import DatabaseUnavailable

log = structlog.get_logger(__name__)

KEY_FORM = re.compile(r"[\x21-\x7e]{1,255}")
# How long a second request waits for the first one's answer.
WAIT_SECONDS, FIRST_LOOK_SECONDS, LONGEST_LOOK_SECONDS = 10.0, 0.05, 0.5
# Headers of the moment, which the server writes again.
OF_THE_MOMENT = frozenset({b"date", b"server", b"connection", b"transfer-encoding", b"content-length"})
# A repeated body is only compared, in pieces.
COMPARED = BodyPolicy(128 * MEGABYTE, Pace(grace=5, longest=600, rate=16 * KILOBYTE))

IN_PROGRESS = "A request with this Idempotency-Key is still under way. Send it again in a few seconds."
INTERRUPTED = (
    "The first request with this Idempotency-Key was interrupted, and may or may not have been carried out. "
    "Check what it was to do; if it was not done, send it again with a new key."
)
NOT_KEPT = (
    "The request with this Idempotency-Key was carried out, but its answer was too large to keep. Read what "
    "it made, or send it with a new key to carry it out again."
)


@reads(COMPARED)
async def compared() -> None:
    """Stands for the endpoint while the body of a repeated request is read."""


class IdempotentPosts:
    """ASGI middleware for the API: gives a POST with a key that was carried out before its first answer."""

    def __init__(self, app: ASGIApp, api: FastAPI) -> None:
        self._app = app
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST" or not scope["path"].startswith("/api/"):
            await self._app(scope, receive, send)
            return
        sent = Headers(scope=scope).getlist("idempotency-key")
        if not sent:
            await self._app(scope, receive, send)
            return
        scope["app"] = self._api
        request = Request(scope, receive)
        try:
            if len(sent) > 1 or not KEY_FORM.fullmatch(sent[0]):
                raise InvalidRequest(
                    "Send one Idempotency-Key of 1 to 255 visible ASCII characters, such as a UUID.",
                    {"Idempotency-Key": "is not a key"},
                )
            actor = await _caller(request)
            if actor is None:
                await self._app(scope, receive, send)
                return
            state = await self._claimed_or_finished(request, actor, sent[0])
        except (FluxStudioError, DatabaseUnavailable) as error:
            await answer_to(request, error)(scope, receive, send)
            return
        if isinstance(state, IdempotencyKey):
            await self._carry_out(request, state, receive, send)
        else:
            await self._repeat(request, actor, state, send)

    async def _claimed_or_finished(
        self, request: Request, actor: Actor, key: str
    ) -> IdempotencyKey | KeyState:
        """The key where the request is its first, or what became of the first. Raises `Conflict`."""
        services = services_of(request)
        await services.inbound_limits.idempotency_key(actor)
        keys, own = services.idempotency_keys, IdempotencyKey.of(actor, key)
        loop = asyncio.get_running_loop()
        ends, pause = loop.time() + WAIT_SECONDS, FIRST_LOOK_SECONDS
        while not await keys.claim(own):
            state = await keys.state(own)
            if state is not None:
                if state.finished:
                    return state
                if state.interrupted:
                    raise Conflict(INTERRUPTED, "interrupted")
                if loop.time() >= ends:
                    raise Conflict(IN_PROGRESS, "in_progress")
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_LOOK_SECONDS)
        return own

    async def _carry_out(self, request: Request, key: IdempotencyKey, receive: Receive, send: Send) -> None:
        keys, scope = services_of(request).idempotency_keys, request.scope
        body = _Digesting(request, receive)
        async with _held(keys, key):
            await self._app(scope, body, _Recording(keys, key, scope, body, send))

    async def _repeat(self, request: Request, actor: Actor, state: KeyState, send: Send) -> None:
        scope, receive = request.scope, request.receive
        try:
            authenticator = authenticator_of(request)
            await authenticator.count(request, actor)
            if not request.headers.get("authorization"):
                authenticator.check_csrf(request, request.headers.get("x-csrf-token"))
            scope["endpoint"] = compared
            body = _Digesting(request, receive)
            await body.rest()
            if not state.fits(body.fingerprint()):
                raise IdempotencyKeyReused
            if state.answer is None:
                raise Conflict(NOT_KEPT, "answer_not_kept")
        except FluxStudioError as error:
            await answer_to(request, error)(scope, receive, send)
            return
        headers = [*state.answer.headers, (b"idempotent-replayed", b"true")]
        length = (b"content-length", str(len(state.answer.body)).encode())
        await send(
            {"type": "http.response.start", "status": state.answer.status, "headers": [*headers, length]}
        )
        await send({"type": "http.response.body", "body": state.answer.body})


async def _caller(request: Request) -> Actor | None:
    """Who is calling; None where the endpoint will refuse whoever it is."""
    with suppress(FluxStudioError):
        return await authenticator_of(request).actor_or_none(request)
    return None


@asynccontextmanager
async def _held(keys: IdempotencyKeys, key: IdempotencyKey) -> AsyncIterator[None]:
    """Says every so often that the request is under way."""

    async def hold() -> None:
        while True:
            await asyncio.sleep(HOLD_EVERY_SECONDS)
            with suppress(DatabaseUnavailable):
                await keys.hold(key)

    task = asyncio.create_task(hold())
    try:
        yield
    finally:
        task.cancel()


class _Digesting:
    """A receive channel that computes what a request was while its body passes."""

    def __init__(self, request: Request, receive: Receive) -> None:
        self._receive = receive
        self._more = True
        self._digest = BodyDigest(request.headers.get("content-type", ""))
        url = request.url
        self._digest.head(f"{request.method} {url.path}?{url.query}")

    async def __call__(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._digest.feed(message.get("body", b""))
            self._more = message.get("more_body", False)
        else:
            self._more = False
        return message

    async def rest(self) -> None:
        """Read what was left unread. Raises what the receive channel does."""
        while self._more:
            await self()

    def fingerprint(self) -> bytes:
        """The digest of what has passed."""
        return self._digest.result()


class _Recording:
    """A send channel that keeps the answer before its end is sent."""

    def __init__(
        self, keys: IdempotencyKeys, key: IdempotencyKey, scope: Scope, body: _Digesting, send: Send
    ) -> None:
        self._keys = keys
        self._key = key
        self._scope = scope
        self._body = body
        self._send = send
        self._start: Message | None = None
        self._parts: list[bytes] = []
        self._size = 0
        self._begun = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        if self._start is None or message["type"] != "http.response.body":
            await self._send(message)
            return
        part, more = message.get("body", b""), message.get("more_body", False)
        self._size += len(part)
        if self._size <= MAX_KEPT_ANSWER_BYTES:
            self._parts.append(part)
            if more:
                return
            await self._keep(whole=True)
            await self._begin(b"".join(self._parts), more=False)
            return
        if not self._begun:
            await self._begin(b"".join(self._parts), more=True)
            self._parts.clear()
        if not more:
            await self._keep(whole=False)
        await self._send(message)

    async def _begin(self, body: bytes, *, more: bool) -> None:
        assert self._start is not None
        self._begun = True
        await self._send(self._start)
        if body or not more:
            await self._send({"type": "http.response.body", "body": body, "more_body": more})

    def _did_nothing(self, status: int) -> bool:
        error = self._scope.get("state", {}).get("error")
        if isinstance(error, FluxStudioError) and error.status == status:
            return error.did_nothing
        return 400 <= status < 500

    async def _keep(self, *, whole: bool) -> None:
        """Keep the answer of what was or may have been done; a refusal did nothing, and frees the key."""
        assert self._start is not None
        status: int = self._start["status"]
        try:
            if self._did_nothing(status):
                await self._keys.release(self._key)
                return
            with suppress(FluxStudioError):
                await self._body.rest()
            headers = [
                (name, value) for name, value in self._start["headers"] if name.lower() not in OF_THE_MOMENT
            ]
            answer = RecordedAnswer(status, headers, b"".join(self._parts)) if whole else None
            await self._keys.finish(self._key, self._body.fingerprint(), answer)
        except DatabaseUnavailable:
            # Who repeats the request will be told that it may have been carried out.
            log.warning("idempotent_answer_not_kept", status=status)
