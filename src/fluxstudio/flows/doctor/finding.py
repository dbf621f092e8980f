"""One line of a diagnosis."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

State = Literal["good", "warning", "bad"]
ORDER: tuple[State, ...] = ("good", "warning", "bad")


@dataclass(frozen=True, slots=True)
class Area:
    """A part of the installation, and the maker of findings about it.

    Every message is whole sentences, holds nothing secret, and every mend says what to do.
    """

    id: str
    title: str

    def good(self, name: str, what: str, *, paste: str = "") -> Finding:
        """This is as it should be. `paste` is text that belongs somewhere else, such as at a provider."""
        return Finding(self, name, "good", what, paste=paste)

    def warning(self, name: str, what: str, mend: str, *, paste: str = "") -> Finding:
        """This works, but somebody should look at it."""
        return Finding(self, name, "warning", what, mend, paste)

    def bad(self, name: str, what: str, mend: str, *, paste: str = "") -> Finding:
        """This does not work, or must not stay as it is."""
        return Finding(self, name, "bad", what, mend, paste)


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about one thing; `mend` is empty where nothing needs mending."""

    area: Area
    name: str
    state: State
    what: str
    mend: str = ""
    paste: str = ""

    @property
    def line(self) -> tuple[str, str]:
        """How it reads after its name: (“JWT_SECRET”, “is shorter than …”), (“Redis:”, “Not used …”)."""
        if self.what.startswith(f"{self.name} "):
            return self.name, self.what.removeprefix(self.name).lstrip()
        return f"{self.name}:", self.what


SETTINGS = Area("settings", "Settings")
ADDRESSES = Area("addresses", "Addresses")
SECRETS = Area("secrets", "Secrets")
DATABASE = Area("database", "Database")
PROVIDERS = Area("providers", "Providers")
CONNECTIONS = Area("connections", "Connections")
WORK = Area("work", "Jobs and automations")
CLOCK = Area("clock", "Clock")
MACHINE = Area("machine", "Machine")
EVENTS = Area("events", "Events")
AREAS = (SETTINGS, ADDRESSES, SECRETS, DATABASE, PROVIDERS, CONNECTIONS, EVENTS, WORK, CLOCK, MACHINE)


def worst(findings: Iterable[Finding]) -> State:
    """The worst state among findings, good when there are none."""
    return max((finding.state for finding in findings), key=ORDER.index, default="good")


def listed(words: Iterable[str]) -> str:
    """Words as a sentence lists them: “a, b and c”."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def plural(count: int, one: str, many: str | None = None) -> str:
    """A count with its noun: “1 account”, “3 accounts”."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def split(message: str) -> tuple[str, str]:
    """The first sentence of an error's message and what follows: what happened, and what to do."""
    what, _, mend = message.partition(". ")
    return what.rstrip(".") + ".", mend or "Fix that, then check again."
