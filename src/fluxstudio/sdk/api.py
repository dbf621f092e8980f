"""What an operation calls its provider with: one grant, the provider's hosts, and every safeguard between."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from string import Formatter
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote, urlencode

import msgspec
from anyio import sleep

from fluxstudio.errors import FluxStudioError, InvalidRequest, ProviderRateLimited, ProviderUnavailable
from fluxstudio.kit.http import (
    Content,
    Garbage,
    HttpClient,
    HttpError,
    Response,
    TimedOut,
    TooLargeAnswer,
    Unreachable,
    origin,
)
from fluxstudio.sdk.audience import Conversations
from fluxstudio.sdk.limits import USUAL_BOUNDS, Bounds, Budget
from fluxstudio.sdk.oauth import Account
from fluxstudio.sdk.paging import PartialList
from fluxstudio.sdk.ports import ConnectionStore, EtagCache, ResponseCache, SyncRunner
from fluxstudio.sdk.uploads import Upload

if TYPE_CHECKING:
    from fluxstudio.sdk.provider import Provider


class Unauthorized(Exception):
    """The provider no longer takes this access token."""


class TokenSource(Protocol):
    """Where the access token of a grant comes from."""

    async def current(self) -> str:
        """The token to use now."""

    async def renewed(self, rejected: str) -> str:
        """Another token than the rejected one. Raises `ReauthorizationRequired` when there is none."""


@dataclass(slots=True)
class Api:
    """One grant's way to its provider.

    `get`, `post` and the others fill the braces of a path from their keyword arguments, percent-encoded, and
    put the rest into the query (None is left out). Every call spends the budget `limit` (default: the one of
    the operation), is answered within bounds, and raises the product's own errors.
    """

    provider: Provider
    http: HttpClient = field(repr=False)
    hosts: Mapping[str, str]
    token: TokenSource = field(repr=False)
    budget: Budget = field(repr=False)
    account: Account
    memory: ConnectionStore = field(repr=False)
    revalidation: EtagCache | None = field(default=None, repr=False)
    answers: ResponseCache | None = field(default=None, repr=False)
    limit: str | None = None
    bounds: Bounds = USUAL_BOUNDS
    scopes: frozenset[str] = frozenset()
    public_url: str = ""
    conversations: Conversations | None = field(default=None, repr=False)
    syncs: SyncRunner | None = field(default=None, repr=False)
    pause: Callable[[float], Awaitable[None]] = sleep

    async def get(self, path: str, /, **fields: Any) -> Any:
        """GET a path; the decoded JSON answer."""
        return self.read(await self.request("GET", path, **fields))

    async def post(
        self, path: str, /, *, json: Any = None, form: Mapping[str, Any] | None = None, **fields: Any
    ) -> Any:
        """POST JSON or a form to a path; the decoded JSON answer."""
        return self.read(await self.request("POST", path, json=json, form=form, **fields))

    async def patch(self, path: str, /, *, json: Any, **fields: Any) -> Any:
        """PATCH JSON to a path; the decoded JSON answer."""
        return self.read(await self.request("PATCH", path, json=json, **fields))

    async def delete(self, path: str, /, **fields: Any) -> None:
        """DELETE a path."""
        await self.request("DELETE", path, **fields)

    async def cached(self, name: str, /, **arguments: Any) -> Any | None:
        """The answer of another operation to these arguments, if one is kept and still fresh."""
        operation = self.provider[name]
        if self.answers is None:
            return None
        return await self.answers.recall(operation, operation.check(arguments))

    async def ask(self, name: str, /, *, anew: bool = False, **arguments: Any) -> Any:
        """The answer of another reading operation: the one that is kept, unless it is to be asked `anew`."""
        operation = self.provider[name]
        answer = None if anew else await self.cached(name, **arguments)
        if answer is None:
            checked = operation.check(arguments)
            answer = await operation.run(
                replace(self, limit=operation.limit, bounds=operation.bounds), **checked
            )
            if self.answers is not None:
                await self.answers.keep(operation, checked, answer)
        return answer

    async def admits(self, conversation: str) -> bool:
        """Whether the person behind the connection may see a conversation; see `Conversations.admits`."""
        return self.conversations is not None and await self.conversations.admits(self, conversation)

    async def private_conversations(self) -> Collection[str]:
        """The private conversations that the person behind the connection is in."""
        return () if self.conversations is None else await self.conversations.private(self)

    async def pages(
        self,
        path: str,
        /,
        *,
        items: str | None = None,
        most: int = 1000,
        until: Callable[[Any], bool] | None = None,
        **fields: Any,
    ) -> PartialList[Any]:
        """Every item of a paged list, `most` at the utmost; `items` is the key the list stands under.

        No page is asked for after one with an item that `until` is true of. Where there is more, the list's
        `next_cursor` is what the provider's `paging` gave.
        """
        entries: list[Any] = []
        following: str | Mapping[str, str] | None = None
        url: str | None = None
        while len(entries) < most:
            response = await self.request("GET", path, url=url, **fields)
            body = self.read(response)
            page = body.get(items) if items and isinstance(body, dict) else body
            if not isinstance(page, list):
                raise self._garbled()
            entries += page
            following = self.provider.http.paging.next(response, body)
            if following is None or (until is not None and any(map(until, page))):
                break
            if isinstance(following, str):
                if origin(following) != origin(self._url(path, dict(fields))):
                    raise self._garbled()
                url = following
            else:
                fields = {**fields, **following}
        more = following is not None or len(entries) > most
        return PartialList(entries[:most], str(following) if more else None)

    async def request(  # noqa: PLR0913 - named by every caller
        self,
        method: str,
        path: str,
        /,
        *,
        json: Any = None,
        form: Mapping[str, Any] | None = None,
        upload: Upload | None = None,
        url: str | None = None,
        host: str | None = None,
        limit: str | None = None,
        query: Mapping[str, Any] | None = None,
        **fields: Any,
    ) -> Response:
        """One call with everything around it: budget, token, ETag, safe retries, one replay after a 401.

        A GET counts as a read, which may be repeated, by whatever method the provider wants it sent. `query`
        holds query fields whose names clash with an argument's. A `limit` of the form `name:key` is a budget
        of its own under the limit declared as `name`. An `upload` is the body, sent in pieces.

        Raises `ProviderRateLimited`, `ProviderUnavailable`, `ReauthorizationRequired` or what the provider's
        own `failure` makes of its answer.
        """
        reads = method == "GET"
        if reads and self.provider.http.posts_reads:
            method, form, query, fields = "POST", _worded({**(query or {}), **fields}), None, {}
        bucket = limit or self.limit or "default"
        address = url or self._url(path, {**(query or {}), **fields}, host)
        headers = {"accept": "application/json", **self.provider.http.headers}
        content: Content | None = None
        if json is not None:
            content, headers["content-type"] = msgspec.json.encode(json), "application/json; charset=utf-8"
        elif form is not None:
            content = urlencode({name: value for name, value in form.items() if value is not None}).encode()
            headers["content-type"] = "application/x-www-form-urlencoded"
        elif upload is not None:
            content = upload.chunks
            headers |= {"content-type": upload.content_type, "content-length": str(upload.size)}
        cached = await self.revalidation.recall(address) if self.revalidation and method == "GET" else None
        if cached is not None:
            headers["if-none-match"] = cached[0]

        access_token = await self.token.current()
        for replay in (False, True):
            headers["authorization"] = f"Bearer {access_token}"
            response = await self._send(method, address, headers, content, bucket, again=reads)
            if cached is not None and response.status == 304:
                return Response(200, response.headers, cached[1], response.url)
            try:
                await self._check(response, bucket)
            except Unauthorized:
                if replay:
                    raise self._unavailable("keeps refusing a token it has just issued") from None
                access_token = await self.token.renewed(access_token)
                continue
            if (
                self.revalidation
                and method == "GET"
                and response.status == 200
                and "etag" in response.headers
            ):
                await self.revalidation.keep(address, response.headers["etag"], response.content)
            return response
        raise AssertionError("unreachable")

    async def _send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        content: Content | None,
        bucket: str,
        *,
        again: bool,
    ) -> Response:
        """One exchange; `again` says that the request may be repeated after it may have arrived."""
        tries = 3 if again else 2
        for attempt in range(1, tries + 1):
            turn = await self.spend(bucket)
            if turn > 0:
                await self.pause(turn)
            try:
                response = await self.http.request(
                    method,
                    url,
                    headers=headers,
                    content=content,
                    seconds=self.bounds.seconds,
                    most=self.bounds.most,
                )
            except TooLargeAnswer as error:
                raise self.too_large() from error
            except TimedOut as error:
                raise self._unavailable("does not answer in time") from error
            except Unreachable as error:
                if attempt == tries or (error.sent and not again):
                    raise self._unavailable("cannot be reached", sent=error.sent) from error
            except HttpError as error:
                raise self._unavailable("sent an answer that cannot be read") from error
            else:
                if response.status not in {502, 503, 504} or not again or attempt == tries:
                    return response
            await self.pause(random.uniform(0.1, 0.3) * 2 ** (attempt - 1))  # noqa: S311 - spreads retries
        raise AssertionError("unreachable")

    async def spend(self, bucket: str) -> float:
        """Take one call from a bucket and the wider ones it counts for; in how many seconds its turn is.

        Raises `ProviderRateLimited`.
        """
        limits = self.provider.http.limits
        limit = limits.get(bucket.partition(":")[0])
        wider = limit.within if limit is not None else None
        while wider is not None:
            await self.budget.spend(wider, limits[wider])
            wider = limits[wider].within
        return await self.budget.spend(bucket, limit)

    async def _check(self, response: Response, bucket: str) -> None:
        try:
            failure = self.provider.failure(response)
        except Garbage as error:
            raise self._garbled() from error
        if isinstance(failure, ProviderRateLimited):
            await self.budget.block(bucket, failure.retry_after)
        elif self.provider.http.usage and (usage := self.provider.http.usage(response)) is not None:
            await self.budget.note(bucket, usage)
        if failure is not None:
            raise failure

    def _url(self, path: str, fields: dict[str, Any], host: str | None = None) -> str:
        in_path = {name for _, name, _, _ in Formatter().parse(path) if name}
        filled = path.format(**{name: quote(str(fields[name]), safe="") for name in in_path})
        query = _worded({name: value for name, value in fields.items() if name not in in_path})
        base = self.hosts[host or self.provider.http.default_host].rstrip("/")
        return f"{base}{filled}{'?' + urlencode(query) if query else ''}"

    def read(self, response: Response) -> Any:
        """The JSON of an answer to `request`. Raises `ProviderUnavailable` for what is none."""
        try:
            return response.json()
        except Garbage as error:
            raise self._garbled() from error

    def too_large(self) -> InvalidRequest:
        """The error for an answer that is larger than is read; it stays so however often it is asked for."""
        return InvalidRequest(f"{self.provider.name}'s answer is too large. {self.bounds.advice}")

    def _unavailable(self, reason: str, *, sent: bool = True) -> FluxStudioError:
        return ProviderUnavailable(
            f"{self.provider.name} {reason} right now. Try again in a minute.", sent=sent
        )

    def _garbled(self) -> FluxStudioError:
        return self._unavailable("sent an answer that cannot be read")


def _worded(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields as a query or a form says them: what is None is left out, booleans are lower-case words."""
    return {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in fields.items()
        if value is not None
    }
