"""What a provider's events say, whoever made them up."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fluxstudio.core.registry import discover
from fluxstudio.core.webhooks.events import key_of
from fluxstudio.sdk import Resources, UnreadableBody, Webhook
from tests.support.deliveries import OBJECTS, Delivery, deliveries, spoiled
from tests.support.running import WITH_LINEAR

WEBHOOKS: Mapping[str, tuple[Webhook, str]] = {
    provider.id: (provider.webhooks, package)
    for provider, package in discover(WITH_LINEAR)
    if provider.webhooks is not None
}
RESOURCES = {provider.id: provider.visibility.resources for provider, _ in discover(WITH_LINEAR)}
each_provider = pytest.mark.parametrize("provider", sorted(WEBHOOKS))


def webhook_of(provider: str) -> tuple[Webhook, list[Delivery]]:
    webhook, package = WEBHOOKS[provider]
    return webhook, deliveries(package)


def judge(webhook: Webhook, kind: str, payload: Mapping[str, Any]) -> str:
    """Hold what a declaration says of a payload against what it promises; the sentence about it."""
    assert webhook.describe is not None
    text = webhook.describe(kind, payload)
    assert 1 <= len(text) <= 200, text
    assert text == text.strip() != ""
    assert not re.search(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]", text), text
    for read, longest in ((webhook.order, 255), (webhook.link, 2048)):
        result = read(kind, payload) if read is not None else None
        assert result is None or 1 <= len(result) <= longest, result
    address = webhook.link(kind, payload) if webhook.link is not None else None
    if address is not None:
        parts = urlsplit(address)
        assert parts.scheme == "https"
        assert parts.hostname
        assert re.fullmatch(r"[!-~]+", address), address
    moment = webhook.moment({}, payload) if webhook.moment is not None else None
    assert len(key_of("any", "key", moment)) == 32
    account = webhook.account(payload) if webhook.account is not None else None
    assert account is None or account
    ending = webhook.ends(kind, payload) if webhook.ends is not None else None
    if ending is not None:
        assert ending.account_id
        assert ending.why.endswith(".")
    answer = webhook.challenge(payload) if webhook.challenge is not None else None
    assert answer is None or isinstance(answer, Mapping)
    assert all(isinstance(name, str) for name in webhook.self_events.event_subjects(kind, payload))
    actor = webhook.self_events.actor(kind, payload)
    assert actor is None or actor
    return text


def judge_texts(webhook: Webhook, kind: str, payload: Mapping[str, Any]) -> None:
    """Hold the texts of a payload against what providers of texts promise."""
    if webhook.texts is not None:
        assert isinstance(webhook.texts(kind, payload), Mapping)


def judge_resource(resources: Resources, kind: str, payload: Mapping[str, Any]) -> None:
    """Hold what an event is about against what providers of resources promise."""
    result = resources.of(kind, payload)
    assert result is None or (result.id and result.name and len(result.id) <= 300)
    assert resources.changes(kind, payload) in {True, False}


@each_provider
def test_every_declared_event_is_known_by_a_request_that_brings_it(provider: str) -> None:
    webhook, requests = webhook_of(provider)
    brought = {webhook.event_type(request.headers, request.read(webhook)) for request in requests}
    assert brought == set(webhook.events)


@each_provider
def test_an_event_has_one_key_and_is_told_in_a_sentence_that_people_can_read(provider: str) -> None:
    webhook, requests = webhook_of(provider)
    for request in requests:
        payload = request.read(webhook)
        kind = webhook.event_type(request.headers, payload)
        key = webhook.event_id(request.headers, payload, request.body)
        assert 1 <= len(key) <= 255
        assert key == webhook.event_id(request.headers, request.read(webhook), request.body)
        if webhook.moment is not None:
            assert webhook.moment(request.headers, payload) == webhook.moment(
                request.headers, request.read(webhook)
            )
        text = judge(webhook, kind, payload)
        judge_texts(webhook, kind, payload)
        assert not re.search(r"[{}!_]|None|\bNull\b|“|  |\bin in\b|#\B", re.sub("“.+”", "said", text)), text


@each_provider
def test_every_further_address_has_its_requests_and_refuses_what_is_none(provider: str) -> None:
    webhook, requests = webhook_of(provider)
    assert {request.path for request in requests} == {"webhook", *webhook.paths}
    for read in (webhook.read, *webhook.paths.values()):
        for body in (
            b"",
            b"{",
            b"[]",
            b"7",
            b"\xff\xfe",
            b'{"a":' * 5000,
            b"payload",
            b"payload=%FF",
            b"payload=7",
        ):
            with pytest.raises(UnreadableBody):
                read(body)


@each_provider
@given(data=st.data())
@settings(max_examples=50)
def test_no_body_breaks_a_reader(provider: str, data: st.DataObject) -> None:
    webhook, _ = webhook_of(provider)
    body = data.draw(st.binary(max_size=200))
    for read in (webhook.read, *webhook.paths.values()):
        try:
            assert isinstance(read(body), Mapping)
        except UnreadableBody:
            continue


@each_provider
@given(data=st.data())
@settings(max_examples=50)
def test_whatever_a_payload_holds_it_is_told_and_nothing_breaks(provider: str, data: st.DataObject) -> None:
    webhook, _ = webhook_of(provider)
    kind = data.draw(st.sampled_from([*webhook.events, "unknown", ""]) | st.text(max_size=40))
    payload = data.draw(OBJECTS)
    judge(webhook, kind, payload)
    judge_texts(webhook, kind, payload)


@each_provider
@given(data=st.data())
@settings(max_examples=100)
def test_a_request_that_is_not_quite_as_documented_is_told_too(provider: str, data: st.DataObject) -> None:
    webhook, requests = webhook_of(provider)
    request = data.draw(st.sampled_from(requests))
    payload = data.draw(spoiled(request.read(webhook)))
    kind = webhook.event_type(request.headers, payload)
    assert webhook.event_id(request.headers, payload, request.body)
    judge(webhook, kind, payload)
    judge_texts(webhook, kind, payload)
    if webhook.second_event_id is not None:
        webhook.second_event_id(payload)


def places(value: Any, depth: int = 3) -> Iterator[tuple[dict[str, Any], str]]:
    """Every field of nested objects down to a depth, with the object it is in."""
    if isinstance(value, dict) and depth:
        for name in value:
            yield value, name
            yield from places(value[name], depth - 1)
    elif isinstance(value, list) and value:
        yield from places(value[0], depth)


@each_provider
def test_no_field_has_to_be_there_nor_to_have_a_value_of_its_kind(provider: str) -> None:
    webhook, requests = webhook_of(provider)
    resources = RESOURCES[provider]
    payloads = [(request.headers, dict(request.read(webhook))) for request in requests]
    # One of each type and action.
    kinds = {
        (webhook.event_type(headers, payload), str(payload.get("action"))): payload
        for headers, payload in payloads
    }
    for (kind, _), payload in kinds.items():
        for number, (holder, name) in enumerate(list(places(payload))):
            if name.endswith("_url") and name != "html_url":
                continue
            value = holder[name]
            spoils = (
                lambda: holder.update({name: []}),  # noqa: B023
                lambda: holder.update({name: None}),  # noqa: B023
                lambda: holder.pop(name),  # noqa: B023
            )
            # In turn: most fields come in many events, where each meets them all.
            spoils[number % len(spoils)]()
            text = judge(webhook, kind, payload)
            assert "None" not in text, (kind, name, text)
            assert "null" not in text, (kind, name, text)
            assert "  " not in text, (kind, name, text)
            if resources is not None:
                judge_resource(resources, kind, payload)
            holder[name] = value
