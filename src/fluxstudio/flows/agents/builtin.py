"""The tools that are about the product itself: connections, the search for tools, approvals."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fluxstudio.core.agents.agents import Caller
from fluxstudio.core.agents.approvals import Approval, Approvals
from fluxstudio.core.services import Services
from fluxstudio.errors import InvalidRequest
from fluxstudio.flows.agents import approvals, reading
from fluxstudio.flows.agents.arguments import as_id
from fluxstudio.flows.agents.calling import CallResult, reach_of
from fluxstudio.flows.agents.catalog import Catalog, search

MOST_FOUND = 20
LONGEST_AGENT_QUESTION = 2000
# How long an answer is held back for a person to decide, and how often it is looked at.
LONGEST_WAIT, LOOK_EVERY = 50.0, 0.5
UNDECIDED = ("waiting", "allowed", "running")

Progress = Callable[[float, str], Awaitable[None]]
Run = Callable[[Services, Caller, Catalog, Mapping[str, Any], Progress], Awaitable[CallResult]]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltinTool:
    """A tool of the product itself; it only reads."""

    name: str
    title: str
    description: str
    properties: Mapping[str, Any]
    required: Sequence[str]
    answers: Mapping[str, Any]
    run: Run

    @property
    def input_schema(self) -> dict[str, Any]:
        """JSON Schema of its arguments."""
        return {
            "type": "object",
            "properties": dict(self.properties),
            "required": list(self.required),
            "additionalProperties": False,
        }

    @property
    def output_schema(self) -> dict[str, Any]:
        """JSON Schema of its structured answer."""
        return {"type": "object", "properties": dict(self.answers), "required": list(self.answers)}

    def check(self, sent: Mapping[str, Any]) -> None:
        """Raises `InvalidRequest` for arguments of other names, missing ones, and other types."""
        kinds = {"string": str, "integer": int}
        wrong = {name: "is not an argument" for name in sent if name not in self.properties}
        wrong |= {name: "is missing" for name in self.required if name not in sent}
        wrong |= {
            name: f"is not of type {self.properties[name]['type']}"
            for name, value in sent.items()
            if name in self.properties
            and (not isinstance(value, kinds[self.properties[name]["type"]]) or isinstance(value, bool))
        }
        if wrong:
            raise InvalidRequest(
                f"{self.name} cannot be called like this. Correct: {', '.join(wrong)}.", wrong
            )


async def _connections(
    services: Services, caller: Caller, catalog: Catalog, sent: Mapping[str, Any], progress: Progress
) -> CallResult:
    reach = await reach_of(services, caller)
    lines = [
        {
            "id": str(entry.id),
            "provider": entry.provider,
            "account": entry.account.name,
            "status": entry.status,
            "tools": sum(entry in reach.usable(tool) for tool in catalog.tools),
        }
        for entry in reach.connections
        # What an agent may not use it need not know of.
        if any(entry in reach.usable(tool) for tool in catalog.tools)
    ]
    connected = {entry.provider for entry in reach.connections}
    missing = [
        {"provider": entry.provider.id, "connectAt": f"{services.settings.base_url}/settings/integrations"}
        for entry in services.registry
        if entry.provider.id not in connected
    ]
    return CallResult({"connections": lines, "notConnected": missing})


async def _question(
    services: Services, caller: Caller, catalog: Catalog, sent: Mapping[str, Any], progress: Progress
) -> CallResult:
    return await reading.question(
        services, caller, sent["question"][:LONGEST_AGENT_QUESTION], sent.get("reading", "")
    )


async def _search(
    services: Services, caller: Caller, catalog: Catalog, sent: Mapping[str, Any], progress: Progress
) -> CallResult:
    reach = await reach_of(services, caller)
    callable_now = [tool for tool in catalog.tools if reach.may(tool)]
    matches = search(
        callable_now or catalog.tools, sent["query"][:500], min(sent.get("limit", 10), MOST_FOUND)
    )
    return CallResult(
        {
            "tools": [
                {
                    "name": tool.name,
                    "title": tool.title,
                    "description": tool.description,
                    "inputSchema": tool.input_schema,
                    "writes": tool.operation.writes,
                }
                for tool in matches
            ]
        }
    )


async def _check_approval(
    services: Services, caller: Caller, catalog: Catalog, sent: Mapping[str, Any], progress: Progress
) -> CallResult:
    approval_id = as_id(sent["id"], "approval")
    wait = max(0.0, min(float(sent.get("wait_seconds", 0)), LONGEST_WAIT))
    approval = await decided(services, caller, approval_id, wait, progress)
    return CallResult(
        {
            "approval": approvals.approval_data(services, approval),
            "result": approval.result,
            "problem": dict(approval.problem) if approval.problem else None,
        },
        untrusted=approval.operation.partition(".")[0] if approval.result is not None else None,
    )


async def decided(
    services: Services, caller: Caller, approval_id: Any, wait: float, progress: Progress
) -> Approval:
    """An approval of this agent once it is decided and carried out, or as it is after `wait` seconds."""
    store = Approvals(services.db)
    loop = asyncio.get_running_loop()
    began = loop.time()
    while True:
        approval = await store.one(caller.actor.user_id, approval_id, caller.agent.id)
        waited = loop.time() - began
        if approval.status not in UNDECIDED or waited >= wait:
            return approval
        await progress(waited, "Waiting for approval")
        await asyncio.sleep(LOOK_EVERY)


async def run(
    services: Services,
    caller: Caller,
    catalog: Catalog,
    tool: BuiltinTool,
    sent: Mapping[str, Any],
    progress: Progress,
) -> CallResult:
    """Call a tool of the product itself. Raises the product's errors."""
    tool.check(sent)
    return await tool.run(services, caller, catalog, sent, progress)


BUILTIN: Mapping[str, BuiltinTool] = {
    tool.name: tool
    for tool in (
        BuiltinTool(
            name="list_connections",
            title="List the connected accounts",
            description=(
                "List the accounts that this agent may use, with their ids for the argument connection, and "
                "what is not connected yet."
            ),
            properties={},
            required=(),
            answers={
                "connections": {"type": "array", "items": {"type": "object"}},
                "notConnected": {"type": "array", "items": {"type": "object"}},
            },
            run=_connections,
        ),
        BuiltinTool(
            name="search_tools",
            title="Find a tool",
            description=(
                "Find tools by what they do, such as “comment on an issue”. Answers their names, schemas and "
                "descriptions; call one by its name, or through run_tool where it is not listed."
            ),
            properties={
                "query": {"type": "string", "description": "What you want to do, in a few words."},
                "limit": {"type": "integer", "minimum": 1, "maximum": MOST_FOUND, "default": 10},
            },
            required=("query",),
            answers={"tools": {"type": "array", "items": {"type": "object"}}},
            run=_search,
        ),
        BuiltinTool(
            name="ask_question",
            title="Ask about the user’s data",
            description=(
                "Answer a question about the user’s connections, files, channels, repositories, events and "
                "automations, such as “How many events came last week?”. A question that could mean several "
                "things comes back with its readings: let the user choose, and send its id as `reading`."
            ),
            properties={
                "question": {"type": "string", "description": "The question, in words."},
                "reading": {"type": "string", "description": "The id of the reading that is meant."},
            },
            required=("question",),
            answers={
                "sql": {"type": "string"},
                "explanation": {"type": "string"},
                "planner": {"type": "string", "enum": ["built_in", "language_model"]},
                "rows": {"type": "array", "items": {"type": "object"}},
                "truncated": {"type": "boolean"},
            },
            run=_question,
        ),
        BuiltinTool(
            name="check_approval",
            title="See what became of a call that waits",
            description=(
                "Tell whether a person has allowed a call that waits for approval, and what the provider "
                "answered once it was made. Never repeat the call itself: it is made once it is allowed."
            ),
            properties={
                "id": {"type": "string", "description": "The id of the approval."},
                "wait_seconds": {
                    "type": "integer",
                    "minimum": 0,
                    "maximum": int(LONGEST_WAIT),
                    "default": 0,
                    "description": "How long to wait for a decision.",
                },
            },
            required=("id",),
            answers={
                "approval": {"type": "object"},
                "result": {},
                "problem": {"type": ["object", "null"]},
            },
            run=_check_approval,
        ),
    )
}
