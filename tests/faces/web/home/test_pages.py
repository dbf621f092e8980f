"""Home: the first steps follow what is really there, and what failed is two clicks from its cause."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

from tests.support.automating import Automating
from tests.support.running import Running

TEAM = "https://www.figma.com/files/team/1174201358246917205/Harbour-Pine"


async def home(ada: Automating) -> str:
    """The home page as it is read."""
    answer = await ada.client.get("/")
    assert answer.status_code == 200, answer.text
    return html.unescape(answer.text)


async def press(ada: Automating, path: str, **fields: str) -> None:
    """Send a form of the home page."""
    csrf = re.search(r'name="csrf" value="([^"]+)"', (await ada.client.get("/")).text)
    assert csrf is not None
    sent: Mapping[str, str] = {"csrf": csrf[1], **fields}
    answer = await ada.client.post(path, data=sent, headers={"authorization": ""})
    assert answer.status_code == 303, answer.text


async def test_the_first_steps_follow_what_is_there_and_can_be_put_away(running: Running) -> None:
    ada = Automating(running, await running.client("ada"), {})
    assert (await ada.client.post("/api/session")).status_code < 300
    first = await home(ada)
    assert "0 of 4 done" in first
    assert "Design news where you talk" in first

    for name in ("figma", "slack"):
        ada.connections[name] = await running.connect(ada.client, name)
    connected = await home(ada)
    assert "1 of 4 done" in connected
    assert "Design news where you talk" not in connected
    followed = await ada.client.post("/api/integrations/figma/teams", json={"url": TEAM})
    assert followed.status_code == 200, followed.text
    sent = await ada.client.post(
        "/api/integrations/slack/message", json={"channel": "#design", "text": "Hello"}
    )
    assert sent.status_code == 200, sent.text
    assert "3 of 4 done" in await home(ada)

    await press(ada, "/home/checklist")
    put_away = await home(ada)
    assert "of 4 done" not in put_away
    await press(ada, "/home/checklist", show="yes")
    assert "3 of 4 done" in await home(ada)
    await ada.make()
    done = await home(ada)
    assert "of 4 done" not in done
    assert "2 accounts connected and 1 automation on. Nothing needs your attention." in done


async def test_what_failed_is_on_home_with_its_cause_one_click_away(running: Running) -> None:
    ada = await Automating.begin(running)
    assert (await ada.client.post("/api/session")).status_code < 300
    made = await ada.make(name="Comments to design")
    running.simulators["slack"].world.data["channels"]["C0DESIGN01"]["is_archived"] = True
    await ada.happens()

    page = await home(ada)
    assert "“Comments to design” failed" in page
    cause = re.search(rf'href="(/automations/{made}/runs/[^"]+)"', page)
    assert cause is not None
    run = html.unescape((await ada.client.get(cause[1])).text)
    why = re.search(r"“Comments to design” failed.*?row-detail\"><span>([^<]+)<", page, re.DOTALL)
    assert why is not None
    assert why[1] in run
    assert re.search(r'Automations</span><strong class="nav-mark">.*?1', page)

    running.simulators["slack"].grants.remove()
    await running.services.db.execute(
        "UPDATE oauth_tokens SET status = 'reauthorize', problem = $1, problem_since = now()"
        " WHERE provider = 'slack'",
        {"code": "revoked", "message": "Slack access was revoked."},
    )
    page = await home(ada)
    assert "Slack needs to be reconnected: Harbour & Pine" in page
    assert "Slack access was revoked." in page
    assert re.search(r'Integrations</span><strong class="nav-mark">.*?1', page)

    event = await ada.received()
    await running.services.db.execute(
        "UPDATE integration_webhooks SET status = 'dead', problem = $2 WHERE id = $1",
        event["id"],
        {"code": "HANDLING_FAILED", "message": "It could not be read."},
    )
    page = await home(ada)
    assert "It could not be read." in page
    assert f'href="/activity/{event["id"]}"' in page
    # It is on nobody else's home.
    tomas = Automating(running, await running.client("tomas"), {})
    assert (await tomas.client.post("/api/session")).status_code < 300
    assert "Needs attention" not in await home(tomas)
