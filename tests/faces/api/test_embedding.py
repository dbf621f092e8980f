"""What a host product asks for on behalf of its users: connect links, embed tokens, the element's script."""

from __future__ import annotations

import re
from typing import Any

import httpx2
import pytest

from tests.support.running import Running, Start, outcome_of

APP = "https://app.example"


@pytest.fixture
async def host(start: Start) -> Running:
    return await start(cors_origins=APP)


async def link_for(admin: httpx2.AsyncClient, **wanted: Any) -> str:
    body = {"provider": "slack", "userId": "customer-7", **wanted}
    answer = await admin.post("/api/connect-links", json=body)
    assert answer.status_code == 201, answer.text
    assert answer.json().keys() == {"url", "expiresAt"}
    return str(answer.json()["url"])


async def follow(running: Running, browser: httpx2.AsyncClient, link: str) -> httpx2.Response:
    """Open a connect link and press its button."""
    page = await browser.get(link)
    if page.status_code != 200:
        return page
    csrf = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert csrf is not None
    return await browser.post(link, data={"csrf": csrf[1]}, headers={"origin": running.base})


async def test_a_connect_link_connects_one_account_of_one_user_once(host: Running) -> None:
    admin, browser = await host.client("admin", role="admin"), await host.client(None)
    link = await link_for(admin)
    page = await browser.get(link)
    assert "Connect Slack for customer-7?" in page.text
    # Looking does not use it up, and neither does coming back without an account.
    declined = await follow(host, browser, link)
    denied = await host.decide(declined.headers["location"], decision="decline")
    assert outcome_of(await browser.get(denied))["code"] == "ACCESS_DENIED"
    first = await follow(host, browser, link)
    second = await follow(host, browser, link)
    earlier = await browser.get(await host.decide(first.headers["location"]))
    assert outcome_of(earlier)["code"] == "STATE_INVALID"
    done = await browser.get(await host.decide(second.headers["location"], choice="T0HARBOUR1"))
    assert outcome_of(done)["status"] == "success"
    assert "Slack is connected" in (await browser.get(done.headers["location"])).text
    assert (await follow(host, browser, link)).status_code == 404
    customer = await host.client("customer-7")
    (connection,) = (await customer.get("/api/integrations")).json()["integrations"]
    assert connection["metadata"]["teamId"] == "T0HARBOUR1"


async def test_a_connect_link_leads_on_and_ends_in_time(host: Running) -> None:
    admin, browser = await host.client("admin", role="admin"), await host.client(None)
    link = await link_for(admin, returnTo=f"{APP}/done", scopes=["users:read"], expiresInMinutes=5)
    out = (await follow(host, browser, link)).headers["location"]
    assert "users%3Aread" in out
    assert (await browser.get(await host.decide(out))).headers["location"].startswith(f"{APP}/done?")
    late = await link_for(admin)
    await host.services.db.execute("UPDATE connect_links SET expires_at = now() - interval '1 s'")
    ended = await browser.get(late)
    assert ended.status_code == 404
    # Who was sent it has no account here, so that no page of ours is offered.
    assert "This link no longer works" in ended.text
    assert "Ask the sender for a new one." in ended.text
    assert "Back to Home" not in ended.text


@pytest.mark.parametrize(
    "wrong",
    [
        {"provider": "nobody"},
        {"userId": ""},
        {"userId": "a\x00b"},
        {"userId": None},
        {"userId": 7},
        {"returnTo": "https://evil.example/"},
        {"scopes": ["made:up"]},
        {"scopes": "users:read"},
        {"expiresInMinutes": 0},
        {"expiresInMinutes": 10**12},
        {"further": True},
    ],
)
async def test_a_link_that_would_not_work_is_not_made(host: Running, wrong: dict[str, Any]) -> None:
    admin = await host.client("admin", role="admin")
    body = {"provider": "slack", "userId": "customer-7", **wrong}
    assert (await admin.post("/api/connect-links", json=body)).status_code in {400, 404}
    assert await host.services.db.fetchval("SELECT count(*) FROM connect_links") == 0


async def test_members_make_neither_links_nor_tokens_for_others(host: Running) -> None:
    mei = await host.client("mei")
    for path, body in (
        ("/api/connect-links", {"provider": "slack", "userId": "ada"}),
        ("/api/embed-tokens", {"userId": "ada"}),
    ):
        assert (await mei.post(path, json=body)).json()["code"] == "FORBIDDEN"
        admin = await host.client("root", role="admin")
        made = await admin.post("/api/access-tokens", json={"name": "Host", "scopes": ["connect"]})
        key = {"authorization": f"Bearer {made.json()['token']}"}
        assert (await mei.post(path, json=body, headers=key)).status_code == 201
        made = await mei.post("/api/access-tokens", json={"name": "Own", "scopes": ["connect"]})
        key = {"authorization": f"Bearer {made.json()['token']}"}
        assert (await mei.post(path, json=body, headers=key)).status_code == 403


async def test_an_embed_token_shows_and_changes_one_users_connections_and_nothing_else(host: Running) -> None:
    admin = await host.client("admin", role="admin")
    ada = await host.client("ada")
    await host.connect(ada, "github")
    connection = await host.connect(ada, "slack")
    made = await admin.post("/api/embed-tokens", json={"userId": "ada", "providers": ["slack"]})
    assert made.status_code == 201, made.text
    page = await host.client(None)
    page.headers["authorization"] = f"Bearer {made.json()['token']}"
    assert [entry["id"] for entry in (await page.get("/api/providers")).json()["providers"]] == ["slack"]
    mine = (await page.get("/api/integrations")).json()["integrations"]
    assert [entry["provider"] for entry in mine] == ["slack"]
    for method, path, status in (
        ("GET", "/api/integrations/github/auth", 403),
        ("GET", "/api/integrations/github/attempts", 403),
        ("DELETE", "/api/integrations/github", 403),
        ("GET", "/api/integrations/slack/channels", 403),
        ("POST", "/api/integrations/slack/message", 403),
        ("POST", "/api/session/ticket", 403),
        ("POST", "/api/session", 403),
        ("POST", "/api/connect-links", 403),
        ("GET", "/api/automations", 403),
    ):
        answer = await page.request(
            method, path, json={"userId": "ada", "provider": "slack"} if method == "POST" else None
        )
        assert answer.status_code in {status, 401}, (method, path, answer.text)
    assert (await page.get("/api/integrations/slack/auth")).status_code == 200
    ended = await page.request("DELETE", f"/api/integrations/slack?connection={connection}")
    assert ended.status_code == 200
    await host.services.db.execute("UPDATE embed_tokens SET expires_at = now()")
    assert (await page.get("/api/integrations")).json()["code"] == "INVALID_TOKEN"


async def test_providers_are_described_for_a_page_that_shows_them(host: Running) -> None:
    answer = (await (await host.client("ada")).get("/api/providers")).json()["providers"]
    assert [entry["name"] for entry in answer] == ["Figma", "GitHub", "Slack"]
    slack = answer[2]
    assert (slack["configured"], slack["simulated"], slack["noun"]) == (True, True, "workspace")
    assert slack["icon"].startswith("data:image/svg+xml;base64,")
    assert {"messages", "webhooks"} <= set(slack["capabilities"])
    assert any(scope["optional"] for scope in slack["scopes"])
    assert (await (await host.client(None)).get("/api/providers")).status_code == 401


async def test_the_elements_script_loads_on_any_origin_and_is_small(product: Running) -> None:
    script = await (await product.client(None)).get("/embed/flux-integrations.js")
    assert (script.status_code, script.headers["access-control-allow-origin"]) == (200, "*")
    assert script.headers["cross-origin-resource-policy"] == "cross-origin"
    assert len(script.content) <= 30 * 1024
    for risky in ("innerHTML", "insertAdjacentHTML", "document.write", "eval(", "style="):
        assert risky not in script.text
