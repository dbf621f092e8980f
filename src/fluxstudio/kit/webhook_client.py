"""Sending webhooks to addresses that somebody entered: checked, bounded, and without following anything."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import httpx2

from fluxstudio.kit.http import guarded_transport

MAX_EXCERPT_BYTES = 600


@dataclass(frozen=True, slots=True)
class SendResult:
    """What came of one request: the status, headers in lower case, and how the answer begins.

    `status` is None where nobody answered; `problem` then says why, in a sentence.
    """

    status: int | None
    took_ms: int
    headers: Mapping[str, str]
    answer: str
    problem: str | None


class WebhookClient:
    """Posts to any public address, and to `private_hosts`, at the very address that was checked.

    Redirects are not followed, cookies not kept, and no more of an answer is read than its beginning.
    """

    def __init__(self, private_hosts: Iterable[str], *, seconds: float = 15) -> None:
        self._seconds = seconds
        self._transport = guarded_transport(private_hosts)

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> SendResult:
        """Send one request. Never raises for what the other side does."""
        start = time.monotonic()
        status: int | None = None
        fields: Mapping[str, str] = {}
        answer, problem = "", None
        try:
            async with asyncio.timeout(self._seconds):
                request = httpx2.Request("POST", url, headers=dict(headers), content=body)
                response = await self._transport.handle_async_request(request)
                response.request = request
                try:
                    status = response.status_code
                    fields = {name.lower(): value for name, value in response.headers.items()}
                    answer = await _beginning(response)
                finally:
                    await response.aclose()
        except TimeoutError:
            # Whoever does not finish its answer has not said that it has the message.
            status, problem = None, f"No whole answer within {self._seconds:g} s."
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout):
            problem = "The address cannot be reached, or may not be called from here."
        except (httpx2.RequestError, httpx2.InvalidURL, ValueError):
            status, problem = None, "The connection broke off before the answer was complete."
        return SendResult(status, round((time.monotonic() - start) * 1000), fields, answer, problem)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._transport.aclose()


async def _beginning(response: httpx2.Response) -> str:
    content = bytearray()
    async for chunk in response.aiter_raw():
        content += chunk
        if len(content) >= MAX_EXCERPT_BYTES:
            break
    text = bytes(content[:MAX_EXCERPT_BYTES]).decode("utf-8", "replace")
    return "".join(letter if letter.isprintable() or letter == "\n" else "\ufffd" for letter in text).strip()
