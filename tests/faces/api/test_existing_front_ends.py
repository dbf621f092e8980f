"""What front ends that others wrote send and read."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from fluxstudio.sdk.simulation import Fault
from tests.support.running import Running, Start, outcome_of


@pytest.fixture
async def connected(start: Start) -> tuple[Running, httpx2.AsyncClient]:
    """Ada with two Slack workspaces, Figma and GitHub."""
    running = await start()
    ada = await running.client("ada")
    for provider, choice in (
        ("slack", "T0HARBOUR1"),
        ("slack", "T0PINELABS"),
        ("figma", None),
        ("github", None),
    ):
        await running.connect(ada, provider, choice=choice)
    return running, ada


async def listed(client: httpx2.AsyncClient, provider: str) -> list[dict[str, Any]]:
    answer = (await client.get("/api/integrations")).json()["integrations"]
    return [entry for entry in answer if entry["provider"] == provider]


async def test_every_error_says_its_sentence_twice_and_which_request_it_was(product: Running) -> None:
    client = await product.client("ada")
    for path in ("/api/integrations/nobody/auth", "/api/nothing", "/api/integrations/linear/attempts/x"):
        answer = await client.get(path)
        body = answer.json()
        assert body["message"] == body["error"]
        assert body["requestId"] == answer.headers["x-request-id"]
    stranger = (await (await product.client(None)).get("/api/integrations")).json()
    assert (stranger["code"], stranger["message"]) == ("MISSING_TOKEN", stranger["error"])
    ids = {(await client.get("/api/session")).headers["x-request-id"] for _ in range(5)}
    assert len(ids) == 5


async def test_a_provider_that_refuses_is_not_quoted_where_a_front_end_looks_for_its_own_session(
    connected: tuple[Running, httpx2.AsyncClient],
) -> None:
    running, ada = connected
    running.simulators["github"].faults.active.append(
        Fault(match="^GET /.*user/repos", status=403, body={"message": "Bad token: sign in again"})
    )
    answer = await ada.get("/api/integrations/github/repositories")
    assert answer.status_code == 403
    assert "token" not in answer.json()["message"].lower()


async def test_a_write_names_its_account_in_its_body(
    connected: tuple[Running, httpx2.AsyncClient],
) -> None:
    _, ada = connected
    path = "/api/integrations/slack/message"
    words = {"channel": "#general", "text": "Hello"}
    assert (await ada.post(path, json=words)).json()["code"] == "CONNECTION_AMBIGUOUS"
    by_team = await ada.post(path, json={**words, "teamId": "T0PINELABS"})
    assert by_team.status_code == 200, by_team.text
    one = next(entry for entry in await listed(ada, "slack") if entry["metadata"]["teamId"] == "T0HARBOUR1")
    assert (await ada.post(path, json={**words, "connection": one["id"]})).status_code == 200
    for nonsense in ({"teamId": 5}, {"connection": {"x": 1}}, {"connection": ["a"]}):
        answer = await ada.post(path, json={**words, **nonsense})
        assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST")
    assert (await ada.post(path, json={**words, "teamId": "T0NOBODY"})).status_code == 404


async def test_connections_say_what_front_ends_show(
    connected: tuple[Running, httpx2.AsyncClient],
) -> None:
    _, ada = connected
    slack = (await listed(ada, "slack"))[0]["metadata"]
    harbour = next(entry for entry in slack["workspaces"] if entry["teamId"] == "T0HARBOUR1")
    assert harbour["teamName"] == harbour["name"] == "Harbour & Pine"
    assert harbour["id"] == "T0HARBOUR1"
    assert harbour["teamDomain"] == "harbourandpine"
    assert harbour["teamIcon"].endswith("/avatars/T0HARBOUR1.svg")
    assert harbour["botUserId"].startswith("U")
    assert "chat:write" in harbour["scope"].split(",")
    assert {"connectedAt", "lastUsed", "connectionId"} <= harbour.keys()
    (figma,) = await listed(ada, "figma")
    assert figma["metadata"]["handle"] == figma["providerUsername"]
    assert "@" in figma["metadata"]["email"]
    assert {"userId", "avatarUrl"} <= figma["metadata"].keys()
    (github,) = await listed(ada, "github")
    assert github["metadata"]["login"] == github["providerUsername"]
    assert github["providerUsername"] != github["metadata"]["name"]
    assert {"email", "avatarUrl"} <= github["metadata"].keys()


async def test_an_expiry_is_shown_only_where_a_person_has_to_act(
    connected: tuple[Running, httpx2.AsyncClient],
) -> None:
    running, ada = connected
    (figma,) = await listed(ada, "figma")
    assert figma["expiresAt"] is None
    assert figma["accessExpiresAt"] is not None
    await running.services.db.execute("UPDATE oauth_tokens SET refresh_token = NULL WHERE provider = 'figma'")
    (figma,) = await listed(ada, "figma")
    assert figma["expiresAt"] == figma["accessExpiresAt"]


async def test_a_refresh_without_a_name_renews_all_of_a_providers(
    connected: tuple[Running, httpx2.AsyncClient],
) -> None:
    running, ada = connected
    answer = await ada.post("/api/integrations/slack/refresh")
    assert answer.status_code == 200, answer.text
    assert {entry["provider"] for entry in answer.json()["integrations"]} == {"slack"}
    assert len(answer.json()["integrations"]) == 2
    assert answer.json()["id"] == answer.json()["integrations"][0]["id"]
    one = await ada.post("/api/integrations/slack/refresh", json={"teamId": "T0PINELABS"})
    assert [entry["metadata"]["teamId"] for entry in one.json()["integrations"]] == ["T0PINELABS"]
    nobody = await (await running.client("mei")).post("/api/integrations/slack/refresh")
    assert (nobody.status_code, nobody.json()["code"]) == (409, "NOT_CONNECTED")
    ended = await ada.request("DELETE", "/api/integrations/slack", json={"teamId": "T0PINELABS"})
    assert ended.status_code == 200, ended.text
    assert [entry["connected"] for entry in await listed(ada, "slack")].count(True) == 1


async def test_other_spellings_of_addresses_lead_to_the_same(
    connected: tuple[Running, httpx2.AsyncClient],
) -> None:
    running, ada = connected
    for path in ("/api/integrations/", "/api/session/", "/api/integrations/slack/attempts//"):
        assert (await ada.get(path)).status_code == 200
    repos = (await ada.get("/api/integrations/github/repositories")).json()["repositories"]
    name = repos[0]["full_name"]
    assert (await ada.get(f"/api/integrations/github/repos/{name}")).json()["full_name"] == name
    assert (await ada.get(f"/api/integrations/github/repos/{name}/issues/")).status_code == 200
    way = urlsplit(await running.decide(await running.begin(ada, "github"), choice="jonah-reed"))
    handed = {key: values[0] for key, values in parse_qs(way.query).items()}
    answer = await ada.post("/api/api/integrations/github/callback", json=handed)
    assert (answer.status_code, answer.json()["data"]["provider"]) == (200, "github")
    way_back = (await running.decide(await running.begin(ada, "github"))).replace("/callback?", "/callback/?")
    done = await ada.get(way_back, headers={"authorization": ""})
    assert outcome_of(done)["status"] == "success"
    assert done.headers["cross-origin-opener-policy"] == "unsafe-none"
    assert (await ada.get("/api/api/integrations")).status_code == 404


async def test_a_milestone_can_be_posted(connected: tuple[Running, httpx2.AsyncClient]) -> None:
    _, ada = connected
    update = {
        "teamId": "T0HARBOUR1",
        "channel": "#design",
        "projectName": "Tidewater",
        "updateType": "milestone",
    }
    answer = await ada.post("/api/integrations/slack/project-update", json=update)
    assert answer.status_code == 200, answer.text
    assert "Milestone reached" in answer.json()["message"]["text"]


async def test_a_page_with_a_session_gets_what_proves_its_writes(product: Running) -> None:
    ada = await product.client("ada")
    await ada.post("/api/session")
    ada.headers.pop("authorization")
    refused = await ada.delete("/api/session", headers={"x-csrf-token": "made-up"})
    assert refused.status_code == 403
    proof = (await ada.get("/api/csrf-token")).json()["csrfToken"]
    assert (await ada.delete("/api/session", headers={"x-csrf-token": proof})).status_code == 204
