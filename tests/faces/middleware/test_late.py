"""What a process that ends answers: probes first say so, what is under way is finished, the rest refused."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from fluxstudio.faces.app import web_app
from fluxstudio.kit.serving import listening_socket, serving
from fluxstudio.sdk.simulation.faults import Fault
from tests.support.process import KEYS, served
from tests.support.running import Start
from tests.support.supervisor import supervisor

REPOSITORIES = "/api/integrations/github/repositories"


async def test_an_end_breaks_off_nothing_and_refuses_what_comes_late(start: Start) -> None:
    running = await start(packages=("tests.dropin",))
    drain = running.services.drain
    with listening_socket("127.0.0.1", 0) as listening:
        async with serving(web_app(running.services), listening, drain):
            base = f"http://127.0.0.1:{listening.getsockname()[1]}"
            stored, other = await running.client(), await running.client()
            assert (await other.get(f"{base}/ready")).json()["status"] == "ready"
            async with stored.stream("GET", f"{base}/api/events/stream") as stream:
                # An answer that has no end keeps nobody waiting; it ends.
                ending = asyncio.create_task(drain.finish())
                await drain.leaving.wait()
                with drain.under_way():
                    await drain.stopping.wait()
                    assert b"".join([piece async for piece in stream.aiter_bytes()])
                    ready = await other.get(f"{base}/ready")
                    assert (ready.status_code, ready.json()["status"]) == (503, "stopping")
                    assert ready.headers["connection"] == "close"
                    assert (await other.get(f"{base}/health")).status_code == 200
                    for path in ("/api/integrations", "/settings/integrations", "/api/nowhere"):
                        late = await other.get(f"{base}{path}")
                        assert (late.status_code, late.json()["code"]) == (503, "UNAVAILABLE")
                        assert late.headers["retry-after"] == "1"
                        assert late.headers["x-request-id"] == late.json()["requestId"]
                    hook = await other.post(f"{base}/api/integrations/linear/webhook", content=b"{}")
                    assert hook.status_code == 503
                    assert not ending.done()
            assert await ending


async def test_a_call_under_way_is_answered_after_sigterm_and_the_exit_code_is_zero(
    start: Start, database: dict[str, Any], tmp_path: Path
) -> None:
    running = await start(encryption_keys=SecretStr(KEYS))
    ada, other = await running.client(), await running.client()
    await running.connect(ada, "github")
    faults = running.simulators["github"].faults
    faults.active.append(Fault(match="GET .*/user/repos", kind="latency", delay=1.5))
    with supervisor() as manager:
        settings = {"NOTIFY_SOCKET": manager.address, "DRAIN_SECONDS": "60"}
        async with served(running, database, tmp_path / "one", **settings) as process:
            assert await manager.hears() == ["READY=1"]
            call = asyncio.create_task(ada.get(f"{process.base}{REPOSITORIES}"))
            async with asyncio.timeout(60):
                while not running.seen("github", "GET .*/user/repos"):
                    await asyncio.sleep(0.01)
            process.process.send_signal(signal.SIGTERM)
            assert (await manager.hears())[0] == "STOPPING=1"
            async with asyncio.timeout(60):
                while (late := await other.get(f"{process.base}/api/integrations")).status_code == 200:
                    pass
            assert (late.status_code, late.json()["code"]) == (503, "UNAVAILABLE")
            assert (await call).status_code == 200
            async with asyncio.timeout(60):
                assert await process.process.wait() == 0
            assert "Waiting up to 60 s" in process.log.read_text()
