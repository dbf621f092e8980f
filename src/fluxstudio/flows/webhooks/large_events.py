"""Events that are too large for the event loop: other processes read those."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from fluxstudio.core.services import Services
from fluxstudio.core.webhooks import large_events
from fluxstudio.errors import Unavailable
from fluxstudio.kit.json import abridged, decode, encode
from fluxstudio.kit.worker_pool import OverBudget, WorkBudget
from fluxstudio.kit.worker_pool.frames import LENGTH

# What reading one of them may take; nothing that a provider sends takes as much.
READING_BUDGET = WorkBudget(cpu=8.0, wall=60.0, answer=128 * 1024 * 1024)
# Of JSON whose reading takes more than a worker may take.
UNREADABLE: Mapping[str, Any] = {}


async def written_payload(services: Services, event_id: UUID) -> msgspec.Raw:
    """The whole payload of an event as JSON that nobody has read yet; an empty object once it is gone."""
    content = await large_events.written_payload(services.db, event_id)
    return msgspec.Raw(b"{}" if content is None else content)


async def with_payload(services: Services, event: Mapping[str, Any]) -> dict[str, Any]:
    """An event with what the event loop may read of its payload, also where an earlier release kept it.

    Raises `Unavailable` where no worker can be had.
    """
    if event["payload"] is not None:
        return dict(event)
    content = bytes(await written_payload(services, event["id"]))
    try:
        short = decode(await services.workers.run_apart("abridge_event", content, READING_BUDGET))
    except OverBudget:
        short = UNREADABLE
    except RuntimeError:
        raise Unavailable("A large event could not be read right now. Try again in a minute.") from None
    await large_events.save_abridged(services.db, event["id"], short)
    return {**event, "payload": short}


def abridge_in_worker(content: bytes) -> bytes:
    """What a worker does for `with_payload`."""
    return encode(abridged(decode(content)))


def parted(whole: bytes) -> tuple[bytes, bytes]:
    """A head and what follows it, as `joined` made them: the length of the head comes before it."""
    (length,) = LENGTH.unpack_from(whole)
    return whole[LENGTH.size : LENGTH.size + length], whole[LENGTH.size + length :]


def joined(head: bytes, rest: bytes) -> bytes:
    """Both in one; see `parted`."""
    return head_of(head) + rest


def head_of(head: bytes) -> bytes:
    """A head as it stands before the rest."""
    return LENGTH.pack(len(head)) + head
