"""What a provider says of calls that others send to its own API with a user's token."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class RawCall:
    """A call as its sender wrote it: `path` below the provider's API, `fields` of query and body."""

    method: str
    path: str
    fields: Mapping[str, Any] = field(default_factory=dict)


def _default_bucket(call: RawCall) -> str:
    return "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyRules:
    """Which raw calls are sent, and what they count for.

    `prefix` is where the API begins below the provider's host. No path that starts with one of `refused` is
    called: what would end or replace the grant is done by disconnecting. `bucket` names the rate limit of a
    call. `conversations` names the private conversations that a call may read, each of which the person has
    to be in; None where that cannot be told, and the call is refused.
    """

    prefix: str = ""
    refused: tuple[str, ...] = ()
    bucket: Callable[[RawCall], str] = _default_bucket
    conversations: Callable[[RawCall], Collection[str] | None] | None = None
