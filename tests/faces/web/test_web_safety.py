"""What keeps other sites out of a browser's session with us, and people on our pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from hypothesis import example, given
from hypothesis import strategies as st
from starlette.responses import RedirectResponse

from fluxstudio.errors import InvalidRequest
from fluxstudio.faces import web
from fluxstudio.faces.api.openapi_events import INBOUND_TAG
from fluxstudio.faces.authentication import SAFE
from fluxstudio.faces.web.shell.visit import local_path
from fluxstudio.flows.connections.places import checked_return
from tests.support.browsing import Browser
from tests.support.examples import request_for
from tests.support.running import Running, Start

EVIL = "https://evil.example"
ELSEWHERE = (
    EVIL,
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    " //evil.example",
    "\x00//evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "settings",
    "evil.example",
    "///evil.example",
    "http:/\\evil.example",
    "//[",
    "//℀",
)

PIECES = [
    *("/", "//", "\\", "\t", "\n", "\r", " ", "\x00", "\x1f", "\x7f", "\u2028", "\ud800", "℀", "／", "。"),
    *(":", "@", "?", "#", "&", "=", "[", "]", "%2f", "%5c", "%09", "..", "."),
    *("http", "https:", "javascript:", "evil.example", "settings"),
]
wild = st.lists(st.sampled_from(PIECES), max_size=8).map("".join) | st.text(max_size=40)


def stays_here(location: str) -> bool:
    """Whether a browser that follows this address stays with us; as browsers read it (WHATWG URL, 4.4)."""
    stripped = re.sub(r"[\t\n\r]", "", location.strip("".join(map(chr, range(33)))))
    path = re.split(r"[?#]", stripped)[0].replace("\\", "/")
    return path.startswith("/") and not path.startswith("//")


@given(wild)
@example("/settings")
@example("//[")
def test_no_way_back_leads_to_another_site(text: str) -> None:  # R7
    try:
        path = checked_return(text)
    except InvalidRequest as refused:
        path = "/" if "returnTo" in refused.details["fields"] else "no reason given"
    assert stays_here(path)
    assert stays_here(local_path(text))


@given(st.from_regex(r"/[a-z][a-z0-9/_.-]{0,30}(\?[a-z=&0-9]{0,20})?(#[a-z]{0,9})?", fullmatch=True))
def test_every_plain_path_of_ours_is_a_way_back(path: str) -> None:  # R7
    assert checked_return(path) == path == local_path(path)


@pytest.mark.parametrize("path", ELSEWHERE)
async def test_a_connect_that_would_end_elsewhere_does_not_begin(product: Running, path: str) -> None:  # R7
    client = await product.client()
    answer = await client.get("/api/integrations/linear/auth", params={"returnTo": path})
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST")
    assert list(answer.json()["fields"]) == ["returnTo"]
    assert await product.services.db.fetchval("SELECT count(*) FROM oauth_state_tokens") == 0


async def test_signing_in_and_connecting_from_a_page_never_lead_elsewhere(product: Running) -> None:  # R7
    ada = await Browser.new(product)
    await ada.sign_up("ada@example.com")
    await ada.open("/settings/integrations")
    for path in ELSEWHERE:
        visitor = await Browser.new(product)
        page = await visitor.client.get("/sign-in", params={"returnTo": path})
        assert 'name="returnTo" value="/"' in page.text
        await visitor.open("/sign-in")
        signed_in = await visitor.send(
            "/sign-in", email="ada@example.com", password="not-a-real-password", returnTo=path
        )
        assert (signed_in.status_code, signed_in.headers["location"]) == (303, "/")
        begun = await ada.send("/settings/integrations/linear/connect", returnTo=path)
        assert begun.status_code == 400


@pytest.mark.parametrize(
    ("back", "expected"),
    [
        ("/settings/integrations", "/settings/integrations?"),
        ("/projects/7?tab=files", "/projects/7?tab=files&"),
        ("/projects/7?tab=files#tokens", "/projects/7?tab=files&"),
        ("/projects/7#tokens", "/projects/7?"),
    ],
)
async def test_the_outcome_is_told_where_the_connect_began(
    product: Running, back: str, expected: str
) -> None:
    client = await product.client()
    returned = await client.get(await product.decide(await product.begin(client, "linear", returnTo=back)))
    location = returned.headers["location"]
    assert location.startswith(expected)
    assert parse_qs(urlsplit(location).query)["status"] == ["success"]
    assert urlsplit(location).fragment == urlsplit(back).fragment


async def test_another_name_of_the_host_moves_nobody(product: Running) -> None:  # R7
    client = await product.client(None)
    for path in ("/", "/settings/integrations/", "/api/integrations/", "/sign-in/", "//evil.example/%2e%2e"):
        answer = await client.get(path, headers={"host": "evil.example"})
        assert "evil.example" not in answer.headers.get("location", ""), path


async def callback_answers(product: Running) -> list[httpx2.Response]:
    client = await product.client()
    back = await product.decide(await product.begin(client, "linear"))
    declined = await product.decide(await product.begin(client, "linear"), decision="deny")
    where = "/api/integrations/linear/callback"
    return [
        await client.get(back),
        await client.get(back),
        await client.get(declined),
        await client.get(where),
        await client.get(where, params={"code": "x", "state": "y"}),
        await client.get(where, params={"code": "\x00", "state": "\x00"}),
        await client.get("/api/integrations/nothing/callback", params={"code": "x", "state": "y"}),
        await client.post(where, json={"code": "x", "state": "y"}),
        await client.post(where, content=b"{"),
        await (await product.client(None)).get(back),
    ]


async def test_a_callback_shows_its_code_to_nobody(product: Running) -> None:  # R9
    for answer in await callback_answers(product):
        assert answer.status_code in {303, 400, 404}, answer.text
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        if answer.status_code == 303:
            assert answer.content == b""
            assert stays_here(answer.headers["location"])
            assert not {"code=x", "state"} & set(re.split(r"[?&]|=", answer.headers["location"]))
        else:
            assert answer.headers["content-type"].startswith("application/json")


NAMED, NOBODYS = {"provider": "linear", "number": "1", "delivery": "1"}, str(UUID(int=7))
DEMO = ("POST", "/demo")


def forms() -> Iterator[tuple[str, str]]:
    """Every page route that changes something: (method, path)."""
    app = FastAPI(openapi_url=None)
    web.install(app, components_page=True)
    for route in iter_route_contexts(app.routes):
        for method in sorted((route.methods or set()) - SAFE):
            yield (
                method,
                re.sub(r"{(\w+)(?::\w+)?}", lambda name: NAMED.get(name[1], NOBODYS), route.path or ""),
            )


def test_there_are_forms_to_protect() -> None:
    paths = ("/sign-in", "/settings/integrations/linear/connect", "/integrations/linear/message")
    assert {DEMO, *(("POST", path) for path in paths)} < set(forms())


async def test_no_form_is_taken_from_another_site(product: Running) -> None:  # R39
    await check_forgeries_are_refused(product, *(form for form in forms() if form != DEMO))


async def test_the_form_of_a_demo_is_not_taken_from_another_site(start: Start) -> None:  # R39
    """Elsewhere there is no such page."""
    demo = await start(packages=("tests.dropin",), demo=True)
    await check_forgeries_are_refused(demo, DEMO)


async def check_forgeries_are_refused(product: Running, *forms: tuple[str, str]) -> None:
    ada, mei = await Browser.new(product), await Browser.new(product)
    await ada.sign_up("ada@example.com")
    await mei.sign_up("mei@example.com")
    connection = await connected(product, ada)
    await mei.open("/settings/integrations")
    page = await ada.open("/settings/integrations")
    assert page.status_code == 200
    fields = {
        "connection": connection,
        "email": "eve@example.com",
        "password": "not-a-real-password",
        "name": "Eve",
    }
    before = await everything(product)
    forgeries: tuple[tuple[str | None, dict[str, str]], ...] = (
        (None, {}),
        ("", {}),
        ("0" * 64, {}),
        (mei.csrf, {}),
        (ada.csrf, {"origin": EVIL}),
        (ada.csrf, {"origin": "null"}),
        (ada.csrf, {"origin": f"{product.base}.evil.example"}),
        (ada.csrf, {"origin": product.base.replace("http:", "https:")}),
    )
    for method, path in forms:
        for csrf, headers in forgeries:
            sent = fields if csrf is None else {**fields, "csrf": csrf}
            answer = await ada.client.request(method, path, data=sent, headers=headers)
            assert answer.status_code == 403, (method, path, csrf, headers)
            assert re.search("(Load the page|Open the link) again", answer.text), path
        assert await everything(product) == before, path


async def connected(product: Running, browser: Browser) -> str:
    await browser.open("/settings/integrations")
    begun = await browser.send("/settings/integrations/linear/connect")
    answer = await browser.client.get(await product.decide(begun.headers["location"]))
    return parse_qs(urlsplit(answer.headers["location"]).query)["connection"][0]


async def everything(product: Running) -> list[Any]:
    """What a forged form could have changed."""
    counts = [
        await product.services.db.fetchval(f"SELECT count(*) FROM {table}")
        for table in ("users", "sessions", "connect_attempts", "oauth_integration_settings")
    ]
    return [*counts, await product.services.db.fetchval("SELECT bool_and(is_active) FROM connections")]


async def test_the_right_form_is_taken(product: Running) -> None:
    """So the refusals above are about the proof and not about something else."""
    ada = await Browser.new(product)
    await ada.sign_up("ada@example.com")
    connection = await connected(product, ada)
    await ada.open("/settings/integrations")
    answer = await ada.client.post(
        "/settings/integrations/linear/disconnect",
        data={"csrf": ada.csrf, "connection": connection},
        headers={"origin": product.base},
    )
    assert answer.status_code == 303
    assert "status=disconnected" in answer.headers["location"]


async def test_a_proof_ends_with_its_session(product: Running) -> None:  # R39
    ada = await Browser.new(product)
    await ada.sign_up("ada@example.com")
    await ada.open("/settings/integrations")
    old = ada.csrf
    await ada.send("/sign-out")
    await ada.sign_in("ada@example.com")
    answer = await ada.client.post("/settings/integrations/linear/connect", data={"csrf": old})
    assert answer.status_code == 403


async def test_the_api_changes_nothing_for_a_session_without_its_proof(product: Running) -> None:  # R39
    ada = await Browser.new(product)
    await ada.sign_up("ada@example.com")
    connection = await connected(product, ada)
    await ada.open("/settings/integrations")
    document = (await ada.client.get("/api/openapi.json")).json()
    before = await everything(product)
    tried = 0
    for path, methods in document["paths"].items():
        for method, entry in methods.items():
            if method.upper() in SAFE or (path == "/api/session" and method == "post"):
                continue
            in_path, request = request_for(entry, document)
            where = path.format(**{**in_path, "provider": "linear"})
            # Providers send there without a session, so the proof is their signature.
            signed = INBOUND_TAG in entry["tags"]
            refused = (401, "SIGNATURE_INVALID") if signed else (403, "FORBIDDEN")
            # A code of its own is the proof, and a session is none.
            if entry.get("security") == [] and not signed:
                refused = (401, "INVALID_TOKEN")
            for headers in ({}, {"x-csrf-token": "0" * 64}, {"x-csrf-token": ada.csrf, "origin": EVIL}):
                answer = await ada.client.request(method.upper(), where, headers=headers, **request)
                assert (answer.status_code, answer.json()["code"]) == refused, (method, where)
            tried += 1
    assert tried >= 5
    assert await everything(product) == before
    answer = await ada.client.delete(
        f"/api/integrations/linear?connection={connection}",
        headers={"x-csrf-token": ada.csrf, "origin": product.base},
    )
    assert answer.status_code == 200


async def test_a_token_needs_no_proof_since_no_browser_sends_it_by_itself(product: Running) -> None:
    client = await product.client()
    answer = await client.post("/api/session", headers={"origin": EVIL})
    assert answer.status_code == 200
    missing = await client.delete("/api/integrations/linear", params={"connection": str(uuid4())})
    assert missing.status_code == 404


@pytest.mark.parametrize("path", ["/", "/x?y=1", "/#z"])
def test_the_stand_in_for_browsers_knows_our_own_paths(path: str) -> None:
    """The oracle above agrees with the header the framework writes."""
    assert stays_here(RedirectResponse(path).headers["location"])
    assert not any(stays_here(address) for address in ELSEWHERE)
