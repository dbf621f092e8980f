"""Every registered provider, one after the other, in one running product."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest

from fluxstudio.core.registry import discover
from tests.conformance.subject import Subject
from tests.conftest import NewDatabase
from tests.support.running import WITH_LINEAR, Running, started

PROVIDERS = {provider.id: provider for provider, _ in discover(WITH_LINEAR)}


@dataclass(frozen=True)
class Ground:
    """The product that all of the suite runs against, and where it keeps what it knows."""

    running: Running
    target: dict[str, Any]
    home: Path


@pytest.fixture(scope="session")
async def ground(
    new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Ground]:
    target, home = await new_database(), tmp_path_factory.mktemp("conformance")
    async with started(target, home) as start:
        yield Ground(await start(packages=WITH_LINEAR), target, home)


@pytest.fixture(autouse=True)
def _retries_do_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """How long the product waits between tries is no concern of providers."""
    monkeypatch.setattr("fluxstudio.sdk.api.random", SimpleNamespace(uniform=lambda low, high: 0))


@pytest.fixture(params=sorted(PROVIDERS))
async def subject(ground: Ground, request: pytest.FixtureRequest) -> AsyncIterator[Subject]:
    """A provider whose simulator begins anew, in a product that nobody has used yet."""
    async with AsyncExitStack() as stack:
        running = replace(ground.running, stack=stack)
        subject = Subject(PROVIDERS[request.param], running, ground.target, ground.home)
        await subject.reset()
        yield subject


@pytest.fixture
async def ada(subject: Subject) -> httpx2.AsyncClient:
    """A person with an account here, who has connected nothing."""
    return await subject.running.client("ada")
