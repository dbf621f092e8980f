"""Events as they happen: each page gets what its user may see, and misses nothing by looking away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx2
import msgspec
import pytest

from fluxstudio.core.event_stream import subscribers
from fluxstudio.core.metrics import counters
from fluxstudio.core.webhooks import events
from fluxstudio.core.webhooks.events import WebhookEvent
from fluxstudio.faces.api import stream as face
from fluxstudio.faces.app import web_app
from fluxstudio.flows.webhooks import process
from fluxstudio.kit.serving import listening_socket, serving
from tests.support.browsing import Browser
from tests.support.emptying import empty
from tests.support.running import Running, Start

SMALL = ("tests.dropin",)
PATH = "/api/events/stream"


@pytest.fixture(autouse=True)
async def _nothing_happened_yet(product: Running) -> None:
    await empty(product.services.db, "integration_webhooks", "webhook_keys")


@dataclass
class Following:
    """An open stream, read message by message."""

    lines: AsyncIterator[str]
    texts: list[str] = field(default_factory=list)

    async def message(self) -> dict[str, str]:
        """The next message: its fields, comments under the empty name."""
        results: dict[str, str] = {}
        async for line in self.lines:
            if not line and results:
                return results
            name, _, value = line.partition(": ")
            results[name.rstrip(":")] = value
        raise EOFError

    async def news(self) -> dict[str, str]:
        """The next message that is no sign of life."""
        while "event" not in (result := await self.message()):
            continue
        return result

    async def next_message(self) -> tuple[str, str]:
        """(what happened, to which event)"""
        result = await self.news()
        return result["event"], msgspec.json.decode(result["data"]).get("id", "")

    async def ended(self) -> bool:
        """Whether nothing more comes, ever."""
        try:
            while True:
                await self.message()
        except EOFError:
            return True


@asynccontextmanager
async def following(
    client: httpx2.AsyncClient, last: str | None = None, at: str = PATH
) -> AsyncIterator[Following]:
    """A stream that has begun."""
    headers = {"last-event-id": last} if last else {}
    async with asyncio.timeout(60), client.stream("GET", at, headers=headers) as answer:
        assert answer.status_code == 200, await answer.aread()
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        result = Following(answer.aiter_lines())
        assert (await result.message()).keys() == {"", "retry"}
        yield result


@dataclass
class Person:
    """Somebody with a connected account."""

    client: httpx2.AsyncClient
    account: str
    connection: str


async def person(running: Running, name: str) -> Person:
    client = await running.client(name)
    connection = await running.connect(client, "linear", choice=f"lin_{name}")
    listed = (await client.get("/api/integrations")).json()["integrations"]
    return Person(client, listed[0]["metadata"]["accountId"], connection)


async def test_a_page_hears_of_an_event_that_nobody_announced(
    product: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when a process is lost between its commit and its notification."""
    monkeypatch.setattr(subscribers, "CATCH_UP_SECONDS", 0.05)
    ada = await person(product, "ada")
    async with following(ada.client) as page:
        event = arrival(product, ada.account)
        await events.store(product.services.db, [event], job=process.JOB, together=process.TOGETHER)
        result = await page.news()
        assert (result["event"], result["id"]) == ("arrived", str(event.id))


async def happen(running: Running, account: str | None) -> str:
    """An event comes in; its id."""
    event = arrival(running, account)
    assert await keep(running, [event]) == {event.id}
    return str(event.id)


async def keep(running: Running, arrivals: Sequence[WebhookEvent]) -> set[UUID]:
    stored = await events.store(running.services.db, arrivals, job=process.JOB, together=process.TOGETHER)
    fresh = set(stored.new_ids)
    running.services.event_stream.publish(sorted(fresh))
    return fresh


def arrival(running: Running, account: str | None) -> WebhookEvent:
    services, delivery = running.services, uuid4().hex
    return WebhookEvent(
        id=events.new_id(services.clock.now()),
        provider="linear",
        delivery_key=delivery,
        key=events.key_of("linear", delivery, None),
        second_key=None,
        event_type="Issue",
        account_id=account,
        subscription=None,
        order_key=None,
        payload={},
    )


async def say(running: Running, **piece: Any) -> None:
    await running.services.db.execute(
        "SELECT pg_notify($1, $2)", events.CHANNEL, msgspec.json.encode([piece]).decode()
    )


async def test_a_page_is_told_what_happens_in_its_users_accounts(product: Running) -> None:
    ada = await person(product, "ada")
    async with following(ada.client) as page:
        event = await happen(product, ada.account)
        result = await page.news()
        assert (result["event"], result["id"]) == ("arrived", event)
        assert msgspec.json.decode(result["data"]) == {
            "id": event,
            "provider": "linear",
            "eventType": "Issue",
            "status": "received",
        }
        for status, name in (("handled", "handled"), ("failed", "failed"), ("dead", "failed")):
            piece = {
                "id": event,
                "provider": "linear",
                "account": ada.account,
                "type": "Issue",
                "audience": "",
            }
            await say(product, **piece, status=status)
            result = await page.news()
            assert (result["event"], "id" in result) == (name, False)


async def test_whatever_is_kept_at_once_is_told(product: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as do not fit into one notification."""
    monkeypatch.setattr(subscribers, "MAX_QUEUED_EVENTS", 1000)
    admin = await product.client("grace", role="admin")
    async with following(admin) as page:
        arrivals = [arrival(product, None) for _ in range(450)]
        again = msgspec.structs.replace(arrival(product, None), key=arrivals[0].key)
        assert await keep(product, [*arrivals, again]) == {entry.id for entry in arrivals}
        texts = [await page.next_message() for _ in arrivals]
        assert sorted(texts) == sorted(("arrived", str(entry.id)) for entry in arrivals)
        assert await keep(product, arrivals) == set()
        event = await happen(product, None)
        assert await page.next_message() == ("arrived", event)


async def test_an_event_that_is_gone_again_is_not_told(product: Running) -> None:
    ada = await person(product, "ada")
    async with following(ada.client) as page:
        gone = msgspec.json.encode([uuid4()]).decode()
        await product.services.db.execute("SELECT pg_notify($1, $2)", events.CHANNEL, gone)
        event = await happen(product, ada.account)
        assert await page.next_message() == ("arrived", event)


async def test_nobody_is_told_of_anybody_elses(product: Running) -> None:  # R26
    ada, mei = await person(product, "ada"), await person(product, "mei")
    async with following(ada.client) as hers, following(mei.client) as others:
        first, second, third = [
            await happen(product, account) for account in (ada.account, None, mei.account)
        ]
        last = await happen(product, ada.account)
        assert [await hers.next_message() for _ in range(2)] == [("arrived", first), ("arrived", last)]
        assert await others.next_message() == ("arrived", third)
        assert second not in {first, last, third}


async def test_what_was_missed_is_nobody_elses_either(product: Running) -> None:  # R26
    ada, mei = await person(product, "ada"), await person(product, "mei")
    first = await happen(product, ada.account)
    await happen(product, mei.account)
    last = await happen(product, ada.account)
    async with following(ada.client, last=first) as page:
        assert [await page.next_message() for _ in range(2)] == [("arrived", first), ("arrived", last)]
        event = await happen(product, ada.account)
        texts = [await page.next_message()]
        while texts[-1][1] != event:
            texts.append(await page.next_message())
        # What was told shortly before may be told again.
        assert {name for _, name in texts} <= {first, last, event}


async def test_a_disconnected_account_tells_no_more(product: Running) -> None:  # R26
    ada, admin = await person(product, "ada"), await product.client("grace", role="admin")
    async with following(ada.client) as page, following(admin) as everything:
        assert (await ada.client.delete("/api/integrations/linear")).status_code == 200
        gone = await happen(product, ada.account)
        assert await everything.next_message() == ("arrived", gone)
        again = await person(product, "ada")
        event = await happen(product, again.account)
        assert await page.next_message() == ("arrived", event)


async def test_administrators_are_told_everything(product: Running) -> None:
    admin, ada = await product.client("grace", role="admin"), await person(product, "ada")
    async with following(admin) as page:
        happened = [await happen(product, account) for account in (ada.account, None)]
        assert [await page.next_message() for _ in happened] == [("arrived", event) for event in happened]
        once = happened[0]
    async with following(admin, last=once) as page:
        assert [await page.next_message() for _ in happened] == [("arrived", event) for event in happened]


async def test_the_end_of_a_run_is_told_to_its_user_alone(product: Running) -> None:  # R26
    ada, mei = await person(product, "ada"), await person(product, "mei")
    async with following(ada.client) as hers, following(mei.client) as others:
        users = {name: str((await product.actor(name)).user_id) for name in ("ada", "mei")}
        for name, user in users.items():
            await say(product, id=f"run of {name}", provider=None, status="done", type="run", user=user)
        assert await hers.next_message() == ("run", "run of ada")
        assert await others.next_message() == ("run", "run of mei")


async def test_a_session_follows_and_ends_when_it_does(  # R23
    product: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(face, "TRUSTED_SECONDS", 0.0)
    ada = await Browser.new(product)
    await ada.sign_up("ada@example.com")
    value = ada.client.cookies["fluxstudio_session"]
    async with following(ada.client) as page:
        await product.services.sessions.close(value)
        user = await product.services.db.fetchval("SELECT id::text FROM users")
        await say(product, id="secret", provider=None, status="done", type="run", user=user)
        assert await page.ended()


async def test_strangers_follow_nothing(product: Running) -> None:
    for headers in ({}, {"authorization": "Bearer not-a-token"}):
        answer = await (await product.client(None)).get(PATH, headers=headers)
        assert answer.status_code == 401


async def test_what_cannot_be_an_event_resets_the_page(product: Running) -> None:
    ada = await person(product, "ada")
    async with following(ada.client, last="not-an-id") as page:
        assert (await page.news())["event"] == "reset"


async def test_too_much_missed_resets_the_page(product: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscribers, "MAX_MISSED_EVENTS", 2)
    ada = await person(product, "ada")
    first, *_ = [await happen(product, ada.account) for _ in range(3)]
    async with following(ada.client, last=first) as page:
        assert (await page.news())["event"] == "reset"


async def test_a_slow_reader_is_ended_and_holds_up_nobody(product: Running) -> None:
    """Given what a page that reads nothing would pile up, its stream ends; the other one goes on."""
    ada, board = await person(product, "ada"), product.services.event_stream
    actor = await product.actor("ada")
    async with board.subscribe(actor) as slow, following(ada.client) as page:
        for _ in range(subscribers.MAX_QUEUED_EVENTS + 1):
            event = await happen(product, ada.account)
            assert await page.next_message() == ("arrived", event)
        assert slow.ended
        assert await slow.take(0) == []
        event = await happen(product, ada.account)
        assert await page.next_message() == ("arrived", event)


async def test_a_page_that_went_away_is_forgotten(product: Running) -> None:
    ada = await person(product, "ada")

    def open_now() -> float:
        value = counters.registry.get_sample_value("fluxstudio_streams")
        assert value is not None
        return value

    before = open_now()
    async with following(ada.client):
        assert open_now() == before + 1
    async with asyncio.timeout(60):
        while open_now() > before:
            await asyncio.sleep(0.01)


async def test_a_user_follows_from_so_many_pages_at_once(
    product: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscribers, "MAX_SUBSCRIBERS", 1)
    ada, mei = await product.client("ada"), await product.client("mei")
    async with following(ada):
        answer = await ada.get(PATH)
        assert (answer.status_code, answer.json()["code"]) == (429, "RATE_LIMITED")
        async with following(mei):
            pass


async def test_signs_of_life_come_while_nothing_happens(
    product: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(face, "HEARTBEAT_SECONDS", 0.01)
    async with following(await product.client("ada")) as page:
        assert [(await page.message()).keys() for _ in range(2)] == [{""}] * 2


async def test_an_unreadable_word_on_the_channel_stops_nothing(product: Running) -> None:
    ada = await person(product, "ada")
    async with following(ada.client) as page:
        for payload in ("", "{", "[]", "[1]", '[{"id": 1}]', "x" * 7000):
            await product.services.db.execute("SELECT pg_notify($1, $2)", events.CHANNEL, payload)
        event = await happen(product, ada.account)
        assert await page.next_message() == ("arrived", event)


async def test_a_lost_listener_ends_streams_so_that_pages_ask_for_what_they_missed(start: Start) -> None:
    running = await start(packages=SMALL)
    ada = await person(running, "ada")
    async with following(ada.client) as page:
        first = await happen(running, ada.account)
        assert await page.next_message() == ("arrived", first)
        await running.services.db.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND datname = current_database() "
            "AND backend_type = 'client backend'"
        )
        second = await happen(running, ada.account)
        assert await page.ended()
    async with following(ada.client, last=first) as page:
        assert [await page.next_message() for _ in range(2)] == [("arrived", first), ("arrived", second)]


async def test_streams_end_whole_when_the_server_stops(product: Running) -> None:
    """Cut off they would be an error here, and the server would have waited for them in vain."""
    async with AsyncExitStack() as server:
        listening = server.enter_context(listening_socket("127.0.0.1", 0))
        await server.enter_async_context(serving(web_app(product.services), listening))
        address = f"http://127.0.0.1:{listening.getsockname()[1]}{PATH}"
        async with following(await product.client("ada"), at=address) as page:
            stopped = asyncio.create_task(server.aclose())
            assert await page.ended()
            await stopped


def test_what_is_newer_is_reckoned_by_the_time_in_an_id() -> None:
    seen = events.new_id(1_000_000.0)
    assert subscribers._a_minute_before(seen) <= events.new_id(1_000_000.0 - 60) < seen
    assert subscribers._a_minute_before(UUID(int=0)) == UUID(int=0)
