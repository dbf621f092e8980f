"""What was done, by whom and from where: for administrators, and for each user their own part."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from tests.support.browsing import Browser
from tests.support.running import Running

EMAIL = "ada@example.com"
KEYS = {"id", "at", "userId", "action", "provider", "subject", "outcome", "address", "details"} | {
    "requestId",
    "traceId",
}


async def read(client: httpx2.AsyncClient, path: str = "/api/audit", **query: Any) -> dict[str, Any]:
    answer = await client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def actions(client: httpx2.AsyncClient, path: str = "/api/audit", **query: Any) -> list[str]:
    return [entry["action"] for entry in (await read(client, path, **query))["entries"]]


@pytest.fixture
async def admin(product: Running) -> httpx2.AsyncClient:
    return await product.client("grace", role="admin")


async def test_an_administrator_reads_who_did_what_from_where(  # R54
    product: Running, admin: httpx2.AsyncClient
) -> None:
    ada = await Browser.new(product)
    await ada.sign_up(EMAIL)
    await ada.open("/settings/integrations")
    await ada.send("/sign-out")
    await ada.sign_in(EMAIL, "wrong-password")
    await ada.sign_in("nobody@example.com")
    mei = await product.client("mei")
    await mei.post("/api/session")
    await product.connect(mei, "linear")
    await mei.delete("/api/integrations/linear")
    entries = (await read(admin))["entries"]
    subject = str(await product.services.accounts.with_address(EMAIL))
    assert [(entry["action"], entry["outcome"], entry["userId"]) for entry in entries] == [
        ("disconnect", "done", "mei"),
        ("connect", "done", "mei"),
        ("hand-over", "done", "mei"),
        ("sign-in", "refused", None),
        ("sign-in", "refused", subject),
        ("sign-out", "done", subject),
        ("sign-in", "done", subject),
        ("sign-up", "done", subject),
    ]
    assert all(entry.keys() == KEYS for entry in entries)
    assert {entry["address"] for entry in entries if entry["action"] != "disconnect"} == {"127.0.0.1"}


async def test_nobody_else_reads_it(product: Running) -> None:  # R54
    for path in ("/api/audit", "/api/audit?userId=mei"):
        answer = await (await product.client("ada")).get(path)
        assert (answer.status_code, answer.json()["code"]) == (403, "ADMIN_REQUIRED")
        stranger = await (await product.client(None)).get(path)
        assert (stranger.status_code, stranger.json()["code"]) == (401, "MISSING_TOKEN")


async def test_everybody_reads_their_own_part(product: Running, admin: httpx2.AsyncClient) -> None:  # R26
    ada, mei = await product.client("ada"), await product.client("mei")
    for client in (ada, mei, mei):
        await client.post("/api/session")
    mine = (await read(mei, "/api/audit/mine"))["entries"]
    assert [(entry["action"], entry["userId"]) for entry in mine] == [("hand-over", "mei")] * 2
    assert await actions(ada, "/api/audit/mine") == ["hand-over"]
    assert await actions(admin, "/api/audit/mine") == []
    assert await actions(mei, "/api/audit/mine", action="connect") == []


async def test_it_is_read_in_pages_that_do_not_shift(product: Running, admin: httpx2.AsyncClient) -> None:
    for number in range(5):
        await product.services.audit.record("test", subject=number)
    first = await read(admin, limit=2)
    await product.services.audit.record("test", subject=5)
    second = await read(admin, limit=2, cursor=first["nextCursor"])
    third = await read(admin, limit=2, cursor=second["nextCursor"])
    assert [[entry["subject"] for entry in page["entries"]] for page in (first, second, third)] == [
        ["4", "3"],
        ["2", "1"],
        ["0"],
    ]
    assert third["nextCursor"] is None
    assert (await read(admin, limit=6))["nextCursor"] is None


async def test_it_can_be_narrowed_to_an_action_and_a_user(
    product: Running, admin: httpx2.AsyncClient
) -> None:
    ada, mei = await product.actor("ada"), await product.actor("mei")
    for actor in (ada, mei):
        for action in ("call", "connect"):
            await product.services.audit.record(action, user_id=actor.user_id)
    assert await actions(admin, userId="mei") == ["connect", "call"]
    assert await actions(admin, action="call") == ["call", "call"]
    assert await actions(admin, action="call", userId="ada") == ["call"]
    assert await actions(admin, userId="nobody") == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("limit", "0"),
        ("limit", "201"),
        ("limit", "x"),
        ("cursor", "x"),
        ("cursor", "-1"),
        ("cursor", "9" * 30),
    ],
)
async def test_a_wrong_question_names_what_is_wrong(admin: httpx2.AsyncClient, name: str, value: str) -> None:
    answer = await admin.get("/api/audit", params={name: value})
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST")
    assert list(answer.json()["fields"]) == [name]
