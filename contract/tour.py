"""One tour of a provider: connect an account, read what the plan says, keep the shapes of what was heard."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic.errors import PydanticSchemaGenerationError

from contract.hearing import Heard, Overheard, by_endpoint
from contract.people import Person
from contract.plan import NothingThere, Stop, arguments
from fluxstudio.app import product
from fluxstudio.commands.simulated import demo_user
from fluxstudio.core.identity.users import Actor, Claims
from fluxstudio.core.registry import RegisteredProvider, Registry
from fluxstudio.core.services import Services
from fluxstudio.errors import FluxStudioError
from fluxstudio.faces.app import web_app
from fluxstudio.flows import call
from fluxstudio.kit.serving import listening_socket, serving
from fluxstudio.sdk import Operation
from fluxstudio.settings import Settings

PATIENCE = 600.0


@dataclass
class Seen:
    """What one step of a tour showed: by endpoint what was heard, or why there is nothing."""

    step: str
    endpoints: dict[str, Heard] = field(default_factory=dict)
    problem: str = ""
    untried: str = ""


@dataclass(frozen=True)
class House:
    """The product, running with an ear to its calls."""

    services: Services
    base: str
    ear: Overheard
    actor: Actor


@contextmanager
def _home() -> Iterator[Path]:
    """A data folder that the embedded database can reach as a user other than root."""
    with TemporaryDirectory(prefix="fluxstudio-live-") as folder:
        home = Path(folder)
        home.chmod(0o711)
        yield home


@asynccontextmanager
async def housed(settings: Settings, registry: Registry) -> AsyncIterator[House]:
    """Run the product over a database of its own that is gone afterwards, open to whoever visits it."""
    with _home() as home:
        away = dict.fromkeys(("database_url", "redis_url", "encryption_keys"))
        own = settings.model_copy(update={**away, "fluxstudio_home": home, "env": "development"})
        async with product(own, registry, maintenance=False) as services:
            ear = Overheard(registry)
            services = replace(services, http=ear)
            guest = await demo_user(services)
            actor = await services.users.from_claims(Claims(guest, None, None, None, account=True))
            with listening_socket(own.host, own.port) as listening:
                async with serving(web_app(services, guest=guest), listening):
                    yield House(services, own.base_url, ear, actor)
            await ear.aclose()


async def tour(
    house: House, provider: str, stops: list[Stop], values: Mapping[str, Any], person: Person
) -> list[Seen]:
    """Let a person connect, then go through the stops. `given` is what they chose to say."""
    registered = house.services.registry[provider]
    house.ear.take()
    await person(house.base, registered.provider)
    try:
        connection = await _connection(house, provider)
    except TimeoutError:
        return [Seen("connect", problem="nobody connected in time; Settings → Integrations tells the cause")]
    seen = [Seen("connect", by_endpoint(house.ear.take(), registered.hosts, {}))]
    answers: dict[str, Any] = {"given": dict(values)}
    for stop in stops:
        seen += [await _visit(house, registered, stop, answers, connection)]
    return seen


async def _visit(
    house: House, registered: RegisteredProvider, stop: Stop, answers: dict[str, Any], connection: str
) -> Seen:
    seen = Seen(registered.provider[stop.operation].full_name)
    try:
        args = arguments(stop, answers)
    except NothingThere as nothing:
        return replace(seen, untried=str(nothing))
    try:
        outcome = await call.run(house.services, house.actor, seen.step, args, connection=connection)
        answers[stop.operation] = outcome.value
        seen.problem = _unpromised(registered.provider[stop.operation], outcome.value)
    except FluxStudioError as error:
        seen.problem = f"{error.code}: {error.message}"
    words = {name: str(value) for name, value in args.items() if isinstance(value, str | int)}
    seen.endpoints = by_endpoint(house.ear.take(), registered.hosts, words)
    return seen


def _unpromised(operation: Operation, value: Any) -> str:
    """What an answer of ours lacks of what our document promises, without a word of what it says."""
    try:
        TypeAdapter(operation.returns).validate_python(value)
    except PydanticSchemaGenerationError:
        return ""
    except ValidationError as error:
        wrong = {f"{'.'.join(map(str, item['loc']))} ({item['type']})" for item in error.errors()}
        return f"our answer is not what our document promises: {', '.join(sorted(wrong))}"
    return ""


async def _connection(house: House, provider: str) -> str:
    """The connection to a provider, as soon as there is one. Raises `TimeoutError`."""
    async with asyncio.timeout(PATIENCE):
        while True:
            for listed in await house.services.connections.of_user(house.actor.user_id):
                if listed.provider == provider and listed.is_active:
                    return str(listed.id)
            await asyncio.sleep(1)
