"""What a program gets by an access token: what its scopes say of what its user may do, until it ends."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from fluxstudio.faces.api import stream
from tests.support.access_tokens import TOKENS, holding, made, program
from tests.support.agents import agent, answer_text
from tests.support.forms import form_to
from tests.support.running import NO_TLS, Running

MESSAGE = {"channel": "#design", "text": "Hello"}


def code(answer: httpx2.Response) -> tuple[int, str | None]:
    return answer.status_code, answer.json().get("code")


async def test_a_token_counts_where_an_api_token_does_within_its_scopes(running: Running) -> None:
    ada = await running.client()
    await running.connect(ada, "slack")
    reads = await program(running, ada, "read")
    writes = await program(running, ada, "write")
    posts = await program(running, ada, "tools:slack_post_message")
    connects = await program(running, ada, "connect")
    channels, message = "/api/integrations/slack/channels", "/api/integrations/slack/message"

    assert (await reads.get(channels)).status_code == 200
    refused = await reads.post(message, json=MESSAGE)
    assert code(refused) == (403, "SCOPE_MISSING")
    assert "write" in refused.json()["needed"]
    assert code(await reads.post("/api/automations", json={})) == (403, "SCOPE_MISSING")
    assert code(await reads.get("/api/integrations/slack/auth")) == (403, "SCOPE_MISSING")
    assert code(await reads.delete("/api/integrations/slack")) == (403, "SCOPE_MISSING")

    assert (await writes.post(message, json=MESSAGE)).status_code == 200
    assert code(await writes.get(channels)) == (403, "SCOPE_MISSING")

    assert (await posts.post(message, json=MESSAGE)).status_code == 200
    update = {"channel": "#design", "projectName": "Icons", "updateType": "created"}
    assert code(await posts.post("/api/integrations/slack/project-update", json=update)) == (
        403,
        "SCOPE_MISSING",
    )
    assert code(await posts.get("/api/session")) == (403, "SCOPE_MISSING")

    assert (await connects.get("/api/integrations")).status_code == 200
    assert (await connects.get("/api/integrations/figma/auth")).status_code == 200
    assert code(await connects.get(channels)) == (403, "SCOPE_MISSING")


async def test_agents_with_a_token_see_and_call_what_its_scopes_say(running: Running) -> None:
    ada = await running.client()
    await running.connect(ada, "slack")
    reads = (await made(ada, "read"))["token"]
    posts = (await made(ada, "tools:slack.message"))["token"]
    async with agent(running, reads) as client:
        listed = {tool.name for tool in (await client.list_tools()).tools}
        assert "slack_list_channels" in listed
        assert "slack_post_message" not in listed
        refused = await client.call_tool("slack_post_message", MESSAGE)
        assert refused.is_error
        assert "SCOPE_MISSING" in answer_text(refused)
    async with agent(running, posts) as client:
        listed = {tool.name for tool in (await client.list_tools()).tools}
        assert {name for name in listed if name.startswith("slack_")} == {"slack_post_message"}
        assert not (await client.call_tool("slack_post_message", MESSAGE)).is_error
        assert (await client.call_tool("ask_question", {"question": "How many events?"})).is_error
    assert len(running.seen("slack", "chat.postMessage")) == 1
    connects = await program(running, ada, "connect")
    assert (await connects.post("/mcp", json={})).status_code == 403


async def test_the_event_stream_of_a_token_ends_with_it(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "HEARTBEAT_SECONDS", 0.05)
    monkeypatch.setattr(stream, "TRUSTED_SECONDS", 0.0)
    ada = await running.client()
    token = await made(ada, "read")
    reads = await holding(running, token["token"])
    async with asyncio.timeout(30), reads.stream("GET", "/api/events/stream") as following:
        assert following.status_code == 200
        assert (await ada.delete(f"{TOKENS}/{token['id']}")).status_code == 204
        async for _ in following.aiter_bytes():
            continue
    assert (await reads.get("/api/events/stream")).status_code == 401


async def test_a_token_administers_only_with_the_scope_and_for_as_long_as_its_owner_does(
    running: Running,
) -> None:
    root = await running.client("root", role="admin")
    plain = await program(running, root, "read", "write")
    administers = await program(running, root, "admin")
    assert code(await plain.get("/api/people")) == (403, "SCOPE_MISSING")
    assert (await administers.get("/api/people")).status_code == 200
    assert (await plain.get("/api/session")).json()["role"] == "member"
    ada = await running.client()
    refused = await ada.post(TOKENS, json={"name": "x", "scopes": ["admin"]})
    assert code(refused) == (403, "ADMIN_REQUIRED")
    # The issuer of an API token makes an administrator until that expires, and no longer.
    await running.services.db.execute("UPDATE access_tokens SET admin_until = now() - interval '1 second'")
    assert code(await administers.get("/api/people")) == (403, "ADMIN_REQUIRED")


async def test_a_token_makes_none_that_does_more_or_lives_longer(running: Running) -> None:
    ada = await running.client()
    parent = await made(ada, "read", "write", expiresInDays=2)
    script = await holding(running, parent["token"])
    for scope in ("connect", "admin"):
        assert code(await script.post(TOKENS, json={"name": "x", "scopes": ["read", scope]})) == (
            403,
            "SCOPE_MISSING",
        )
    child = await made(script, "read", "tools:slack.message")
    assert child["expiresAt"] == parent["expiresAt"]
    grandchild = await made(await holding(running, (await made(script, "write"))["token"]), "write")
    assert (await ada.delete(f"{TOKENS}/{parent['id']}")).status_code == 204
    for token in (child["token"], grandchild["token"], parent["token"]):
        assert code(await (await holding(running, token)).get(TOKENS)) == (401, "INVALID_TOKEN")


async def test_a_token_opens_nothing_that_would_outlast_it(running: Running) -> None:
    root = await running.client("root", role="admin")
    script = await program(running, root, "admin")
    assert code(await script.post("/api/session")) == (403, "FORBIDDEN")
    assert code(await script.post("/api/agents", json={"name": "x"})) == (403, "FORBIDDEN")
    assert code(await script.request("DELETE", "/api/account", json={"confirm": "delete"})) == (
        403,
        "FORBIDDEN",
    )


async def test_an_ended_token_and_one_of_a_disabled_user_count_no_more(running: Running) -> None:
    ada = await running.client()
    expiring, other = await made(ada, "read", expiresInDays=1), await made(ada, "read")
    await running.services.db.execute(
        "UPDATE access_tokens SET expires_at = now() WHERE id = $1", expiring["id"]
    )
    assert code(await (await holding(running, expiring["token"])).get(TOKENS)) == (401, "INVALID_TOKEN")
    assert (await ada.get(TOKENS)).json()["accessTokens"][1]["status"] == "expired"
    bob = await running.client("bob")
    assert (await bob.delete(f"{TOKENS}/{other['id']}")).status_code == 404
    actor = await running.actor()
    await running.services.users.disable(actor.user_id)
    assert code(await (await holding(running, other["token"])).get(TOKENS)) == (401, "INVALID_TOKEN")


async def test_a_token_is_shown_once_and_stored_as_a_hash(running: Running) -> None:
    ada = await running.client()
    token = await made(ada, "read")
    assert token["token"].startswith("fluxpat_")
    assert token["lastUsedAt"] is None
    await (await holding(running, token["token"])).get("/api/integrations")
    [line] = (await ada.get(TOKENS)).json()["accessTokens"]
    assert line["lastUsedAt"] is not None
    assert token["token"] not in str(line)
    for table in ("access_tokens", "audit_log"):
        rows = await running.services.db.fetch(f"SELECT t::text FROM {table} t")
        assert token["token"] not in str(rows)
    assert (await ada.delete(TOKENS)).json() == {"revoked": 1}
    assert (await ada.delete(TOKENS)).json() == {"revoked": 0}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "x", "scopes": []},
        {"name": "x", "scopes": ["everything"]},
        {"name": "x", "scopes": ["tools:"]},
        {"name": "x", "scopes": ["read\x00"]},
        {"name": "\x00", "scopes": ["read"]},
        {"name": " ", "scopes": ["read"]},
        {"name": "x", "scopes": ["read"], "expiresInDays": 0},
        {"name": "x", "scopes": ["read"], "expiresInDays": True},
        {"name": "x", "scopes": ["read"], "expiresAt": "2020-01-01T00:00:00Z"},
        {"name": "x", "scopes": ["read"], "expiresAt": "2090-01-01T00:00:00"},
        {"name": "x", "scopes": "read"},
        {"name": "x", "scopes": [None]},
    ],
)
async def test_what_is_no_token_is_refused_with_the_field(product: Running, body: dict[str, Any]) -> None:
    answer = await (await product.client()).post(TOKENS, json=body)
    assert code(answer) == (400, "INVALID_REQUEST")
    assert answer.json()["fields"]


async def test_a_scope_for_a_tool_names_one_that_is_there(product: Running) -> None:
    ada = await product.client()
    answer = await ada.post(TOKENS, json={"name": "x", "scopes": ["tools:slack.nothing"]})
    assert code(answer) == (404, "NOT_FOUND")


async def test_there_is_room_for_a_hundred_however_many_are_asked_for_at_once(product: Running) -> None:
    ada = await product.client()
    await made(ada, "read")
    await product.services.db.execute(
        """INSERT INTO access_tokens (user_id, name, token_hash, hint, scopes)
           SELECT user_id, name, sha256(n::text::bytea), hint, scopes
           FROM access_tokens, generate_series(1, 97) n"""
    )
    answers = await asyncio.gather(
        *(ada.post(TOKENS, json={"name": "x", "scopes": ["read"]}) for _ in range(6))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 201, 400, 400, 400, 400]


async def test_old_tokens_are_swept_some_time_after_they_ended(product: Running) -> None:
    ada = await product.client()
    for age in (10, 100):
        token = await made(ada, "read")
        await product.services.db.execute(
            "UPDATE access_tokens SET revoked_at = now() - $2::interval WHERE id = $1",
            token["id"],
            timedelta(days=age),
        )
    await product.services.access_tokens.sweep()
    assert len((await ada.get(TOKENS)).json()["accessTokens"]) == 1


async def test_people_make_and_revoke_tokens_on_the_account_page(product: Running) -> None:
    ada = await product.client()
    await ada.post("/api/session")
    page = "/settings/account/access-tokens"
    async with httpx2.AsyncClient(base_url=product.base, cookies=ada.cookies, verify=NO_TLS) as browser:
        form = await browser.get(f"{page}/new")
        csrf = {"csrf": form_to(form.text, "/new").fields["csrf"]}
        refused = await browser.post(f"{page}/new", data={**csrf, "name": "Script"})
        assert refused.status_code == 400
        assert "Choose what it may do." in refused.text
        shown = await browser.post(
            f"{page}/new", data={**csrf, "name": "Script", "scopes.read": "on", "lives": "30"}
        )
        token = shown.text.partition("fluxpat_")[2][:43]
        assert (await (await holding(product, f"fluxpat_{token}")).get(TOKENS)).status_code == 200
        listed = await browser.get("/settings/account")
        assert "Script" in listed.text
        assert token not in listed.text
        await browser.post(page, data=csrf)
        assert (await (await holding(product, f"fluxpat_{token}")).get(TOKENS)).status_code == 401
