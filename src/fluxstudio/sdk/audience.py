"""Who at a provider may see what: conversations that only some people of an account are in.

An app often holds more rights than the people who use it. A Slack bot reads every private channel that it was
invited to, whoever connected it; its rights must not replace those of the person.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from fluxstudio.sdk.oauth import TokenAnswer

if TYPE_CHECKING:
    from fluxstudio.sdk.api import Api

# The audience of an event: everybody who is connected to its account, or the id of a conversation. Nobody
# sees an event whose audience was not determined yet, or cannot be.
EVERYBODY, UNDETERMINED, NOBODY = "", "?", "-"


@dataclass(frozen=True, slots=True)
class Membership:
    """Whether a conversation is open to everybody of its account; if not, the ids of its members."""

    public: bool
    people: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """How a provider with private conversations says who is in them.

    `person` reads the provider's id of the person who connected from the token endpoint's answer (None: it
    does not say). `conversation` reads the audience of an event: `EVERYBODY`, or the id of the conversation
    that it concerns unless that is certainly open to all. `changes` names the conversation whose members an
    event changes. None of these raises, whatever it is given.

    `members` asks who is in a conversation; None where the app cannot see it. `conversations` asks for the
    private conversations that a person and the app share. `public` asks for all conversations that are open
    to everybody, for when no more single ones may be asked about; None where the provider has no such list.
    All three raise the product's own errors.
    """

    person: Callable[[TokenAnswer], str | None]
    conversation: Callable[[str, Mapping[str, Any]], str]
    changes: Callable[[str, Mapping[str, Any]], str | None]
    members: Callable[[Api, str], Awaitable[Membership | None]]
    conversations: Callable[[Api, str], Awaitable[Collection[str]]]
    public: Callable[[Api], Awaitable[Collection[str]]] | None = None


class Conversations(Protocol):
    """What the person behind a connection may see, as last asked a few minutes ago at most."""

    @property
    def person(self) -> str | None:
        """The provider's id of the person, None where it is unknown."""

    async def admits(self, api: Api, conversation: str) -> bool:
        """Whether a conversation is open to everybody, or the person is in it. False where nobody can say.

        Raises `ProviderUnavailable` and `ProviderRateLimited` when the provider cannot be asked now, and
        `ReauthorizationRequired` and `Forbidden` when it no longer lets the app ask at all.
        """

    async def private(self, api: Api) -> Collection[str]:
        """The ids of the private conversations that the person is in; none where nobody can say.

        Raises `ProviderUnavailable` and `ProviderRateLimited` when the provider cannot be asked now.
        """
