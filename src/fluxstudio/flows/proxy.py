"""Raw calls: the provider's own API with a user's token, which nobody gets to see."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from uuid import UUID

from fluxstudio.core.identity.users import Actor
from fluxstudio.core.registry import RegisteredProvider
from fluxstudio.core.services import Services
from fluxstudio.errors import (
    FluxStudioError,
    Forbidden,
    InvalidRequest,
    ProviderRateLimited,
    ProviderUnavailable,
)
from fluxstudio.flows import call
from fluxstudio.flows.connections.grant_api import GrantToken
from fluxstudio.kit.http import HttpError, NotAllowed, Response, StreamedResponse, Unreachable, origin
from fluxstudio.sdk import Api, RawCall

MAX_REDIRECTS = 3
# Parts of a path that one parser or another takes for more than a name.
TRICKS = re.compile(r"^/|//|\\|(?:^|/)\.{1,2}(?:/|$)|%(?:2f|5c|0[0-9a-f]|1[0-9a-f]|7f)|[^\x21-\x7e]", re.I)
DOTS = re.compile(r"%2e", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRequest:
    """What is sent on: `path` and `query` as they were written, still encoded.

    `body` comes in pieces, or is whole and may be sent again; `fields` are those of query and body where the
    provider has to know them.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: AsyncIterator[bytes] | bytes | None
    fields: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """What the provider answers: `chunks` are its body without the token, wherever it stood in it."""

    status: int
    headers: Sequence[tuple[str, str]]
    chunks: AsyncIterator[bytes]


def wants_fields(services: Services, provider_id: str) -> bool:
    """Whether the provider has to know the fields of a call. Raises `UnknownProvider`."""
    return services.registry[provider_id].provider.http.proxy.conversations is not None


@asynccontextmanager
async def raw_call(
    services: Services,
    actor: Actor,
    provider_id: str,
    request: RawRequest,
    *,
    connection: str | None = None,
    account: str | None = None,
) -> AsyncIterator[RawAnswer]:
    """Send a call to a provider's own API for a user, through budget, egress guard and audit log.

    Raises the product's errors; what the provider itself refuses is its answer.
    """
    registered = services.registry[provider_id]
    picked = await services.connections.pick(
        actor.user_id, registered.provider, connection=connection, account=account
    )
    call.require_active(registered.provider, picked)
    raw = _checked(registered, request)
    api = call.raw_api_of(services, registered.provider, picked)
    await _check_conversations(api, raw)
    if picked.touch:
        await services.connections.touch(actor.user_id, picked.id)
    outcome = "failed"
    try:
        async with AsyncExitStack() as stack:
            sender = _RawSender(services, registered, picked.grant_id, api, raw, stack)
            answer = await sender.send(request)
            outcome = "done" if answer.status < 400 else "failed"
            yield RawAnswer(answer.status, sender.headers(answer), sender.without_token(answer))
    finally:
        await services.audit.record(
            "proxy",
            provider_id,
            f"{request.method} /{request.path}"[:300],
            user_id=actor.user_id,
            outcome=outcome,
            connection=str(picked.id),
        )


def _checked(registered: RegisteredProvider, request: RawRequest) -> RawCall:
    """The call where its path is one below the provider's API. Raises `InvalidRequest`, `Forbidden`."""
    rules, path = registered.provider.http.proxy, request.path
    if TRICKS.search(path) or TRICKS.search(DOTS.sub(".", path)):
        raise InvalidRequest(
            f"This path could lead away from {registered.provider.name}’s API. Write it as the provider "
            "documents it, without //, .. or encoded slashes.",
            {"path": "is not a plain path"},
        )
    inside = rules.prefix.strip("/")
    if inside and (path == inside or path.startswith(f"{inside}/")):
        path = path[len(inside) :].lstrip("/")
    if any(path.lower().startswith(refused.lower()) for refused in rules.refused):
        raise Forbidden(
            "This would end or replace the grant itself. Disconnect or reconnect the account instead."
        )
    return RawCall(request.method, path, request.fields)


async def _check_conversations(api: Api, raw: RawCall) -> None:
    """Raises `Forbidden` where a call may read a private conversation that the person is not in."""
    rules = api.provider.http.proxy
    if rules.conversations is None:
        return
    conversations = rules.conversations(raw)
    if conversations is None or not all([await api.admits(entry) for entry in conversations]):
        raise Forbidden(
            f"This could show private conversations in {api.provider.name} that you are not in. Name "
            "one that you are a member of, or ask for public ones only."
        )


@dataclass(slots=True)
class _RawSender:
    services: Services
    registered: RegisteredProvider
    grant_id: UUID
    api: Api
    raw: RawCall
    stack: AsyncExitStack
    token: str = ""

    async def send(self, request: RawRequest) -> StreamedResponse:
        """The provider's answer, after one replay with a newer token and redirects within its own origin."""
        source = GrantToken(self.services, self.grant_id)
        self.token, _ = await asyncio.gather(source.current(), self._spend())
        answer = await self._exchange(request, self._url(request))
        if answer.status == 401 and not isinstance(request.body, AsyncIterator):
            await answer.aclose()
            self.token, _ = await asyncio.gather(source.renewed(self.token), self._spend())
            answer = await self._exchange(request, self._url(request))
        for _ in range(MAX_REDIRECTS):
            target = answer.redirect
            if target is None:
                break
            await answer.aclose()
            if request.method != "GET" or origin(target) != origin(self._url(request)):
                raise Forbidden(
                    f"{self.registered.provider.name} leads this call to another address, which the proxy "
                    "does not follow. Call what its documentation names in its place."
                )
            await self._spend()
            answer = await self._exchange(request, target)
        if answer.status == 401:
            await answer.aclose()
            raise ProviderUnavailable(
                f"{self.registered.provider.name} refuses the token right now. Try again in a minute."
            )
        return answer

    def _url(self, request: RawRequest) -> str:
        provider = self.registered.provider
        base = self.registered.hosts[provider.http.default_host] + provider.http.proxy.prefix
        return f"{base}/{self.raw.path}{'?' + request.query if request.query else ''}"

    @property
    def _bucket(self) -> str:
        http = self.registered.provider.http
        bucket = http.proxy.bucket(self.raw)
        return bucket if bucket in http.limits else "default"

    async def _spend(self) -> None:
        turn = await self.api.spend(self._bucket)
        if turn:
            await asyncio.sleep(turn)

    async def _exchange(self, request: RawRequest, url: str) -> StreamedResponse:
        provider, services = self.registered.provider, self.services
        headers = {**provider.http.headers, **request.headers, "authorization": f"Bearer {self.token}"}
        try:
            answer = await self.stack.enter_async_context(
                services.http.stream(request.method, url, headers=headers, content=request.body)
            )
        except NotAllowed:
            raise InvalidRequest(
                f"This path leads away from {provider.name}’s API.", {"path": "is not a plain path"}
            ) from None
        except HttpError as error:
            sent = not isinstance(error, Unreachable) or error.sent
            raise ProviderUnavailable(
                f"{provider.name} cannot be reached right now. Try again in a minute.", sent=sent
            ) from error
        await self._note(answer)
        return answer

    async def _note(self, answer: StreamedResponse) -> None:
        """What an answer says of the budget, as far as its headers tell."""
        provider = self.registered.provider
        head = Response(answer.status, dict(answer.headers), b"{}", answer.url)
        if answer.status == 429:
            with suppress(FluxStudioError, HttpError):
                failure = provider.failure(head)
                if isinstance(failure, ProviderRateLimited):
                    await self.api.budget.block(self._bucket, failure.retry_after)
        elif provider.http.usage is not None and (usage := provider.http.usage(head)) is not None:
            await self.api.budget.note(self._bucket, usage)

    def headers(self, answer: StreamedResponse) -> list[tuple[str, str]]:
        """The headers of an answer, without those that hold the token."""
        return [(name, value) for name, value in answer.headers if self.token not in value]

    async def without_token(self, answer: StreamedResponse) -> AsyncIterator[bytes]:
        """The body with stars in place of the token, should it stand in it; as long as before."""
        secret = self.token.encode()
        stars, keep, held = b"*" * len(secret), len(secret) - 1, b""
        async for chunk in answer.chunks():
            text = held + chunk if held else chunk
            if secret in text:
                text = text.replace(secret, stars)
            # What may be the beginning of the token waits for the rest.
            end = len(text) - keep
            first = text.find(secret[:1], max(0, end))
            cut = len(text) if first < 0 else first
            held = text[cut:]
            if cut:
                yield text[:cut]
        if held:
            yield held
