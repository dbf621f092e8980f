"""What the blanks of a rule can be filled with: what the user's own accounts hold."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from fluxstudio.core.identity.users import Actor
from fluxstudio.core.registry import Registry
from fluxstudio.core.services import Services
from fluxstudio.errors import FluxStudioError, InvalidRequest
from fluxstudio.flows import call
from fluxstudio.flows.automations.rules.placeholders import asked_for
from fluxstudio.flows.automations.rules.time_zones import time_zones
from fluxstudio.sdk import CodeHost, DesignSource, Notifier, Operation, Provider, Subscribable

# Of a long list, what is offered at once; a few letters find the others.
MOST_SUGGESTED = 50
# What a rule asks for in two parts and a person answers in one: `owner/name`.
WHOLE_REPOSITORY = ("owner", "repository")


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing a blank can be filled with: the value for the rule, and the words for people."""

    value: str
    words: str


@dataclass(frozen=True, slots=True)
class Question:
    """What a rule asks of a person; without `choices` it is answered in writing.

    `more` says that there are others than these, so that it may be answered in writing as well; `provider`
    and `connection` are whose they are.
    """

    ask: str
    choices: tuple[Choice, ...] = ()
    more: bool = False
    provider: str = ""
    connection: str | None = None


def asks_of(definition: Any) -> dict[str, str]:
    """What a definition asks for, each once, with the provider it is about ("" where it is about none).

    Owner and repository are one question, `repository`.
    """
    asks: dict[str, str] = {}
    for place, ask in asked_for(definition).items():
        name = (
            definition["when"].get("event", "")
            if place.startswith("when.")
            else definition["do"]["operation"]
        )
        kind = "repository" if ask in WHOLE_REPOSITORY else ask
        asks.setdefault(kind, "" if ask == "timeZone" else str(name).partition(".")[0])
    return asks


def place_of(provider: Provider) -> tuple[str, str] | None:
    """Where events of a provider say which place they come from, and what is asked for it; or None."""
    notifier = provider.capability(Notifier)
    if notifier is not None and notifier.field:
        return notifier.field, "channelId"
    listens = provider.capability(Subscribable)
    if listens is None:
        return None
    if provider.capability(DesignSource) is not None:
        return listens.field, "file"
    return (listens.field, "repository") if provider.capability(CodeHost) is not None else None


def ask_of(provider: Provider, parameter: str) -> str | None:
    """What is asked for a parameter of an operation that can be picked: a channel or a file."""
    notifier = provider.capability(Notifier)
    if notifier is not None and parameter == notifier.argument:
        return "channel"
    return "file" if parameter == "fileKey" and provider.capability(DesignSource) is not None else None


def answers_of(registry: Registry, definition: Any, chosen: Mapping[str, str]) -> dict[str, str]:
    """What fills the blanks, out of the answers to the questions; a question without an answer stays open."""
    answers = {ask: text.strip() for ask, text in chosen.items() if text.strip()}
    if set(WHOLE_REPOSITORY) <= set(asked_for(definition).values()):
        repository = answers.pop("repository", "")
        entry = registry.get(asks_of(definition)["repository"])
        host = entry.provider.capability(CodeHost)
        if host is not None:
            with suppress(InvalidRequest):
                owner, name = host.read_name(repository, entry.hosts["web"])
                answers |= {"owner": owner, "repository": name}
    return answers


async def questions(
    services: Services, actor: Actor, definition: Any, connections: Mapping[str, str | None]
) -> list[Question]:
    """What a definition asks for, and what can be chosen; `connections` are those to use, by provider."""
    return await asyncio.gather(
        *(
            question(services, actor, ask, provider, connections.get(provider))
            for ask, provider in asks_of(definition).items()
        )
    )


async def question(
    services: Services, actor: Actor, ask: str, provider: str, connection: str | None
) -> Question:
    """One question, and what can be chosen of the accounts at a provider."""
    if ask == "timeZone":
        return Question(ask, tuple(Choice(zone, zone.replace("_", " ")) for zone in sorted(time_zones())))
    choices = await _choices(services, actor, ask, provider, connection)
    more = len(choices) > MOST_SUGGESTED
    return Question(ask, choices[:MOST_SUGGESTED], more, provider, connection)


async def suggested(
    services: Services, actor: Actor, ask: str, provider: str, *, connection: str | None, search: str
) -> tuple[Choice, ...]:
    """What a question can be answered with that has these letters in it, 50 at most.

    Those that begin with them come first. Raises `UnknownProvider`.
    """
    services.registry[provider]
    needle = search.lower().lstrip("#")
    matching = [
        choice
        for choice in await _choices(services, actor, ask, provider, connection)
        if needle in choice.words.lower() or search == choice.value
    ]
    matching.sort(key=lambda choice: not choice.words.lower().lstrip("#").startswith(needle))
    return tuple(matching[:MOST_SUGGESTED])


async def _choices(
    services: Services, actor: Actor, ask: str, provider: str, connection: str | None
) -> tuple[Choice, ...]:
    operation = _lists(services.registry[provider].provider, ask) if provider else None
    if operation is None:
        return ()
    try:
        outcome = await call.run(services, actor, operation.full_name, {}, connection=connection, brief=True)
    except FluxStudioError:
        # Whoever asks says what is in the way; the answer can be written meanwhile.
        return ()
    return tuple(_choices_in(ask, outcome.value))


def _lists(provider: Provider, ask: str) -> Operation | None:
    """The operation that lists what a blank can be filled with."""
    if ask in {"channel", "channelId"}:
        notifier = provider.capability(Notifier)
        return None if notifier is None else notifier.channels
    if ask == "file":
        source = provider.capability(DesignSource)
        return None if source is None else source.files
    host = provider.capability(CodeHost) if ask == "repository" else None
    return None if host is None else host.repositories


def _choices_in(ask: str, answer: Any) -> Iterable[Choice]:
    if ask == "file":
        within = {file["key"]: entry["name"] for entry in answer["projects"] for file in entry["files"]}
        for file in answer["files"]:
            project = within.get(file["key"])
            yield Choice(file["key"], f"{file['name']} ({project})" if project else file["name"])
    elif ask == "repository":
        for repository in answer:
            yield Choice(repository["full_name"], repository["full_name"])
    else:
        for channel in answer:
            if not channel.get("is_archived"):
                named = f"#{channel['name']}"
                yield Choice(channel["id"] if ask == "channelId" else named, named)
