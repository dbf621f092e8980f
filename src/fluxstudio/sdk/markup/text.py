"""Texts that know what they are marked up in: what an event says, and whatever is made of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, Self

from fluxstudio.sdk.markup import read_markdown, read_mrkdwn
from fluxstudio.sdk.markup.cleaning import clean
from fluxstudio.sdk.markup.document import Document, flat, mapped, of_plain, plain, shortened, words_of

Source = Literal["plain", "markdown", "mrkdwn"]
# No argument takes more, and no reader has to work on more, however much an event says.
MAX_MARKUP_CHARACTERS = 40_000
MAX_MARKED_FIELDS = 20_000


class Text(str):
    """Somebody's words, with the markup they are in; `names` has people and channels by their ids.

    As a string it is its source; `document` is what that says.
    """

    source: Source
    names: Mapping[str, str]
    _document: Document | None
    _derived: bool

    def __new__(
        cls,
        text: str,
        source: Source = "plain",
        names: Mapping[str, str] | None = None,
        document: Document | None = None,
    ) -> Self:
        made = super().__new__(cls, clean(text))
        made.source = source
        made.names = names or {}
        made._document = document
        made._derived = document is not None
        return made

    @classmethod
    def of(cls, document: Document) -> Self:
        """The text that says a document; as a string it is the document in plain text."""
        return cls(plain(document), document=document)

    @property
    def document(self) -> Document:
        """What it says, free of markup."""
        if self._document is None:
            self._document = self._read()
        return self._document

    @property
    def is_source(self) -> bool:
        """Whether the string is what somebody wrote, rather than the words of what was made of it."""
        return self._derived is False

    @property
    def is_plain(self) -> bool:
        """Whether it is nothing but its characters."""
        return self.source == "plain" and not self._derived

    def _read(self) -> Document:
        text = str.__str__(self)
        if len(text) > MAX_MARKUP_CHARACTERS:
            text = text[: MAX_MARKUP_CHARACTERS - 1] + "…"
        match self.source:
            case "markdown":
                return read_markdown.read(text)
            case "mrkdwn":
                return read_mrkdwn.read(text, self.names)
        return of_plain(text)

    def mapped(self, change: Callable[[str], str]) -> Text:
        """The same with its words changed, and its markup as it was."""
        if self.is_plain:
            return Text(change(str.__str__(self)))
        return Text.of(mapped(self.document, change))

    def shortened(self, length: int, end: str) -> Text:
        """At most `length` visible characters of it, `end` among them."""
        if self.is_plain:
            text = str.__str__(self)
            return Text(text if len(text) <= length else text[: length - len(end)].rstrip() + end)
        return Text.of(shortened(self.document, length, end))

    @property
    def plain(self) -> str:
        """Its words alone."""
        return str.__str__(self) if self.is_plain else plain(self.document)


def spoken(value: str, source: Source, names: Mapping[str, str] | None = None) -> str:
    """The words of a text as they are read out: without markup, and links by their labels alone."""
    return words_of(flat(Text(value, source, names).document))


# Says what a field is marked up in, by its name and the object it is a field of.
FieldSource = Callable[[str, Mapping[str, Any]], Source]


def marked(
    payload: Mapping[str, Any], source_of: FieldSource, names: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """A payload whose texts say what they are marked up in. Beyond 20,000 fields they count as plain."""
    made: dict[str, Any] = {}
    # What is in a list is a field of no object.
    waiting: deque[tuple[Iterable[tuple[Any, Any]], Any, Mapping[str, Any] | None]] = deque(
        [(payload.items(), made, payload)]
    )
    count = 0
    while waiting:
        entries, into, whole = waiting.popleft()
        for key, value in entries:
            count += 1
            copy = value
            if count > MAX_MARKED_FIELDS:
                pass
            elif isinstance(value, str):
                source = "plain" if whole is None else source_of(key, whole)
                copy = value if source == "plain" else Text(value, source, names)
            elif isinstance(value, list):
                copy = [None] * len(value)
                waiting.append((enumerate(value), copy, None))
            elif isinstance(value, dict | Mapping):
                copy = {}
                waiting.append((value.items(), copy, value))
            into[key] = copy
    return made
