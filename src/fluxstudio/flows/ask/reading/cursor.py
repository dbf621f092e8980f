"""A place in a path, and what stands there."""

from __future__ import annotations

from collections.abc import Sequence

from fluxstudio.flows.ask.language.keywords import Keyword
from fluxstudio.flows.ask.reading.lexemes import Lexeme, Meaning


class Unreadable(Exception):
    """A path makes no sense; the message says where it stopped doing so."""


class Cursor:
    """Walks along the lexemes of one path."""

    def __init__(self, lexemes: Sequence[Lexeme]) -> None:
        self.lexemes = lexemes
        self.place = 0

    @property
    def ended(self) -> bool:
        return self.place >= len(self.lexemes)

    def peek(self, offset: int = 0) -> Meaning | None:
        """What stands so many places further on; None beyond the ends."""
        place = self.place + offset
        return self.lexemes[place].meaning if 0 <= place < len(self.lexemes) else None

    def text(self, offset: int = 0) -> str:
        """The words that stand there."""
        place = self.place + offset
        return self.lexemes[place].text if 0 <= place < len(self.lexemes) else ""

    def take(self) -> Meaning:
        """What stands here; the cursor goes on."""
        meaning = self.lexemes[self.place].meaning
        self.place += 1
        return meaning

    def at(self, *roles: str, offset: int = 0) -> Keyword | None:
        """The keyword here, if it has one of the roles."""
        meaning = self.peek(offset)
        return meaning if isinstance(meaning, Keyword) and meaning.role in roles else None

    def accept(self, *roles: str) -> Keyword | None:
        """Take the keyword here, if it has one of the roles."""
        token = self.at(*roles)
        if token:
            self.place += 1
        return token

    def skip(self, *roles: str) -> None:
        """Go past everything that has one of the roles."""
        while self.at(*roles):
            self.place += 1

    def beyond(self, *roles: str) -> int:
        """How many lexemes from here on have one of the roles."""
        offset = 0
        while self.at(*roles, offset=offset):
            offset += 1
        return offset
