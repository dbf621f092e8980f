"""What the texts of an operation's parameters are marked up in, and how somebody's words are put into them.

A parameter names its target in its annotation: `Annotated[str, MRKDWN]`. Whoever writes a rule's template
writes the target's markup; what an event says is put in as text, at whatever depth.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fluxstudio.sdk.markup.cleaning import address, clean, one_line, part_of_address
from fluxstudio.sdk.markup.text import Text

WEB = frozenset({"http", "https"})


class Unwritable(ValueError):
    """A value that cannot stand where it is put; the message says why, for whoever wrote the template."""


def _as_it_is(text: str) -> str:
    return text


@dataclass(frozen=True, slots=True)
class Markup:
    """What a text is marked up in. This one is not: words are put in as plain text, rewritten by `plain`."""

    plain: Callable[[str], str] = _as_it_is

    def inside(self, key: str | int, container: Any) -> Markup:
        """The markup of what stands under a key of an object, or at a place of a list."""
        return self

    def fill(self, template: str, values: Mapping[str, Text]) -> str:
        """A text in which each key of `values` stands for somebody's words, with those words put in.

        Raises `Unwritable`.
        """
        return clean(substituted(template, {key: self.plain(value.plain) for key, value in values.items()}))


@dataclass(frozen=True, slots=True)
class OneLine(Markup):
    """Plain text on one line, such as a title, a label or a login."""

    def fill(self, template: str, values: Mapping[str, Text]) -> str:
        """See `Markup.fill`."""
        return clean(substituted(template, {key: one_line(value.plain) for key, value in values.items()}))


@dataclass(frozen=True, slots=True)
class UrlMarkup(Markup):
    """A web address."""

    def fill(self, template: str, values: Mapping[str, Text]) -> str:
        """See `Markup.fill`. A value an address begins with has to be one; any other is a part of it."""
        first = template.lstrip()
        return clean(
            substituted(
                template.strip(),
                {
                    key: _whole(value.plain) if first.startswith(key) else part_of_address(value.plain)
                    for key, value in values.items()
                },
            )
        )


def _whole(text: str) -> str:
    if not text.strip():
        return ""
    url = address(text, schemes=WEB)
    if url is None:
        raise Unwritable(f"“{one_line(text)[:60]}” is no web address; one begins with https://")
    return url


def substituted(template: str, texts: Mapping[str, str]) -> str:
    """A text with each key replaced; what was put in is not looked at again."""
    parts: list[str] = []
    rest = template
    for key, text in texts.items():
        before, sign, after = rest.partition(key)
        if not sign:
            continue
        parts += [before, text]
        rest = after
    return "".join([*parts, rest])


PLAIN = Markup()
LINE = OneLine()
IDENTITY = OneLine()
URL = UrlMarkup()
