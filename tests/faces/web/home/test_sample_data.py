"""The demo begins with sample data at one press, and nothing else has it."""

from __future__ import annotations

import asyncio

from fluxstudio.commands.simulated import demo_guest
from tests.support.browsing import Browser, words
from tests.support.forms import form_to
from tests.support.running import Running, Start

FILE, CHANNEL = "TidewaterBookingFlow01", "C0DESIGN01"
ADD = "/home/sample-data"


async def test_one_press_leads_from_a_comment_to_a_message(start: Start) -> None:
    running = await start(demo=lambda services: demo_guest(services, print), maintenance=True)
    ada = await Browser.new(running)
    first = (await ada.open("/")).text
    assert (await ada.send_form(form_to(first, ADD))).headers["location"] == "/"

    page = (await ada.open("/")).text
    assert "3 of 4 done" in words(page)
    assert ADD not in page
    listed = (await ada.client.get("/api/integrations")).json()["integrations"]
    assert sorted(entry["provider"] for entry in listed) == ["figma", "github", "slack"]
    (team,) = (await ada.client.get("/api/integrations/figma/teams")).json()["teams"]
    assert team["name"] == "Harbour & Pine"
    (rule,) = (await ada.client.get("/api/automations")).json()["automations"]
    assert rule["enabled"]

    # Once more has no effect.
    assert (await ada.send(ADD)).status_code == 303
    assert len((await ada.client.get("/api/automations")).json()["automations"]) == 1

    figma = running.simulators["figma"]
    assert f"{figma.url('web')}/design/{FILE}" in page
    person = next(iter(figma.world.data["users"]))
    comment = {"who": person, "answers": "", "message": "Is the ferry on time?"}
    assert (await ada.client.post(f"{figma.url('web')}/comment/{FILE}", data=comment)).status_code < 400
    assert "Is the ferry on time?" in await message(running)
    assert (
        "Is the ferry on time?"
        in (await ada.client.get(f"{running.simulators['slack'].url('web')}/archives/{CHANNEL}")).text
    )


async def message(running: Running) -> str:
    """The next message in the channel."""
    messages = running.simulators["slack"].world.data["messages"][CHANNEL]
    before = len(messages)
    for _ in range(600):
        if len(messages) > before:
            break
        await asyncio.sleep(0.05)
    return str(messages[-1]["text"])


async def test_others_have_no_sample_data(running: Running) -> None:
    client = await running.client("mei")
    assert (await client.post("/api/session")).status_code < 300
    mei = await Browser.new(running)
    mei.client.cookies = client.cookies
    assert ADD not in (await mei.open("/")).text
    assert (await mei.send(ADD)).status_code == 404
