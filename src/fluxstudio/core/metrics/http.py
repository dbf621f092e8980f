"""The HTTP client to all providers, which counts and times what they answer."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager

import structlog

from fluxstudio.core.metrics import counters
from fluxstudio.kit.http import (
    Content,
    Garbage,
    Host,
    HttpClient,
    HttpError,
    NotAllowed,
    Response,
    StreamedResponse,
)
from fluxstudio.kit.trace import TracedStep, step

# Where an answer led to a place beside the provider's own address.
OTHER = "other"

log = structlog.get_logger(__name__)


class InstrumentedHttp(HttpClient):
    """Reaches hosts, each with the id of its provider, and nothing else; see `HttpClient`."""

    def __init__(self, places: Iterable[tuple[Host, str]]) -> None:
        hosts = list(places)
        super().__init__([host for host, _ in hosts])
        # Providers may share an origin, as simulators do; whose address says most of a URL is asked.
        self._providers = sorted(
            ((host.url, provider) for host, provider in hosts), key=lambda entry: -len(entry[0])
        )

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
        began = time.perf_counter()
        provider = self._provider(url)
        with self._step(method, provider) as under_way:
            try:
                response = await super().request(
                    method,
                    url,
                    headers=_traced(provider, headers or {}, under_way),
                    content=content,
                    seconds=seconds,
                    most=most,
                )
            except NotAllowed:
                raise
            except HttpError as error:
                status = "unreadable" if isinstance(error, Garbage) else "unanswered"
                self._count(method, provider, status, time.perf_counter() - began)
                raise
            under_way.note({"http.response.status_code": response.status})
            self._count(method, provider, f"{response.status // 100}xx", time.perf_counter() - began)
            return response

    @asynccontextmanager
    async def stream(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        content: AsyncIterator[bytes] | bytes | None = None,
    ) -> AsyncIterator[StreamedResponse]:
        provider = self._provider(url)
        under_way = self._step(method, provider)
        error: str | None = None
        try:
            traced = _traced(provider, headers, under_way)
            async with super().stream(method, url, headers=traced, content=content) as response:
                under_way.note({"http.response.status_code": response.status})
                yield response
        except HttpError as failed:
            error = type(failed).__name__
            raise
        finally:
            under_way.end(error)

    def _provider(self, url: str) -> str:
        return next((name for base, name in self._providers if url.startswith(base)), OTHER)

    def _step(self, method: str, provider: str) -> TracedStep:
        # Without the address, in which there may be what is nobody else's.
        attributes = {"http.request.method": method, "peer.service": provider}
        return step(f"{method} {provider}", attributes, kind="client")

    def _count(self, method: str, provider: str, status: str, seconds: float) -> None:
        counters.requested(provider, status, seconds)
        if status in {"5xx", "unanswered", "unreadable"}:
            took = round(1000 * seconds)
            log.warning(
                "provider_not_answering", provider=provider, method=method, status=status, took_ms=took
            )


def _traced(provider: str, headers: Mapping[str, str], under_way: TracedStep) -> Mapping[str, str]:
    """The headers with the trace of a call, which says nothing of anybody, for a provider's own address."""
    if provider == OTHER:
        return headers
    return {"traceparent": under_way.origin.traceparent, **headers}
