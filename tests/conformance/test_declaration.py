"""What a provider's folder has to hold, and what its declaration has to say."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from datetime import date
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest

from fluxstudio.sdk import BadSignature, Scope, Webhook
from fluxstudio.sdk.simulation import Simulator
from tests.conformance.conftest import PROVIDERS
from tests.conformance.subject import Subject

with_webhooks = pytest.mark.parametrize(
    "subject", [name for name, provider in PROVIDERS.items() if provider.webhooks], indirect=True
)

STRANGE_BODIES = (b"", b"{}", b"[]", b"null", b"7", b"\xff\xfe", b"{", b'{"a":' * 5000, b'{"passcode":7}')


def test_the_folder_has_a_readme_an_icon_and_a_simulator(subject: Subject) -> None:
    provider, registered = subject.provider, subject.registered
    readme = registered.file("README.md") or ""
    assert readme.startswith(f"# {provider.name}\n")
    assert f"{provider.id.upper()}_CLIENT_ID" in readme
    icon = ElementTree.fromstring(registered.file("icon.svg") or "")
    assert icon.tag.endswith("svg")
    assert {"viewBox"} <= icon.attrib.keys()
    drawn = " ".join(f"{part.tag} {part.attrib}" for part in icon.iter())
    assert not re.search(r"script|foreignObject|href|'on\w+'", drawn)
    module, _, name = (provider.app.simulator or "").partition(":")
    simulator = getattr(importlib.import_module(module), name)
    assert issubclass(simulator, Simulator)
    assert set(provider.http.hosts) <= set(simulator.hosts)
    assert len(subject.simulator.choices()) >= 2


def test_people_are_told_in_words_what_the_provider_gives_them_and_asks_for(subject: Subject) -> None:
    provider = subject.provider
    assert re.fullmatch(r"[a-z][a-z0-9-]{1,30}", provider.id)
    assert provider.tagline.endswith(".")
    assert provider.tagline != f"Connect {provider.name}."
    assert date.fromisoformat(provider.checked) >= date(2026, 1, 1)
    for scope in provider.oauth.scopes:
        assert isinstance(scope, Scope), f"{scope} has no words"
        assert len(scope.means.split()) >= 2
        assert scope.means[0].islower()
        assert not scope.means.endswith(".")


def test_every_operation_is_documented_exemplified_and_consistent(subject: Subject) -> None:
    provider = subject.provider
    scopes = {scope.name for scope in provider.oauth.described_scopes()}
    assert {example.operation.name for example in subject.examples} == set(provider.operations)
    assert subject.reads
    for operation in provider.operations.values():
        assert operation.summary.endswith("."), operation.full_name
        assert set(operation.scopes) <= scopes, operation.full_name
        assert set(operation.makes_stale) <= set(provider.operations), operation.full_name
        assert operation.fresh_for is None or not operation.writes, operation.full_name
        assert operation.limit is None or operation.limit in provider.http.limits, operation.full_name
        assert operation.returns is not Any, f"{operation.full_name} does not say what it answers"
        for name in operation.parameters:
            schema = operation.arguments.model_json_schema()
            assert schema["properties"][operation.public_name(name)].get("description"), operation.full_name


@with_webhooks
def test_every_declared_event_has_a_name_and_outdates_only_what_there_is(subject: Subject) -> None:
    webhook = declared(subject)
    assert webhook.events
    assert all(re.fullmatch(r"\S+", name) for name in webhook.events)
    assert len(set(webhook.events)) == len(webhook.events)
    assert set(webhook.makes_stale) <= set(webhook.events)
    for names in webhook.makes_stale.values():
        assert set(names) <= {example.operation.name for example in subject.reads}
    assert 400 <= webhook.refusal < 500


def declared(subject: Subject) -> Webhook:
    webhook = subject.provider.webhooks
    assert webhook is not None
    return webhook


def signed(subject: Subject) -> tuple[bytes, dict[str, str], str, float]:
    """(body, headers, secret, now) of a genuine request, from `fixtures/signed_webhook.json`."""
    text = subject.registered.file("fixtures/signed_webhook.json") or "{}"
    result = msgspec.json.decode(text.encode())
    return result["body"].encode(), result["headers"], result["secret"], result["now"]


def tampered(
    body: bytes, headers: dict[str, str], secret: str
) -> Iterator[tuple[bytes, dict[str, str], str]]:
    """The same request, changed in every place that can be changed."""
    for place in range(len(body)):
        yield body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :], headers, secret
    yield body + b" ", headers, secret
    yield body[:-1], headers, secret
    yield body, {}, secret
    for wrong in ("", secret[:-1], secret + "x", secret.upper()):
        yield body, headers, wrong


@with_webhooks
def test_only_what_the_provider_signed_passes_as_its_word(subject: Subject) -> None:  # R27 R28
    webhook = declared(subject)
    body, headers, secret, now = signed(subject)
    webhook.verify(body, headers, secret, now)
    payload = msgspec.json.decode(body)
    assert webhook.event_type(headers, payload) in webhook.events
    assert webhook.event_id(headers, payload, body)
    for changed_body, changed_headers, changed_secret in tampered(body, headers, secret):
        with pytest.raises(BadSignature):
            webhook.verify(changed_body, changed_headers, changed_secret, now)


@with_webhooks
def test_each_header_of_the_signature_counts(subject: Subject) -> None:  # R27
    webhook = declared(subject)
    body, headers, secret, now = signed(subject)
    needed = [
        name
        for name in headers
        if name != "content-type" and refuses(webhook, body, without(headers, name), secret, now)
    ]
    assert needed
    for name in needed:
        value = headers[name]
        for wrong in (
            "",
            value[:-1],
            value + "0",
            value.swapcase() if value.swapcase() != value else "x",
            "é",
            "0" * 64,
        ):
            assert refuses(webhook, body, {**headers, name: wrong}, secret, now), f"{name}: {wrong}"


def without(headers: dict[str, str], name: str) -> dict[str, str]:
    return {other: value for other, value in headers.items() if other != name}


def refuses(webhook: Webhook, body: bytes, headers: dict[str, str], secret: str, now: float) -> bool:
    try:
        webhook.verify(body, headers, secret, now)
    except BadSignature:
        return True
    return False


@with_webhooks
def test_whatever_is_sent_unsigned_is_refused_and_nothing_breaks(subject: Subject) -> None:  # R28
    webhook = declared(subject)
    _, headers, secret, now = signed(subject)
    for body in STRANGE_BODIES:
        for sent in ({}, headers):
            assert refuses(webhook, body, sent, secret, now), body[:40]
            assert refuses(webhook, body, sent, "", now), body[:40]
