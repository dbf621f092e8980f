"""Finding files, channels, repositories and automations of a user by a few letters, out of what is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

from fluxstudio.core.automations.rules import Automations, RuleName
from fluxstudio.core.connections.connections import ListedConnection
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.services import Services
from fluxstudio.errors import FluxStudioError
from fluxstudio.flows import call
from fluxstudio.kit.search import SearchWords
from fluxstudio.sdk import CodeHost, DesignSource, Notifier, Operation, Provider

HitKind = Literal["file", "channel", "repository"]
# What has not answered by then is not waited for: it is there the next time somebody looks.
SEARCH_WAIT_SECONDS = 0.3


@dataclass(frozen=True, slots=True)
class SearchHit:
    """Something of a connected account: `detail` says more of it, `key` is the provider's own id."""

    kind: HitKind
    name: str
    detail: str
    key: str
    connection: ListedConnection
    rank: int


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The best matches first. `waiting` are accounts whose lists are still being read."""

    hits: Sequence[SearchHit]
    rules: Sequence[RuleName]
    waiting: Sequence[ListedConnection]


@dataclass(frozen=True, slots=True)
class _Source:
    """One list of one connected account, and how its answer is read: name, detail and key of each entry.

    `arguments` are what it is asked with, the fullest answer first; where that is refused, with less.
    """

    kind: HitKind
    connection: ListedConnection
    operation: Operation
    read: Callable[[Any], Iterable[tuple[str, str, str]]]
    arguments: Sequence[Mapping[str, Any]] = ({},)


async def find(
    services: Services, actor: Actor, words: SearchWords, listed: Sequence[ListedConnection]
) -> SearchResult:
    """What a user may see now that matches all words, of these connections and of the user's automations.

    Lists are taken as they are stored, however old. One that was never read is asked for, and waited for
    briefly.
    """
    rules = [
        (rank, rule)
        for rule in await Automations(services.db).names(actor.user_id)
        if (rank := words.rank(rule.name)) is not None
    ]
    sources = [source for entry in listed if entry.is_active for source in _sources(services, entry)]
    tasks = {asyncio.create_task(_answer(services, actor, source)): source for source in sources}
    done, late = await asyncio.wait(tasks, timeout=SEARCH_WAIT_SECONDS) if tasks else (set(), set())
    for task in late:
        task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
    hits = [hit for task in done for hit in _hits(tasks[task], task.result(), words)]
    return SearchResult(
        hits=sorted(hits, key=lambda hit: (hit.rank, hit.name.casefold(), str(hit.connection.id))),
        rules=[rule for _, rule in sorted(rules, key=lambda ranked: (ranked[0], ranked[1].name.casefold()))],
        waiting=[tasks[task].connection for task in late],
    )


async def _answer(services: Services, actor: Actor, source: _Source) -> Any:
    """The list as it is stored, as the provider answers where it was never read, None where neither works."""
    operation, connection = source.operation, str(source.connection.id)
    for arguments in source.arguments:
        # The account's own page says what is in the way.
        with suppress(FluxStudioError):
            outcome = await call.recall(services, actor, operation, arguments, connection=connection)
            if outcome is None:
                outcome = await call.run(
                    services, actor, operation.full_name, arguments, connection=connection, brief=True
                )
            return outcome.value
    return None


def _hits(source: _Source, answer: Any, words: SearchWords) -> Iterator[SearchHit]:
    for name, detail, key in source.read(answer) if answer is not None else ():
        rank = words.rank(name, detail)
        if rank is not None:
            yield SearchHit(source.kind, name, detail, key, source.connection, rank)


def _sources(services: Services, connection: ListedConnection) -> Iterator[_Source]:
    provider: Provider = services.registry.get(connection.provider).provider
    if (source := provider.capability(DesignSource)) is not None:
        yield _Source("file", connection, source.files, _files)
    if (notifier := provider.capability(Notifier)) is not None:
        # The second list has what the first lacks of conversations that somebody may be in.
        lists = notifier.lists[1::-1]
        yield _Source("channel", connection, notifier.channels, _channels, lists)
    if (host := provider.capability(CodeHost)) is not None:
        yield _Source("repository", connection, host.repositories, _repositories)


def _files(answer: Any) -> Iterator[tuple[str, str, str]]:
    within = {file["key"]: project["name"] for project in answer["projects"] for file in project["files"]}
    files = {file["key"]: file for project in answer["projects"] for file in project["files"]}
    for key, file in (files | {file["key"]: file for file in answer["files"]}).items():
        yield file["name"], within.get(key, ""), key


def _channels(answer: Any) -> Iterator[tuple[str, str, str]]:
    for channel in answer:
        if not channel.get("is_archived"):
            yield f"#{channel['name']}", "Private" if channel.get("is_private") else "", channel["id"]


def _repositories(answer: Any) -> Iterator[tuple[str, str, str]]:
    for repository in answer:
        yield repository["full_name"], repository.get("description") or "", repository["full_name"]
