"""Connecting from a front end of somebody else's: it begins there, and ends there."""

from __future__ import annotations

import asyncio
import html
import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from tests.support.browsing import cookies_set
from tests.support.running import Running, Start, outcome_of

APP, AWAY = "https://app.example", "https://other.example"
POPUP = {"display": "popup", "returnTo": f"{APP}/settings?tab=apps#flux"}
OPENER = "cross-origin-opener-policy"


@pytest.fixture
async def host(start: Start) -> Running:
    """The product beside a front end on another origin."""
    return await start(cors_origins=APP)


async def begin(client: httpx2.AsyncClient, provider: str = "slack", **query: str) -> httpx2.Response:
    return await client.get(f"/api/integrations/{provider}/auth", params=query, headers={"origin": APP})


async def back(client: httpx2.AsyncClient, address: str) -> httpx2.Response:
    return await client.get(address, headers={"authorization": ""})


def posted(page: str) -> tuple[dict[str, Any], str]:
    """What a landing page posts, and to which origin."""
    data = dict(re.findall(r'data-(message|origin|back)="([^"]*)"', page))
    return json.loads(html.unescape(data["message"] or "{}")), data["origin"]


async def test_a_popup_lands_on_a_page_that_tells_its_opener_and_needs_no_session(host: Running) -> None:
    ada = await host.client("ada")
    way = await host.decide((await begin(ada, **POPUP)).json()["authorizationUrl"], choice="T0HARBOUR1")
    answer = await back(ada, way)
    location = answer.headers["location"]
    assert location.startswith("/connected?")
    stranger = await host.client(None)
    landing = await stranger.get(location)
    assert landing.status_code == 200
    assert "Slack is connected" in landing.text
    message, origin = posted(landing.text)
    assert origin == APP
    data = message.pop("data")
    assert message == {"type": "oauth-callback", "provider": "slack", "success": True}
    assert data["connectionId"] == outcome_of(answer)["connection"]
    assert (data["provider"], data["accountName"]) == ("slack", "Harbour & Pine")
    assert "chat:write" in data["permissions"]
    for step in (answer, landing):
        assert step.headers[OPENER] == "unsafe-none"
    assert "unsafe-" not in landing.headers["content-security-policy"]
    lead = re.search(r'data-back="([^"]+)"', landing.text)
    assert lead is not None
    assert html.unescape(lead[1]).startswith(f"{APP}/settings?tab=apps&provider=slack&status=success")
    assert html.unescape(lead[1]).endswith("#flux")


async def test_a_decline_is_told_to_the_opener_as_an_error(host: Running) -> None:
    ada = await host.client("ada")
    url = (await begin(ada, "github", **POPUP)).json()["authorizationUrl"]
    answer = await back(ada, await host.decide(url, decision="decline"))
    landing = await ada.get(answer.headers["location"])
    message, origin = posted(landing.text)
    assert (message["success"], message["error"]["code"], origin) == (False, "ACCESS_DENIED", APP)
    assert message["error"]["message"].startswith("You did not allow access to GitHub.")
    assert "Connection cancelled" in landing.text


async def test_a_script_that_names_no_way_back_is_told_in_its_window(host: Running) -> None:
    """Front ends of before know neither `display` nor `returnTo`."""
    ada = await host.client("ada")
    begun = await begin(ada, "github")
    answer = await back(ada, await host.decide(begun.json()["authorizationUrl"], decision="decline"))
    landing = await ada.get(answer.headers["location"])
    message, origin = posted(landing.text)
    assert (message["error"]["code"], origin) == ("ACCESS_DENIED", APP)
    assert f'href="{APP}/"' in landing.text
    assert "data-back" not in landing.text


async def test_a_popup_in_another_browser_is_told_so_and_nothing_is_connected(host: Running) -> None:
    ada, stranger = await host.client("ada"), await host.client(None)
    way = await host.decide((await begin(ada, **POPUP)).json()["authorizationUrl"])
    landing = await stranger.get((await back(stranger, way)).headers["location"])
    message, origin = posted(landing.text)
    assert (message["success"], message["error"]["code"], origin) == (False, "STATE_INVALID", APP)
    # Whoever began can still finish.
    assert outcome_of(await back(ada, way))["status"] == "success"


@pytest.mark.parametrize(
    "address",
    [
        "/connected",
        "/connected?provider=slack&status=success&connection=made-up&attempt=made-up",
        "/connected?provider=nobody&status=error&code=%3Cscript%3E",
        "/connected?attempt=00000000-0000-0000-0000-000000000000&provider=slack&status=error&code=STATE_INVALID",
        "/connected?provider=slack&status=%00&origin=https://evil.example",
    ],
)
async def test_a_made_up_landing_posts_nothing_and_leads_nowhere(product: Running, address: str) -> None:
    landing = await (await product.client(None)).get(address)
    assert landing.status_code == 200
    assert posted(landing.text) == ({}, "")
    assert "data-back" not in landing.text
    assert "evil.example" not in landing.text


async def test_a_connect_leads_back_to_an_allowed_origin(host: Running) -> None:
    ada = await host.client("ada")
    way = await host.decide((await begin(ada, returnTo=f"{APP}/done?x=1#part")).json()["authorizationUrl"])
    location = urlsplit((await back(ada, way)).headers["location"])
    assert (location.scheme, location.netloc, location.path) == ("https", "app.example", "/done")
    assert location.fragment == "part"
    query = parse_qs(location.query)
    assert (query["x"], query["provider"], query["status"]) == (["1"], ["slack"], ["success"])


@pytest.mark.parametrize(
    "address",
    [
        f"{AWAY}/",
        "https://app.example.evil.example/",
        "https://app.example@evil.example/",
        "https://user@app.example/",
        "https://app.example:8443/",
        "http://app.example/",
        "https://app.example\\@evil.example/",
        "https:///app.example",
        "https:app.example",
        "javascript:alert(1)//https://app.example",
        "//app.example/",
        "https://app.example/\n/x",
        "https://app.example/" + "x" * 2000,
        "https://[::1",
        "null",
    ],
)
async def test_it_leads_back_nowhere_else(host: Running, address: str) -> None:
    answer = await begin(await host.client("ada"), returnTo=address)
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST")
    assert "returnTo" in answer.json()["fields"]


async def test_an_origin_that_is_no_longer_allowed_is_not_led_back_to(start: Start) -> None:
    before = await start(cors_origins=APP)
    ada = await before.client("ada")
    way = await before.decide((await begin(ada, returnTo=f"{APP}/done")).json()["authorizationUrl"])
    after = await start(simulators=before.simulators, cors_origins=AWAY)
    client = await after.client(None)
    client.cookies = ada.cookies
    answer = await back(client, way.replace(before.base, after.base))
    assert answer.headers["location"].startswith("/connected?provider=slack")


async def test_parallel_connects_in_a_fresh_browser_all_succeed(host: Running) -> None:
    ada = await host.client("ada")
    begun = await asyncio.gather(*(begin(ada, name) for name in ["slack", "figma", "github"] * 4))
    ways = [await host.decide(answer.json()["authorizationUrl"]) for answer in begun]
    outcomes = [outcome_of(await back(ada, way)) for way in ways]
    assert {outcome["status"] for outcome in outcomes} == {"success"}


async def test_a_browser_holds_a_bounded_number_of_cookies_that_soon_go(host: Running) -> None:
    ada = await host.client("ada")
    for _ in range(30):
        last = await begin(ada, "github")
    assert len(ada.cookies) <= 20
    cookie = next(entry for entry in cookies_set(last).values() if entry.value)
    assert int(cookie["max-age"]) <= 900
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "lax", "/")
    done = await back(ada, await host.decide(last.json()["authorizationUrl"]))
    assert {int(entry["max-age"]) for entry in cookies_set(done).values()} == {60}


async def test_a_page_on_another_site_sets_out_from_ours_where_the_browser_takes_the_cookie(
    host: Running,
) -> None:
    ada, browser = await host.client("ada"), await host.client(None)
    ada.headers |= {"sec-fetch-site": "cross-site", "sec-fetch-mode": "cors"}
    begun = await begin(ada, **POPUP)
    out = begun.json()["authorizationUrl"]
    assert (begun.headers.get("set-cookie"), out.startswith(f"{host.base}/connect/")) == (None, True)
    page = await browser.get(out)
    assert (page.status_code, page.headers[OPENER]) == (200, "unsafe-none")
    assert "Connect Slack for ada@example.com?" in page.text
    # Only the page that began has its pop-up go on unasked.
    assert "data-goes-on" not in page.text
    assert "data-goes-on" not in (await browser.get(out, headers={"referer": f"{AWAY}/x"})).text
    assert "data-goes-on" in (await browser.get(out, headers={"referer": f"{APP}/"})).text
    proof, ours = {"csrf": page.text.split('name="csrf" value="')[1].split('"')[0]}, {"origin": host.base}
    assert (await browser.post(out, data=proof, headers={"origin": APP})).status_code == 403
    assert (await browser.post(out, headers=ours)).status_code == 403
    gone = await browser.post(out, data=proof, headers=ours)
    assert gone.status_code == 303
    assert (await browser.get(out)).status_code == 404
    assert (await browser.post(out, data=proof, headers=ours)).status_code == 404
    done = await browser.get(await host.decide(gone.headers["location"]))
    assert outcome_of(done)["status"] == "success"


async def test_a_front_end_that_receives_the_redirect_is_sent_to_the_provider_at_once(
    host: Running,
) -> None:
    registered = host.services.registry["github"]
    object.__setattr__(registered.settings, "redirect_uri", f"{APP}/done")
    ada = await host.client("ada")
    ada.headers |= {"sec-fetch-site": "cross-site", "sec-fetch-mode": "cors"}
    begun = await begin(ada, "github")
    assert begun.json()["authorizationUrl"].startswith(registered.hosts["web"])


async def test_a_token_of_whoever_began_counts_whatever_cookie_comes_with_it(host: Running) -> None:
    ada, mei = await host.client("ada"), await host.client("mei")
    await begin(mei)
    way = urlsplit(await host.decide((await begin(ada)).json()["authorizationUrl"]))
    handed = {name: values[0] for name, values in parse_qs(way.query).items()}
    ada.cookies = mei.cookies
    ada.cookies.set("fluxstudio_browser", "a-browser-that-others-have-used")
    first = await ada.post("/api/integrations/slack/callback", json=handed)
    assert first.status_code == 200, first.text
    again = await ada.post("/api/integrations/slack/callback", json=handed)
    assert (again.status_code, again.json()) == (200, first.json())
    other = await mei.post("/api/integrations/slack/callback", json=handed)
    assert (other.status_code, other.json()["code"]) == (400, "STATE_INVALID")


async def test_two_processes_give_a_repeated_callback_one_answer(start: Start) -> None:
    one = await start()
    two = await start(simulators=one.simulators)
    ada, elsewhere = await one.client("ada"), await two.client("ada")
    way = urlsplit(await one.decide((await begin(ada)).json()["authorizationUrl"]))
    handed = {name: values[0] for name, values in parse_qs(way.query).items()}
    path = "/api/integrations/slack/callback"
    calls = [client.post(path, json=handed) for client in (ada, elsewhere) for _ in range(5)]
    answers = await asyncio.gather(*calls)
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert len(one.seen("slack", "oauth.v2.access")) == 1


async def test_optional_scopes_are_asked_for_where_somebody_wants_them(host: Running) -> None:
    ada = await host.client("ada")
    oauth = host.services.registry["slack"].provider.oauth
    optional = {scope.name for scope in oauth.described_scopes() if scope.optional}
    usual = asked_scopes(await begin(ada))
    assert optional
    assert optional.isdisjoint(usual)
    wanted = asked_scopes(await begin(ada, scopes=",".join(optional)))
    assert wanted == {*usual, *optional}
    connection = await host.connect(ada, "slack", scopes=" ".join(optional))
    # Whoever reconnects loses nothing.
    assert optional <= asked_scopes(await begin(ada, connection=connection))
    refused = (await begin(ada, scopes="chat:write,made:up")).json()
    assert (refused["code"], "scopes" in refused["fields"]) == ("INVALID_REQUEST", True)


async def test_a_call_that_lacks_a_scope_names_the_link_that_asks_for_it(host: Running) -> None:
    ada = await host.client("ada")
    connection = await host.connect(ada, "slack")
    await host.services.db.execute("UPDATE oauth_tokens SET scopes = array_remove(scopes, 'chat:write')")
    message = {"channel": "#design", "text": "Hello"}
    refused = await ada.post("/api/integrations/slack/message", json=message)
    assert (refused.status_code, refused.json()["needed"]) == (403, ["chat:write"])
    link = refused.json()["grantUrl"]
    assert link.startswith(f"{host.base}/api/integrations/slack/auth?")
    granting = await ada.get(link)
    assert "chat:write" in asked_scopes(granting)
    done = outcome_of(await back(ada, await host.decide(granting.json()["authorizationUrl"])))
    assert done["connection"] == connection
    assert (await ada.post("/api/integrations/slack/message", json=message)).status_code == 200


def asked_scopes(begun: httpx2.Response) -> set[str]:
    return set(parse_qs(urlsplit(begun.json()["authorizationUrl"]).query)["scope"][0].split(","))


async def test_everything_but_the_way_back_keeps_its_window_to_itself(product: Running) -> None:
    browser = await product.client(None)
    for path in ("/sign-in", "/api/integrations", "/settings/integrations", "/health", "/nothing"):
        assert (await browser.get(path)).headers[OPENER] == "same-origin"
    for path in ("/connected", "/api/integrations/slack/callback", "/api/integrations/nobody/callback"):
        assert (await browser.get(path)).headers[OPENER] == "unsafe-none"


async def test_a_ticket_signs_a_browser_in_once(product: Running) -> None:
    ada = await product.client("ada", role="admin")
    issued = await ada.post("/api/session/ticket", json={"returnTo": "/activity"})
    assert issued.status_code == 200, issued.text
    url = issued.json()["url"]
    browser, late = await product.client(None), await product.client(None)
    assert (await browser.head(url)).status_code == 200
    assert (await browser.get(url, headers={"sec-purpose": "prefetch"})).status_code == 503
    entered = await browser.get(url)
    assert (entered.status_code, entered.headers["location"]) == (303, "/activity")
    session = (await browser.get("/api/session")).json()
    assert (session["userId"], session["role"]) == ("ada", "admin")
    assert (await late.get(url)).status_code == 404
    assert (await late.get("/api/session")).status_code == 401


async def test_a_ticket_replaces_nobody_who_does_not_want_it(product: Running) -> None:
    ada, browser = await product.client("ada"), await product.client("mei")
    await browser.post("/api/session")
    browser.headers.pop("authorization")
    url = (await ada.post("/api/session/ticket")).json()["url"]
    asked = await browser.get(url)
    assert (asked.status_code, "Continue as ada@example.com?" in asked.text) == (200, True)
    assert (await browser.get("/api/session")).json()["userId"] == "mei"
    csrf = re.search(r'name="csrf" value="([^"]+)"', asked.text)
    assert csrf is not None
    assert (await browser.post(url, data={"csrf": csrf[1]})).status_code == 303
    assert (await browser.get("/api/session")).json()["userId"] == "ada"


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example", "/\\evil.example"])
async def test_a_ticket_leads_to_our_own_pages_only(product: Running, address: str) -> None:
    answer = await (await product.client("ada")).post("/api/session/ticket", json={"returnTo": address})
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST")
