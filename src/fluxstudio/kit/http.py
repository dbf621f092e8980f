"""Outbound HTTP that goes only where it was told to, and never waits or swallows without bound."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

import httpcore2
import httpx2
from anyio import getaddrinfo

from fluxstudio.kit import json

# What every request says; the caller's own headers come before these.
HEADERS = {"accept": "*/*", "accept-encoding": "gzip, deflate", "user-agent": "FluxStudio-Integrations"}
# How long each step of a streamed exchange may take: connecting, and every piece that is sent or read.
STEP_SECONDS = 60.0
PIECE_BYTES = 1024 * 1024
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


# A body, or what begins it anew for each try; the header `content-length` then says how long it is.
Content: TypeAlias = bytes | Callable[[], AsyncIterator[bytes]]


class HttpError(Exception):
    """A request that got no usable answer. The message names the host and the reason, nothing else."""


class Unreachable(HttpError):
    """No connection, a broken one, or no answer in time; `sent` is False when the request never left."""

    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.sent = sent


class TimedOut(Unreachable):
    """No whole answer within the time allowed; asking again would take as long."""


class Garbage(HttpError):
    """The answer cannot be read: broken encoding, not JSON, or larger than the cap."""


class TooLargeAnswer(Garbage):
    """The answer is larger than the cap; asking again would not change that."""


class NotAllowed(HttpError):
    """The address is not one of the configured hosts."""


@dataclass(frozen=True, slots=True)
class Response:
    """A whole answer: status, headers (lower-case names) and the decoded body."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    url: str

    def json(self) -> Any:
        """The body as JSON. Raises `Garbage` when it is not."""
        try:
            return json.decode(self.content)
        except json.NotJson as error:
            raise Garbage(f"{_host(self.url)} answered with something that is not JSON") from error


@dataclass(frozen=True, slots=True)
class StreamedResponse:
    """An answer whose body is still arriving: headers have lower-case names, one entry each."""

    status: int
    headers: Sequence[tuple[str, str]]
    url: str
    _answer: httpx2.Response

    @property
    def redirect(self) -> str | None:
        """Where the answer leads to, as a whole address; None where it does not lead on."""
        target = self._answer.headers.get("location")
        if target is None or self.status not in {301, 302, 303, 307, 308}:
            return None
        return _joined(self.url, target)

    async def chunks(self) -> AsyncIterator[bytes]:
        """The decoded body, in pieces. Raises `Unreachable` or `Garbage` where it breaks off."""
        try:
            async for chunk in self._answer.aiter_bytes():
                yield chunk
        except httpx2.DecodingError as error:
            raise Garbage(f"{_host(self.url)} answered with a broken encoding") from error
        except httpx2.RequestError as error:
            raise Unreachable(f"{_host(self.url)} broke off the connection", sent=True) from error

    async def aclose(self) -> None:
        """Read no more of it."""
        await self._answer.aclose()


def origin(url: str) -> str:
    """`scheme://host:port` of a URL, with the default port written out; empty for what is not a URL."""
    # Read by the one who sends: a second parser may take another part of a strange URL for the host.
    try:
        return _origin(httpx2.URL(url))
    except (httpx2.InvalidURL, ValueError):
        return ""


def _origin(parts: httpx2.URL) -> str:
    port = parts.port or {"https": 443, "http": 80}.get(parts.scheme, 0)
    return f"{parts.scheme}://{parts.raw_host.decode('ascii').lower()}:{port}"


def _host(url: str) -> str:
    return origin(url).partition("//")[2].rpartition(":")[0] or "this address"


@dataclass(frozen=True, slots=True)
class Host:
    """One place outbound calls may go. `private` allows addresses that are not on the public internet."""

    url: str
    private: bool = False


def _header_texts(headers: Mapping[str, str] | None) -> dict[str, str]:
    return HEADERS | {name.lower(): value for name, value in (headers or {}).items()}


def _joined(url: str, target: str) -> str:
    try:
        return str(httpx2.URL(url).join(target))
    except (httpx2.InvalidURL, ValueError):
        return ""


class _CheckedBackend(httpcore2.AsyncNetworkBackend):
    """Connects to the very address that was checked, so a name cannot change between check and use."""

    def __init__(self, private_hosts: Iterable[str]) -> None:
        self._inner = httpcore2.AnyIOBackend()
        self._private = frozenset(private_hosts)

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is the base class's
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        try:
            resolved = await getaddrinfo(host, port, type=1)
        except OSError as error:
            raise httpcore2.ConnectError(f"{host} has no address") from error
        addresses = list(dict.fromkeys(entry[4][0] for entry in resolved))
        refused: Exception = httpcore2.ConnectError(f"{host} has no address that may be called")
        for address in addresses:
            if not self._allowed(host, address):
                continue
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                refused = error
        raise refused

    def _allowed(self, host: str, address: str) -> bool:
        ip = _destination(address)
        if ip.is_link_local or ip.is_multicast or ip.is_unspecified:
            return False
        return ip.is_global or host.lower() in self._private

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def is_public_address(host: str) -> bool:
    """Whether a host may be called as far as its name tells: names may, addresses where they are public."""
    if host == "localhost" or host.endswith(".localhost"):
        return False
    try:
        ip = _destination(host.strip("[]"))
    except ValueError:
        try:
            # As 127.1 or 2130706433, which resolvers take for addresses.
            ip = ipaddress.IPv4Address(socket.inet_aton(host))
        except OSError:
            # What a name resolves to is checked whenever it is called.
            return True
    return ip.is_global and not ip.is_multicast


def _destination(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Where packets to an address end up: an IPv6 form of an IPv4 address stands for the latter."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if ip in NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip


@cache
def _tls() -> ssl.SSLContext:
    return httpx2.create_ssl_context()


class _Transport(httpx2.AsyncHTTPTransport):
    def __init__(self, private_hosts: Iterable[str]) -> None:
        super().__init__(verify=_tls(), http2=True)
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=_tls(),
            max_connections=200,
            max_keepalive_connections=50,
            keepalive_expiry=30,
            http1=True,
            http2=True,
            network_backend=_CheckedBackend(private_hosts),
        )


def guarded_transport(private_hosts: Iterable[str]) -> httpx2.AsyncHTTPTransport:
    """For addresses that somebody entered: connects to public ones, and to these hosts wherever they are."""
    return _Transport(private_hosts)


class GuardedTransport(httpx2.AsyncBaseTransport):
    """For clients of others' making: reaches these hosts and no others, at the address that was checked."""

    def __init__(self, hosts: Iterable[Host]) -> None:
        allowed = list(hosts)
        self._origins = frozenset(origin(host.url) for host in allowed)
        self._inner = _Transport(_host(host.url).strip("[]") for host in allowed if host.private)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request. Raises `httpx2.ConnectError` for a host that is not among them."""
        if _origin(request.url) not in self._origins:
            raise httpx2.ConnectError("This host is not one of the configured hosts", request=request)
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._inner.aclose()


class HttpClient:
    """An HTTP client for a fixed set of hosts.

    `seconds` bounds a whole exchange and `most` the decoded bytes of an answer. Cookies are not kept and
    proxies of the environment are not used, so nothing but the arguments decides where a request goes.
    """

    def __init__(
        self,
        hosts: Iterable[Host],
        *,
        seconds: float = 15,
        most: int = 24 * 1024 * 1024,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        allowed = list(hosts)
        self._origins = frozenset(origin(host.url) for host in allowed)
        private = [_host(host.url).strip("[]") for host in allowed if host.private]
        self._seconds = seconds
        self._most = most
        # Beneath httpx2's client, of which only the parts that are to decide anything are wanted.
        self._transport = transport or _Transport(private)

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: Content | None = None,
        seconds: float | None = None,
        most: int | None = None,
    ) -> Response:
        """Send one request and read the whole answer, within bounds of its own where they are given.

        Redirects are followed for GET and only within the same origin, three at most. Raises `NotAllowed`,
        `Unreachable`, `TooLargeAnswer` or `Garbage`.
        """
        deadline = seconds or self._seconds
        cap = most or self._most
        try:
            async with asyncio.timeout(deadline):
                response = await self._once(method, url, headers, content, cap)
                for _ in range(3):
                    target = response.headers.get("location")
                    if method != "GET" or response.status not in {301, 302, 307, 308} or target is None:
                        break
                    joined = _joined(response.url, target)
                    if origin(joined) != origin(url):
                        break
                    response = await self._once(method, joined, headers, content, cap)
                return response
        except TimeoutError as error:
            raise TimedOut(f"{_host(url)} did not answer within {deadline:g} s", sent=True) from error

    @asynccontextmanager
    async def stream(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        content: AsyncIterator[bytes] | bytes | None = None,
    ) -> AsyncIterator[StreamedResponse]:
        """Send one request and read its answer piece by piece; redirects are the caller's to follow.

        Each step may take `STEP_SECONDS`, however many there are. Raises `NotAllowed` and `Unreachable`.
        """
        parsed = self._parsed(url)
        host = parsed.raw_host.decode("ascii").lower()
        request = httpx2.Request(
            method,
            parsed,
            headers=_header_texts(headers),
            content=content,
            extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), STEP_SECONDS)},
        )
        try:
            answer = await self._transport.handle_async_request(request)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            raise Unreachable(f"{host} cannot be reached", sent=False) from error
        except (httpx2.RequestError, httpx2.InvalidURL) as error:
            raise Unreachable(f"{host} broke off the connection", sent=True) from error
        answer.request = request
        try:
            fields = [(name.lower(), value) for name, value in answer.headers.multi_items()]
            yield StreamedResponse(answer.status_code, fields, str(parsed), answer)
        finally:
            await answer.aclose()

    def _parsed(self, url: str) -> httpx2.URL:
        """The address of an allowed host. Raises `NotAllowed`."""
        try:
            parsed = httpx2.URL(url)
            allowed = _origin(parsed) in self._origins
        except (httpx2.InvalidURL, ValueError):
            allowed = False
        if not allowed:
            raise NotAllowed(f"{_host(url)} is not one of the configured hosts")
        return parsed

    async def _once(
        self, method: str, url: str, headers: Mapping[str, str] | None, content: Content | None, most: int
    ) -> Response:
        parsed = self._parsed(url)
        host = parsed.raw_host.decode("ascii").lower()
        body_of_try = content() if callable(content) else content
        request = httpx2.Request(method, parsed, headers=_header_texts(headers), content=body_of_try)
        try:
            answer = await self._transport.handle_async_request(request)
            answer.request = request
            try:
                # Several buffers, since one that grows is copied; few of them, however small the chunks are.
                pieces, size = [bytearray()], 0
                async for chunk in answer.aiter_bytes():
                    if len(pieces[-1]) >= PIECE_BYTES:
                        pieces.append(bytearray())
                    pieces[-1] += chunk
                    size += len(chunk)
                    if size > most:
                        raise TooLargeAnswer(f"{host} answered with more than {most // 1048576} MB")
            finally:
                await answer.aclose()
            fields = {name.lower(): value for name, value in answer.headers.items()}
            return Response(answer.status_code, fields, b"".join(pieces), str(parsed))
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            raise Unreachable(f"{host} cannot be reached", sent=False) from error
        except httpx2.DecodingError as error:
            raise Garbage(f"{host} answered with a broken encoding") from error
        except (httpx2.RequestError, httpx2.InvalidURL) as error:
            raise Unreachable(f"{host} broke off the connection", sent=True) from error

    async def aclose(self) -> None:
        """Close every connection."""
        await self._transport.aclose()
