"""Rules that were made before rules belonged to connections get those they could only have meant."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from fluxstudio.kit.postgres.migrate import Source, migrate

BOUND_BY = "0030"
# Owner, provider, and whether it is still connected, by a name for each connection.
CONNECTIONS: Mapping[str, tuple[str, str, bool]] = {
    "ada figma": ("ada", "figma", True),
    "ada slack": ("ada", "slack", True),
    "ada slack of before": ("ada", "slack", False),
    "mei figma": ("mei", "figma", True),
    "mei slack one": ("mei", "slack", True),
    "mei slack two": ("mei", "slack", True),
    "jonah slack gone": ("jonah", "slack", False),
    "priya slack gone": ("priya", "slack", False),
    "priya slack gone too": ("priya", "slack", False),
}
# Owner, the connections named on both sides, and those it has to belong to.
RULES: Mapping[str, tuple[str, str | None, str | None, str | None, str | None]] = {
    "only accounts": ("ada", None, None, "ada figma", "ada slack"),
    "only account, ended": ("jonah", None, None, None, "jonah slack gone"),
    "one of two": ("mei", None, None, "mei figma", None),
    "two that ended": ("priya", None, None, None, None),
    "names one": ("mei", "mei figma", "mei slack two", "mei figma", "mei slack two"),
    "names one that ended": ("ada", None, "ada slack of before", "ada figma", "ada slack of before"),
    "names somebody else's": ("ada", "mei figma", "mei slack one", None, None),
    "names another provider's": ("ada", "ada slack", "ada figma", None, None),
}


async def made_before(connected: asyncpg.Connection, ids: dict[str, UUID]) -> None:
    """People, connections and rules as a release without bindings had them."""
    for user in ("ada", "mei", "jonah", "priya"):
        ids[user] = await connected.fetchval("INSERT INTO users (subject) VALUES ($1) RETURNING id", user)
    for name, (user, provider, live) in CONNECTIONS.items():
        ids[name] = await connected.fetchval(
            "WITH given AS ("
            "INSERT INTO oauth_tokens (id, provider, client_id, account_id, account, status, is_active) "
            "VALUES (gen_random_uuid(), $2, 'app', $3, '{}', 'released', false) RETURNING id) "
            "INSERT INTO connections (user_id, provider, grant_id, is_active, disconnected_at) "
            "SELECT $1, $2, id, $4, CASE WHEN NOT $4 THEN now() END FROM given RETURNING id",
            *(ids[user], provider, name, live),
        )
    for name, (user, trigger, action, *_) in RULES.items():
        when, do = {"event": "figma.FILE_COMMENT"}, {"operation": "slack.message", "arguments": {}}
        when |= {} if trigger is None else {"connection": str(ids[trigger])}
        now = {"when": when, "do": do if action is None else {**do, "connection": str(ids[action])}}
        await rule(connected, ids[user], name, {"when": {"event": "slack.message"}, "do": do}, now)
    schedule = {"when": {"schedule": "0 9 * * 1"}, "do": {"operation": "slack.message", "arguments": {}}}
    await rule(connected, ids["ada"], "by time", schedule)


async def rule(connected: asyncpg.Connection, user: UUID, name: str, *definitions: Mapping[str, Any]) -> None:
    made = await connected.fetchval(
        "INSERT INTO automations (user_id, name, version, event) VALUES ($1, $2, $3, $4) RETURNING id",
        *(user, name, len(definitions), definitions[-1]["when"].get("event")),
    )
    for number, definition in enumerate(definitions, 1):
        await connected.execute(
            "INSERT INTO automation_versions (automation_id, version, definition) VALUES ($1, $2, $3)",
            *(made, number, json.dumps(definition)),
        )


@pytest.fixture
async def bound(
    empty_database: dict[str, Any], sources: list[Source]
) -> tuple[dict[str, UUID], Mapping[str, tuple[UUID | None, UUID | None]]]:
    """What was made before, by name, and the connections that its rules belong to after an upgrade."""
    (core, files), *others = sources
    ids: dict[str, UUID] = {}
    await migrate(empty_database, [(core, [file for file in files if file[0][:4] < BOUND_BY])])
    connected = await asyncpg.connect(**empty_database)
    try:
        await made_before(connected, ids)
        await migrate(empty_database, [(core, files), *others])
        rows = await connected.fetch(
            "SELECT name, trigger_connection_id, action_connection_id FROM automations"
        )
        return ids, {row["name"]: (row[1], row[2]) for row in rows}
    finally:
        await connected.close()


async def test_a_rule_of_before_belongs_to_what_it_names_or_could_only_have_meant(  # R67
    bound: tuple[dict[str, UUID], Mapping[str, tuple[UUID | None, UUID | None]]],
) -> None:
    ids, result = bound
    names: dict[UUID | None, str | None] = {UUID(str(value)): name for name, value in ids.items()} | {
        None: None
    }
    assert {name: tuple(names[part] for part in result[name]) for name in RULES} == {
        name: (trigger, action) for name, (*_, trigger, action) in RULES.items()
    }
    assert tuple(names[part] for part in result["by time"]) == (None, "ada slack")
