"""The HTTP client to all providers, which counts and times what they answer."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

import structlog

from fluxstudio.core.metrics import counters
from fluxstudio.kit.http import Content, Garbage, Host, HttpClient, HttpError, NotAllowed, Response

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
        try:
            response = await super().request(
                method, url, headers=headers, content=content, seconds=seconds, most=most
            )
        except NotAllowed:
            raise
        except HttpError as error:
            status = "unreadable" if isinstance(error, Garbage) else "unanswered"
            self._count(method, url, status, time.perf_counter() - began)
            raise
        self._count(method, url, f"{response.status // 100}xx", time.perf_counter() - began)
        return response

    def _count(self, method: str, url: str, status: str, seconds: float) -> None:
        provider = next((name for base, name in self._providers if url.startswith(base)), OTHER)
        counters.requested(provider, status, seconds)
        if status in {"5xx", "unanswered", "unreadable"}:
            took = round(1000 * seconds)
            log.warning(
                "provider_not_answering", provider=provider, method=method, status=status, took_ms=took
            )
