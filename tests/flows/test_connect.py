"""Connecting an account."""

from __future__ import annotations

from tests.support.running import Start


async def test_smoke(start: Start) -> None:
    running = await start(packages=("tests.dropin",))
    ada = await running.client()
    connection = await running.connect(ada, "linear")
    listed = await ada.get("/api/integrations")
    print(listed.text)
    for _ in range(2):
        answer = await ada.get("/api/integrations/linear/issues/ENG")
        print(answer.text)
    print((await ada.post("/api/integrations/linear/issues/ENG", json={"title": "x"})).text)
    print((await ada.get("/api/integrations/linear/issues/ENG")).text)
    print((await ada.get("/api/integrations/linear/attempts")).text)
    print((await ada.delete("/api/integrations/linear")).text)
    print(running.seen("linear", "."))
    assert connection
