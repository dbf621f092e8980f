"""Another person's ids open nothing: not an answer, not a name, not even the news that they exist."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from tests.conftest import NewDatabase
from tests.faces.conftest import UNLIMITED
from tests.support.answers import content_of
from tests.support.browsing import Browser
from tests.support.examples import request_for
from tests.support.running import WITH_LINEAR, Running, started

FORMS = {
    "/settings/integrations/{provider}/connect": {},
    "/settings/integrations/{provider}/disconnect": {},
    "/integrations/{provider}/message": {"channel": "C0000000001", "text": "hello"},
    "/integrations/{provider}/sources": {"url": "https://www.figma.com/files/team/1/x"},
}
PAGES = (
    "/settings/integrations/{provider}/disconnect",
    "/integrations/{provider}/files",
    "/integrations/{provider}/channels",
    "/integrations/{provider}/repositories",
)


@dataclass
class Stage:
    """Ada has connected everything, Mei nothing but Linear; Mei knows all of Ada's ids."""

    running: Running
    document: dict[str, Any]
    connections: dict[str, str]
    accounts: dict[str, str]
    names: set[str]
    ada: httpx2.AsyncClient
    mei: httpx2.AsyncClient
    browser: Browser


@pytest.fixture(scope="module")
async def stage(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with started(await new_database(), tmp_path_factory.mktemp("home")) as start:
        running = await start(packages=WITH_LINEAR, **UNLIMITED)
        ada, mei = await running.client("ada"), await running.client("mei")
        await running.connect(mei, "linear", choice="lin_mei")
        providers = [entry.provider.id for entry in running.services.registry]
        connections = {provider: await running.connect(ada, provider) for provider in providers}
        listed = (await ada.get("/api/integrations")).json()["integrations"]
        accounts = {entry["provider"]: entry["metadata"]["accountId"] for entry in listed}
        names = {entry[key] for entry in listed for key in ("providerUsername", "teamName") if entry[key]}
        await mei.post("/api/session")
        browser = Browser(await running.client(None))
        browser.client.cookies = mei.cookies
        document = (await ada.get("/api/openapi.json")).json()
        yield Stage(running, document, connections, accounts, names, ada, mei, browser)


def calls(stage: Stage) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every route of the API with every id of Ada's that it takes: (method, path, request)."""
    for path, methods in stage.document["paths"].items():
        for method, entry in methods.items():
            names = {part["name"] for part in entry.get("parameters", [])}
            for provider in stage.connections:
                if f"/{provider}/" not in path and "{provider}" not in path:
                    continue
                alias = stage.running.services.registry[provider].provider.identity.alias
                for selector in sorted(names & {"connection", alias}):
                    yield method.upper(), *filled(stage, path, entry, provider, selector)


def filled(
    stage: Stage, path: str, entry: dict[str, Any], provider: str, selector: str
) -> tuple[str, dict[str, Any]]:
    in_path, request = request_for(entry, stage.document)
    owned = stage.connections if selector == "connection" else stage.accounts
    request["params"][selector] = owned[provider]
    return path.format(**{**in_path, "provider": provider}), request


def shows(answer: httpx2.Response, stage: Stage) -> set[str]:
    """What of Ada's an answer gives away beyond what was asked with."""
    asked = str(answer.request.url)
    names = stage.names | set(stage.connections.values()) | set(stage.accounts.values())
    return {name for name in names if name in answer.text and name not in asked}


async def test_no_route_of_the_api_opens_for_another_persons_ids(stage: Stage) -> None:  # R26
    tried = 0
    for method, path, request in calls(stage):
        before = await traffic(stage)
        answer = await stage.mei.request(method, path, **request)
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND"), (method, path, answer.text)
        assert shows(answer, stage) == set(), (method, path)
        assert await traffic(stage) == before, (method, path)
        tried += 1
    assert tried > 40


async def traffic(stage: Stage) -> int:
    return sum(len(simulator.faults.requests) for simulator in stage.running.simulators.values())


async def test_an_id_of_someone_else_reads_like_one_that_does_not_exist(stage: Stage) -> None:  # R26
    for method, path, request in calls(stage):
        if "connection" in request["params"]:
            foreign = await stage.mei.request(method, path, **request)
            request["params"]["connection"] = str(uuid4())
            unknown = await stage.mei.request(method, path, **request)
            assert content_of(foreign) == content_of(unknown), (method, path)


async def test_the_owner_opens_what_others_do_not(stage: Stage) -> None:
    """So the answers above are about whose it is, not about a wrong request."""
    opened = {
        path
        for method, path, request in calls(stage)
        if method == "GET" and (await stage.ada.request(method, path, **request)).status_code == 200
    }
    assert len(opened) >= 10


@pytest.mark.parametrize("wild", ["", "1", "null", "../", "' OR 1=1 --", "\x00", "0" * 32, "{}", "é"])
async def test_an_id_that_is_none_is_not_found(stage: Stage, wild: str) -> None:  # R38
    for provider in stage.connections:
        for method, path in (
            ("GET", f"/api/integrations/{provider}/auth"),
            ("DELETE", f"/api/integrations/{provider}"),
            ("POST", f"/api/integrations/{provider}/refresh"),
            ("GET", f"/integrations/{provider}/files"),
        ):
            answer = await stage.mei.request(method, path, params={"connection": wild})
            assert answer.status_code == 404, (method, path, answer.text)


async def test_lists_hold_nothing_of_others(stage: Stage) -> None:  # R26
    attempts = [f"/api/integrations/{provider}/attempts" for provider in stage.connections]
    for path in ("/api/integrations", "/api/session", *attempts):
        answer = await stage.mei.get(path)
        assert answer.status_code == 200
        assert shows(answer, stage) == set(), path


async def test_no_page_opens_for_another_persons_ids(stage: Stage) -> None:  # R26
    for path in PAGES:
        for provider, connection in stage.connections.items():
            where = path.format(provider=provider)
            query = {"connection": connection, "part": "results"}
            answer = await stage.browser.client.get(where, params=query)
            assert answer.status_code == 404, (where, answer.status_code)
            assert shows(answer, stage) == set(), where


async def test_no_form_acts_on_another_persons_ids(stage: Stage) -> None:  # R26
    await stage.browser.open("/settings/integrations")
    for path, fields in FORMS.items():
        for provider, connection in stage.connections.items():
            where = path.format(provider=provider)
            before = await traffic(stage)
            answer = await stage.browser.send(where, connection=connection, **fields)
            assert answer.status_code == 404, (where, answer.status_code)
            assert shows(answer, stage) == set(), where
            assert await traffic(stage) == before, where
    states = [entry["status"] for entry in (await stage.ada.get("/api/integrations")).json()["integrations"]]
    assert set(states) == {"connected"}


async def test_pages_show_nothing_of_others(stage: Stage) -> None:  # R26
    answer = await stage.browser.open("/settings/integrations")
    assert answer.status_code == 200
    assert shows(answer, stage) == set()
    result = re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", answer.text)
    assert not set(result) & set(stage.connections.values())
