"""Everything that is a user's own, as JSON that is written while it is read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import asdict
from typing import Any

import msgspec

from fluxstudio.core.agents.agents import Agents
from fluxstudio.core.automations.rules import Automations
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.services import Services
from fluxstudio.flows.identity.users import person

EXPORTED_AT_ONCE = 200
# For one automation and for the audit log; older ones are deleted long before there are so many.
MAX_EXPORTED_PAGES = 5_000


async def export(services: Services, actor: Actor) -> AsyncIterator[bytes]:
    """The profile, connections, automations with versions and runs, tokens, sessions, agents, audit log.

    No token and no secret is in it. One JSON object, in pieces.
    """
    line = await person(services, actor.user_id)
    profile = {
        "id": line.subject,
        "email": line.email,
        "name": line.name,
        "role": line.role,
        "createdAt": line.created_at,
    }
    yield b'{"profile":' + msgspec.json.encode(profile)
    parts: Mapping[str, Callable[[Services, Actor], AsyncIterator[Any]]] = {
        "connections": _connections,
        "automations": _automations,
        "runs": _runs,
        "accessTokens": _access_tokens,
        "sessions": _sessions,
        "agents": _agents,
        "auditLog": _audit,
    }
    for name, read in parts.items():
        yield f',\n"{name}":['.encode()
        first = True
        async for entry in read(services, actor):
            yield (b"\n" if first else b",\n") + msgspec.json.encode(entry)
            first = False
        yield b"]"
    yield b"}\n"


async def _connections(services: Services, actor: Actor) -> AsyncIterator[Any]:
    for entry in await services.connections.of_user(actor.user_id):
        yield {
            "id": entry.id,
            "provider": entry.provider,
            "account": {"id": entry.account.id, "name": entry.account.name},
            "status": entry.status,
            "scopes": entry.scopes,
            "connectedAt": entry.connected_at,
            "lastUsedAt": entry.last_used_at,
        }


async def _automations(services: Services, actor: Actor) -> AsyncIterator[Any]:
    store = Automations(services.db)
    for entry in await store.of_user(actor.user_id):
        versions = await store.versions(actor.user_id, entry.id, limit=EXPORTED_AT_ONCE)
        yield {
            "id": entry.id,
            "name": entry.name,
            "enabled": entry.enabled,
            "definition": entry.definition,
            "createdAt": entry.created_at,
            "versions": [_plain(version) for version in versions],
        }


async def _runs(services: Services, actor: Actor) -> AsyncIterator[Any]:
    store = Automations(services.db)
    for rule in await store.names(actor.user_id):
        before: int | None = None
        for _ in range(MAX_EXPORTED_PAGES):
            runs = await store.runs(actor.user_id, rule.id, before=before, limit=EXPORTED_AT_ONCE)
            for run in runs:
                yield {"automation": rule.id, **_plain(run)}
            if len(runs) < EXPORTED_AT_ONCE:
                break
            before = runs[-1].number


async def _access_tokens(services: Services, actor: Actor) -> AsyncIterator[Any]:
    for line in await services.access_tokens.listing(actor.user_id):
        yield _plain(line)


async def _sessions(services: Services, actor: Actor) -> AsyncIterator[Any]:
    for line in await services.sessions.of_user(actor.user_id, ""):
        yield _plain(line)


async def _agents(services: Services, actor: Actor) -> AsyncIterator[Any]:
    for line in await Agents(services.db).listing(actor.user_id):
        yield _plain(line)


async def _audit(services: Services, actor: Actor) -> AsyncIterator[Any]:
    before: int | None = None
    for _ in range(MAX_EXPORTED_PAGES):
        lines = await services.audit.page_of(actor.user_id, before=before, limit=EXPORTED_AT_ONCE)
        for line in lines:
            yield _plain(line)
        if len(lines) < EXPORTED_AT_ONCE:
            return
        before = lines[-1].id


def _plain(entry: Any) -> dict[str, Any]:
    """A record under the names that the API writes."""
    return {_camel(name): value for name, value in asdict(entry).items()}


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))
