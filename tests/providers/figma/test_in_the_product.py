from __future__ import annotations

from typing import Any

import asyncpg
import pytest

from fluxstudio.providers.figma.simulator.seed import HARBOUR, TOMAS
from tests.providers.figma.conftest import FLOW
from tests.support.running import Running


@pytest.fixture
async def running(own_running: Running) -> Running:
    """A product of each test's own: here they look at its database from outside."""
    return own_running


API = "/api/integrations/figma"
TEAM_URL = f"https://www.figma.com/files/team/{HARBOUR}/Harbour-Pine"


async def seen_by(database: dict[str, Any], user_id: Any) -> list[asyncpg.Record]:
    """The view's rows, as the role that speaks for one user reads them."""
    connection = await asyncpg.connect(**database)
    try:
        async with connection.transaction():
            await connection.execute("SET LOCAL ROLE fluxstudio_user")
            await connection.execute("SELECT set_config('fluxstudio.user_id', $1, true)", str(user_id))
            query = "SELECT *, expires_at - cached_at AS kept FROM figma_files_cache ORDER BY cached_at"
            rows: list[asyncpg.Record] = await connection.fetch(query)
            return rows
    finally:
        await connection.close()


async def test_the_cache_view_shows_everyone_their_own_files_for_a_day(
    running: Running, database: dict[str, Any]
) -> None:  # R49
    ada, tomas = await running.client("ada"), await running.client("tomas")
    await running.connect(ada, "figma")
    await running.connect(tomas, "figma", choice=TOMAS)
    followed = await ada.post(f"{API}/teams", json={"url": TEAM_URL})
    assert followed.status_code == 200, followed.text
    listed = (await ada.get(f"{API}/files")).json()
    assert (listed["teamId"], listed["cached"], listed["stale"]) == (HARBOUR, False, False)
    assert (await ada.get(f"{API}/files")).json()["cached"] is True
    assert (await ada.get(f"{API}/files/{FLOW}")).json()["name"] == "Tidewater · Booking flow"
    rows = await seen_by(database, (await running.actor("ada")).user_id)
    assert [(row["team_id"], row["file_key"]) for row in rows] == [(HARBOUR, None), (None, FLOW)]
    assert all(row["kept"].total_seconds() == 24 * 3600 for row in rows)
    assert "Tidewater" in str(rows[0]["data"])
    assert await seen_by(database, (await running.actor("tomas")).user_id) == []


async def test_following_another_team_is_seen_at_once(running: Running) -> None:
    ada = await running.client("ada")
    await running.connect(ada, "figma")
    assert (await ada.get(f"{API}/files")).json()["files"] == []
    await ada.post(f"{API}/teams", json={"url": TEAM_URL})
    assert len((await ada.get(f"{API}/files")).json()["files"]) == 7


async def test_a_posted_comment_is_created_and_listed(running: Running) -> None:
    ada = await running.client("ada")
    await running.connect(ada, "figma")
    before = (await ada.get(f"{API}/comments/{FLOW}")).json()["comments"]
    posted = await ada.post(f"{API}/comments/{FLOW}", json={"message": "Ahoy"})
    assert posted.status_code == 201, posted.text
    after = (await ada.get(f"{API}/comments/{FLOW}")).json()["comments"]
    assert [entry["id"] for entry in after] == [*(entry["id"] for entry in before), posted.json()["id"]]
