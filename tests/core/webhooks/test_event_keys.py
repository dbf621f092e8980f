"""What events are known by: one key whenever they come, in the order of the time they tell of."""

from __future__ import annotations

from uuid import UUID, uuid1, uuid4

from hypothesis import given
from hypothesis import strategies as st

from fluxstudio.core.registry import discover
from fluxstudio.core.webhooks.events import key_of, new_id
from fluxstudio.sdk import Webhook
from tests.support.webhooks import figma_event, github_event, slack_event

WEBHOOKS = {provider.id: provider.webhooks for provider, _ in discover()}
MOMENTS = st.floats(0, 1e11)


def webhook_of(provider: str) -> Webhook:
    webhook = WEBHOOKS[provider]
    assert webhook is not None
    return webhook


@given(st.text(), MOMENTS, MOMENTS)
def test_keys_of_later_happenings_stand_behind_those_of_earlier_ones(
    key: str, one: float, other: float
) -> None:
    earlier, later = sorted([one, other])
    if int(1000 * earlier) < int(1000 * later):
        assert key_of("slack", key, earlier) < key_of("slack", key, later)


@given(st.text(), st.none() | st.floats())
def test_whatever_a_provider_says_of_the_time_there_is_a_key(key: str, moment: float | None) -> None:
    assert UUID(key_of("slack", key, moment)).hex == key_of("slack", key, moment)


def test_the_same_key_of_another_provider_is_another() -> None:
    assert key_of("slack", "1", 1.0) != key_of("github", "1", 1.0)


@given(st.floats(1, 4e9), st.floats(1, 4e9))
def test_ids_of_events_rise_with_time(one: float, other: float) -> None:
    earlier, later = sorted([one, other])
    assert new_id(earlier).version == 7
    if later - earlier > 0.001:
        assert new_id(earlier) < new_id(later)


def test_slack_tells_the_time_of_a_happening_under_all_its_event_ids() -> None:
    webhook = webhook_of("slack")
    sent = [slack_event(event_id=name, event_ts="1764065000.000100") for name in ("Ev1", "Ev2")]
    assert [webhook.moment({}, webhook.read(body)) for body, _ in sent] == [1764065000.0001] * 2  # type: ignore[misc]


def test_figma_tells_the_time_of_an_event_whichever_attempt_it_is() -> None:
    webhook = webhook_of("figma")
    sent = [figma_event(timestamp="2026-11-25T10:00:00Z", retries=tries) for tries in (0, 2)]
    assert [webhook.moment({}, webhook.read(body)) for body, _ in sent] == [1795600800.0] * 2  # type: ignore[misc]


def test_github_tells_the_time_where_a_delivery_has_an_id_that_does() -> None:
    webhook = webhook_of("github")
    assert webhook.moment is not None
    for delivery, text in ((str(uuid1(node=1)), True), (str(uuid4()), False), ("x", False)):
        _, headers = github_event("issues", {}, delivery=delivery)
        assert (webhook.moment(headers, {}) is not None) == text, delivery


def test_githubs_own_example_of_a_delivery_is_of_the_spring_of_2014() -> None:
    webhook = webhook_of("github")
    assert webhook.moment is not None
    moment = webhook.moment({"x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958"}, {})
    assert moment is not None
    assert 1_398_000_000 < moment < 1_399_000_000
