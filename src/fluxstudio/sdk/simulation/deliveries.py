"""What a simulated provider sends of its own accord: events, to addresses on this machine.

Nothing of it holds up or fails the call that made it happen. Every attempt is kept in the world under
`deliveries`; what failed is sent again by the simulator's own clock.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx2
from pydantic import BaseModel, Field

from fluxstudio.sdk.simulation.faults import Pattern
from fluxstudio.sdk.simulation.world import SimulatedClock, World

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
DELIVERIES_AT_ONCE = 20
LOGGED_DELIVERIES = 1000
MAX_ANSWER_CHARACTERS = 2000

WHILE_SENDING, BEFORE_SENDING = frozenset({"lost", "unheard"}), frozenset({"duplicate", "reorder"})
TIMED_OUT, UNREACHABLE, ELSEWHERE = "timed out", "failed to connect", "not on this machine"

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class OutgoingWebhook:
    """An event on its way to one address.

    `key` is the provider's id of the event, the same however often it is sent; `webhook` the id of the
    subscription it belongs to; `about` whatever else the provider shows of it.
    """

    to: str
    event: str
    payload: Json
    key: str = ""
    webhook: str = ""
    action: str | None = None
    about: Json = field(default_factory=dict)


# Headers and body of an attempt: the letter, how many attempts failed before it, and why the last one did.
Writer = Callable[[OutgoingWebhook, int, str], tuple[Mapping[str, str], bytes]]


class DeliveryFault(BaseModel):
    """A delivery that is to go wrong.

    `lost` never gets there; of `unheard` nobody hears that it arrived; `duplicate` gets there twice;
    `reorder` waits until the next one has been sent, or the clock is moved. `match` is searched in the
    event's name; `status` is what the sender believes it was answered, None for no answer in time.
    """

    kind: Literal["lost", "unheard", "duplicate", "reorder"] = "lost"
    match: Pattern = "."
    status: int | None = Field(default=503, ge=100, le=599)
    times: int = Field(default=1, ge=1)


class WebhookSender:
    """Sends letters in the background, and remembers every attempt.

    `write` signs as the provider does. An answer whose status `accepts` takes counts as delivered; what
    failed is tried again after each of `retries` (seconds), unless its status and headers are `final`.
    """

    def __init__(
        self,
        world: World,
        clock: SimulatedClock,
        write: Writer,
        *,
        retries: Sequence[float] = (),
        deadline: float = 10,
        accepts: Callable[[int], bool] = lambda status: 200 <= status < 300,
        final: Callable[[int | None, Mapping[str, str]], bool] = lambda status, headers: False,
    ) -> None:
        self._world = world
        self._clock = clock
        self._write = write
        self._retries = tuple(retries)
        self._deadline = deadline
        self._taken = accepts
        self._final = final
        self._turn = asyncio.Semaphore(DELIVERIES_AT_ONCE)
        self._client: httpx2.AsyncClient | None = None
        self._sending = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._held: list[OutgoingWebhook] = []
        self._later: deque[tuple[float, OutgoingWebhook, int, str]] = deque()
        self.troubles: list[DeliveryFault] = []

    @property
    def log(self) -> list[Json]:
        """Every attempt, oldest first."""
        deliveries: list[Json] = self._world.data.setdefault("deliveries", [])
        return deliveries

    def send(
        self, outgoing: OutgoingWebhook, *, number: int = 0, reason: str = "", redelivery: bool = False
    ) -> None:
        """Send a letter soon; `number` attempts have failed before, the last one for this reason."""
        fault = None if number else self._strike(outgoing, BEFORE_SENDING)
        if fault is not None and fault.kind == "reorder":
            self._held.append(outgoing)
            return
        self._start(outgoing, number, reason, redelivery)
        if fault is not None:
            self._start(outgoing, number, reason, redelivery)
        self._release()

    def _release(self) -> None:
        """Send what was to come after others."""
        held, self._held = self._held, []
        for outgoing in held:
            self._start(outgoing, 0, "", False)

    def _start(self, outgoing: OutgoingWebhook, number: int, reason: str, redelivery: bool) -> None:
        task = asyncio.create_task(self._send(outgoing, number, reason, redelivery))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def redeliver(self, attempt: Json) -> None:
        """Send again what an attempt was about."""
        fields = {name: attempt[name] for name in OutgoingWebhook.__slots__}
        self.send(OutgoingWebhook(**fields), redelivery=True)

    def catch_up(self) -> None:
        """Send again what is due by now, and what was held back."""
        self._release()
        now = self._clock.now()
        due = [entry for entry in self._later if entry[0] <= now]
        self._later = deque(entry for entry in self._later if entry[0] > now)
        for _, outgoing, number, reason in due:
            self.send(outgoing, number=number, reason=reason)

    async def settled(self) -> None:
        """Wait until nothing is on its way; what is to be tried again later is not waited for."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    def forget(self) -> None:
        """Try nothing again, and let nothing fail."""
        self._later.clear()
        self._held.clear()
        self.troubles.clear()

    async def _send(self, outgoing: OutgoingWebhook, number: int, reason: str, redelivery: bool) -> None:
        async with self._turn:
            began = self._clock.now()
            headers, body = self._write(outgoing, number, reason)
            status, problem, answer_headers, answer = await self._post(outgoing, headers, body)
            entry = {
                **asdict(outgoing),
                "id": self._next_id(),
                "at": began,
                "took": round(self._clock.now() - began, 3),
                "number": number,
                "redelivery": redelivery,
                "status": status,
                "problem": problem,
                "delivered": status is not None and self._taken(status),
                "headers": dict(headers),
                "answer": {"headers": dict(answer_headers), "body": answer},
            }
            self.log.append(entry)
            del self.log[:-LOGGED_DELIVERIES]
        if not entry["delivered"] and not self._final(status, answer_headers) and number < len(self._retries):
            self._send_later(outgoing, number + 1, problem, self._retries[number])

    def _send_later(self, outgoing: OutgoingWebhook, number: int, reason: str, seconds: float) -> None:
        self._later.append((self._clock.now() + seconds, outgoing, number, reason))
        if seconds <= 0:
            self.catch_up()
        else:
            asyncio.get_running_loop().call_later(seconds, self.catch_up)

    async def _post(
        self, outgoing: OutgoingWebhook, headers: Mapping[str, str], body: bytes
    ) -> tuple[int | None, str, Mapping[str, str], str]:
        """(status, why there is none, headers, text) of the answer, as the sender gets it."""
        trouble = self._strike(outgoing, WHILE_SENDING)
        if trouble is not None and trouble.kind == "lost":
            return trouble.status, _why(trouble.status), {}, ""
        if urlsplit(outgoing.to).hostname not in LOOPBACK:
            return None, ELSEWHERE, {}, ""
        try:
            answer = await self._exchange(outgoing.to, headers, body)
        except httpx2.TimeoutException:
            return None, TIMED_OUT, {}, ""
        except httpx2.HTTPError:
            return None, UNREACHABLE, {}, ""
        if trouble is not None:
            return trouble.status, _why(trouble.status), {}, ""
        headers_lower = {name.lower(): value for name, value in answer.headers.items()}
        return (
            answer.status_code,
            _why(answer.status_code),
            headers_lower,
            answer.text[:MAX_ANSWER_CHARACTERS],
        )

    async def _exchange(self, to: str, headers: Mapping[str, str], body: bytes) -> httpx2.Response:
        # One client for as long as anything is on its way, so that none is left open.
        if self._client is None:
            self._client = httpx2.AsyncClient(verify=False, trust_env=False, follow_redirects=False)
        client = self._client
        self._sending += 1
        try:
            return await client.post(to, content=body, headers=dict(headers), timeout=self._deadline)
        finally:
            self._sending -= 1
            if not self._sending:
                self._client = None
                await client.aclose()

    def _strike(self, outgoing: OutgoingWebhook, kinds: frozenset[str]) -> DeliveryFault | None:
        for trouble in self.troubles:
            if trouble.kind in kinds and re.search(trouble.match, outgoing.event):
                trouble.times -= 1
                if trouble.times == 0:
                    self.troubles.remove(trouble)
                return trouble
        return None

    def _next_id(self) -> int:
        return 1 + max((int(entry["id"]) for entry in self.log), default=5000)


def _why(status: int | None) -> str:
    return TIMED_OUT if status is None else "" if status < 300 else f"answered {status}"
