"""Asked in a channel, with buttons: they decide for the person who was asked, and for nobody else."""

from __future__ import annotations

import asyncio
import re
from typing import Any
from urllib.parse import quote

import httpx2
import msgspec

from fluxstudio.flows.agents.approvals import resume_unsent
from tests.faces.mcp.browsers import browser_of
from tests.support.agents import agent, new_agent
from tests.support.forms import form_to
from tests.support.receiving import send
from tests.support.running import Running, Start
from tests.support.webhooks import slack

TEAM, ADA, MEI = "T0HARBOUR1", "U0ADAPARK1", "U0MEILIN01"
ASKED, SENT = "C0DESIGN01", "#general"


async def asked(start: Start, text: str = "Hello") -> tuple[Running, httpx2.AsyncClient, dict[str, str]]:
    """An agent asked to post something, and its user was asked in a channel: what each button holds."""
    running = await start(maintenance=True)
    ada = await running.client()
    await running.connect(ada, "slack", choice=TEAM, person=ADA)
    browser = await browser_of(running)
    form = form_to((await browser.get("/agents")).text, "/agents/notice")
    answer = await browser.post(form.action, data={**form.fields, "channel": ASKED})
    assert answer.status_code == 303
    _, token = await new_agent(ada)
    async with agent(running, token) as client:
        await client.call_tool("slack_post_message", {"channel": SENT, "text": text})
    return running, ada, {button["text"]["text"]: button.get("value", "") for button in buttons(running)}


def buttons(running: Running) -> list[dict[str, Any]]:
    """The buttons of the latest message in the channel."""
    message = running.simulators["slack"].world.data["messages"][ASKED][-1]
    result: list[dict[str, Any]] = message["blocks"][1]["elements"]
    return result


async def press(running: Running, value: str, person: str = ADA, team: str = TEAM) -> None:
    """Press a button as a person of the workspace does, and have the event handled."""
    payload = {
        "type": "block_actions",
        "team": {"id": team},
        "user": {"id": person, "username": "somebody"},
        "channel": {"id": ASKED},
        "actions": [
            {"type": "button", "action_id": "fluxstudio_choice_0", "value": value, "action_ts": "1.1"}
        ],
    }
    form = b"payload=" + quote(msgspec.json.encode(payload).decode()).encode()
    answer = await send(await running.client(None), "slack", slack(form), "interactive")
    assert answer.status_code == 200
    async with asyncio.timeout(30):
        while await running.services.db.fetchval(
            "SELECT count(*) FROM integration_webhooks WHERE status <> 'handled'"
        ):
            await asyncio.sleep(0.05)
    await resume_unsent(running.services)


async def status(client: httpx2.AsyncClient) -> str:
    """What became of the only call that was asked about, whoever sends it."""
    async with asyncio.timeout(30):
        while True:
            [result] = (await client.get("/api/approvals")).json()["approvals"]
            state: str = result["status"]
            if state not in {"allowed", "running"}:
                return state
            await asyncio.sleep(0.05)


def posted(running: Running) -> int:
    """How many messages were posted where the agent wanted to."""
    return len(running.seen("slack", "chat.postMessage")) - 1


async def test_the_person_who_was_asked_allows_by_a_button(start: Start) -> None:
    running, ada, values = await asked(start)
    assert set(values) == {"Allow and send", "Deny", "Open"}
    await press(running, values["Allow and send"])
    assert await status(ada) == "done"
    assert posted(running) == 1
    await press(running, values["Allow and send"])
    assert posted(running) == 1


async def test_nobody_else_in_the_channel_decides(start: Start) -> None:
    running, ada, values = await asked(start)
    await press(running, values["Allow and send"], person=MEI)
    await press(running, values["Allow and send"], team="T0PINELABS")
    assert await status(ada) == "waiting"
    assert posted(running) == 0


async def test_a_changed_button_decides_nothing(start: Start) -> None:
    running, ada, values = await asked(start)
    for value in (
        re.sub(r"[0-9a-f]{64}$", "0" * 64, values["Allow and send"]),
        values["Allow and send"].replace("allow", "done"),
        "allow nonsense",
    ):
        await press(running, value)
    assert await status(ada) == "waiting"


async def test_what_is_too_long_to_be_shown_whole_cannot_be_allowed_there(start: Start) -> None:
    running, ada, values = await asked(start, "x" * 3000)
    assert set(values) == {"Deny", "Open"}
    await press(running, values["Deny"])
    assert await status(ada) == "denied"
