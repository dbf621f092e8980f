"""What the simulated Slack refuses because Slack does, with where that was seen."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from fluxstudio.providers.slack.simulator import seed
from tests.providers.slack.conftest import DESIGN, RANDOM, Sandbox

REDIRECT = "http://127.0.0.1:9/callback"


async def post(sandbox: Sandbox, method: str, token: str, **request: Any) -> httpx2.Response:
    """A call as it is sent, with the headers it needs to be let in."""
    headers = {"authorization": f"Bearer {token}", **request.pop("headers", {})}
    return await sandbox.browser.post(
        f"{sandbox.simulator.url('web')}/api/{method}", headers=headers, **request
    )


async def install(sandbox: Sandbox, **query: str) -> dict[str, Any]:
    """What the token endpoint answers after somebody allowed these scopes."""
    app = {"client_id": sandbox.simulator.app_id, "client_secret": sandbox.simulator.app_secret}
    address = f"{sandbox.simulator.url('web')}/oauth/v2/authorize"
    asked = {"client_id": app["client_id"], "redirect_uri": REDIRECT, "state": "s", **query}
    form = {"choice": seed.HARBOUR, "person": seed.MEI, "decision": "allow"}
    back = await sandbox.browser.post(address, params=asked, data=form)
    code = parse_qs(urlsplit(back.headers["location"]).query)["code"][0]
    return await sandbox.call("oauth.v2.access", "", **app, code=code, redirect_uri=REDIRECT)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        # docs.slack.dev/reference/methods/oauth.v2.access lists no_scopes.
        ({}, "no_scopes"),
        ({"scope": "chat:write:nowhere"}, "Invalid scopes: chat:write:nowhere"),
        ({"user_scope": "chat:write.public"}, "Invalid scopes: chat:write.public"),
        # docs.slack.dev/authentication/sign-in-with-slack
        ({"scope": "openid,chat:write"}, "and with no other scope"),
    ],
)
async def test_scopes_that_do_not_go_are_refused_at_the_consent_page(
    sandbox: Sandbox, query: dict[str, str], words: str
) -> None:
    asked = {"client_id": sandbox.simulator.app_id, "redirect_uri": REDIRECT, **query}
    page = await sandbox.browser.get(f"{sandbox.simulator.url('web')}/oauth/v2/authorize", params=asked)
    assert (page.status_code, words in page.text) == (400, True)


async def test_scopes_of_users_give_a_token_of_a_person_and_none_of_a_bot(sandbox: Sandbox) -> None:
    """docs.slack.dev/authentication/installing-with-oauth, “Requesting user scopes”."""
    answer = await install(sandbox, user_scope="chat:write,channels:history,channels:read")
    assert {"access_token", "token_type", "bot_user_id"}.isdisjoint(answer)
    person = answer["authed_user"]
    assert (person["id"], person["token_type"]) == (seed.MEI, "user")
    token = person["access_token"]
    whose = await sandbox.call("auth.test", token)
    assert (whose["user_id"], "bot_id" in whose) == (seed.MEI, False)
    posted = await sandbox.call("chat.postMessage", token, channel=DESIGN, text="Mine")
    assert posted["message"]["user"] == seed.MEI
    # People read public channels that they are not in; the app's bot does not.
    assert (await sandbox.call("conversations.history", token, channel="C0FRONTEN1"))["ok"] is True
    both = await install(sandbox, scope="chat:write", user_scope="users:read")
    assert both["scope"] == "chat:write"
    assert both["authed_user"]["scope"] == "chat:write,channels:history,channels:read,users:read"


async def test_a_token_comes_in_a_header_or_a_form_and_nowhere_else(sandbox: Sandbox) -> None:
    """docs.slack.dev, changelog of 2020-11 (not in a query) and of 2017-10 (not in a body of JSON)."""
    token = (await sandbox.connect()).access_token
    url = f"{sandbox.simulator.url('web')}/api/auth.test"
    browser = sandbox.browser
    assert (await browser.get(url, params={"token": token})).json()["error"] == "not_authed"
    assert (await browser.post(url, json={"token": token})).json()["error"] == "not_authed"
    assert (await browser.post(url, data={"token": token})).json()["ok"] is True


async def test_content_types_that_could_be_better_are_remarked_on(sandbox: Sandbox) -> None:
    """slack-samples/javascript-announcement-bot#13 and slackapi/python-slack-sdk#692."""
    token = (await sandbox.connect()).access_token
    bare = (await post(sandbox, "auth.test", token, json={})).json()
    assert bare["response_metadata"]["warnings"] == ["missing_charset"] == [bare["warning"]]
    kind = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    form = (await post(sandbox, "conversations.info", token, content=b"channel=x", headers=kind)).json()
    assert (form["error"], form["warning"]) == ("channel_not_found", "superfluous_charset")
    fine = {"content-type": "application/json; charset=utf-8"}
    assert "warning" not in (await post(sandbox, "auth.test", token, content=b"{}", headers=fine)).json()


async def test_answers_say_which_scopes_there_are_and_which_are_taken(sandbox: Sandbox) -> None:
    token = (await sandbox.connect(scopes=("chat:write", "users:read"))).access_token
    headers = (await post(sandbox, "users.list", token)).headers
    assert (headers["x-oauth-scopes"], headers["x-accepted-oauth-scopes"]) == (
        "chat:write,users:read",
        "users:read",
    )


async def test_an_app_outside_the_marketplace_reads_15_messages_a_minute(sandbox: Sandbox) -> None:
    """docs.slack.dev/reference/methods/conversations.history."""
    token = (await sandbox.connect()).access_token
    for number in range(20):
        await sandbox.call("chat.postMessage", token, channel=DESIGN, text=str(number))
    await sandbox.control("app", unlisted=True)
    page = await sandbox.call("conversations.history", token, channel=DESIGN, limit=200)
    assert (len(page["messages"]), page["has_more"]) == (15, True)
    answer = await post(sandbox, "conversations.history", token, data={"channel": DESIGN})
    assert (answer.status_code, 50 <= int(answer.headers["retry-after"]) <= 60) == (429, True)


async def test_a_public_client_proves_itself_by_pkce_alone(sandbox: Sandbox) -> None:
    """docs.slack.dev, changelog of 2026-03-30: no secret, and then a verifier."""
    await sandbox.control("app", pkce=True)
    code = sandbox.simulator.grants.new_code(
        client_id=sandbox.simulator.app_id,
        redirect_uri="https://app.example/callback",
        account=seed.HARBOUR,
        scopes=["chat:write"],
        challenge="E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    )
    form = {"client_id": sandbox.simulator.app_id, "code": code}
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    made = await sandbox.call("oauth.v2.access", "", **form, code_verifier=verifier)
    refresh = {"grant_type": "refresh_token", "refresh_token": made["refresh_token"]}
    assert (await sandbox.call("oauth.v2.access", "", **refresh, client_id=form["client_id"]))["ok"] is True
    await sandbox.control("app", pkce=False)
    refused = await sandbox.call("oauth.v2.access", "", **form, code_verifier=verifier)
    assert refused["error"] == "bad_client_secret"


async def test_a_name_of_ones_own_is_ignored_without_its_scope(sandbox: Sandbox) -> None:
    """papercups-io/papercups#522."""
    for scopes, name in ((("chat:write",), None), (("chat:write", "chat:write.customize"), "Tide")):
        token = (await sandbox.connect(scopes=scopes)).access_token
        posted = await sandbox.call("chat.postMessage", token, channel=DESIGN, text="x", username="Tide")
        assert posted["message"].get("username") == name


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"markdown_text": "x", "text": "y"}, "markdown_text_conflict"),
        ({"markdown_text": "x" * 12_001}, "msg_too_long"),
        ({"attachments": "[1]"}, "invalid_attachments"),
        ({}, "no_text"),
    ],
)
async def test_content_that_is_none_is_refused(sandbox: Sandbox, fields: dict[str, Any], code: str) -> None:
    token = (await sandbox.connect()).access_token
    assert (await sandbox.call("chat.postMessage", token, channel=DESIGN, **fields))["error"] == code
    answer = await sandbox.call("chat.postMessage", token, channel=RANDOM, text="x")
    assert answer["error"] == "not_in_channel"
