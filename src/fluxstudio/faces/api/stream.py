"""What happens, as it happens: server-sent events for pages."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from starlette.responses import StreamingResponse

from fluxstudio.core.event_stream.subscribers import StreamEvent, Subscriber
from fluxstudio.errors import FluxStudioError
from fluxstudio.faces.api.connections import Caller
from fluxstudio.faces.authentication import authenticator_of, services_of
from fluxstudio.flows.visibility import conversations
from fluxstudio.kit.draining import drain_of
from fluxstudio.kit.json import encode
from fluxstudio.kit.postgres.database import DatabaseUnavailable

HEARTBEAT_SECONDS = 15.0
# How long somebody who was signed out may go on reading.
TRUSTED_SECONDS = 1.0

router = APIRouter(prefix="/api/events")


async def following(request: Request, actor: Caller) -> AsyncIterator[Subscriber]:
    """What the caller reads from, until the answer has ended."""
    async with services_of(request).event_stream.subscribe(actor) as reader:
        yield reader


# Not in the document of the API: who tries what stands there would wait for the end of this for ever.
@router.get("/stream", response_class=StreamingResponse, include_in_schema=False)
async def stream(
    request: Request,
    reader: Annotated[Subscriber, Depends(following)],
    last: Annotated[str | None, Header(alias="Last-Event-ID")] = None,
) -> StreamingResponse:
    """What happens in the accounts you have connected, from now on; administrators see everything.

    `arrived`, `handled` and `failed` events and the end of a `run` come with `{id, provider, eventType,
    status}`; `reset` says that too much was missed: load what you show anew.
    It ends when its reader does not keep up, and when we stop; browsers then come back by themselves and say
    which event they saw last. What was told shortly before may then be told again.
    """
    missed: Sequence[StreamEvent] | None = ()
    if last:
        missed = await _missed(request, reader, last)
    return StreamingResponse(
        _body(request, reader, missed), media_type="text/event-stream", headers={"x-accel-buffering": "no"}
    )


async def _missed(request: Request, reader: Subscriber, last: str) -> Sequence[StreamEvent] | None:
    try:
        last_id = UUID(last)
    except ValueError:
        return None
    await conversations.refresh(services_of(request), reader.actor.user_id)
    return await services_of(request).event_stream.missed(reader.actor, last_id)


async def _body(
    request: Request, reader: Subscriber, missed: Sequence[StreamEvent] | None
) -> AsyncIterator[bytes]:
    stopping = asyncio.create_task(_end_with(drain_of(request.scope).stopping, reader))
    try:
        # Spread, so that a restart is not followed by everybody at once.
        yield format_sse_event(retry=random.randint(500, 3000), comment="following")  # noqa: S311
        if missed is None:
            yield format_sse_event(event="reset", data_str="{}")
        for event in missed or ():
            yield _encoded(event)
        async for events in _coming(request, reader):
            yield b"".join(map(_encoded, events)) or KEEPALIVE_COMMENT
    finally:
        stopping.cancel()


async def _coming(request: Request, reader: Subscriber) -> AsyncIterator[Sequence[StreamEvent]]:
    """Pieces as they come, none where none has for a while, for as long as the caller may read."""
    believed_until = time.monotonic() + TRUSTED_SECONDS
    while not reader.ended:
        events = await reader.take(HEARTBEAT_SECONDS)
        if time.monotonic() > believed_until:
            if not await _still(request, reader):
                return
            believed_until = time.monotonic() + TRUSTED_SECONDS
        yield events


async def _still(request: Request, reader: Subscriber) -> bool:
    """Whether the caller still is who they were."""
    with suppress(FluxStudioError, DatabaseUnavailable):
        return await authenticator_of(request).look_up(request) == reader.actor
    return False


async def _end_with(stopping: asyncio.Event, reader: Subscriber) -> None:
    await stopping.wait()
    reader.end()


def _encoded(event: StreamEvent) -> bytes:
    data = {"id": event.id, "provider": event.provider, "eventType": event.type, "status": event.status}
    # Only arrivals come in the order of their ids, so that only they say how far a reader has come.
    event_id = event.id if event.name == "arrived" else None
    return format_sse_event(event=event.name, data_str=encode(data).decode(), id=event_id)
