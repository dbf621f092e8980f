"""Agents, calls and approvals as their pages show them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from fluxstudio.core.agents.agents import READS, WRITES, AgentGrant, AgentLine
from fluxstudio.core.agents.approvals import Approval
from fluxstudio.core.agents.calls import CallLine
from fluxstudio.core.connections.connections import ListedConnection
from fluxstudio.core.registry import Registry
from fluxstudio.errors import NotFound
from fluxstudio.faces.web.agents.views import AgentRow, ApprovalCard, CallRow, LevelField, SentField
from fluxstudio.faces.web.components.views import LinkView, OutcomeView
from fluxstudio.faces.web.shell.paths import AGENTS
from fluxstudio.flows.agents.consent import LEVELS

LEVEL_WORDS = {
    "none": "No access",
    "read": "Read",
    "ask": "Read, and write after you approve",
    "write": "Read and write",
}
# Characters of JSON that fit on a line.
SHORT = 80
HOW = {"token": "Token", "client": "Signed in as you", "api": "Your API tokens"}
OUTCOMES = {
    "running": OutcomeView(words="Running", tone="neutral", icon="clock"),
    "done": OutcomeView(words="Done", tone="good"),
    "failed": OutcomeView(words="Failed", tone="bad"),
    "refused": OutcomeView(words="Refused", tone="attention"),
    "waiting": OutcomeView(words="Asked you", tone="neutral", icon="clock"),
    "dry_run": OutcomeView(words="Dry run", tone="neutral", icon="eye"),
}
APPROVALS = {
    "waiting": OutcomeView(words="Waiting for you", tone="attention", icon="clock"),
    "allowed": OutcomeView(words="Allowed", tone="good"),
    "running": OutcomeView(words="Sending", tone="neutral", icon="clock"),
    "done": OutcomeView(words="Sent", tone="good"),
    "denied": OutcomeView(words="Denied", tone="neutral", icon="cross-circle"),
    "expired": OutcomeView(words="Expired", tone="neutral", icon="clock"),
    "failed": OutcomeView(words="Failed", tone="bad"),
    "unknown": OutcomeView(words="Check at the provider", tone="attention"),
}
WHY = {
    "grant": "This agent asks before it writes here.",
    "crossing": "This agent read another of your accounts in the last hour.",
}


def approval_path(approval_id: UUID) -> str:
    """The page of one approval."""
    return f"{AGENTS}/approvals/{approval_id}"


def row(line: AgentLine) -> AgentRow:
    """An agent in the list."""
    return AgentRow(
        name=line.name,
        href=f"{AGENTS}/{line.id}",
        state=state_of(line),
        how=HOW[line.kind],
        last_used_at=line.last_used_at,
        waiting=line.waiting,
    )


def state_of(line: AgentLine) -> OutcomeView:
    """Whether an agent can act."""
    if line.ended_at is not None:
        return OutcomeView(words="Ended", tone="neutral", icon="cross-circle")
    return OutcomeView(words="Active", tone="good")


def title_of(registry: Registry, operation: str) -> str:
    """What an operation does, in words; its name where it is gone."""
    try:
        return registry.operation(operation).summary.rstrip(".")
    except NotFound:
        return operation


def account_of(
    registry: Registry, connections: Sequence[ListedConnection], connection_id: UUID | None
) -> str | None:
    """Provider and account of a connection, None where it is gone."""
    entry = next((entry for entry in connections if entry.id == connection_id), None)
    return None if entry is None else f"{registry.get(entry.provider).provider.name} · {entry.account.name}"


def card(registry: Registry, connections: Sequence[ListedConnection], approval: Approval) -> ApprovalCard:
    """A call that waits, with exactly what would be sent."""
    path = approval_path(approval.id)
    return ApprovalCard(
        title=title_of(registry, approval.operation),
        href=path,
        agent=approval.agent,
        account=account_of(registry, connections, approval.connection_id) or "A disconnected account",
        why=WHY[approval.reason],
        fields=tuple(
            SentField(name=name, text=_exactly(approval.arguments[name]))
            for name in _ordered(registry, approval)
        ),
        asked_at=approval.created_at,
        expires_at=approval.expires_at,
        state=APPROVALS[approval.status],
        detail=approval.problem["message"] if approval.problem else None,
        action=path if approval.status == "waiting" else None,
        digest=approval.digest,
    )


def _ordered(registry: Registry, approval: Approval) -> list[str]:
    """The arguments in the order in which the operation declares them; the database keeps none."""
    try:
        operation = registry.operation(approval.operation)
    except NotFound:
        return sorted(approval.arguments)
    order = [operation.public_name(name) for name in operation.parameters]
    return sorted(approval.arguments, key=lambda name: order.index(name) if name in order else len(order))


def _exactly(value: Any) -> str:
    if isinstance(value, str):
        return value
    short = json.dumps(value, ensure_ascii=False)
    return short if len(short) <= SHORT else json.dumps(value, ensure_ascii=False, indent=2)


def call_row(registry: Registry, connections: Sequence[ListedConnection], line: CallLine) -> CallRow:
    """A call of an agent, and what came of it."""
    href = approval_path(line.approval_id) if line.approval_id and line.outcome == "waiting" else line.link
    label = "Open the request" if line.outcome == "waiting" else "Open"
    return CallRow(
        title=title_of(registry, line.operation) if line.operation else line.tool,
        account=account_of(registry, connections, line.connection_id),
        state=OUTCOMES[line.outcome],
        message=line.message,
        at=line.began_at,
        link=LinkView(label=label, href=href, external=href == line.link) if href else None,
    )


def level_fields(
    registry: Registry, connections: Sequence[ListedConnection], chosen: Mapping[UUID, str], default: str
) -> tuple[LevelField, ...]:
    """A choice for each live connection."""
    return tuple(
        LevelField(
            name=f"level-{entry.id}",
            label=account_of(registry, connections, entry.id) or "",
            options=tuple(LEVEL_WORDS.items()),
            chosen=chosen.get(entry.id, default),
        )
        for entry in connections
        if entry.is_active
    )


def levels_in(fields: Mapping[str, str]) -> dict[str, str]:
    """The level of each connection that a form names."""
    return {
        name.removeprefix("level-"): value
        for name, value in fields.items()
        if name.startswith("level-") and value in LEVELS
    }


def level_of(line: AgentLine, grants: Sequence[AgentGrant], connection_id: UUID) -> str:
    """The level that what an agent may do with a connection comes closest to."""
    modes = {grant.tool: grant.mode for grant in grants if grant.connection_id == connection_id}
    reads, writes = modes.get(READS, line.reads), modes.get(WRITES, line.writes)
    if reads == "deny" and writes == "deny":
        return "none"
    return {"allow": "write", "ask": "ask", "deny": "read"}[writes]
