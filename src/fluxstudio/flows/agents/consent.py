"""A program asks to be let in, and its user decides what it may do: one code for one decision."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit, urlunsplit

from fluxstudio.core.agents.agents import READS, WRITES, Agents, Mode
from fluxstudio.core.agents.authorization import AgentAuthorization, Client, NewCode
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.services import Services
from fluxstudio.errors import InvalidRequest
from fluxstudio.flows.agents import service
from fluxstudio.flows.agents.clients import client_of, fits

SCOPES = ("read", "write")
# What a user gives for one connection: (reads, writes).
LEVELS: Mapping[str, tuple[Mode, Mode]] = {
    "none": ("deny", "deny"),
    "read": ("allow", "deny"),
    "ask": ("allow", "ask"),
    "write": ("allow", "allow"),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request to be let in that can be shown to a person."""

    client: Client
    redirect_uri: str
    challenge: str
    state: str | None
    scopes: Sequence[str]
    resource: str


class Refused(Exception):
    """A request that its client is to be told of: `address` leads back to it."""

    def __init__(self, address: str) -> None:
        super().__init__("refused")
        self.address = address


def resource_of(services: Services) -> str:
    """The address tokens are issued for, and for nothing else (RFC 8707)."""
    return f"{services.settings.base_url}/mcp"


async def wanted(services: Services, query: Mapping[str, str]) -> Wanted:
    """Check a request to be let in (OAuth 2.1, with PKCE).

    Raises `InvalidRequest` where it is not certain whom to tell, and `Refused` with where to go otherwise.
    """
    client = await client_of(services, query.get("client_id", ""))
    redirect_uri = query.get("redirect_uri") or (
        client.redirect_uris[0] if len(client.redirect_uris) == 1 else ""
    )
    if not fits(client, redirect_uri):
        raise InvalidRequest("This program asks to go back to an address that it did not name before.")
    state = query.get("state")

    def refused(error: str, why: str) -> Refused:
        return Refused(_back(services, redirect_uri, state, error=error, error_description=why))

    if query.get("response_type") != "code":
        raise refused("unsupported_response_type", "Only response_type=code is served.")
    challenge = query.get("code_challenge", "")
    if query.get("code_challenge_method") != "S256" or not re.fullmatch(r"[\w-]{43}", challenge):
        raise refused("invalid_request", "Send a code_challenge with code_challenge_method=S256.")
    resource = query.get("resource") or resource_of(services)
    if resource.rstrip("/") not in {resource_of(services), services.settings.base_url}:
        raise refused("invalid_target", f"Tokens are issued for {resource_of(services)} only.")
    scopes = query.get("scope", "").split() or list(SCOPES)
    scope_names = [scope for scope in SCOPES if scope in scopes]
    if not scope_names:
        raise refused("invalid_scope", "The scopes are read and write.")
    return Wanted(client, redirect_uri, challenge, state, scope_names, resource_of(services))


async def allow(services: Services, actor: Actor, request: Wanted, levels: Mapping[str, str]) -> str:
    """Let a program in with these levels by connection; where to send its user, with a code.

    A program that was let in before keeps its agent, with what is decided now. Raises `NotFound` for a
    connection that is not the user's.
    """
    limits = {connection: _level(level, request.scopes) for connection, level in levels.items()}
    grants = [
        (connection, tool, mode)
        for connection, (reads, writes) in limits.items()
        for tool, mode in ((READS, reads), (WRITES, writes))
    ]
    client = request.client
    agent_id = await Agents(services.db).of_client(actor.user_id, client.client_id)
    if agent_id is None:
        wish = service.Wish(name=client.name, connections=[], grants=grants)
        agent_id, _ = await service.make(services, actor, wish, client_id=client.client_id)
    else:
        await service.change(services, actor, agent_id, {}, grants)
    code = await AgentAuthorization(services.db).add_code(
        NewCode(
            agent_id=agent_id,
            user_id=actor.user_id,
            client_id=client.client_id,
            redirect_uri=request.redirect_uri,
            challenge=request.challenge,
            resource=request.resource,
            scopes=request.scopes,
        )
    )
    await services.audit.record(
        "agent_let_in", None, agent_id, user_id=actor.user_id, client=client.client_id[:200]
    )
    return _back(services, request.redirect_uri, request.state, code=code)


def _level(level: str, scopes: Sequence[str]) -> tuple[Mode, Mode]:
    reads, writes = LEVELS.get(level, LEVELS["none"])
    return reads if "read" in scopes else "deny", writes if "write" in scopes else "deny"


def denied(services: Services, request: Wanted) -> str:
    """Where to send a user who does not let a program in."""
    return _back(services, request.redirect_uri, request.state, error="access_denied")


def _back(services: Services, redirect_uri: str, state: str | None, **fields: str) -> str:
    parts = urlsplit(redirect_uri)
    # The issuer tells clients of several servers apart (RFC 9207).
    answer = {**fields, **({"state": state} if state is not None else {}), "iss": services.settings.base_url}
    query = f"{parts.query}&{urlencode(answer)}" if parts.query else urlencode(answer)
    return urlunsplit(parts._replace(query=query))
