"""The whole product with simulated providers, for trying it and for building on it."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

from fluxstudio.commands.sample_data import ACCOUNTS, sample_data
from fluxstudio.core.registry import discover
from fluxstudio.core.services import Services
from fluxstudio.faces.web.shell.guest import Guest, new_link
from fluxstudio.kit.serving import listening_socket, serving
from fluxstudio.sdk import Provider
from fluxstudio.sdk.simulation import Simulator, simulation
from fluxstudio.settings import ProviderSettings, Settings

DEMO_EMAIL = "ada@harbourandpine.example"
DEMO_NAME = "Ada Park"
# A file of the simulated Figma and one of the simulated GitHub that go together.
SAMPLE_SYNC = {
    "figma": {"file_key": "DriftwoodFoundations01"},
    "github": {"repository": "harbour-pine/driftwood", "token_file": "tokens/base.json"},
}


def simulator_of(provider: Provider, file: Path | None = None) -> Simulator:
    """The simulator that a provider's folder brings along. Raises `LookupError` when it has none."""
    if provider.app.simulator is None:
        raise LookupError(f"{provider.name} has no simulator")
    module, _, name = provider.app.simulator.partition(":")
    return cast("Simulator", getattr(importlib.import_module(module), name)(file))


def simulators(settings: Settings, provider_ids: Iterable[str] | None = None) -> dict[str, Simulator]:
    """The simulators of all providers, or of the wanted ones, with their state in the data folder."""
    folder = settings.home / "simulators"
    return {
        provider.id: simulator_of(provider, folder / f"{provider.id}.json")
        for provider, _ in discover()
        if provider.app.simulator is not None and (provider_ids is None or provider.id in set(provider_ids))
    }


def settings_for(provider: str, simulator: Simulator) -> dict[str, str]:
    """The settings by which another process uses a simulator in place of the provider."""
    prefix = provider.upper()
    return {
        f"{prefix}_CLIENT_ID": simulator.app_id,
        f"{prefix}_CLIENT_SECRET": simulator.app_secret,
        **{f"{prefix}_{role.upper()}_URL": simulator.url(role) for role in simulator.hosts},
    }


def stand_in(
    provider: str, simulator: Simulator, base_url: str, redirect_uri: str | None = None
) -> ProviderSettings:
    """Settings that lead to a simulator in place of the provider, whose events lead back to us.

    People come back to `redirect_uri`, or to us where there is none.
    """
    simulator.events_to = f"{base_url}/api/integrations/{provider}/webhook"
    redirect_uri = redirect_uri or f"{base_url}/api/integrations/{provider}/callback"
    simulator.redirects.register(redirect_uri)
    return ProviderSettings(
        client_id=simulator.app_id,
        client_secret=simulator.app_secret,
        redirect_uri=redirect_uri,
        hosts={role: simulator.url(role) for role in simulator.hosts},
        others={"webhook_secret": "simulated-webhook-secret", "signing_secret": "simulated-signing-secret"},
    )


@asynccontextmanager
async def simulating(settings: Settings) -> AsyncIterator[dict[str, ProviderSettings]]:
    """Serve the simulators of every provider that is not configured; the settings that lead to them."""
    missing = [provider.id for provider, _ in discover() if not settings.of_provider(provider.id).configured]
    running = simulators(settings, missing)
    with listening_socket("127.0.0.1", settings.port % 65535 + 1, or_any=True) as listening:
        base = f"http://127.0.0.1:{listening.getsockname()[1]}"
        async with serving(simulation(list(running.values()), base), listening):
            yield {
                name: stand_in(name, simulator, settings.base_url, settings.of_provider(name).redirect_uri)
                for name, simulator in running.items()
            }


async def demo_guest(services: Services, announce: Callable[[str], None]) -> Guest:
    """The demo's user; where others can reach the demo, only whoever has the link that is announced."""
    settings = services.settings
    simulated = {entry.provider.id for entry in services.registry if is_simulated(entry.hosts)}
    guest = Guest(
        await demo_user(services),
        settings.home,
        needed=not settings.private,
        announce=announce,
        token_sync=_sample_sync(simulated),
        sample_data=sample_data(services) if simulated.issuperset(ACCOUNTS) else None,
    )
    if guest.needed:
        announce(new_link(settings.home, settings.base_url))
    return guest


def _sample_sync(simulated: Collection[str]) -> Mapping[str, str]:
    """What a sync of samples is made of, without what belongs to a provider that is not simulated."""
    return {
        name: value
        for provider, fields in SAMPLE_SYNC.items()
        if provider in simulated
        for name, value in fields.items()
    }


def is_simulated(hosts: Mapping[str, str]) -> bool:
    """Whether a provider's addresses lead to a simulator, which speaks plain HTTP on this machine."""
    return all(address.startswith("http://127.0.0.1:") for address in hosts.values())


async def demo_user(services: Services) -> str:
    """The subject of the user a browser is signed in as on its first visit, made if need be."""
    user_id = await services.accounts.with_address(DEMO_EMAIL)
    return str(user_id) if user_id else (await services.users.guest(DEMO_EMAIL, DEMO_NAME)).subject
