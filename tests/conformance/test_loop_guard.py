"""What an operation of ours causes at a provider is recognised by what it changed: no rule starts itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fluxstudio.sdk import Operation, Webhook
from tests.conformance.conftest import PROVIDERS
from tests.conformance.subject import Subject
from tests.support.deliveries import OBJECTS

WRITING = [
    pytest.param(operation, id=operation.full_name)
    for provider in PROVIDERS.values()
    for operation in provider.operations.values()
    if operation.writes
]
ANYTHING = OBJECTS | st.none() | st.integers() | st.lists(st.text(), max_size=3)


@pytest.mark.parametrize("operation", WRITING)
def test_every_operation_that_writes_declares_what_it_changes(operation: Operation) -> None:  # R65
    assert operation.changes is not None, (
        f"say with changes= what {operation.full_name} changes, as SelfEvents.event_subjects names it"
    )


@pytest.mark.parametrize("operation", WRITING)
@given(answer=ANYTHING)
@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_no_answer_breaks_what_says_what_was_changed(operation: Operation, answer: Any) -> None:
    assert operation.changes is not None
    assert all(isinstance(name, str) for name in operation.changes({}, answer))


@pytest.mark.parametrize("name", [name for name, provider in PROVIDERS.items() if provider.webhooks])
@given(payload=OBJECTS)
@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_no_payload_breaks_what_recognises_an_event(name: str, payload: Mapping[str, Any]) -> None:
    webhook = PROVIDERS[name].webhooks
    assert webhook is not None
    for kind in (*webhook.events, "unknown"):
        assert all(isinstance(entry, str) for entry in webhook.self_events.event_subjects(kind, payload))
        assert webhook.self_events.ours is None or webhook.self_events.ours(kind, payload) in {True, False}


async def test_every_event_that_a_write_causes_is_recognised(
    subject: Subject, ada: httpx2.AsyncClient
) -> None:  # R65
    """The simulator tells of what each operation does, on every webhook that it knows of."""
    webhook = subject.provider.webhooks
    if webhook is None:
        pytest.fail("every provider here has webhooks")
    await subject.connect(ada)
    follow_everything(subject)
    simulator = subject.simulator
    for example in subject.examples:
        operation = example.operation
        if not operation.writes:
            continue
        await simulator.deliveries.settled()
        earlier = len(simulator.deliveries.log)
        answer = await subject.send(ada, example)
        assert answer.status_code == operation.status, f"{example}: {answer.text[:300]}"
        await simulator.deliveries.settled()
        assert operation.changes is not None
        changed = set(operation.changes(example.args, value_of(operation, answer.json())))
        # What is sent again comes under the id it had before, and starts nothing a second time.
        for attempt in [entry for entry in simulator.deliveries.log[earlier:] if not entry["redelivery"]]:
            text = (attempt["event"], attempt["payload"])
            assert is_recognised(webhook, *text, changed), (
                f"{example} is told by {text}, and changed {changed}"
            )


def follow_everything(subject: Subject) -> None:
    """Have the simulator tell of whatever happens."""
    subject.simulator.follow_everything(f"{subject.running.base}{subject.path('webhook')}")


def value_of(operation: Operation, body: Any) -> Any:
    return body[operation.list_key] if operation.returns_list else body


def is_recognised(webhook: Webhook, kind: str, payload: Mapping[str, Any], changed: set[str]) -> bool:
    if webhook.self_events.ours is not None and webhook.self_events.ours(kind, payload):
        return True
    return bool(changed & set(webhook.self_events.event_subjects(kind, payload)))
