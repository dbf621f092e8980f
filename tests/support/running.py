"""The running product with simulated providers, and clients that use it as people do."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
from joserfc import jwt
from joserfc.jwk import OctKey
from pydantic import SecretStr

from fluxstudio.app import product
from fluxstudio.commands.simulated import demo_user, simulator_of, stand_in
from fluxstudio.core.identity.users import Actor, Claims
from fluxstudio.core.registry import discover, registry_of
from fluxstudio.core.services import Services
from fluxstudio.core.tokens.refresher import RefreshTimeouts
from fluxstudio.faces.app import web_app
from fluxstudio.faces.web.shell.guest import Guest
from fluxstudio.kit.draining import Drain
from fluxstudio.kit.serving import listening_socket, serving
from fluxstudio.sdk.simulation import Simulator, simulation
from fluxstudio.settings import Settings
from tests.support.serving import GRACE_SECONDS

SECRET = "not-a-real-secret-not-a-real-secret"
PROVIDERS = ("fluxstudio.providers",)
WITH_LINEAR = ("fluxstudio.providers", "tests.dropin")

# Everything is plain HTTP on the loopback, and reading the system's certificates takes a client 20 ms.
NO_TLS = False

# What a test does must not end at a limit that the test is not about.
GENEROUS = {
    f"rate_limit_{name}": "1000000/minute"
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

QUICK = RefreshTimeouts(lease=4, deadline=3, wait=3, rest=0.5, short_rest=0.2, poll=0.02)


@dataclass
class Running:
    """One running product: its services, its address, and its simulated providers."""

    services: Services
    base: str
    simulators: dict[str, Simulator]
    stack: AsyncExitStack = field(repr=False)

    def token(self, user: str = "ada", *, role: str | None = None, **claims: Any) -> str:
        """A signed API token."""
        body = {"sub": user, "email": f"{user}@example.com", "exp": int(time.time()) + 3600, **claims}
        if role:
            body["role"] = role
        return jwt.encode({"alg": "HS256"}, body, OctKey.import_key(SECRET))

    async def client(self, user: str | None = "ada", *, role: str | None = None) -> httpx2.AsyncClient:
        """An HTTP client with a cookie jar of its own; with a token of the user's, or as a bare browser."""
        headers = {"authorization": f"Bearer {self.token(user, role=role)}"} if user else {}
        client = httpx2.AsyncClient(
            base_url=self.base, headers=headers, timeout=60, follow_redirects=False, verify=NO_TLS
        )
        return await self.stack.enter_async_context(client)

    async def actor(self, user: str = "ada") -> Actor:
        """A user as flows see them."""
        return await self.services.users.from_claims(Claims(user, f"{user}@example.com", None, None))

    async def begin(self, client: httpx2.AsyncClient, provider: str, **query: str) -> str:
        """Begin to connect; the authorization URL."""
        answer = await client.get(f"/api/integrations/{provider}/auth", params=query)
        assert answer.status_code == 200, answer.text
        url: str = answer.json()["authorizationUrl"]
        return url

    async def decide(
        self,
        authorization_url: str,
        *,
        choice: str | None = None,
        decision: str = "allow",
        person: str | None = None,
    ) -> str:
        """Answer the consent page as a person does; where it sends the browser ('' when nowhere)."""
        async with httpx2.AsyncClient(timeout=60, verify=NO_TLS) as browser:
            page = await browser.get(authorization_url)
            assert page.status_code == 200, page.text
            offered = re.findall(r'name="choice" value="([^"]+)"', page.text)
            answer = await browser.post(
                authorization_url,
                data={
                    "choice": choice or offered[0],
                    "decision": decision,
                    **({"person": person} if person else {}),
                },
            )
        return answer.headers.get("location", "")

    async def connect(
        self,
        client: httpx2.AsyncClient,
        provider: str,
        *,
        choice: str | None = None,
        person: str | None = None,
        **query: str,
    ) -> str:
        """Connect an account through the consent page and the browser's callback; the connection's id."""
        back = await self.decide(await self.begin(client, provider, **query), choice=choice, person=person)
        answer = await client.get(back, headers={"authorization": ""})
        outcome = outcome_of(answer)
        assert outcome["status"] == "success", outcome
        return outcome["connection"]

    async def grant_of(self, connection: str) -> dict[str, Any]:
        """The grant's row behind a connection."""
        row = await self.services.db.fetchrow(
            "SELECT g.* FROM oauth_tokens g JOIN connections c ON c.grant_id = g.id WHERE c.id = $1",
            connection,
        )
        assert row is not None
        return dict(row)

    async def give_scopes(self, provider: str, *scopes: str) -> None:
        """Everybody has granted the app more than it asks for."""
        await self.services.db.execute(
            "UPDATE oauth_tokens SET scopes = scopes || $2::text[] WHERE provider = $1",
            provider,
            list(scopes),
        )
        for token in self.simulators[provider].grants.tokens.values():
            token["scopes"] = [*token["scopes"], *scopes]

    async def age_consents(self, provider: str) -> None:
        """Everybody connected when the provider's words promised less."""
        await self.services.db.execute("UPDATE connections SET consent = 0 WHERE provider = $1", provider)

    def seen(self, provider: str, pattern: str) -> list[dict[str, Any]]:
        """The requests a simulated provider has seen whose `METHOD /path` matches."""
        return [
            entry
            for entry in self.simulators[provider].faults.requests
            if re.search(pattern, entry["request"])
        ]


def outcome_of(answer: httpx2.Response) -> dict[str, str]:
    """What the address that a callback leads to says."""
    assert answer.status_code == 303, answer.text
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


Start = Callable[..., Awaitable[Running]]
MakeGuest = Callable[[Services], Awaitable[Guest]]


@asynccontextmanager
async def started(target: dict[str, Any], home: Path) -> AsyncIterator[Start]:
    """A function that starts the product over a database; everything it started ends with this."""
    async with AsyncExitStack() as stack:

        async def start(
            *,
            packages: Sequence[str] = PROVIDERS,
            timeouts: RefreshTimeouts = QUICK,
            simulators: dict[str, Simulator] | None = None,
            maintenance: bool = False,
            demo: bool | MakeGuest = False,
            **settings: Any,
        ) -> Running:
            providers = [provider for provider, _ in discover(packages)]
            made = (
                simulators
                if simulators is not None
                else {entry.id: simulator_of(entry) for entry in providers if entry.app.simulator}
            )
            if simulators is None:
                simulated = stack.enter_context(listening_socket("127.0.0.1", 0))
                base = f"http://127.0.0.1:{simulated.getsockname()[1]}"
                await stack.enter_async_context(
                    serving(simulation(list(made.values()), base), simulated, Drain(GRACE_SECONDS))
                )
            listening = stack.enter_context(listening_socket("127.0.0.1", 0))
            configured = Settings(
                _env_file=None,  # type: ignore[call-arg]
                port=listening.getsockname()[1],
                fluxstudio_home=home,
                jwt_secret=SecretStr(SECRET),
                **{**GENEROUS, "drain_seconds": 10, **settings},
            )
            overrides = {name: stand_in(name, entry, configured.base_url) for name, entry in made.items()}
            registry = registry_of(configured, packages=packages, overrides=overrides)
            services = await stack.enter_async_context(
                product(configured, registry, target=target, timeouts=timeouts, maintenance=maintenance)
            )
            guest: Guest | str | None = await demo_user(services) if demo is True else None
            if callable(demo):
                guest = await demo(services)
            await stack.enter_async_context(serving(web_app(services, guest=guest), listening))
            return Running(services, configured.base_url, made, stack)

        yield start
