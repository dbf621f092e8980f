"""The same Idempotency-Key gets the same answer, and what it asked for is done once."""

from __future__ import annotations

import asyncio
import io
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from fluxstudio.core import idempotency
from fluxstudio.faces.api import idempotency as face
from fluxstudio.faces.api.body_digest import BodyDigest
from fluxstudio.sdk.simulation.faults import Fault
from tests.support.running import Running, Start

MESSAGE = "/api/integrations/slack/message"
POSTED = "chat.postMessage"
HELLO = {"channel": "#design", "text": "Hello"}


def key(value: str | None = None) -> dict[str, str]:
    return {"idempotency-key": value or str(uuid4())}


def reason(answer: httpx2.Response) -> tuple[int, Any]:
    return answer.status_code, answer.json().get("reason") or answer.json().get("code")


async def test_two_messages_under_one_key_are_one_across_processes(start: Start) -> None:
    one = await start()
    two = await start(simulators=one.simulators)
    ada, elsewhere = await one.client(), await two.client()
    await one.connect(ada, "slack")
    same = key()
    answers = await asyncio.gather(
        *(client.post(MESSAGE, json=HELLO, headers=same) for client in (ada, elsewhere) * 4)
    )
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotent-replayed" in answer.headers for answer in answers) == 7
    assert len(one.seen("slack", POSTED)) == 1


async def test_a_key_counts_for_its_caller_and_its_request(running: Running) -> None:
    ada, bob = await running.client(), await running.client("bob")
    await running.connect(ada, "slack")
    same = key()
    assert (await ada.post(MESSAGE, json=HELLO, headers=same)).status_code == 200
    other = await ada.post(MESSAGE, json={**HELLO, "text": "Else"}, headers=same)
    assert reason(other) == (422, "IDEMPOTENCY_KEY_REUSED")
    elsewhere = await ada.post(f"{MESSAGE}?connection=x", json=HELLO, headers=same)
    assert reason(elsewhere) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert (await bob.post(MESSAGE, json=HELLO, headers=same)).status_code == 409
    assert (await (await running.client(None)).post(MESSAGE, json=HELLO, headers=same)).status_code == 401
    assert (await ada.post(MESSAGE, json=HELLO, headers=key())).status_code == 200
    assert len(running.seen("slack", POSTED)) == 2
    await running.services.db.execute("UPDATE idempotency_keys SET created_at = now() - interval '25 hours'")
    assert (await ada.post(MESSAGE, json={**HELLO, "text": "Else"}, headers=same)).status_code == 200
    assert len(running.seen("slack", POSTED)) == 3


async def test_a_refused_request_leaves_its_key_free(running: Running) -> None:
    ada = await running.client()
    same = key()
    assert (await ada.post(MESSAGE, json=HELLO, headers=same)).json()["code"] == "NOT_CONNECTED"
    await running.connect(ada, "slack")
    assert (await ada.post(MESSAGE, json={"channel": "#design"}, headers=same)).status_code == 400
    assert (await ada.post(MESSAGE, json=HELLO, headers=same)).status_code == 200


async def test_a_message_that_was_sent_before_the_connection_broke_is_not_sent_again(
    running: Running,
) -> None:
    ada = await running.client()
    await running.connect(ada, "slack")
    same, other = key(), key()
    running.simulators["slack"].faults.active.append(Fault(match=POSTED, kind="after", times=1))
    first = await ada.post(MESSAGE, json=HELLO, headers=same)
    assert first.status_code == 502
    again = await ada.post(MESSAGE, json=HELLO, headers=same)
    assert (again.status_code, again.content) == (502, first.content)
    assert len(running.seen("slack", POSTED)) == 1
    assert (await ada.post(MESSAGE, json=HELLO, headers=other)).status_code == 200


async def test_a_request_that_died_with_its_process_is_neither_stuck_nor_run_again(running: Running) -> None:
    ada = await running.client()
    await running.connect(ada, "slack")
    actor, same = await running.actor(), key("died")
    claimed = idempotency.IdempotencyKey.of(actor, "died")
    assert await running.services.idempotency_keys.claim(claimed)
    await running.services.db.execute("UPDATE idempotency_keys SET held_until = now() - interval '1 second'")
    assert reason(await ada.post(MESSAGE, json=HELLO, headers=same)) == (409, "interrupted")
    assert not running.seen("slack", POSTED)
    await running.services.db.execute("UPDATE idempotency_keys SET created_at = now() - interval '25 hours'")
    assert (await ada.post(MESSAGE, json=HELLO, headers=same)).status_code == 200


async def test_a_second_request_waits_for_the_first_and_no_longer_than_that(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = await running.client()
    await running.connect(ada, "slack")
    actor, keys = await running.actor(), running.services.idempotency_keys
    monkeypatch.setattr(face, "WAIT_SECONDS", 0.1)
    claimed = idempotency.IdempotencyKey.of(actor, "busy")
    assert await keys.claim(claimed)
    assert reason(await ada.post(MESSAGE, json=HELLO, headers=key("busy"))) == (409, "in_progress")
    monkeypatch.setattr(face, "WAIT_SECONDS", 30)
    waiting = asyncio.create_task(ada.post(MESSAGE, json=HELLO, headers=key("busy")))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    await keys.release(claimed)
    assert (await waiting).status_code == 200


async def test_what_is_shown_once_is_repeated_to_its_caller_and_sealed_in_the_database(
    product: Running,
) -> None:
    ada, same = await product.client(), key()
    wanted = {"name": "Script", "scopes": ["read", "write"]}
    first = await ada.post("/api/access-tokens", json=wanted, headers=same)
    again = await ada.post("/api/access-tokens", json=wanted, headers=same)
    assert first.json() == again.json()
    token = first.json()["token"]
    rows = await product.services.db.fetch("SELECT t::text, answer FROM idempotency_keys t")
    assert token.encode() not in rows[0]["answer"]
    assert token.encode().hex() not in str(rows)
    assert same["idempotency-key"] not in str(rows)
    script = await product.client(None)
    script.headers["authorization"] = f"Bearer {token}"
    # Another caller than its owner's API token, whatever key it sends.
    assert (await script.post("/api/access-tokens", json=wanted, headers=same)).json()["token"] != token


async def test_a_file_sent_again_is_the_same_whatever_boundary_it_comes_with(running: Running) -> None:
    ada, same = await running.client(), key()
    await running.connect(ada, "slack")

    async def share(content: bytes) -> httpx2.Response:
        return await ada.post(
            "/api/integrations/slack/files",
            data={"channel": "#design"},
            files={"file": ("a.bin", io.BytesIO(content), "application/octet-stream")},
            headers=same,
        )

    large = b"x" * 3_000_000
    first = await share(large)
    assert first.status_code == 200, first.text
    again = await share(large)
    assert (again.status_code, again.content) == (200, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    assert reason(await share(large + b"y")) == (422, "IDEMPOTENCY_KEY_REUSED")


def test_the_digest_of_a_form_does_not_depend_on_its_boundary_or_its_pieces() -> None:
    def digest(boundary: str, size: int, content: str = "hello") -> bytes:
        body = f"--{boundary}\r\n\r\n{content}\r\n--{boundary}--".encode()
        result = BodyDigest(f'multipart/form-data; boundary="{boundary}"')
        for start in range(0, len(body), size):
            result.feed(body[start : start + size])
        return result.result()

    assert (
        len({digest(boundary, size) for boundary in ("abcdef", "0123456789") for size in (1, 3, 7, 99)}) == 1
    )
    assert digest("abcdef", 3) != digest("abcdef", 3, "other")


async def test_a_large_answer_passes_and_is_not_kept(
    product: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(face, "MAX_KEPT_ANSWER_BYTES", 10)
    ada, same = await product.client(), key()
    wanted = {"name": "Script", "scopes": ["read"]}
    assert (await ada.post("/api/access-tokens", json=wanted, headers=same)).status_code == 201
    again = await ada.post("/api/access-tokens", json=wanted, headers=same)
    assert reason(again) == (409, "answer_not_kept")
    assert len((await ada.get("/api/access-tokens")).json()["accessTokens"]) == 1


@pytest.mark.parametrize("value", ["", "x" * 256, "a b", "é"])
async def test_what_is_no_key_is_refused(product: Running, value: str) -> None:
    ada = await product.client()
    answer = await ada.post("/api/access-tokens", json={}, headers=[(b"idempotency-key", value.encode())])
    assert answer.status_code == 400
    assert "Idempotency-Key" in answer.json()["fields"]


async def test_old_keys_are_swept_and_those_under_way_are_not(product: Running) -> None:
    actor, keys = await product.actor(), product.services.idempotency_keys
    for name in ("old", "young", "running"):
        own = idempotency.IdempotencyKey.of(actor, name)
        assert await keys.claim(own)
        if name != "running":
            await keys.finish(own, bytes(32), None)
    await product.services.db.execute(
        "UPDATE idempotency_keys SET created_at = now() - $1::interval WHERE key_hash <> $2",
        timedelta(hours=25),
        idempotency.IdempotencyKey.of(actor, "young").digest,
    )
    await keys.sweep()
    assert await product.services.db.fetchval("SELECT count(*) FROM idempotency_keys") == 2


async def test_good_answers_say_how_much_of_the_limit_is_left(product: Running) -> None:
    ada = await product.client()
    first, second = await ada.get("/api/session"), await ada.get("/api/session")
    assert first.headers["ratelimit-policy"].startswith('"user";q=100000;w=60')
    left = [int(answer.headers["ratelimit-remaining"]) for answer in (first, second)]
    assert left[1] < left[0] < 100000
    assert f"r={left[1]};t={second.headers['ratelimit-reset']}" in second.headers["ratelimit"]
    assert "ratelimit" not in (await (await product.client(None)).get("/api/session")).headers
