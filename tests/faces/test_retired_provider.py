"""A provider whose folder is gone leaves accounts and events behind, and stops nothing."""

from __future__ import annotations

from fluxstudio.flows import worker
from fluxstudio.flows.automations.runs import triggers
from tests.support.running import WITH_LINEAR, Start
from tests.support.webhooks import linear_event

PAGES = (
    "/settings/integrations",
    "/settings/webhooks",
    "/activity",
    "/automations",
    "/automations/gallery",
)
READS = ("/api/integrations", "/api/webhooks/events", "/api/automations", "/api/audit/mine", "/ready")


async def test_every_page_and_every_periodic_task_goes_on_without_it(start: Start) -> None:
    before = await start(packages=WITH_LINEAR)
    ada = await before.client("ada")
    connection = await before.connect(ada, "linear")
    body, headers = linear_event(id="1")
    sent = await ada.post("/api/integrations/linear/webhook", content=body, headers=headers)
    assert sent.status_code == 200
    rule = {
        "name": "Follow",
        "enabled": True,
        "definition": {
            "when": {"event": "linear.Issue"},
            "do": {"operation": "linear.create_issue", "arguments": {"team": "ENG", "title": "One"}},
        },
    }
    await ada.post("/api/automations", json=rule)

    after = await start(packages=("fluxstudio.providers",))
    ada = await after.client("ada")
    await ada.post("/api/session")
    for path in (*PAGES, *READS):
        answer = await ada.get(path)
        assert answer.status_code == 200, (path, answer.text)
    listed = (await ada.get("/api/integrations")).json()["integrations"]
    assert [entry["id"] for entry in listed] == [connection]
    for task in (*worker.maintenance(after.services), *triggers.periodic_tasks(after.services)):
        await task.work()

    ended = await ada.delete("/api/integrations/linear")
    assert ended.status_code == 200, ended.text
    assert "Linear is disconnected" in ended.json()["message"]
    assert (await ada.get("/api/integrations")).json()["integrations"] == []
    # Whoever asks for it by name is told that there is none.
    assert (await ada.get("/api/integrations/linear/auth")).json()["code"] == "UNKNOWN_PROVIDER"
