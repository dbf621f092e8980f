"""Everything that is measured, running, and people who have Figma connected."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory

from joserfc import jwt
from joserfc.jwk import OctKey

from bench.browser import Browser
from bench.processes import Processes, free_port
from bench.roles import SECRET, figma
from bench.wire import Refused
from fluxstudio.kit.postgres.embedded import EmbeddedPostgres, make_home
from tests.support.running import Running, started

INTEGRATIONS = "/api/integrations"
CALL = f"{INTEGRATIONS}/figma/files?teamId=1174201358246917205"
CHECK = "/api/session"
PEOPLE = 32


@dataclass(frozen=True, slots=True)
class Person:
    """A user of the product: their API token, their browser, and their account at Figma."""

    token: str
    browser: Browser
    account: str

    def bearer(self) -> dict[str, str]:
        """The header that carries their token."""
        return {"authorization": f"Bearer {self.token}"}


def token_of(name: str, **further: str) -> str:
    """An API token that holds for an hour."""
    claims = {"sub": name, "email": f"{name}@example.com", "exp": int(time.time()) + 3600, **further}
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET))


def bearer_of(name: str, **further: str) -> dict[str, str]:
    """The header that carries such a token."""
    return {"authorization": f"Bearer {token_of(name, **further)}"}


def public_folder(folder: Path) -> None:
    """Let the database in, which may have to run as another user."""
    folder.chmod(0o711)


@asynccontextmanager
async def installation() -> AsyncIterator[Running]:
    """The product over an embedded database of its own, in this process; all of it is gone afterwards."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="fluxstudio-bench-")))
        public_folder(folder)
        make_home(folder / "home")
        server = await stack.enter_async_context(EmbeddedPostgres(folder / "home"))
        start = await stack.enter_async_context(started(server.connect_kwargs, folder / "home"))
        yield await start()


@dataclass(frozen=True, slots=True)
class Stage:
    """Base addresses of the servers, and the people.

    `checks` is as bare as `bare`, with the answer of a check. `redis` is the address of one to compare with,
    empty where there is none. `processor_seconds` tells what the server of an address has taken so far.
    """

    product: str
    bare: str
    checks: str
    authlib: str
    people: Sequence[Person]
    redis: str
    processor_seconds: Callable[[str], float]

    @property
    def connecting(self) -> Sequence[Person]:
        """One person for each account: Figma keeps one live token for an account, the newest."""
        return list({person.account: person for person in self.people}.values())

    async def connect(self, person: Person) -> None:
        """One complete connect flow at the product, as the pages do it."""
        begun = await person.browser.ask("GET", f"{self.product}{INTEGRATIONS}/figma/auth")
        back = await person.browser.allow(json.loads(begun.body)["authorizationUrl"], person.account)
        done = await person.browser.ask("GET", back, expect=303)
        if "status=success" not in done.headers("location")[0]:
            raise Refused(f"a connect ended at {done.headers('location')[0]}")

    async def connect_with_authlib(self, person: Person) -> None:
        """The same flow at the peer."""
        begun = await person.browser.ask("GET", f"{self.authlib}/connect", expect=302)
        back = await person.browser.allow(begun.headers("location")[0], person.account)
        await person.browser.ask("GET", back, expect=303)

    async def content(self) -> bytes:
        """The answer of the call. Raises `Refused` when it does not come from the cache."""
        for _ in range(2):
            answers = [
                await person.browser.ask("GET", self.product + CALL, person.bearer())
                for person in self.people
            ]
        if not all(json.loads(answer.body)["cached"] for answer in answers):
            raise Refused("the product did not answer from its cache")
        return answers[0].body


@asynccontextmanager
async def stage() -> AsyncIterator[Stage]:
    """Start everything; all of it is gone afterwards."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="fluxstudio-bench-")))
        public_folder(folder)
        servers = await stack.enter_async_context(Processes(folder))
        port = free_port()
        hosts = await servers.role("simulator", f"http://127.0.0.1:{port}", port=port)
        port = free_port()
        authlib = await servers.role("authlib", hosts, f"http://127.0.0.1:{port}/callback", port=port)
        product = await servers.product(**_settings(folder / "home", hosts))
        people = [
            await _person(stack, product, f"person{number}", choice.id)
            for number, choice in zip(range(PEOPLE), cycle(figma()[1].choices()), strict=False)
        ]
        redis = await servers.redis()
        unfinished = Stage(product, "", "", authlib, people, redis, servers.processor_seconds)
        for person in people:
            await unfinished.connect(person)
        (folder / "call").write_bytes(await unfinished.content())
        checked = await people[0].browser.ask("GET", product + CHECK)
        (folder / "check").write_bytes(checked.body)
        bare = await servers.role("bare", "call", "check", redis)
        checks = await servers.role("bare", "check", "check", redis and f"{redis}/1")
        yield replace(unfinished, bare=bare, checks=checks)


def _settings(home: Path, hosts: str) -> dict[str, str]:
    """Settings of a product that has Figma at the simulator."""
    make_home(home)
    _, simulated = figma()
    return {
        "FLUXSTUDIO_HOME": str(home),
        "JWT_SECRET": SECRET,
        "RATE_LIMIT_USER": "100000/second",
        "RATE_LIMIT_ADDRESS": "100000/second",
        "FIGMA_CLIENT_ID": simulated.app_id,
        "FIGMA_CLIENT_SECRET": simulated.app_secret,
        **{f"FIGMA_{role.upper()}_URL": f"{hosts}/{host}" for role, host in simulated.hosts.items()},
    }


async def _person(stack: AsyncExitStack, product: str, name: str, account: str) -> Person:
    """A user with a token and a session, and an account to connect."""
    person = Person(token_of(name), await stack.enter_async_context(Browser()), account)
    await person.browser.ask("POST", product + CHECK, person.bearer())
    return person
