"""A provider's folder, dropped into a package of somebody else's, is all that it takes."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from fluxstudio.core.registry import discover
from fluxstudio.kit import plugins
from tests.conformance import test_connect, test_exchange, test_grants, test_operations, test_states
from tests.conformance.conftest import PROVIDERS
from tests.conformance.subject import Subject
from tests.support.running import PROVIDERS as BUILT_IN
from tests.support.running import Running, Start

LINEAR = Path(__file__).parent / "linear"
PACKAGE = "their_integrations"
HOME = "/settings/integrations"


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that Python imports from, with a package that holds a copy of the provider's folder."""
    home = tmp_path / "elsewhere"
    shutil.copytree(LINEAR, home / PACKAGE / "linear", ignore=shutil.ignore_patterns("__pycache__"))
    (home / PACKAGE / "__init__.py").touch()
    monkeypatch.syspath_prepend(home)
    yield home
    plugins.installed.cache_clear()
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


@pytest.fixture
async def running(elsewhere: Path, start: Start) -> Running:
    """The product with that package beside its own."""
    return await start(packages=(*BUILT_IN, PACKAGE))


async def page_of(browser: httpx2.AsyncClient, path: str) -> str:
    answer = await browser.get(path, headers={"authorization": ""})
    assert answer.status_code == 200, answer.text
    return answer.text


def card_on(page: str) -> str:
    """The card of the dropped-in provider."""
    match = re.search(r'<section[^>]*id="card-linear".*?</section>', page, re.S)
    assert match is not None
    return match[0]


async def test_its_routes_and_their_documentation_appear(running: Running) -> None:
    assert running.services.registry["linear"].package == f"{PACKAGE}.linear"
    ada = await running.client()
    document: dict[str, Any] = (await ada.get("/api/openapi.json")).json()
    entry = document["paths"]["/api/integrations/linear/issues/{team}"]
    assert (entry["get"]["operationId"], entry["post"]["operationId"]) == (
        "linear_issues",
        "linear_create_issue",
    )
    assert entry["get"]["summary"] == "Issues of one team, newest first"
    assert [parameter["name"] for parameter in entry["get"]["parameters"]] == ["team", "connection"]
    assert "201" in entry["post"]["responses"]

    docs = await page_of(ada, "/api/docs")
    assert "/api/integrations/linear/issues/{team}" in docs
    assert "See the issues your designs belong to." in docs

    unknown = await ada.get("/api/integrations/nowhere/auth")
    assert "linear" in unknown.json()["error"]


async def test_its_operations_run_once_an_account_is_connected(running: Running) -> None:
    ada = await running.client()
    path = "/api/integrations/linear/issues/ENG"
    assert (await ada.get(path)).json()["code"] == "NOT_CONNECTED"
    connection = await running.connect(ada, "linear")
    assert len((await ada.get(path)).json()["issues"]) == 5
    assert (await ada.get(path)).json()["cached"] is True
    assert (await ada.post(path, json={"title": "Round the corners"})).status_code == 201
    assert (await ada.get(path)).json()["issues"][0]["title"] == "Round the corners"
    assert (await ada.get("/api/integrations")).json()["integrations"][0]["id"] == connection


async def test_its_card_appears_and_connects_and_disconnects(running: Running) -> None:
    ada = await running.client()
    await ada.post("/api/session")
    before = await page_of(ada, HOME)
    card = card_on(before)
    for words in ("Linear", "See the issues your designs belong to.", "See issues", "Write issues", "<svg"):
        assert words in card
    answer = await ada.get(HOME, headers={"authorization": ""})
    policy = answer.headers["content-security-policy"]
    [forms] = re.findall(r"form-action ([^;]+)", policy)
    registered = running.services.registry["linear"]
    assert registered.hosts["web"].startswith(forms.split()[1])

    csrf = re.findall(r'name="csrf" value="([^"]+)"', card)[0]
    sent = {"csrf": csrf, "returnTo": HOME}
    begun = await ada.post(f"{HOME}/linear/connect", data=sent, headers={"authorization": ""})
    assert begun.status_code == 303, begun.text
    back = await running.decide(begun.headers["location"])
    landed = await ada.get(back, headers={"authorization": ""})
    after = await page_of(ada, landed.headers["location"])
    assert "Linear is connected to Ada Park." in after
    assert "Ada Park" in card_on(after)

    [connection] = re.findall(r'name="connection" value="([^"]+)"', card_on(after))[:1]
    assert "Disconnect" in await page_of(ada, f"{HOME}/linear/disconnect?connection={connection}")
    ended = await ada.post(
        f"{HOME}/linear/disconnect",
        data={"csrf": csrf, "connection": connection},
        headers={"authorization": ""},
    )
    assert "Linear is disconnected." in await page_of(ada, ended.headers["location"])
    assert "Connected" in await page_of(ada, f"{HOME}/linear/attempts")


async def test_the_conformance_suite_holds_for_it_as_it_is(
    running: Running, database: dict[str, Any], tmp_path: Path
) -> None:
    provider = running.services.registry["linear"].provider
    assert provider is not PROVIDERS["linear"]
    subject = Subject(provider, running, database, tmp_path)
    for promise in (
        test_states.test_fifty_callbacks_at_once_exchange_the_code_once_and_all_show_it,
        test_connect.test_another_account_becomes_a_connection_of_its_own,
        test_exchange.test_a_code_that_cannot_be_traded_changes_nothing,
        test_grants.test_two_people_with_one_account_share_its_grant_until_the_last_lets_go,
        test_grants.test_a_token_that_dies_at_the_provider_is_replaced_without_anyone_noticing,
        test_operations.test_every_operation_answers_as_its_documentation_says,
        test_operations.test_ids_are_checked_before_they_become_part_of_a_path,
    ):
        await subject.reset()
        await promise(subject, await running.client("ada"))


def test_every_folder_beside_the_built_in_ones_is_in_the_conformance_suite() -> None:
    folders = {folder.parent.name for folder in LINEAR.parent.glob("*/__init__.py")}
    assert folders
    assert folders | {provider.id for provider, _ in discover()} == set(PROVIDERS)


async def test_an_installed_distribution_brings_its_providers_along_by_entry_point(
    elsewhere: Path, start: Start
) -> None:
    assert "linear" not in {provider.id for provider, _ in discover()}
    info = elsewhere / "their_integrations-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: their-integrations\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[fluxstudio.providers]\nlinear = {PACKAGE}.linear\n")
    plugins.installed.cache_clear()
    assert [package for provider, package in discover() if provider.id == "linear"] == [f"{PACKAGE}.linear"]
    running = await start()
    ada = await running.client()
    assert await running.connect(ada, "linear")
    assert len((await ada.get("/api/integrations/linear/issues/ENG")).json()["issues"]) == 5
