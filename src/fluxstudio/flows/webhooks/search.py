"""Events as they are listed, and searched for by the words that the list shows of them.

Sentences are made of payloads as they are read, with the names that whoever reads may see, so that a search
finds what people read and nothing else. It looks at so many events at a time, and goes on from there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from fluxstudio.core.identity.users import Actor
from fluxstudio.core.services import Services
from fluxstudio.core.webhooks.events import Event, Events
from fluxstudio.flows import directory
from fluxstudio.flows.webhooks import event_text, replay
from fluxstudio.kit.search import SEARCH_BATCH_SIZE, SearchWords

MAX_SEARCHED_EVENTS = 1000


@dataclass(frozen=True, slots=True)
class EventList:
    """Events with names in place of ids, newest first; `older` leads to those before them.

    `searched_to` is when the last event came in that a search looked at, where it ended before the page was
    full and there are older ones.
    """

    events: Sequence[Event]
    older: UUID | None = None
    searched_to: datetime | None = None


async def events_page(
    services: Services, actor: Actor, *, words: str = "", before: UUID | None, limit: int, **narrowed: Any
) -> EventList:
    """A page of the events that somebody may see, of those with all of these words where there are any.

    `narrowed` is what `replay.page` narrows by. Raises what that raises.
    """
    searched = SearchWords(words)
    read = partial(replay.page, services, actor, **narrowed)
    if searched:
        return await _search(services, actor, searched, read, before, limit)
    some = await read(before=before, limit=limit + 1)
    events = await directory.named(services, replay.reader(actor), some[:limit])
    return EventList(events, events[-1].id if len(some) > limit else None)


async def _search(
    services: Services,
    actor: Actor,
    words: SearchWords,
    read: partial[Any],
    before: UUID | None,
    limit: int,
) -> EventList:
    matches: list[Event] = []
    for _ in range(MAX_SEARCHED_EVENTS // SEARCH_BATCH_SIZE):
        some = await read(before=before, limit=SEARCH_BATCH_SIZE)
        events = await directory.named(services, replay.reader(actor), some)
        accounts = await Events(services.db).account_names(events)
        for event in events:
            if words.match(_texts(services, event, accounts)):
                matches.append(event)
            if len(matches) == limit:
                is_last = event is events[-1] and len(some) < SEARCH_BATCH_SIZE
                return EventList(matches, None if is_last else event.id)
        if len(some) < SEARCH_BATCH_SIZE:
            return EventList(matches)
        before = events[-1].id
    return EventList(matches, before, events[-1].received_at)


def _texts(services: Services, event: Event, accounts: Mapping[tuple[str, str], str]) -> list[str]:
    registered = services.registry.get(event.provider)
    account = accounts.get((event.provider, event.account_id or ""), "")
    sentence, _ = event_text.of_event(services.registry, event)
    return [sentence, event.event_type, registered.provider.name, account]
