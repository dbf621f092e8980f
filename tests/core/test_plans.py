"""What hot statements look at does not grow with the history: few rows, however many there are."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from fluxstudio.core.automations import rules, triggers
from fluxstudio.core.event_stream import subscribers
from fluxstudio.core.visibility import conversations
from fluxstudio.core.webhooks import events, processing
from fluxstudio.kit.postgres.database import Connection, Database
from fluxstudio.kit.search import SEARCH_BATCH_SIZE

HISTORY, ACCOUNTS = 20_000, 200
# Of so many events a statement may look at this many: several pages, and nothing like all of them.
MOST_TOUCHED = 1_500
FILL = """
WITH made AS (
    SELECT n, overlay(first_event_id(now() - make_interval(secs => (n + 1) * 3))::text
                      PLACING lpad(to_hex(n), 12, '0') FROM 25)::uuid AS id
    FROM generate_series(1, $1::integer) AS n
)
INSERT INTO integration_webhooks (id, provider, delivery_key, event_type, account_id, order_key, payload,
                                  status, attempts, audience, received_at)
SELECT id, 'slack', n::text, CASE n % 2000 WHEN 7 THEN 'rare' ELSE 'message' END, 'T' || n % $2::integer,
       'slack:C' || n % 500, '{"text": "Hello"}', 'handled', 1, '', now() - make_interval(secs => (n + 1) * 3)
FROM made
"""
MEMBER = """
WITH person AS (INSERT INTO users (subject) VALUES ('ada') RETURNING id),
given AS (
    INSERT INTO oauth_tokens (id, provider, client_id, account_id, account, status, is_active)
    SELECT gen_random_uuid(), 'slack', 'app', 'T' || n, '{}', 'released', false
    FROM generate_series(1, 3) AS n
    RETURNING id
), connected AS (
    INSERT INTO connections (user_id, provider, grant_id)
    SELECT person.id, 'slack', given.id FROM person, given
)
SELECT id FROM person
"""
RULE = """
WITH rule AS (
    INSERT INTO automations (user_id, name, event) VALUES ($1, 'A rule', 'slack.message') RETURNING id
), version AS (
    INSERT INTO automation_versions (automation_id, version, definition) SELECT id, 1, '{}' FROM rule
), runs AS (
    INSERT INTO automation_runs (automation_id, version, event_id, status, created_at, finished_at)
    SELECT rule.id, 1, gen_random_uuid(), 'done', now() - make_interval(secs => n * 3), now()
    FROM rule, generate_series(1, $2::integer) AS n
)
SELECT id FROM rule
"""


@dataclass(frozen=True, slots=True)
class History:
    """A database with many events and runs, and a member who sees few of them."""

    connected: Connection
    member: UUID
    rule: UUID
    newest: UUID
    middle: UUID
    oldest: UUID


@pytest.fixture
async def history(database: dict[str, Any]) -> AsyncIterator[History]:
    async with Database(database) as db, db.connection() as connected:
        await connected.execute(FILL, HISTORY, ACCOUNTS)
        member = await connected.fetchval(MEMBER)
        rule = await connected.fetchval(RULE, member, HISTORY)
        await connected.execute("ANALYZE")
        ids = await connected.fetch("SELECT id FROM integration_webhooks ORDER BY id")
        yield History(connected, member, rule, *(ids[place]["id"] for place in (-1, len(ids) // 2, 0)))


def statements(
    recent: UUID, middle: UUID, old: UUID, rule: UUID
) -> Mapping[str, tuple[bool, str, tuple[Any, ...]]]:
    """Whether a member asks, the statement, and what is asked."""
    sql, rules_sql = events.sql, rules.sql
    plain, rare, dead = (None,) * 4, (None, None, "rare", None), (None, None, None, "dead")
    # Not only what concerns nobody, and no reader.
    admin = (50, False, None)
    hour = [timedelta(hours=1)]
    return {
        "the first page": (False, sql.page, (*plain, *admin)),
        "a page of a rare type": (False, sql.page, (*rare, *admin)),
        "a page of dead ones": (False, sql.page, (*dead, *admin)),
        "a member's page": (True, sql.page_of_user, (*plain, 50)),
        "a member's page of a rare type": (True, sql.page_of_user, (*rare, 50)),
        "a member's page of dead ones": (True, sql.page_of_user, (*dead, 50)),
        "a step of a search": (False, sql.page, (middle, *plain[1:], SEARCH_BATCH_SIZE, False, None)),
        "a step of a member's search": (True, sql.page_of_user, (middle, *plain[1:], SEARCH_BATCH_SIZE)),
        "a step of a search of runs": (True, rules_sql.runs, (rule, None, SEARCH_BATCH_SIZE)),
        "a later step of a search of runs": (True, rules_sql.runs, (rule, HISTORY // 2, SEARCH_BATCH_SIZE)),
        "dead ones": (False, sql.dead_ones, (None, None, 50)),
        "a member's dead ones": (True, sql.dead_ones, (None, None, 50)),
        "the number of dead ones": (True, sql.count_dead, (None,)),
        "missed": (False, subscribers.sql.newer, (recent, 500)),
        "missed by a member": (True, subscribers.sql.newer_of_user, (old, 200)),
        "newest": (False, subscribers.sql.newest, (timedelta(seconds=20), 500)),
        "tried with": (True, rules_sql.lately_received, ("slack", "message", None, 20)),
        "tried with a rare type": (True, rules_sql.lately_received, ("slack", "rare", None, 20)),
        "happened": (True, rules_sql.happened, ([recent, old],)),
        "undetermined": (False, conversations.sql.undetermined, (500,)),
        "a batch": (False, processing.sql.batch, ([recent, old],)),
        "a batch of orders": (
            False,
            processing.sql.batch_of_orders,
            (["slack:C1", "slack:C2"], [recent, recent], 6),
        ),
        "a run within its limit": (
            False,
            triggers.sql.start_on_event,
            (recent, None, [rule], [1], hour, [20], [None], [{}], None),
        ),
    }


async def test_what_a_statement_looks_at_does_not_grow_with_the_history(history: History) -> None:
    touched = {}
    asked_for = statements(history.newest, history.middle, history.oldest, history.rule)
    for title, (of_member, query, asked) in asked_for.items():
        async with rolled_back(history.connected):
            if of_member:
                await history.connected.execute(
                    f"SET LOCAL ROLE fluxstudio_user; SET LOCAL fluxstudio.user_id = '{history.member}'"
                )
            explained = f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {query}"
            [plan] = await history.connected.fetchval(explained, *asked)
        touched[title] = sum(map(_touched, _nodes(plan["Plan"])))
    assert {title: rows for title, rows in touched.items() if rows > MOST_TOUCHED} == {}


@asynccontextmanager
async def rolled_back(connected: Connection) -> AsyncIterator[None]:
    transaction = connected.transaction()
    await transaction.start()
    try:
        yield
    finally:
        await transaction.rollback()


def _nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)


def _touched(node: Mapping[str, Any]) -> float:
    """Rows of a history that a step of a plan has looked at."""
    if not re.match("integration_webhooks|automation_runs", node.get("Relation Name", "")):
        return 0
    removed = sum(rows for name, rows in node.items() if name.startswith("Rows Removed"))
    return float((node["Actual Rows"] + removed) * node["Actual Loops"])
