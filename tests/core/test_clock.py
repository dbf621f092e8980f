"""One time for everybody: the database's, however wrong the clock of a machine is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from joserfc.jwk import OctKey
from pydantic import SecretStr

from fluxstudio.core.clock import Clock
from fluxstudio.core.repetition import repeat
from fluxstudio.kit.postgres.database import Database, DatabaseUnavailable
from fluxstudio.sdk import TokenAnswer
from tests.support.commands import fluxstudio
from tests.support.process import KEYS, SHIFTED, Served, served
from tests.support.running import SECRET, Running, Start
from tests.support.tokens import signed

OURS = OctKey.import_key(SECRET)
WRONG = [pytest.param(600, id="10 minutes ahead"), pytest.param(-600, id="10 minutes behind")]


@asynccontextmanager
async def off_by(shift: int, running: Running, database: dict[str, Any], home: Path) -> AsyncIterator[Served]:
    """A second process on a machine whose clock is wrong."""
    async with served(running, database, home, PYTHONPATH=SHIFTED, CLOCK_SHIFT=str(shift)) as process:
        yield process


async def accepted(base: str, **claims: Any) -> bool:
    headers = {"authorization": f"Bearer {signed(OURS, **claims)}"}
    async with httpx2.AsyncClient(base_url=base, headers=headers) as client:
        status = (await client.get("/api/session")).status_code
    assert status in {200, 401}
    return status == 200


@pytest.mark.parametrize("shift", WRONG)
async def test_a_wrong_clock_takes_the_same_tokens_and_people_connect_and_stay_signed_in(  # F12
    start: Start, database: dict[str, Any], tmp_path: Path, shift: int
) -> None:
    running = await start(encryption_keys=SecretStr(KEYS))
    async with off_by(shift, running, database, tmp_path / "second") as second:
        await _takes_and_refuses_the_same_tokens(running, second)
        await _people_connect_and_stay_signed_in(running, second)


async def _takes_and_refuses_the_same_tokens(running: Running, second: Served) -> None:
    async with httpx2.AsyncClient() as client:
        checks = (await client.get(f"{second.base}/ready")).json()["checks"]
    assert checks["clock"] in {
        f"{seconds} s apart from the database's, which counts" for seconds in (599, 600)
    }
    now = time.time()
    for claims, expected in (
        ({"exp": now + 120}, True),
        ({"exp": now - 120}, False),
        ({"exp": now + 900, "nbf": now - 120}, True),
        ({"exp": now + 900, "nbf": now + 120}, False),
        ({"exp": now + 900, "iat": now}, True),
    ):
        verdicts = [await accepted(base, **claims) for base in (running.base, second.base)]
        assert verdicts == [expected, expected], claims


async def _people_connect_and_stay_signed_in(running: Running, second: Served) -> None:
    async with httpx2.AsyncClient(base_url=second.base, timeout=30) as ada:
        session = await ada.post("/api/session", headers={"authorization": f"Bearer {running.token()}"})
        assert session.status_code == 200
        begun = await ada.get("/api/integrations/github/auth")
        back = httpx2.URL(await running.decide(begun.json()["authorizationUrl"]))
        done = await ada.get(f"{back.path}?{back.query.decode()}")
        assert "status=success" in done.headers["location"]
        assert (await ada.get("/api/integrations/github/user")).status_code == 200
        elsewhere = await running.client(None)
        elsewhere.cookies.update(ada.cookies)
        assert (await elsewhere.get("/api/integrations/github/user")).status_code == 200


@pytest.mark.parametrize("shift", WRONG)
async def test_a_token_made_with_a_wrong_clock_lives_as_long_as_it_should(  # F12
    start: Start, database: dict[str, Any], tmp_path: Path, shift: int
) -> None:
    running = await start(packages=("tests.dropin",))
    words = "token --user ada@example.com --hours 0.1"
    done = await fluxstudio(words, database, tmp_path / "other", PYTHONPATH=SHIFTED, CLOCK_SHIFT=str(shift))
    assert (done.code, done.errors) == (0, "")
    claims = await running.services.tokens.read(done.out.strip())
    assert claims.email == "ada@example.com"


class Elsewhere:
    """A database whose clock is `ahead` of this machine's, and which can be away."""

    def __init__(self, ahead: float) -> None:
        self.ahead = ahead
        self.away = False

    async def now(self) -> datetime:
        if self.away:
            raise DatabaseUnavailable("away")
        return datetime.now().astimezone() + timedelta(seconds=self.ahead)


async def test_a_database_with_another_clock_is_followed(
    monkeypatch: pytest.MonkeyPatch, start: Start
) -> None:  # F12
    there = Elsewhere(600)
    monkeypatch.setattr(Database, "now", lambda _: there.now())
    running = await start(packages=("tests.dropin",))
    now = time.time()
    assert not await accepted(running.base, exp=now + 120)
    assert await accepted(running.base, exp=now + 720, nbf=now + 600)
    there.ahead = 0
    await running.services.clock.look()
    assert await accepted(running.base, exp=now + 120)


async def test_tokens_that_wait_on_disk_carry_the_databases_time(  # F12
    monkeypatch: pytest.MonkeyPatch, start: Start
) -> None:
    monkeypatch.setattr(Database, "now", lambda _: Elsewhere(600).now())
    running = await start(packages=("tests.dropin",))
    connection = await running.connect(await running.client(), "linear")
    services = running.services
    grant = await services.grants.read((await running.grant_of(connection))["id"])
    assert grant is not None
    services.refresher._spool.write(grant, TokenAnswer("not-a-real-token", None, 3600, None, None))
    waiting = services.refresher._spool.read(grant)
    assert waiting is not None
    assert abs(waiting.received_at - (time.time() + 600)) < 60


async def test_the_clock_looks_again_and_outlives_the_database(
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # F12
    there = Elsewhere(0)
    clock = Clock(there)  # type: ignore[arg-type]
    await clock.look()
    following = asyncio.create_task(repeat("look_at_clock", clock.look, seconds=0.01))
    there.away = True
    await asyncio.sleep(0.05)
    assert abs(clock.now() - time.time()) < 60
    there.away, there.ahead = False, 600
    async with asyncio.timeout(60):
        while clock.now() < time.time() + 500:
            await asyncio.sleep(0.01)
    following.cancel()


async def test_a_clock_set_while_running_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:  # F12
    clock = Clock(Elsewhere(0))  # type: ignore[arg-type]
    await clock.look()
    right = time.time()
    with monkeypatch.context() as patched:
        patched.setattr(time, "time", lambda: right - 3600)
        assert abs(clock.now() - right) < 60
