"""What every provider's webhooks do in the running product: good, tampered, stale, and sent again."""

from __future__ import annotations

import asyncio

import httpx2
import pytest

from tests.conformance.subject import Subject, is_error
from tests.support.emptying import empty
from tests.support.webhooks import GOOD, SHARED_SECRET, Request

# Those whose signature covers when it was made.
SIGN_THE_TIME = {"slack"}
DAY = 86400


@pytest.fixture
async def door(subject: Subject) -> httpx2.AsyncClient:
    """Whoever knocks at the webhooks, where nothing has arrived so far."""
    await empty(subject.running.services.db, "integration_webhooks", "webhook_keys", "jobs")
    return await subject.running.client(None)


async def knock(subject: Subject, door: httpx2.AsyncClient, request: Request) -> httpx2.Response:
    body, headers = request
    return await door.post(subject.path("webhook"), content=body, headers=headers)


async def stored_count(subject: Subject) -> int:
    result: int = await subject.sql(
        "SELECT count(*) FROM integration_webhooks WHERE provider = $1", subject.provider.id
    )
    return result


def is_refused(subject: Subject, answer: httpx2.Response) -> bool:
    webhook = subject.provider.webhooks
    return webhook is not None and is_error(answer, webhook.refusal, "SIGNATURE_INVALID")


async def test_a_good_event_is_acknowledged_and_kept(  # R32
    subject: Subject, door: httpx2.AsyncClient
) -> None:
    answer = await knock(subject, door, GOOD[subject.provider.id]())
    assert (answer.status_code, answer.content) == (200, b"")
    assert await stored_count(subject) == 1


async def test_a_tampered_event_is_refused_and_leaves_nothing(  # R27
    subject: Subject, door: httpx2.AsyncClient
) -> None:
    body, headers = GOOD[subject.provider.id]()
    secret = SHARED_SECRET.encode()
    # Where the body itself holds what proves it, a space more does not make it another.
    tampered = body.replace(secret, secret[::-1]) if secret in body else body + b" "
    assert is_refused(subject, await knock(subject, door, (tampered, headers)))
    assert await stored_count(subject) == 0


async def test_an_event_without_its_proof_is_refused(  # R28
    subject: Subject, door: httpx2.AsyncClient
) -> None:
    body, _ = GOOD[subject.provider.id]()
    unproven = (body.replace(SHARED_SECRET.encode(), b""), {"content-type": "application/json"})
    assert is_refused(subject, await knock(subject, door, unproven))
    assert await stored_count(subject) == 0


async def test_an_event_signed_long_ago_is_refused_where_the_time_is_signed(  # R29
    subject: Subject, door: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = subject.running.services.clock
    a_day_on = clock.now() + DAY
    monkeypatch.setattr(clock, "now", lambda: a_day_on)
    answer = await knock(subject, door, GOOD[subject.provider.id]())
    if subject.provider.id in SIGN_THE_TIME:
        assert is_refused(subject, answer)
    assert await stored_count(subject) == (0 if subject.provider.id in SIGN_THE_TIME else 1)


async def test_an_event_sent_again_is_acknowledged_and_kept_once(  # R31
    subject: Subject, door: httpx2.AsyncClient
) -> None:
    request = GOOD[subject.provider.id]()
    answers = await asyncio.gather(*(knock(subject, door, request) for _ in range(20)))
    answers.append(await knock(subject, door, request))
    assert {answer.status_code for answer in answers} == {200}
    assert await stored_count(subject) == 1
