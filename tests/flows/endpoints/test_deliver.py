"""What happens reaches the host product: signed, in order, again and again, and nobody suffers for others."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID

import httpx2
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from tests.support.host_product import HostProduct, delivering, host_product, register
from tests.support.receiving import arrived
from tests.support.running import Running

Deliver = Callable[..., Any]


@pytest.fixture
async def host() -> AsyncIterator[HostProduct]:
    async with host_product() as host:
        yield host


@pytest.fixture
async def admin(running: Running) -> httpx2.AsyncClient:
    return await running.client("root", role="admin")


@pytest.fixture
async def deliver(running: Running) -> AsyncIterator[Deliver]:
    async with delivering(running) as deliver:
        yield deliver


async def deliveries_of(admin: httpx2.AsyncClient, endpoint: str, **query: str) -> list[dict[str, Any]]:
    """What the delivery log says, newest first."""
    answer = await admin.get(f"/api/endpoints/{endpoint}/deliveries", params=query)
    assert answer.status_code == 200, answer.text
    result: list[dict[str, Any]] = answer.json()["deliveries"]
    return result


async def test_connecting_and_disconnecting_is_told_about_whom_and_what(
    running: Running, admin: httpx2.AsyncClient, host: HostProduct, deliver: Deliver
) -> None:
    await register(admin, host, types=["connection.connected", "connection.ended"])
    ada = await running.client()
    connection = await running.connect(ada, "slack")
    assert (await ada.delete("/api/integrations/slack")).status_code == 200
    await deliver()
    assert host.types == ["connection.connected", "connection.ended"]
    data = host.taken[0]["data"]
    assert (data["id"], data["userId"], data["provider"]) == (connection, "ada", "slack")
    assert data["url"] == f"{running.base}/api/integrations"
    body, headers = host.requests[0]
    with pytest.raises(WebhookVerificationError):
        Webhook(host.secret).verify(body.replace(b"slack", b"figma"), headers)
    assert headers["webhook-id"].startswith("msg_")


async def test_a_grant_that_is_refused_asks_for_a_reconnect_and_tells_when_it_works_again(
    running: Running, admin: httpx2.AsyncClient, host: HostProduct, deliver: Deliver
) -> None:
    ada = await running.client()
    connection = await running.connect(ada, "slack")
    await register(admin, host)
    for status in ("reauthorize", "active"):
        await running.services.db.execute("UPDATE oauth_tokens SET status = $1", status)
    await deliver()
    assert host.types == ["connection.reauthorization_required", "connection.connected"]
    assert {message["data"]["id"] for message in host.taken} == {connection}


async def test_an_event_is_told_small_with_a_link_to_the_whole(
    running: Running, admin: httpx2.AsyncClient, host: HostProduct, deliver: Deliver
) -> None:
    endpoint = await register(admin, host, types=["event.received"])
    await running.connect(await running.client(), "slack")
    event_id = await arrived(running, team="T0HARBOUR1", text="secret plans")
    await deliver()
    [message] = host.taken
    data = message["data"]
    assert (data["eventType"], data["accountId"], data["userIds"]) == ("message", "T0HARBOUR1", ["ada"])
    assert "secret plans" not in host.requests[0][0].decode()
    whole = await admin.get(data["url"])
    assert whole.json()["id"] == str(event_id)
    [delivery] = await deliveries_of(admin, endpoint)
    assert (delivery["status"], delivery["accountId"]) == ("delivered", "slack:T0HARBOUR1")
    [attempt] = delivery["attempts"]
    assert (attempt["status"], attempt["problem"]) == (204, None)


async def test_only_the_types_and_accounts_that_were_asked_for_are_sent(
    running: Running, admin: httpx2.AsyncClient, host: HostProduct, deliver: Deliver
) -> None:
    await register(admin, host, types=["event.received"], accounts=["T0HARBOUR1", "github:7"])
    await running.connect(await running.client(), "slack")
    for team in ("T0HARBOUR1", "T0ELSEWHERE"):
        await arrived(running, team=team)
    await deliver()
    assert [message["data"]["accountId"] for message in host.taken] == ["T0HARBOUR1"]


async def test_nothing_is_told_of_what_did_not_happen(
    running: Running, admin: httpx2.AsyncClient, host: HostProduct, deliver: Deliver
) -> None:
    await running.connect(await running.client(), "slack")
    endpoint = await register(admin, host)
    with pytest.raises(ZeroDivisionError):
        async with running.services.db.transaction() as connected:
            await connected.execute("UPDATE connections SET is_active = false, disconnected_at = now()")
            raise ZeroDivisionError
    await deliver()
    assert host.taken == []
    assert await deliveries_of(admin, endpoint) == []


async def test_what_fails_holds_up_its_account_and_no_other(  # F25
    running: Running, admin: httpx2.AsyncClient, host: HostProduct, deliver: Deliver
) -> None:
    await register(admin, host, types=["event.received"])
    teams = ["T0ONE", "T0TWO", "T0ONE", "T0TWO", "T0ONE"]
    events = [str(await arrived(running, team=team)) for team in teams]
    host.answering = lambda message: 500 if message["data"]["id"] == events[0] else 204
    await deliver()
    assert [message["data"]["id"] for message in host.taken] == [events[1], events[3]]
    host.answering = lambda message: 204
    await deliver()
    assert [message["data"]["id"] for message in host.taken[2:]] == [events[0], events[2], events[4]]
    ids = [headers["webhook-id"] for _, headers in host.requests]
    assert (len(set(ids)), len(ids)) == (5, 6)


async def test_without_order_one_message_that_fails_holds_up_nothing(
    running: Running, admin: httpx2.AsyncClient, host: HostProduct, deliver: Deliver
) -> None:
    await register(admin, host, types=["event.received"], ordered=False)
    events = [str(await arrived(running, team="T0ONE")) for _ in range(12)]
    host.answering = lambda message: 500 if message["data"]["id"] == events[0] else 204
    await deliver()
    assert {message["data"]["id"] for message in host.taken} == set(events[1:])


async def test_a_failure_is_tried_again_later_and_no_sooner(
    running: Running, admin: httpx2.AsyncClient, host: HostProduct, deliver: Deliver
) -> None:
    endpoint = await register(admin, host, types=["event.received"])
    await arrived(running)
    host.answering, host.answer_headers = lambda message: 503, {"retry-after": "3000"}
    await deliver()
    await deliver(skip_pauses=False)
    assert len(host.requests) == 1
    state = (await admin.get(f"/api/endpoints/{endpoint}")).json()
    assert (state["failures"], state["waiting"]) == (1, 1)
    later = "SELECT due_at > now() + interval '49 minutes' FROM jobs WHERE kind = 'delivery'"
    assert await running.services.db.fetchval(later) is True


async def test_redirects_are_not_followed_and_private_addresses_not_called(  # R37
    running: Running, admin: httpx2.AsyncClient, host: HostProduct
) -> None:
    redirected = await register(admin, host, types=["event.received"])
    host.answering, host.answer_headers = lambda message: 302, {"location": host.url}
    await arrived(running)
    async with delivering(running) as deliver:
        await deliver()
    assert len(host.requests) == 1
    [delivery] = await deliveries_of(admin, redirected)
    assert "Redirects are not followed" in delivery["attempts"][0]["problem"]
    # The name is checked where it leads to, whenever it is called.
    async with delivering(running, "somewhere.example") as deliver:
        await deliver()
    assert len(host.requests) == 1
    [delivery] = await deliveries_of(admin, redirected)
    assert delivery["attempts"][1]["status"] is None


async def test_after_three_days_a_delivery_fails_and_an_endpoint_that_took_nothing_is_disabled(
    running: Running, admin: httpx2.AsyncClient, host: HostProduct, deliver: Deliver
) -> None:
    async with host_product() as other:
        await register(admin, other, types=["endpoint.disabled"])
        endpoint = await register(admin, host, types=["event.received"])
        for _ in range(2):
            await arrived(running)
        host.answering = lambda message: 500
        await deliver()
        await running.services.db.execute(
            "UPDATE endpoint_deliveries SET begun_at = begun_at - interval '3 days' WHERE attempts > 0"
        )
        await running.services.db.execute(
            "UPDATE endpoints SET failing_since = now() - interval '3 days 1 hour'"
        )
        await deliver()
        await deliver()
        assert len(host.requests) == 2
        assert other.types == ["endpoint.disabled"]
        assert other.taken[0]["data"]["id"] == endpoint
    state = (await admin.get(f"/api/endpoints/{endpoint}")).json()
    assert (state["status"], state["disabledReason"], state["waiting"]) == ("disabled", "failing", 1)
    logged = (await admin.get("/api/audit", params={"action": "endpoint-disable"})).json()["entries"]
    assert [entry["subject"] for entry in logged] == [endpoint]
    assert (
        await admin.post(f"/api/endpoints/{endpoint}/resend", json={"status": "failed"})
    ).status_code == 409
    host.answering = lambda message: 204
    assert (await admin.patch(f"/api/endpoints/{endpoint}", json={"status": "active"})).status_code == 200
    await deliver()
    assert len(host.taken) == 1
    resent = await admin.post(f"/api/endpoints/{endpoint}/resend", json={"status": "failed"})
    assert resent.json() == {"resent": 1}
    await deliver()
    assert len(host.taken) == 2


async def test_one_message_that_never_works_does_not_disable_an_endpoint_that_does(
    running: Running, admin: httpx2.AsyncClient, host: HostProduct, deliver: Deliver
) -> None:
    endpoint = await register(admin, host, types=["event.received"])
    poison, fine = str(await arrived(running, team="T0ONE")), await arrived(running, team="T0ONE")
    await arrived(running, team="T0TWO")
    host.answering = lambda message: 500 if message["data"]["id"] == poison else 204
    await deliver()
    await running.services.db.execute(
        "UPDATE endpoint_deliveries SET begun_at = begun_at - interval '3 days' WHERE status = 'waiting'"
    )
    await deliver()
    await deliver()
    assert (await admin.get(f"/api/endpoints/{endpoint}")).json()["status"] == "active"
    assert host.taken[-1]["data"]["id"] == str(fine)
    assert [entry["data"]["id"] for entry in await deliveries_of(admin, endpoint, status="failed")] == [
        poison
    ]


async def test_an_endpoint_that_is_gone_is_disabled_at_once(
    running: Running, admin: httpx2.AsyncClient, host: HostProduct, deliver: Deliver
) -> None:
    endpoint = await register(admin, host, types=["event.received"])
    host.answering = lambda message: 410
    await arrived(running)
    await deliver()
    state = (await admin.get(f"/api/endpoints/{endpoint}")).json()
    assert (state["status"], state["disabledReason"]) == ("disabled", "gone")
    await arrived(running)
    assert len(await deliveries_of(admin, endpoint)) == 1


async def test_both_secrets_sign_for_a_day_after_one_took_the_place_of_the_other(
    running: Running, admin: httpx2.AsyncClient, host: HostProduct, deliver: Deliver
) -> None:
    endpoint = await register(admin, host, types=["event.received"])
    former = host.secret
    answer = (await admin.post(f"/api/endpoints/{endpoint}/rotate-secret")).json()
    assert answer["secret"] != former
    assert answer["formerUntil"] is not None
    await arrived(running)
    await deliver()
    body, headers = host.requests[0]
    assert [Webhook(secret).verify(body, headers)["type"] for secret in (former, answer["secret"])] == [
        "event.received"
    ] * 2
    await running.services.db.execute(
        "UPDATE endpoint_secrets SET expires_at = now() WHERE expires_at IS NOT NULL"
    )
    host.secret = answer["secret"]
    await arrived(running)
    await deliver()
    with pytest.raises(WebhookVerificationError):
        Webhook(former).verify(*host.requests[1])


async def test_what_was_sent_is_sent_again_under_the_id_it_had(
    running: Running, admin: httpx2.AsyncClient, host: HostProduct, deliver: Deliver
) -> None:
    endpoint = await register(admin, host, types=["event.received"])
    for _ in range(3):
        await arrived(running)
    await deliver()
    newest = (await deliveries_of(admin, endpoint))[0]
    again = f"/api/endpoints/{endpoint}/deliveries/{newest['id']}/resend"
    assert (await admin.post(again)).json() == {"resent": 1}
    await deliver()
    ids = [headers["webhook-id"] for _, headers in host.requests]
    assert ids[3] == ids[2] == newest["messageId"]
    since = (await deliveries_of(admin, endpoint))[1]["createdAt"]
    assert (await admin.post(f"/api/endpoints/{endpoint}/resend", json={"since": since})).json() == {
        "resent": 2
    }
    await deliver()
    assert [headers["webhook-id"] for _, headers in host.requests[4:]] == ids[1:3]


async def test_whoever_is_erased_is_named_nowhere_once_that_was_told(
    running: Running, admin: httpx2.AsyncClient, host: HostProduct, deliver: Deliver
) -> None:
    from fluxstudio.core.endpoints.deliveries import Deliveries
    from fluxstudio.core.identity.erasure import erase_rows

    await register(admin, host)
    for user in ("ada", "mei"):
        await running.connect(await running.client(user), "slack")
    await arrived(running, team="T0HARBOUR1")
    ada = (await running.actor("ada")).user_id
    await running.services.db.execute(
        "UPDATE connections SET is_active = false, disconnected_at = now() WHERE user_id = $1", ada
    )
    await erase_rows(running.services.db, ada)
    await deliver()
    ended = [message for message in host.taken if message["type"] == "connection.ended"]
    assert [message["data"]["userId"] for message in ended] == ["ada"]
    services = running.services
    await Deliveries(services.db, services.vault).sweep(services.settings.retention.deliveries)
    left = await services.db.fetch("SELECT data::text AS data FROM endpoint_deliveries")
    assert left
    assert not any('"ada"' in row["data"] for row in left)


async def test_secrets_of_endpoints_follow_a_rotation_of_the_sealing_key(
    running: Running, admin: httpx2.AsyncClient, host: HostProduct, deliver: Deliver
) -> None:  # R16
    from fluxstudio.flows.rotate_keys import new_key, retire, rotate
    from tests.support.keys import care_of

    await register(admin, host, types=["event.received"])
    care = care_of(running)
    made = await new_key(care)
    await running.services.keys.keep_up()
    former = await running.services.db.fetchval("SELECT sealed_by FROM endpoint_secrets")
    rotation = rotate(care, made.id)
    import asyncio

    turning = asyncio.create_task(rotation)
    while not turning.done():
        await running.services.keys.keep_up()
        await asyncio.sleep(0.05)
    assert (await turning).unreadable == 0
    assert await running.services.db.fetchval("SELECT sealed_by FROM endpoint_secrets") == made.id
    await retire(care, former)
    await arrived(running)
    await deliver()
    assert len(host.taken) == 1


async def test_a_lane_that_nobody_looks_after_is_found(
    running: Running, admin: httpx2.AsyncClient, host: HostProduct, deliver: Deliver
) -> None:
    from fluxstudio.core.endpoints.deliveries import Deliveries

    await register(admin, host, types=["event.received"])
    await arrived(running)
    await running.services.db.execute("DELETE FROM jobs WHERE kind = 'delivery'")
    await Deliveries(running.services.db, running.services.vault).look_after()
    await deliver()
    assert len(host.taken) == 1
    assert isinstance(UUID(host.taken[0]["data"]["id"]), UUID)
