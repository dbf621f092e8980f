"""What the simulated Figma sends of its own accord, held against Figma's own document."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from fluxstudio.kit.signatures import sha256
from fluxstudio.providers.figma.simulator.seed import ADA, HARBOUR, TOMAS
from fluxstudio.providers.figma.webhooks.webhook import event_id, verify_passcode
from tests.providers.figma.conftest import FLOW, FOUNDATIONS, Sandbox, run
from tests.providers.figma.simulator.calls import call, token_of
from tests.support.inbox import Inbox, inbox
from tests.support.pins import figma_document
from tests.support.schemas import Schemas, explained

PASSCODE = "not-a-real-passcode"
PAYLOADS = {
    "PING": "WebhookPingPayload",
    "FILE_UPDATE": "WebhookFileUpdatePayload",
    "FILE_VERSION_UPDATE": "WebhookFileVersionUpdatePayload",
    "FILE_DELETE": "WebhookFileDeletePayload",
    "FILE_COMMENT": "WebhookFileCommentPayload",
    "LIBRARY_PUBLISH": "WebhookLibraryPublishPayload",
    "DEV_MODE_STATUS_UPDATE": "WebhookDevModeStatusUpdatePayload",
}


@pytest.fixture
async def box() -> AsyncIterator[Inbox]:
    async with inbox() as opened:
        yield opened


async def subscribed(
    sandbox: Sandbox, box: Inbox, event: str, context: str = "file", context_id: str = FLOW
) -> str:
    """A webhook that leads to the inbox; its id."""
    wanted = {"event_type": event, "context": context, "context_id": context_id}
    token = await token_of(sandbox, who=ADA)
    body = {**wanted, "endpoint": box.url, "passcode": PASSCODE}
    answer = await call(sandbox, token, "/v2/webhooks", "POST", body)
    assert answer.status_code == 200, answer.text
    await sandbox.simulator.deliveries.settled()
    return str(answer.json()["id"])


async def happen(sandbox: Sandbox, event: str, file: str = FLOW) -> None:
    await sandbox.control("events", {"event": event, "file": file})
    await sandbox.simulator.deliveries.settled()


async def log_of(sandbox: Sandbox, webhook: str) -> Any:
    token = await token_of(sandbox, who=ADA)
    return (await call(sandbox, token, f"/v2/webhooks/{webhook}/requests")).json()["requests"]


def types_of(box: Inbox) -> list[str]:
    return [entry.payload["event_type"] for entry in box.received]


async def test_a_new_webhook_is_pinged_at_once_with_its_passcode(sandbox: Sandbox, box: Inbox) -> None:
    webhook = await subscribed(sandbox, box, "FILE_UPDATE")
    [ping] = box.received
    assert (ping.payload["event_type"], ping.payload["webhook_id"]) == ("PING", webhook)
    verify_passcode(ping.body, sha256(PASSCODE))


@pytest.mark.parametrize("event", sorted(set(PAYLOADS) - {"PING", "FILE_COMMENT"}))
async def test_every_event_has_the_shape_of_figmas_document(sandbox: Sandbox, box: Inbox, event: str) -> None:
    await subscribed(sandbox, box, event)
    await happen(sandbox, event)
    schemas = Schemas(figma_document().document)
    for entry in box.received:
        schema = {"$ref": f"#/components/schemas/{PAYLOADS[entry.payload['event_type']]}"}
        problems = [
            line
            for error in schemas.validator(schema).iter_errors(entry.payload)
            for line in explained(error)
        ]
        assert problems == []
    assert types_of(box) == ["PING", event]


@pytest.mark.parametrize(
    ("context", "context_id"), [("file", FLOW), ("project", "318204401"), ("team", HARBOUR)]
)
async def test_a_comment_is_told_to_webhooks_of_its_file_project_and_team(
    sandbox: Sandbox, box: Inbox, context: str, context_id: str
) -> None:
    await subscribed(sandbox, box, "FILE_COMMENT", context, context_id)
    await run(await sandbox.api(TOMAS), "post_comment", fileKey=FLOW, message="Looks good")
    await run(await sandbox.api(TOMAS), "post_comment", fileKey=FOUNDATIONS, message="Elsewhere")
    await sandbox.simulator.deliveries.settled()
    texts = [entry.payload for entry in box.received if entry.payload["event_type"] == "FILE_COMMENT"]
    assert len(texts) == (2 if context == "team" else 1)
    first = next(entry for entry in texts if entry["file_key"] == FLOW)
    assert first["comment"] == [{"text": "Looks good"}]
    assert (first["triggered_by"]["handle"], first["file_name"]) == ("Tomas Ruiz", "Tidewater · Booking flow")
    schema = {"$ref": "#/components/schemas/WebhookFileCommentPayload"}
    assert list(Schemas(figma_document().document).validator(schema).iter_errors(first)) == []


async def test_a_person_comments_on_the_files_page_and_webhooks_hear_of_it(
    sandbox: Sandbox, box: Inbox
) -> None:
    await subscribed(sandbox, box, "FILE_COMMENT")
    web = sandbox.simulator.url("web")
    form = {"who": TOMAS, "message": "The tide card first", "answers": ""}
    answer = await sandbox.browser.post(f"{web}/comment/{FLOW}", data=form)
    assert answer.status_code == 303
    page = await sandbox.browser.get(answer.headers["location"])
    assert "The tide card first" in page.text
    await sandbox.simulator.deliveries.settled()
    assert types_of(box) == ["PING", "FILE_COMMENT"]
    for wrong in ({"who": "nobody"}, {"message": "  "}, {"answers": "9"}):
        assert (await sandbox.browser.post(f"{web}/comment/{FLOW}", data=form | wrong)).status_code == 404


async def test_buttons_on_the_files_page_change_it_and_tell(sandbox: Sandbox, box: Inbox) -> None:
    await subscribed(sandbox, box, "FILE_VERSION_UPDATE")
    address = f"{sandbox.simulator.url('web')}/change/{FLOW}"
    done = await sandbox.browser.post(address, data={"who": ADA, "event": "FILE_VERSION_UPDATE"})
    assert done.status_code == 303
    assert "Version 4" in (await sandbox.browser.get(done.headers["location"])).text
    await sandbox.simulator.deliveries.settled()
    assert types_of(box) == ["PING", "FILE_VERSION_UPDATE"]
    assert (await sandbox.browser.post(address, data={"who": ADA, "event": "PING"})).status_code == 404


async def test_what_failed_comes_again_after_five_minutes_half_an_hour_and_three_hours(
    sandbox: Sandbox, box: Inbox
) -> None:
    webhook = await subscribed(sandbox, box, "FILE_UPDATE")
    box.status = 503
    await happen(sandbox, "FILE_UPDATE")
    for minutes, attempts in ((4, 1), (2, 2), (29, 2), (2, 3), (179, 3), (2, 4), (3000, 4)):
        await sandbox.control("clock", {"advance": minutes * 60})
        await sandbox.simulator.deliveries.settled()
        assert types_of(box).count("FILE_UPDATE") == attempts, minutes
    sent = [entry.payload for entry in box.received if entry.payload["event_type"] == "FILE_UPDATE"]
    assert [entry["retries"] for entry in sent] == [0, 1, 2, 3]
    assert len({event_id({}, entry, b"") for entry in sent}) == 1
    assert [entry["response_info"]["status"] for entry in await log_of(sandbox, webhook)][-4:] == ["503"] * 4


async def test_a_400_ends_the_attempts(sandbox: Sandbox, box: Inbox) -> None:
    await subscribed(sandbox, box, "FILE_UPDATE")
    box.status = 400
    await happen(sandbox, "FILE_UPDATE")
    await sandbox.control("clock", {"advance": 86_400})
    await sandbox.simulator.deliveries.settled()
    assert types_of(box).count("FILE_UPDATE") == 1


async def test_a_paused_webhook_hears_nothing(sandbox: Sandbox, box: Inbox) -> None:
    webhook = await subscribed(sandbox, box, "FILE_UPDATE")
    sandbox.simulator.world.data["webhooks"][webhook]["status"] = "PAUSED"
    await happen(sandbox, "FILE_UPDATE")
    assert types_of(box) == ["PING"]


async def test_nothing_is_sent_to_other_machines(sandbox: Sandbox) -> None:
    token = await token_of(sandbox, who=ADA)
    wanted = {"event_type": "FILE_UPDATE", "context": "file", "context_id": FLOW, "passcode": PASSCODE}
    body = {**wanted, "endpoint": "https://flux.example/hook"}
    webhook = (await call(sandbox, token, "/v2/webhooks", "POST", body)).json()["id"]
    await sandbox.simulator.deliveries.settled()
    [attempt] = await log_of(sandbox, webhook)
    assert (attempt["response_info"], attempt["error_msg"]) == (None, "not on this machine")


async def test_missed_deliveries_are_those_that_never_arrived(sandbox: Sandbox, box: Inbox) -> None:
    webhook = await subscribed(sandbox, box, "FILE_UPDATE")
    api = await sandbox.api()
    for status in (503, 200):
        box.status = status
        await sandbox.control("clock", {"advance": 1})
        await happen(sandbox, "FILE_UPDATE")
    [missed] = await run(api, "missed_deliveries", id=webhook)
    lost = next(entry for entry in box.received if entry.payload["event_type"] == "FILE_UPDATE")
    assert missed["key"] == event_id({}, lost.payload, lost.body)
    assert (missed["eventType"], missed["status"]) == ("FILE_UPDATE", "503")
    assert PASSCODE not in str(missed)
    await sandbox.control("clock", {"advance": 301})
    await sandbox.simulator.deliveries.settled()
    assert await run(api, "missed_deliveries", id=webhook) == []


async def test_a_ping_that_did_not_arrive_is_not_missed(sandbox: Sandbox, box: Inbox) -> None:
    box.status = 503
    webhook = await subscribed(sandbox, box, "FILE_UPDATE")
    assert await run(await sandbox.api(), "missed_deliveries", id=webhook) == []


async def test_deliveries_fail_on_purpose_and_are_sent_again_by_hand(sandbox: Sandbox, box: Inbox) -> None:
    await subscribed(sandbox, box, "FILE_UPDATE")
    await sandbox.control("deliveries/troubles", {"match": "FILE_UPDATE"})
    await happen(sandbox, "FILE_UPDATE")
    assert types_of(box) == ["PING"]
    web = sandbox.simulator.url("web")
    log = (await sandbox.browser.get(f"{web}/_control/deliveries")).json()
    assert [(entry["event"], entry["status"]) for entry in log][1:] == [("PING", 200), ("FILE_UPDATE", 503)]
    await sandbox.control(f"deliveries/{log[-1]['id']}/again", {})
    await sandbox.simulator.deliveries.settled()
    assert types_of(box) == ["PING", "FILE_UPDATE"]
    await sandbox.control("deliveries/troubles", {"kind": "unheard", "status": None})
    await happen(sandbox, "FILE_UPDATE")
    assert types_of(box) == ["PING", "FILE_UPDATE", "FILE_UPDATE"]
    log = (await sandbox.browser.get(f"{web}/_control/deliveries")).json()
    assert (log[-1]["status"], log[-1]["problem"]) == (None, "timed out")


async def test_an_event_that_cannot_be_is_refused(sandbox: Sandbox) -> None:
    web = sandbox.simulator.url("web")
    unknown: list[Any] = [{"event": "PING", "file": FLOW}, {"event": "FILE_UPDATE", "file": "none"}, {}, []]
    for wanted in unknown:
        answer = await sandbox.browser.post(f"{web}/_control/events", json=wanted)
        assert answer.status_code == 400, wanted
    answer = await sandbox.browser.post(
        f"{web}/_control/events/endpoint", json={"url": "https://flux.example/hook"}
    )
    assert answer.status_code == 400
    assert (await sandbox.browser.post(f"{web}/_control/deliveries/9/again")).status_code == 404
