"""From a click at the provider to a kept event: simulators and the product, together."""

from __future__ import annotations

import httpx2

from tests.support.running import NO_TLS, Running

KEPT = "SELECT event_type, account_id, subscription, payload FROM integration_webhooks WHERE provider = $1"


async def test_what_a_person_writes_in_slack_arrives(running: Running) -> None:
    connection = await running.connect(await running.client(), "slack", choice="T0HARBOUR1")
    slack = running.simulators["slack"]
    async with httpx2.AsyncClient(verify=NO_TLS) as person:
        address = f"{slack.url('web')}/archives/C0DESIGN01/say"
        text = await person.post(address, data={"who": "U0MEILIN01", "text": "The tide line works."})
    assert text.status_code == 303
    await slack.deliveries.settled()
    [row] = await running.services.db.fetch(KEPT, "slack")
    assert row["event_type"] == "message"
    assert row["account_id"] == (await running.grant_of(connection))["account_id"]
    assert row["payload"]["event"]["text"] == "The tide line works."


async def test_what_a_person_comments_in_figma_arrives(running: Running) -> None:
    ada = await running.client()
    await running.connect(ada, "figma")
    arguments = {"event_type": "FILE_COMMENT", "context": "file", "context_id": "TidewaterBookingFlow01"}
    created = (await ada.post("/api/integrations/figma/webhooks", json=arguments)).json()
    figma = running.simulators["figma"]
    async with httpx2.AsyncClient(verify=NO_TLS) as person:
        address = f"{figma.url('web')}/comment/TidewaterBookingFlow01"
        form = {"who": "109441098221000103", "message": "Looks good", "answers": ""}
        assert (await person.post(address, data=form)).status_code == 303
    await figma.deliveries.settled()
    rows = await running.services.db.fetch(KEPT, "figma")
    [row] = [entry for entry in rows if entry["event_type"] == "FILE_COMMENT"]
    assert row["subscription"] == created["id"]
    assert row["payload"]["comment"] == [{"text": "Looks good"}]
    assert "passcode" not in row["payload"]


async def test_our_address_proves_itself_to_slack(running: Running) -> None:
    slack = running.simulators["slack"]
    for letter in slack.happen({"event": "url_verification"}):
        slack.deliveries.send(letter)
    await slack.deliveries.settled()
    [attempt] = slack.deliveries.log
    assert attempt["status"] == 200
    assert attempt["payload"]["challenge"] in attempt["answer"]["body"]
