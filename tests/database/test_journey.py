"""The product works on every supported server alike."""

from __future__ import annotations

from tests.support.running import Start

ISSUES = "/api/integrations/linear/issues/ENG"


async def test_connect_call_refresh_and_disconnect(start: Start) -> None:
    running = await start(packages=("tests.dropin",), maintenance=True)
    ada = await running.client()
    await running.connect(ada, "linear")
    first, second = await ada.get(ISSUES), await ada.get(ISSUES)
    assert (first.json()["cached"], second.json()["cached"]) == (False, True)
    assert (await ada.post(ISSUES, json={"title": "Calm the header"})).status_code == 201
    assert (await ada.get(ISSUES)).json()["issues"][0]["title"] == "Calm the header"
    assert (await ada.post("/api/integrations/linear/refresh")).json()["status"] == "connected"
    assert (await ada.delete("/api/integrations/linear")).json()["revoked"] is True
    [integration] = (await ada.get("/api/integrations")).json()["integrations"]
    assert integration["status"] == "disconnected"
    assert (await ada.get("/ready")).json()["status"] == "ready"
