"""Disks and pools that are full."""

from __future__ import annotations

import asyncio
from collections import Counter

import asyncpg

from chaos.report import Row
from chaos.stage import ISSUES, stage, tally

FULL = """
CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER no_room BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION no_room()
"""
ROOM = "DROP FUNCTION no_room CASCADE"


async def nothing_left(calls: int = 100, held: float = 8) -> Row:
    """F18: every connection of the pool is stuck behind a lock; the database's disk is full."""
    async with stage() as here:
        [server] = await here.processes(1)
        holder = await asyncpg.connect(**here.target)
        transaction = holder.transaction()
        await transaction.start()
        await holder.execute("LOCK TABLE connections IN ACCESS EXCLUSIVE MODE")
        begun = asyncio.get_running_loop().time()
        calling = asyncio.create_task(here.calls([server], calls, at_once=calls))
        await asyncio.wait({calling}, timeout=held)
        await transaction.rollback()
        stuck: Counter[str] = await calling
        seconds = asyncio.get_running_loop().time() - begun
        await holder.execute(FULL.format(table="connections"))
        await holder.close()
        begun_connect = await here.running.begin(here.client, "slack")
        back = await here.running.decide(begun_connect)
        answer = await here.client.get(back)
        full = answer.headers.get("location", "")
        listed = (await here.client.get(f"{server.base}/api/integrations")).json()["integrations"]
        written = await here.call(server, ISSUES, method="POST", json={"title": "Full"})
        honest = "status=error" in full and not any(entry["provider"] == "slack" for entry in listed)
        return Row(
            "F18 pool exhausted, disk full",
            "no false 200",
            f"pool: {tally(stuck)} in {seconds:.0f} s; disk: connect {'refused' if honest else 'CLAIMED'}, "
            f"write {written}",
            set(stuck) <= {"200", "503"} and honest,
        )
