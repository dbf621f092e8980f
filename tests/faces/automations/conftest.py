"""The product with Ada in it, who has connected Figma and Slack, and her browser."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.conftest import NewDatabase
from tests.faces.conftest import UNLIMITED
from tests.faces.test_activity_pages import browser_of
from tests.support.automating import Automating
from tests.support.browsing import Browser
from tests.support.running import Running, started


@pytest.fixture(scope="module")
async def kept(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with started(await new_database(), tmp_path_factory.mktemp("home")) as start:
        yield await start(**UNLIMITED)


@pytest.fixture
async def ada(kept: Running) -> Automating:
    """Ada has connected Figma and Slack, and has no automation."""
    await kept.services.db.execute("TRUNCATE users, oauth_tokens, integration_webhooks CASCADE")
    return await Automating.begin(kept)


@pytest.fixture
async def browser(ada: Automating) -> Browser:
    """Ada's browser."""
    return await browser_of(ada.running, ada.client)
