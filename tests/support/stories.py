"""Events whose rules fail, and those that work."""

from __future__ import annotations

from fluxstudio.flows.automations.runs import triggers
from fluxstudio.flows.webhooks.process import Processing
from tests.support.automating import RULE, Automating

EVENTS = "/api/webhooks/events"
BROKEN = {
    **RULE,
    "do": {
        **RULE["do"],
        "arguments": {"channel": "C0NOWHERE{{ event.page_id | default('9') }}", "text": "Hello"},
    },
}


async def happened(ada: Automating) -> str:
    """The id of an event that was handled and whose runs were carried out."""
    services = ada.running.services
    event = await ada.received()
    await Processing(services, triggers.start_runs).event(event["id"])
    for run in await services.db.fetch("SELECT id FROM automation_runs WHERE status = 'queued'"):
        await triggers.run_one(services, run["id"])
    return str(event["id"])
