"""The demo's user: signed in without a word on one's own machine, elsewhere by a link that counts once."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from fastapi import Request

from fluxstudio.core.automations.rules import Automation
from fluxstudio.core.identity.users import Actor, Claims
from fluxstudio.core.services import Services
from fluxstudio.faces.middleware.hosts import on_this_machine
from fluxstudio.kit.files import replaced
from fluxstudio.kit.signatures import same, sha256

LINK_FILE = "demo.link"
USED = "This link has been used or replaced. The terminal shows a newer one; so does `fluxstudio demo-link`."
BY_LINK = (
    "This demo is open to other machines, so it signs nobody in unasked. Open the link that the terminal "
    "shows, or run `fluxstudio demo-link` there for a new one."
)


def new_link(home: Path, base_url: str) -> str:
    """A link that signs in as the demo's user, once; the one before it ends."""
    key = secrets.token_urlsafe(32)
    replaced(home / LINK_FILE, sha256(key).hex())
    return f"{base_url}/demo?key={key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleData:
    """What the demo's user may begin with: accounts, a team, and an automation that is on.

    `add` sets it up for a user who has nothing yet. `automation` answers the automation while it is on. A
    comment at `comment_href` starts it, and its message appears at `channel_href`.
    """

    add: Callable[[Actor], Awaitable[None]]
    automation: Callable[[Actor], Awaitable[Automation | None]]
    comment_href: str
    channel_href: str


class Guest:
    """The demo's user. `announce` gets a new link whenever one was used, where links are `needed`.

    `token_sync` is what the form of a new token sync begins with, by the names of its fields. `sample_data`
    is there where every provider it needs is simulated.
    """

    def __init__(
        self,
        subject: str,
        home: Path,
        *,
        needed: bool = False,
        announce: Callable[[str], None] | None = None,
        token_sync: Mapping[str, str] | None = None,
        sample_data: SampleData | None = None,
    ) -> None:
        self.subject = subject
        self.needed = needed
        self.token_sync = token_sync or {}
        self.sample_data = sample_data
        self._home = home
        self._announce = announce

    def welcome(self, request: Request) -> bool:
        """Whether a browser may be signed in without a link: only one on this very machine."""
        return not self.needed and on_this_machine(request)

    def used(self, key: str, base_url: str) -> bool:
        """Whether a link's key counts; it never does again."""
        file = self._home / LINK_FILE
        try:
            if not same(file.read_text("utf-8"), sha256(key).hex()):
                return False
            # Of two at the same moment, one removes it.
            file.unlink()
        except FileNotFoundError:
            return False
        if self.needed and self._announce is not None:
            self._announce(new_link(self._home, base_url))
        return True

    async def actor(self, services: Services) -> Actor:
        """The user as flows see them."""
        return await services.users.from_claims(Claims(self.subject, None, None, None, account=True))


def guest_of(request: Request) -> Guest | None:
    """The demo's user, or None outside the demo."""
    guest: Guest | None = request.app.state.guest
    return guest


def sample_data_for(request: Request, actor: Actor) -> SampleData | None:
    """The sample data that a user may begin with; None for everybody but the demo's user."""
    guest = guest_of(request)
    return guest.sample_data if guest is not None and guest.subject == actor.subject else None
