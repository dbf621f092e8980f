"""One running product for a whole file of tests, emptied before each."""

from __future__ import annotations

from collections.abc import AsyncIterator

import argon2
import pytest

from fluxstudio.core.identity import passwords
from tests.conftest import NewDatabase
from tests.support.automating import Automating
from tests.support.browsing import Browser, browser_of
from tests.support.emptying import empty
from tests.support.running import Running, started

# One address signs up and in far more often here than people do.
UNLIMITED = {
    f"rate_limit_{name}": "100000/minute"
    for name in (
        "user",
        "address",
        "sign_in",
        "sign_in_email",
        "sign_in_account",
        "sign_in_browser",
        "sign_up",
    )
}


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same algorithm with less work, so that tests wait for other things."""
    monkeypatch.setattr(
        passwords, "_hasher", argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    )
    nobodys = passwords._hasher.hash("nobody")
    monkeypatch.setattr(passwords, "_nobodys", lambda: nobodys)


@pytest.fixture(scope="module")
async def kept_running(
    new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Running]:
    """The product with the smallest provider."""
    async with started(await new_database(), tmp_path_factory.mktemp("home")) as start:
        yield await start(packages=("tests.dropin",), **UNLIMITED)


@pytest.fixture
async def product(kept_running: Running) -> Running:
    """The product with the smallest provider and nobody in it."""
    # In the order in which the product locks them when it adds up what was counted.
    await empty(kept_running.services.db, "insight_counts", "users", "audit_log", "oauth_tokens")
    for simulator in kept_running.simulators.values():
        simulator.faults.active.clear()
        simulator.faults.requests.clear()
    return kept_running


@pytest.fixture(scope="module")
async def automating_product(
    new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Running]:
    """The product with the providers that rules are about."""
    async with started(await new_database(), tmp_path_factory.mktemp("home")) as start:
        yield await start(**UNLIMITED)


@pytest.fixture
async def ada(automating_product: Running) -> Automating:
    """Ada has connected Figma and Slack, and has no automation."""
    await empty(automating_product.services.db, "users", "oauth_tokens", "integration_webhooks")
    return await Automating.begin(automating_product)


@pytest.fixture
async def browser(ada: Automating) -> Browser:
    """Ada's browser."""
    return await browser_of(ada.running, ada.client)
