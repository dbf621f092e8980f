"""One trace from a webhook to the message that it leads to, and from an agent's tool to its call."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from fluxstudio.flows.automations.runs import triggers
from fluxstudio.flows.webhooks.process import Processing
from fluxstudio.kit.opentelemetry_traces import OpenTelemetryTracer
from fluxstudio.kit.trace import record_with, stop_recording
from tests.support.agents import agent, new_agent
from tests.support.automating import Automating
from tests.support.host_product import delivering, host_product, register
from tests.support.receiving import address, stored_events
from tests.support.running import Running
from tests.support.webhooks import slack_event

TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
FROM_CALLER = {"traceparent": f"00-{TRACE}-{CALLER}-01"}
RULE = {
    "when": {"event": "slack.message"},
    "do": {"operation": "slack.message", "arguments": {"channel": "C0DESIGN01", "text": "Seen"}},
}


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """Everything that is recorded while a test lasts."""
    exporter = InMemorySpanExporter()
    tracer = OpenTelemetryTracer("fluxstudio", "test", SimpleSpanProcessor(exporter))
    record_with(tracer)
    yield exporter
    stop_recording(tracer)


def way_to(name: str, spans: InMemorySpanExporter) -> list[str]:
    """The names of the spans from the caller to the last one of a name."""
    recorded = {
        f"{span.context.span_id:016x}": span
        for span in spans.get_finished_spans()
        if span.context is not None and f"{span.context.trace_id:032x}" == TRACE
    }
    at = [span_id for span_id, span in recorded.items() if span.name == name][-1]
    names: list[str] = []
    while at != CALLER:
        names.insert(0, recorded[at].name)
        parent = recorded[at].parent
        assert parent is not None
        at = f"{parent.span_id:016x}"
    return names


async def test_a_webhook_leads_to_a_message(running: Running, spans: InMemorySpanExporter) -> None:
    ada = await Automating.begin(running, "ada", "slack")
    await ada.make(RULE)
    admin = await running.client("ines", role="admin")
    async with host_product() as host, delivering(running) as deliver:
        await register(admin, host, types=["event.received"])
        body, headers = slack_event()
        answer = await ada.client.post(address("slack"), content=body, headers=headers | FROM_CALLER)
        assert answer.status_code == 200, answer.text
        [event] = await stored_events(running)
        await Processing(running.services, triggers.start_runs).event(event["id"])
        [run] = await ada.all_runs()
        await triggers.run_one(running.services, run["id"])
        await deliver()
    [run] = await ada.all_runs()
    assert run["status"] == "done", run

    webhook = ["POST", "receive webhook"]
    message = ["process event", "run automation", "call slack.message", "POST slack"]
    assert way_to("POST slack", spans) == webhook + message
    assert way_to("deliver", spans) == [*webhook, "deliver"]
    [posted] = running.seen("slack", "chat.postMessage")
    assert posted["traceparent"].split("-")[1] == TRACE
    # The simulated Slack tells of the message as well, in a trace of its own.
    assert TRACE in [headers["traceparent"].split("-")[1] for _, headers in host.requests]
    # The line of the call names the webhook's request, two jobs later.
    [line] = (await ada.client.get("/api/audit/mine", params={"action": "call"})).json()["entries"]
    assert line["subject"] == "slack.message"
    assert (line["requestId"], line["traceId"]) == (answer.headers["x-request-id"], TRACE)


async def test_an_agents_tool_leads_to_its_call(running: Running, spans: InMemorySpanExporter) -> None:
    client = await running.client()
    await running.connect(client, "slack")
    _, token = await new_agent(client)
    async with agent(running, token) as caller:
        await caller.call_tool("slack_list_channels", {})
    recorded = {span.name: span for span in spans.get_finished_spans()}
    tool, call = recorded["execute_tool slack_list_channels"], recorded["call slack.channels"]
    assert call.parent is not None
    assert tool.context is not None
    assert call.parent.span_id == tool.context.span_id
    assert tool.parent is not None
