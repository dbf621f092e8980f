"""What events are about, and which accounts of a provider may see it.

A webhook that was made by hand, or an app's own, tells of what belongs to a team or an organization, and so
to no account that anybody here has connected. Whom it concerns only the provider knows: whoever may see it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fluxstudio.sdk.api import Api


@dataclass(frozen=True, slots=True)
class Resource:
    """A repository, an organization, a team or a file at a provider.

    `id` is the provider's lasting id with its kind, such as `repository/402900`; `name` is what people, or
    the provider's own paths, call it now.
    """

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """How a provider says who may see what events are about.

    `of` reads from an event what it is about, None where it names nothing that could be asked for. `changes`
    says that an event changes who may see that. Neither raises, whatever the payload holds. `visible` asks
    with an account's own token whether the events of a resource concern it: whether it may see what is not
    open to the whole world, and of what is, whether it takes part there. Its third argument says that
    somebody of the account has an automation about this very resource. It may raise the product's own errors,
    of which those that say that the account has no access count as "no".
    """

    of: Callable[[str, Mapping[str, Any]], Resource | None]
    changes: Callable[[str, Mapping[str, Any]], bool]
    visible: Callable[[Api, Resource, bool], Awaitable[bool]]
