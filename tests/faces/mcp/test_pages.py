"""The pages about agents: made, allowed, looked at and ended by forms alone."""

from __future__ import annotations

import re

import httpx2

from tests.faces.mcp.browsers import browser_of
from tests.support.agents import agent
from tests.support.forms import form_to, forms_of
from tests.support.running import Running

MESSAGE = {"channel": "#design", "text": "Ship it </script> & “now”"}


async def added(browser: httpx2.AsyncClient, level: str = "ask") -> str:
    """The token of an agent made on the page."""
    form = form_to((await browser.get("/agents/new")).text, "/agents/new")
    levels = {name: level for name in form.options if name.startswith("level-")}
    answer = await browser.post("/agents/new", data={**form.fields, **levels, "name": "Notes"})
    assert answer.status_code == 200, answer.text
    match = re.search(r"fluxagent_[\w-]+", answer.text)
    assert match is not None
    return match[0]


async def test_a_person_adds_an_agent_and_allows_exactly_what_is_shown(running: Running) -> None:
    ada = await running.client()
    await running.connect(ada, "slack")
    browser = await browser_of(running)
    token = await added(browser)
    async with agent(running, token) as client:
        await client.call_tool("slack_post_message", MESSAGE)
    page = await browser.get("/agents")
    assert "Waiting for you" in page.text
    assert "Ship it &lt;/script&gt; &amp; “now”" in page.text
    form = next(form for form in forms_of(page.text) if "/approvals/" in form.action)
    answer = await browser.post(form.action, data={**form.fields, "decision": "allow"})
    assert answer.status_code == 303
    assert "Sent" in (await browser.get(answer.headers["location"])).text
    assert len(running.seen("slack", "chat.postMessage")) == 1
    again = await browser.post(form.action, data={**form.fields, "decision": "allow"})
    assert again.status_code == 409
    assert "decided before" in again.text


async def test_a_person_sees_what_an_agent_did_changes_what_it_may_do_and_ends_it(running: Running) -> None:
    ada = await running.client()
    await running.connect(ada, "slack")
    browser = await browser_of(running)
    token = await added(browser, "write")
    async with agent(running, token) as client:
        await client.call_tool("slack_post_message", MESSAGE)
        path = re.findall(r'href="(/agents/[0-9a-f-]{36})"', (await browser.get("/agents")).text)[0]
        page = (await browser.get(path)).text
        assert "Post a message to a channel" in page
        form = form_to(page, path)
        levels = dict.fromkeys(form.options, "read")
        await browser.post(path, data={**form.fields, **levels})
        refused = await client.call_tool("slack_post_message", MESSAGE)
        assert refused.is_error
    ending = form_to((await browser.get(path)).text, "/end")
    assert (await browser.post(ending.action, data=ending.fields)).status_code == 303
    stranger = await running.client(None)
    answer = await stranger.post("/mcp", json={}, headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 401
    assert "Ended" in (await browser.get(path)).text


async def test_pages_of_others_agents_are_not_there(running: Running) -> None:
    browser, other = await browser_of(running), await browser_of(running, "mei")
    await added(browser)
    path = re.findall(r'href="(/agents/[0-9a-f-]{36})"', (await browser.get("/agents")).text)[0]
    assert (await other.get(path)).status_code == 404
    assert (await other.get("/agents/nonsense")).status_code == 404
    form = form_to((await other.get("/agents/new")).text, "/agents/new")
    assert (await other.post(f"{path}/end", data=form.fields)).status_code == 404
