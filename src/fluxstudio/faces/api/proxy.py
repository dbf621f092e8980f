"""`/api/proxy/{provider}/…`: the provider's own API with the caller's token."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Coroutine, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from fastapi import APIRouter, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from fluxstudio.core.identity.users import Actor
from fluxstudio.errors import InvalidRequest, TooLarge
from fluxstudio.faces.authentication import authenticator_of, services_of
from fluxstudio.faces.middleware.bodies import BodyPolicy, reads
from fluxstudio.faces.middleware.head import is_head
from fluxstudio.faces.webhooks.intake import KILOBYTE, MEGABYTE, Pace
from fluxstudio.flows import proxy
from fluxstudio.flows.proxy import RawAnswer, RawRequest
from fluxstudio.kit import json

PREFIX = "/api/proxy/"
ENCODED_SLASH = re.compile("%2f", re.IGNORECASE)
MAX_PROXIED_BYTES = 100 * MEGABYTE
PROXIED = BodyPolicy(MAX_PROXIED_BYTES, Pace(grace=10, longest=900, rate=64 * KILOBYTE))
# Bodies of this size are held, so that they can be sent once more with a newer token.
MAX_HELD_BYTES = 64 * KILOBYTE
MAX_READ_BYTES = MEGABYTE

# Of one connection only, ours alone, or somebody's credentials.
NOT_SENT = re.compile(
    r"connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|host|content-length|expect"
    r"|accept-encoding|idempotency-key|origin|referer|forwarded|via|x-forwarded-.*|x-real-ip|sec-.*|cf-.*"
    r"|.*(?:auth|token|cookie|secret|api-?key|csrf).*"
)
# What a provider may say of its answer; nothing that means something to a browser or a proxy of ours.
SHOWN = re.compile(
    r"content-type|content-language|content-range|accept-ranges|etag|last-modified|retry-after|link|warning|deprecation"
    r"|sunset|x-(?!accel|sendfile|lighttpd|reproxy|frame|xss|content|forwarded|powered|dns|robots|permitted|ua)[\w-]+"
)
# Never a page of ours, whatever it holds.
CLOSED = [
    (b"content-security-policy", b"sandbox; default-src 'none'; frame-ancestors 'none'"),
    (b"content-disposition", b"attachment"),
    # Compressing would hold back what has come.
    (b"cache-control", b"no-store, no-transform"),
]

router = APIRouter(include_in_schema=False)


@router.api_route(
    PREFIX + "{provider}/{path:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"], response_model=None
)
@reads(PROXIED)
async def proxied(request: Request, provider: str) -> Response:
    """The provider's own API with your token, which is not shown.

    Reading needs the scope `read`, everything else `write`. `?connection=` says which connection.
    """
    actor = await authenticator_of(request).actor(request)
    return _Proxied(request, actor, provider)


class _Proxied(Response):
    """Sends the call on, and its answer back, while either is still arriving."""

    def __init__(self, request: Request, actor: Actor, provider: str) -> None:
        super().__init__()
        self._request = request
        self._actor = actor
        self._provider = provider

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request, services = self._request, services_of(self._request)
        alias = services.registry[self._provider].provider.identity.alias
        raw = await self._raw_request({"connection", alias} if alias else {"connection"})
        query = request.query_params
        async with proxy.raw_call(
            services,
            self._actor,
            self._provider,
            raw,
            connection=query.get("connection"),
            account=query.get(alias) if alias else None,
        ) as answer:
            await _while_listening(receive, self._pass_on(answer, send))

    async def _pass_on(self, answer: RawAnswer, send: Send) -> None:
        await send({"type": "http.response.start", "status": answer.status, "headers": _headers(answer)})
        if not is_head(self._request):
            async for chunk in _bounded(answer):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _raw_request(self, ours: set[str]) -> RawRequest:
        request = self._request
        raw_path: bytes = request.scope.get("raw_path") or request.url.path.encode()
        path = raw_path.decode("latin-1").partition(f"{PREFIX}{self._provider}/")[2]
        if "/" not in path:
            # Generated clients write the whole path as one parameter.
            path = ENCODED_SLASH.sub("/", path)
        parts = request.scope["query_string"].decode("latin-1").split("&")
        query = "&".join(part for part in parts if unquote_plus(part.partition("=")[0]) not in ours)
        headers = _sent_headers(request)
        body = await self._body(headers)
        fields: dict[str, Any] = {}
        if proxy.wants_fields(services_of(request), self._provider):
            body = await _whole(body)
            fields = {**dict(parse_qsl(query)), **_fields(request, body)}
        return RawRequest(
            method=request.method, path=path, query=query, headers=headers, body=body, fields=fields
        )

    async def _body(self, headers: dict[str, str]) -> AsyncIterator[bytes] | bytes | None:
        request = self._request
        length = request.headers.get("content-length", "")
        if not length and "transfer-encoding" not in request.headers:
            return None
        if length.isdigit() and int(length) <= MAX_HELD_BYTES:
            return await request.body()
        if length.isdigit():
            headers["content-length"] = length
        return request.stream()


async def _while_listening(receive: Receive, answering: Coroutine[Any, Any, None]) -> None:
    """Answer until that is done, or the caller has gone: a provider may take minutes over the rest."""
    tasks = answer, gone = asyncio.create_task(answering), asyncio.create_task(_gone(receive))
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if answer.done() or gone.exception() is not None:
            await answer
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue


def _sent_headers(request: Request) -> dict[str, str]:
    named = {name.strip().lower() for name in request.headers.get("connection", "").split(",")}
    sent = {
        name: value
        for name, value in request.headers.items()
        if name not in named and not NOT_SENT.fullmatch(name)
    }
    # The answer is searched for the token, which a compressed one would hide.
    return {**sent, "accept-encoding": "identity"}


async def _whole(body: AsyncIterator[bytes] | bytes | None) -> bytes | None:
    if body is None or isinstance(body, bytes):
        return body
    parts = bytearray()
    async for part in body:
        parts += part
        if len(parts) > MAX_READ_BYTES:
            raise TooLarge("Calls of this provider are read before they are sent: send 1 MB at most.")
    return bytes(parts)


def _fields(request: Request, body: bytes | None) -> Mapping[str, Any]:
    """The fields of a body, for providers that have to know them. Raises `InvalidRequest`."""
    if not body:
        return {}
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        if kind == "application/json":
            fields = json.decode(body)
            if isinstance(fields, dict):
                return fields
        elif kind == "application/x-www-form-urlencoded":
            return dict(parse_qsl(body.decode(), keep_blank_values=True))
    except (json.NotJson, ValueError):
        pass
    raise InvalidRequest(
        "Send this provider’s calls as a JSON object or as a form.", {"body": "is neither JSON nor a form"}
    )


def _headers(answer: RawAnswer) -> list[tuple[bytes, bytes]]:
    named = dict(answer.headers)
    shown = [
        (name.encode("latin-1"), value.encode("latin-1", "replace"))
        for name, value in answer.headers
        if SHOWN.fullmatch(name)
    ]
    if named.get("content-length", "").isdigit() and "content-encoding" not in named:
        shown.append((b"content-length", named["content-length"].encode()))
    return [*shown, *CLOSED]


async def _bounded(answer: RawAnswer) -> AsyncIterator[bytes]:
    """The body as long as it is within bounds; beyond them the connection breaks off."""
    size = 0
    async for chunk in answer.chunks:
        size += len(chunk)
        if size > MAX_PROXIED_BYTES:
            raise TooLarge("The provider’s answer is larger than 100 MB.")
        yield chunk
