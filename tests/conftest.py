"""A real database for every test, and the running product where one is asked for."""

from __future__ import annotations

import importlib
import itertools
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import structlog
from hypothesis import settings as hypothesis_settings
from playwright.async_api import Browser, async_playwright

from fluxstudio.core.migrations import migrate_database
from fluxstudio.core.registry import Registry, discover
from fluxstudio.kit.postgres.embedded import EmbeddedPostgres
from fluxstudio.kit.serving import collect_less
from fluxstudio.settings import ProviderSettings
from tests.support.build_costs import built_once
from tests.support.debian import DebianServer, debian
from tests.support.emptying import PARAMETER
from tests.support.kept_product import KeptProduct
from tests.support.running import Running, Start, started
from tests.support.worker_pools import shared_templates
from tests.support.workspace import keep_compiled, open_workspace, remove_workspace, workspace

# How long an example takes says something about the machine, and nothing about what is tested.
hypothesis_settings.register_profile("house", deadline=None, max_examples=20)
hypothesis_settings.load_profile("house")

TestServer = EmbeddedPostgres | DebianServer
NewDatabase = Callable[[], Awaitable[dict[str, Any]]]

keep_compiled()

TESTS = Path(__file__).parent
# Tests with what others wrote, of documents as people follow them, and of whole processes that are killed.
SLOW = ("witnesses", "docs", "chaos")
BASE = "migrated"
# For all workers together. Nothing in it is worth a wait for the disk.
SERVER_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "500",
    "shared_buffers": "256MB",
}
# `TEST_POSTGRES=15` runs tests on Debian's PostgreSQL 15, the oldest that is promised.
ON_OLDEST = os.environ.get("TEST_POSTGRES") == "15"
_numbers = itertools.count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fast", action="store_true", help="leave out what needs a browser, Node or a witness")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("fast"):
        _deselect(config, items, {item for item in items if _is_slow(item)})
    if ON_OLDEST:
        # What asks no database is the same on every one.
        _deselect(config, items, {item for item in items if "postgres" not in _fixtures_of(item)})


def _deselect(config: pytest.Config, items: list[pytest.Item], unwanted: set[pytest.Item]) -> None:
    config.hook.pytest_deselected(items=[item for item in items if item in unwanted])
    items[:] = [item for item in items if item not in unwanted]


def _fixtures_of(item: pytest.Item) -> Sequence[str]:
    return getattr(item, "fixturenames", ())


def _is_slow(item: pytest.Item) -> bool:
    return "chromium" in _fixtures_of(item) or item.path.relative_to(TESTS).parts[0] in SLOW


def pytest_sessionstart(session: pytest.Session) -> None:
    """Let each worker compile a share of the modules first, and find the others' done when it collects."""
    number, workers = (os.environ.get(f"PYTEST_XDIST_WORKER{which}", "") for which in ("", "_COUNT"))
    if number and session.config.args == session.config.getini("testpaths"):
        modules = sorted(TESTS.rglob("test_*.py"))
        first = len(modules) * int(number.removeprefix("gw")) // int(workers)
        for path in modules[first:] + modules[:first]:
            # What cannot be imported is reported when it is collected.
            with suppress(Exception):
                importlib.import_module(".".join(path.relative_to(TESTS.parent).with_suffix("").parts))


def pytest_collection_finish() -> None:
    """Leave alone what was imported and collected: looking through it again and again takes time."""
    collect_less()


def pytest_configure(config: pytest.Config) -> None:
    if open_workspace():
        config.add_cleanup(remove_workspace)


@pytest.fixture(scope="session", autouse=True)
def _no_settings_of_this_machine() -> Iterator[None]:
    """Settings of whoever runs the tests must not decide how they end."""
    stored = dict(os.environ)
    for name in list(os.environ):
        if name.startswith(
            ("FIGMA_", "SLACK_", "GITHUB_", "JWT_", "RATE_LIMIT_", "FLUXSTUDIO_", "LLM_")
        ) or name in {
            "PORT",
            "HOST",
            "PUBLIC_URL",
            "ALLOWED_HOSTS",
            "DATABASE_URL",
            "REDIS_URL",
            "CORS_ORIGINS",
            "TRUSTED_PROXIES",
            "ENV",
            "ENCRYPTION_KEYS",
            "ANTHROPIC_API_KEY",
        }:
            del os.environ[name]
    yield
    os.environ.clear()
    os.environ.update(stored)


@pytest.fixture(scope="session", autouse=True)
def _no_values_in_tracebacks() -> None:
    """What is printed of a failure must not hold the tokens that were about."""
    configure = structlog.configure

    def uncached(**values: Any) -> None:
        # A logger that is kept goes on writing to where the first test that used it had it write.
        configure(**{**values, "cache_logger_on_first_use": False})

    structlog.configure = uncached  # type: ignore[assignment]
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[structlog.processors.add_log_level, plain])


@pytest.fixture(scope="session", autouse=True)
def _built_once() -> Iterator[None]:
    """Hundreds of tests start a product of their own."""
    with built_once(workspace()):
        yield


@pytest.fixture(scope="session", autouse=True)
def _one_template_process() -> Iterator[None]:
    """Products of the tests share the process that their workers are copies of."""
    with shared_templates():
        yield


@pytest.fixture(scope="session")
async def postgres() -> AsyncIterator[TestServer]:
    """The embedded server or Debian's, with one migrated database that others are copied from.

    All workers share one embedded server: the first starts it, the last ends it.
    """
    async with _server(workspace() / "postgres") as server:
        yield server


@asynccontextmanager
async def _server(home: Path) -> AsyncIterator[TestServer]:
    async with AsyncExitStack() as stack:
        server: TestServer
        if ON_OLDEST:
            server = stack.enter_context(debian())
            await server.make_owner()
        else:
            server = await stack.enter_async_context(EmbeddedPostgres(home, settings=SERVER_SETTINGS))
        await _provide_base(server)
        yield server


async def _provide_base(server: TestServer) -> None:
    """Make the migrated database, unless another worker has."""
    connection = await asyncpg.connect(server.superuser_dsn)
    try:
        await connection.execute("SELECT pg_advisory_lock(1)")
        if await connection.fetchval("SELECT datistemplate FROM pg_database WHERE datname = $1", BASE):
            return
        await connection.execute(f'GRANT SET ON PARAMETER {PARAMETER} TO "{server.connect_kwargs["user"]}"')
        registry = Registry(discover(), lambda provider: ProviderSettings())
        await _make(server, BASE, "template0")
        await migrate_database({**server.connect_kwargs, "database": BASE}, registry)
        await connection.execute(f'ALTER DATABASE "{BASE}" WITH IS_TEMPLATE true')
    finally:
        await connection.close()


async def _make(server: TestServer, name: str, template: str) -> None:
    connection = await asyncpg.connect(server.superuser_dsn)
    try:
        owner = server.connect_kwargs["user"]
        await connection.execute(
            f'CREATE DATABASE "{name}" OWNER "{owner}" TEMPLATE "{template}" STRATEGY file_copy'
        )
    finally:
        await connection.close()


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """The browser, as Debian ships it for machines without a screen; `make test` installs it."""
    path = shutil.which("chromium-headless-shell")
    assert path, "Chromium is missing: `make test` installs it."
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        # Drawing as a graphics card would, without one, takes a third of the time.
        browser = await playwright.chromium.launch(
            executable_path=path, args=["--disable-gpu", "--disable-software-rasterizer", *as_root]
        )
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
def new_database(postgres: TestServer, worker_id: str) -> NewDatabase:
    """Makes fresh, migrated databases; each comes as arguments of `asyncpg.connect`."""

    async def make() -> dict[str, Any]:
        name = f"test_{worker_id}_{next(_numbers)}"
        await _make(postgres, name, BASE)
        return {**postgres.connect_kwargs, "database": name}

    return make


@pytest.fixture
async def database(new_database: NewDatabase, postgres: TestServer) -> AsyncIterator[dict[str, Any]]:
    """A fresh, migrated database of this test's own, as arguments of `asyncpg.connect`."""
    target = await new_database()
    yield target
    # Hundreds of them would fill the memory and take minutes to delete in the end.
    connection = await asyncpg.connect(postgres.superuser_dsn)
    await connection.execute(f'DROP DATABASE "{target["database"]}" WITH (FORCE)')
    await connection.close()


@pytest.fixture
async def start(database: dict[str, Any], tmp_path: Path) -> AsyncIterator[Start]:
    """Starts the product over this test's database, as often as a test wants to."""
    async with started(database, tmp_path) as start:
        yield start


@pytest.fixture
async def own_running(start: Start) -> Running:
    """The product over this test's database, for a test that does more to it than use it."""
    return await start()


@pytest.fixture(scope="module")
async def kept_product(
    new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[KeptProduct]:
    """The product that the tests of a file use one after the other."""
    async with started(await new_database(), tmp_path_factory.mktemp("home")) as start:
        yield await KeptProduct.of(await start())


@pytest.fixture
async def running(kept_product: KeptProduct) -> AsyncIterator[Running]:
    """The product, running and reachable, with every provider simulated, and nobody in it."""
    async with kept_product.emptied() as running:
        yield running
