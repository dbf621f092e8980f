"""`emulate`: GitHub and Slack as somebody else understands them, in place of the real ones."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.support.openapi import OpenApi
from tests.support.running import Running, Start, outcome_of
from tests.witnesses.emulated import allowed, emulated

REPOSITORY = "github/repositories/ada-park/tidewater-web"


@pytest.fixture
async def running(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    """The product, with `emulate` in place of GitHub and Slack."""
    async with emulated(tmp_path) as settings:
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        yield await start()


class Caller:
    """A person who is connected, calling the API; every answer is held against our own document."""

    def __init__(self, client: httpx2.AsyncClient, document: Mapping[str, Any]) -> None:
        self._client = client
        self._document = OpenApi(document)

    async def __call__(self, method: str, path: str, status: int = 200, **sent: Any) -> Any:
        path = f"/api/integrations/{path}"
        answer = await self._client.request(method, path, **sent)
        assert answer.status_code == status, answer.text
        media = answer.headers["content-type"]
        where = urlsplit(path).path
        assert self._document.answer(method, where, status, media, answer.content) == []
        return answer.json()


async def connected(running: Running, provider: str) -> Caller:
    """Ada, who has allowed us to use her account."""
    ada = await running.client("ada")
    query = await allowed(await running.begin(ada, provider))
    callback = f"/api/integrations/{provider}/callback?{query}"
    outcome = outcome_of(await ada.get(callback, headers={"authorization": ""}))
    assert outcome["status"] == "success", outcome
    return Caller(ada, (await ada.get("/api/openapi.json")).json())


async def test_the_other_github_connects_and_serves_every_operation(running: Running) -> None:
    call = await connected(running, "github")
    assert (await call("GET", "github/user"))["login"] == "ada-park"
    listed = (await call("GET", "github/repositories?per_page=1"))["repositories"]
    assert len(listed) == 1
    assert (await call("GET", REPOSITORY))["full_name"] == "ada-park/tidewater-web"
    made = await call(
        "POST", f"{REPOSITORY}/issues", 201, json={"title": "Show the tide", "body": "At low water."}
    )
    issue = f"{REPOSITORY}/issues/{made['number']}"
    assert (await call("GET", issue))["title"] == "Show the tide"
    assert [entry["number"] for entry in (await call("GET", f"{REPOSITORY}/issues"))["issues"]] == [
        made["number"]
    ]
    await call("POST", f"{issue}/comments", 201, json={"body": "It is in Figma."})
    assert [entry["body"] for entry in (await call("GET", f"{issue}/comments"))["comments"]] == [
        "It is in Figma."
    ]
    closed = await call("PATCH", issue, json={"state": "closed", "state_reason": "completed"})
    assert (closed["state"], closed["state_reason"]) == ("closed", "completed")
    for listing in ("pulls", "commits", "branches", "collaborators"):
        assert isinstance((await call("GET", f"{REPOSITORY}/{listing}"))[listing], list)
    await call("GET", "github/repositories/ada-park/nowhere", 404)


async def test_the_other_slack_connects_and_serves_every_operation(running: Running) -> None:
    call = await connected(running, "slack")
    channels = (await call("GET", "slack/channels?includePrivate=true"))["channels"]
    design = next(channel for channel in channels if channel["name"] == "design")["id"]
    by_name = await call(
        "POST", "slack/message", json={"channel": "#design", "text": "Ready for *critique*."}
    )
    assert by_name["channel"] == design
    reply = {"channel": design, "text": "Looks good.", "thread_ts": by_name["ts"], "reply_broadcast": True}
    await call("POST", "slack/message", json=reply)
    update = {
        "channel": design,
        "projectName": "Tidewater",
        "updateType": "updated",
        "fields": {"Screens": 14},
    }
    await call("POST", "slack/project-update", json=update)
    task = {"channel": design, "taskTitle": "Replace two greys", "assignee": "Ada", "dueDate": "2026-12-04"}
    await call("POST", "slack/task-notification", json=task)
    file = {"file": ("tide.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml")}
    await call("POST", "slack/files", data={"channel": design, "title": "Tide"}, files=file)
    text = (await call("GET", f"slack/channels/{design}/history?limit=50"))["messages"]
    assert "Ready for *critique*." in {message.get("text") for message in text}
    await call("GET", "slack/channels/C0NOWHERE1/history", 404)


@pytest.mark.parametrize("provider", ["github", "slack"])
async def test_a_provider_without_a_way_to_revoke_still_lets_people_go(
    running: Running, provider: str
) -> None:
    call = await connected(running, provider)
    assert (await call("DELETE", provider))["revoked"] is False
    stored = await running.services.db.fetchval(
        "SELECT count(*) FROM oauth_tokens WHERE access_token IS NOT NULL"
    )
    assert stored == 0
