"""Search: what a person may see, and nothing else, whatever the account's grant reaches."""

from __future__ import annotations

import re

import httpx2
import pytest

from fluxstudio.flows import search
from tests.support.browsing import signed_in
from tests.support.running import NO_TLS, Running

PLACE = "T0HARBOUR1"
ADA, TOMAS = "U0ADAPARK1", "U0TOMASRZ1"
RULE = {
    "when": {"event": "slack.message"},
    "do": {"operation": "slack.message", "arguments": {"channel": "C0DESIGN01", "text": "Launch"}},
}


async def results(client: httpx2.AsyncClient, query: str) -> str:
    """What the palette offers for a query."""
    answer = await client.get("/search/options", params={"q": query})
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_a_search_finds_what_whoever_asks_may_see(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:  # R62
    monkeypatch.setattr(search, "SEARCH_WAIT_SECONDS", 30.0)
    ada, tomas = await signed_in(running, "ada"), await signed_in(running, "tomas")
    mine = await running.connect(ada, "slack", choice=PLACE, person=ADA)
    await running.connect(tomas, "slack", choice=PLACE, person=TOMAS)
    await running.give_scopes("slack", "groups:read")
    made = await ada.post("/api/automations", json={"name": "Launch news", "definition": RULE})
    assert made.status_code == 201, made.text

    for _ in range(2):  # asked for, and as it is stored
        result = await results(ada, "launch")
        assert f"/automations/{made.json()['id']}" in result
        assert "#tidewater-launch" in result
        assert f"/integrations/slack/channels?connection={mine}" in result
        assert "launch" not in (await results(tomas, "launch")).replace("“launch”", "")
        assert "#design" in await results(tomas, "DESI")

    calls = len(running.seen("slack", "conversations.list"))
    await results(ada, "something else")
    assert len(running.seen("slack", "conversations.list")) == calls

    # Whoever has left a channel finds it no longer, although the stored list has it.
    control = running.simulators["slack"].url("web") + "/_control/members"
    moved = {"channel": "C0LAUNCH01", "user": ADA, "member": False, "silent": True}
    async with httpx2.AsyncClient(verify=NO_TLS) as slack:
        assert (await slack.post(control, json=moved)).status_code == 200
    for table in ("conversations", "conversation_members", "membership_checks"):
        await running.services.db.execute(
            f"UPDATE {table} SET checked_at = checked_at - interval '20 minutes'"
        )
    assert "tidewater-launch" not in await results(ada, "launch")

    # Pages for administrators are no result for others, and somebody who is not signed in finds nothing.
    assert "/settings/people" not in await results(ada, "people")
    assert "/settings/people" in await results(await signed_in(running, "root", role="admin"), "people")
    stranger = await running.client(None)
    assert (await stranger.get("/search/options", params={"q": "launch"})).status_code == 303


async def test_everything_that_search_offers_is_there(running: Running) -> None:
    root = await signed_in(running, "root", role="admin")
    await running.connect(root, "figma")
    page = (await root.get("/search")).text.partition('id="results"')[2]
    paths = set(re.findall(r'<a href="(/[^"#]*)', page))
    assert len(paths) > 20
    answers = {path: (await root.get(path.replace("&amp;", "&"))).status_code for path in sorted(paths)}
    assert {path for path, status in answers.items() if status != 200} == set()
