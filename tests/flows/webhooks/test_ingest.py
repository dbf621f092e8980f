"""What a provider was told 200 for is kept, once; everything else leaves no trace."""

from __future__ import annotations

import asyncio
import json

import msgspec
import pytest

from fluxstudio.core.jobs import queue
from tests.support.receiving import send, stored_events
from tests.support.running import Running, Start
from tests.support.webhooks import github_event, slack, slack_event


@pytest.fixture
async def running(own_running: Running) -> Running:
    """A product of each test's own: here they take its tables away."""
    return own_running


async def waiting(running: Running) -> int:
    return (await queue.backlog(running.services.db)).waiting


async def test_an_acknowledged_event_is_kept_with_a_job_for_it(running: Running) -> None:  # R32
    client = await running.client(None)
    assert (await send(client, "slack", slack_event())).status_code == 200
    [event] = await stored_events(running)
    assert (event["provider"], event["status"], event["attempts"]) == ("slack", "received", 0)
    assert await waiting(running) == 1


async def test_an_event_sent_again_gets_no_second_job(running: Running) -> None:  # R31
    client = await running.client(None)
    request = slack_event()
    answers = await asyncio.gather(*(send(client, "slack", request) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert len(await stored_events(running)) == await waiting(running) == 1


async def test_a_retry_header_drops_nothing(running: Running) -> None:  # R33
    client = await running.client(None)
    body, headers = slack_event()
    answer = await send(client, "slack", (body, headers | {"x-slack-retry-num": "1"}))
    assert answer.status_code == 200
    assert len(await stored_events(running)) == 1


async def test_one_message_under_two_event_ids_is_one_event(running: Running) -> None:  # R31
    client = await running.client(None)
    for event_id in ("Ev0000000001", "Ev0000000002"):
        request = slack_event(event_id=event_id, event_ts="1764065000.000100")
        assert (await send(client, "slack", request)).status_code == 200
    assert len(await stored_events(running)) == 1


@pytest.mark.parametrize("off", [-301, 301])
async def test_what_slack_signed_more_than_five_minutes_off_is_refused(
    running: Running, off: int
) -> None:  # R29
    client = await running.client(None)
    body, _ = slack_event()
    now = running.services.clock.now()
    answer = await send(client, "slack", slack(body, at=now + off))
    assert answer.status_code == 401
    assert (await send(client, "slack", slack(body, at=now + off * 0.9))).status_code == 200


async def test_without_a_secret_the_door_is_closed(start: Start) -> None:  # R28
    running = await start()
    entry = running.services.registry["slack"]
    object.__setattr__(entry.settings, "others", {})
    client = await running.client(None)
    answer = await send(client, "slack", slack_event())
    assert (answer.status_code, answer.json()["code"]) == (503, "PROVIDER_NOT_CONFIGURED")
    assert "SLACK_SIGNING_SECRET" in answer.json()["error"]
    assert await stored_events(running) == []


async def test_slacks_challenge_is_answered_once_its_signature_was_checked(running: Running) -> None:
    client = await running.client(None)
    body = msgspec.json.encode({"type": "url_verification", "challenge": "c" * 20, "token": "not-real"})
    assert (await send(client, "slack", slack(body))).json() == {"challenge": "c" * 20}
    refused = await send(client, "slack", (body, {"content-type": "application/json"}))
    assert refused.status_code == 401
    assert await stored_events(running) == []


async def test_interactions_and_commands_arrive_at_addresses_of_their_own(running: Running) -> None:
    client = await running.client(None)
    form = b"payload=%7B%22type%22%3A%22block_actions%22%2C%22team%22%3A%7B%22id%22%3A%22T1%22%7D%7D"
    assert (await send(client, "slack", slack(form), "interactive")).content == b""
    assert (
        await send(client, "slack", slack(b"command=%2Fflux&text=hi&team_id=T1"), "command")
    ).status_code == 200
    assert [event["event_type"] for event in await stored_events(running)] == [
        "block_actions",
        "slash_command",
    ]


async def test_an_event_nobody_has_heard_of_is_kept_and_acknowledged(running: Running) -> None:  # R35
    client = await running.client(None)
    assert (await send(client, "github", github_event("hologram", {"action": "appeared"}))).status_code == 200
    [event] = await stored_events(running)
    assert event["event_type"] == "hologram"


async def test_one_body_the_database_refuses_fails_alone(running: Running) -> None:  # R36
    client = await running.client(None)
    await running.services.db.execute(
        "ALTER TABLE integration_webhooks ADD CHECK (payload ->> 'title' IS DISTINCT FROM 'poison')"
    )
    fine = [send(client, "github", github_event("issues", {"n": number})) for number in range(20)]
    poison = send(client, "github", github_event("issues", {"title": "poison"}))
    *others, refused = await asyncio.gather(*fine[:10], *fine[10:], poison)
    assert {answer.status_code for answer in others} == {200}
    assert refused.status_code == 400
    assert len(await stored_events(running)) == 20
    with_jobs = await running.services.db.fetchval("SELECT sum(length(payload)) / 16 FROM jobs")
    assert with_jobs == 20


async def test_a_character_that_the_database_cannot_hold_costs_nobody_the_event(running: Running) -> None:
    client = await running.client(None)
    request = github_event("issues", {"title": "a\x00b", "path": "C:\\u0000"})
    assert (await send(client, "github", request)).status_code == 200
    [event] = await stored_events(running)
    assert event["payload"] == {"title": "a\ufffdb", "path": "C:\\u0000"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'"text"',
        b"[" * 5000 + b"]" * 5000,
        b'{"a":' * 3000 + b"1" + b"}" * 3000,
    ],
)
async def test_a_signed_body_that_is_no_json_object_is_told_so(running: Running, body: bytes) -> None:  # R34
    client = await running.client(None)
    answer = await send(client, "slack", slack(body))
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST")
    assert await stored_events(running) == []


async def test_a_body_that_can_be_read_only_just_is_kept_or_refused_for_good(running: Running) -> None:  # R34
    """Never told to be sent again, which would change nothing."""
    client = await running.client(None)
    bodies = [b'{"a":' + b"[" * depth + b"]" * depth + b"}" for depth in range(800, 1000, 3)]
    answers = [await send(client, "slack", slack(body)) for body in bodies]
    codes = [answer.status_code for answer in answers]
    assert codes == sorted(codes)
    assert set(codes) == {200, 400}
    assert len(await stored_events(running)) == codes.count(200)


async def test_a_body_that_is_too_large_is_refused_before_it_is_read(running: Running) -> None:  # R34
    client = await running.client(None)
    answer = await send(client, "slack", slack(b"x" * (1024 * 1024 + 1)))
    assert answer.status_code == 413
    assert await stored_events(running) == []


async def test_a_database_that_is_away_is_never_told_as_success(running: Running) -> None:  # R32
    client = await running.client(None)
    assert (await send(client, "slack", slack_event())).status_code == 200
    await running.services.db.execute("ALTER TABLE webhook_keys RENAME TO webhook_keys_away")
    answer = await send(client, "slack", slack_event())
    assert (answer.status_code, answer.json()["code"]) == (503, "UNAVAILABLE")
    assert answer.headers["retry-after"]
    assert len(await stored_events(running)) == 1


async def test_an_address_that_was_copied_with_a_slash_at_its_end_receives_as_well(running: Running) -> None:
    client = await running.client(None)
    assert (await send(client, "slack", slack_event(), "webhook/")).status_code == 200
    assert len(await stored_events(running)) == 1


@pytest.mark.parametrize("webhook_id", ["\x00", "7\x00", "\ud83d", "x" * 100_000, "0", "-1", "9" * 400])
async def test_no_claimed_webhook_makes_the_product_stumble(running: Running, webhook_id: str) -> None:  # R28
    body = json.dumps({"webhook_id": webhook_id, "passcode": "x" * 32, "event_type": "FILE_COMMENT"}).encode()
    answer = await send(await running.client(None), "figma", (body, {"content-type": "application/json"}))
    assert answer.status_code in {400, 401}, answer.text
    assert await stored_events(running) == []
