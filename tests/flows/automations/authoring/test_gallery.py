"""The gallery: every rule in it works once its blanks are filled."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from fluxstudio.core.registry import Registry, discover
from fluxstudio.errors import InvalidRequest
from fluxstudio.flows.automations.authoring.dry_run import on_event
from fluxstudio.flows.automations.authoring.gallery import Suggestion, suggestions
from fluxstudio.flows.automations.evaluation.evaluator import Evaluation
from fluxstudio.flows.automations.rules.definition import OnEvent, read
from fluxstudio.flows.automations.rules.placeholders import asked_for, filled
from fluxstudio.settings import ProviderSettings
from tests.support.automating import ANSWERS, Automating
from tests.support.running import Running

REGISTRY = Registry(discover(), lambda provider: ProviderSettings())
ALL = suggestions(REGISTRY)


def test_there_is_something_for_everyone() -> None:
    assert len(ALL) >= 12
    assert len({entry.id for entry in ALL}) == len({entry.name for entry in ALL}) == len(ALL)
    used = {need for entry in ALL for need in entry.needs}
    assert used == {entry.provider.id for entry in REGISTRY}


@pytest.mark.parametrize("entry", ALL, ids=lambda entry: str(entry.id))
def test_it_needs_what_it_names_and_asks_for_what_we_know(entry: Suggestion) -> None:
    assert set(asked_for(entry.definition).values()) <= set(ANSWERS)
    whole = read(filled(entry.definition, ANSWERS))
    named = {whole.do.operation.partition(".")[0]}
    if isinstance(whole.when, OnEvent):
        named.add(whole.when.event.partition(".")[0])
        assert entry.example is not None
        assert entry.example["type"] == whole.when.event.partition(".")[2]
    assert named == set(entry.needs)


def test_a_blank_that_is_left_is_asked_for() -> None:
    entry = next(entry for entry in ALL if asked_for(entry.definition))
    with pytest.raises(InvalidRequest) as error:
        read(entry.definition)
    assert all(what.startswith("fill this in: ") for what in error.value.details["fields"].values())


def test_what_needs_an_absent_provider_is_not_shown() -> None:
    assert suggestions(Registry([], lambda provider: ProviderSettings())) == []


async def test_each_would_do_something_with_its_example_and_can_be_kept(running: Running) -> None:
    ada = await Automating.begin(running, "ada", "figma", "slack", "github")
    for entry in ALL:
        body: dict[str, Any] = {"name": entry.name, "definition": filled(entry.definition, ANSWERS)}
        answer = await ada.client.post("/api/automations", json=body)
        assert answer.status_code == 201, (entry.id, answer.text)
        trial = (await ada.client.post(f"/api/automations/{answer.json()['id']}/test")).json()
        assert trial["problem"] is None, entry.id
        whole = read(body["definition"])
        if not isinstance(whole.when, OnEvent):
            assert [result["problem"] for result in trial["results"]] == [None] * 5
            continue
        assert entry.example is not None
        event = {
            "id": uuid4(),
            "provider": whole.when.event.partition(".")[0],
            "event_type": entry.example["type"],
            "payload": entry.example["payload"],
            "received_at": datetime.now(UTC),
        }
        tried = await on_event(Evaluation(running.services, UUID(int=1)), whole, event)
        assert (tried.would_run, tried.why, tried.problem) == (True, None, None), entry.id


async def test_each_really_does_it(running: Running) -> None:
    ada = await Automating.begin(running, "ada", "figma", "slack", "github")
    for entry in ALL:
        definition = filled(entry.definition, ANSWERS)
        made = await ada.make(definition, name=entry.name)
        whole = read(definition)
        if isinstance(whole.when, OnEvent):
            assert entry.example is not None
            provider, _, kind = whole.when.event.partition(".")
            runs = await ada.happens(provider, kind, entry.example["payload"])
            assert [(run["status"], run["problem"]) for run in runs] == [("done", None)], entry.id
        await ada.client.delete(f"/api/automations/{made}")
