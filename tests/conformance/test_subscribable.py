"""Whoever can be asked for webhooks says in words for what, and reads whatever people write."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluxstudio.errors import InvalidRequest
from fluxstudio.sdk import Provider, Subscribable
from tests.conformance.conftest import PROVIDERS
from tests.support.deliveries import OBJECTS

ASKED = [(provider, asked) for provider in PROVIDERS.values() if (asked := provider.capability(Subscribable))]
each = pytest.mark.parametrize(("provider", "asked"), ASKED, ids=[provider.id for provider, _ in ASKED])


@each
def test_everything_one_can_be_told_of_has_words(provider: Provider, asked: Subscribable) -> None:
    assert provider.webhooks is not None
    assert asked.events
    assert set(asked.events) <= set(provider.webhooks.event_labels)
    assert set(asked.events) <= set(provider.webhooks.events)
    assert asked.usual
    assert set(asked.usual) <= set(asked.events)
    assert asked.several or len(asked.usual) == 1
    assert asked.label
    assert asked.help.endswith(".")


@each
def test_what_is_asked_for_is_what_the_operation_takes(provider: Provider, asked: Subscribable) -> None:
    web = provider.http.hosts["web"]
    for where in (
        "ada/sketchbook",
        f"{web}/ada/sketchbook",
        f"{web}/file/Abc123",
        f"{web}/files/team/42/Team",
    ):
        try:
            arguments = asked.arguments_for(where, asked.usual, web)
        except InvalidRequest:
            continue
        assert asked.create.check(arguments)
        assert asked.spot(arguments).path.startswith("/")
        assert list(asked.types(arguments)) == list(asked.usual)
        break
    else:
        pytest.fail("none of these leads anywhere")


@each
@given(where=st.text(max_size=80), details=OBJECTS)
def test_whatever_people_write_and_whatever_was_kept_is_read(
    provider: Provider, asked: Subscribable, where: str, details: dict[str, object]
) -> None:
    for written in (where, f"{provider.http.hosts['web']}/{where}"):
        with suppress(InvalidRequest):
            asked.create.check(asked.arguments_for(written, asked.usual, provider.http.hosts["web"]))
    assert asked.spot(details).name
    assert all(isinstance(name, str) for name in asked.types(details))
