"""Names for the ids that a provider's events and arguments speak of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fluxstudio.sdk.api import Api


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """What an id stands for, as a sentence says it: "Mei Lin", "#design". `private` is for members only."""

    name: str
    private: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """How the ids of people and channels are found and named.

    `mentioned` reads from an event the ids that its sentence speaks of without a name, a few at most;
    `with_names` gives the payload with these names in it, where `describe` looks for them. `is_id` says
    whether an argument may be such an id. `lookup` asks the provider what one stands for: None where it knows
    none, or may not be asked. But for `lookup`, none of these raises, whatever the payload holds.
    """

    mentioned: Callable[[str, Mapping[str, Any]], Sequence[str]]
    with_names: Callable[[Mapping[str, Any], Mapping[str, str]], Mapping[str, Any]]
    is_id: Callable[[str], bool]
    lookup: Callable[[Api, str], Awaitable[DirectoryEntry | None]]
