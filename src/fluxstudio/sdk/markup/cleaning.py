"""Text as it can be kept and sent, and addresses that may be followed."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

REPLACEMENT = "\ufffd"
SCHEMES = frozenset({"http", "https", "mailto"})
# What may stand in an address as it is; everything else is written by its number.
IN_ADDRESS = "!#$%&'*+,/:;=?@~[]-._"
MAX_URL_CHARACTERS = 2000


def clean(text: str) -> str:
    """Text whose half characters and NULs are U+FFFD."""
    if "\0" in text:
        text = text.replace("\0", REPLACEMENT)
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        # Two halves that belong together become the character they are halves of.
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def one_line(text: str) -> str:
    """Text on one line."""
    return " ".join(text.split())


def address(text: str, *, schemes: frozenset[str] = SCHEMES) -> str | None:
    """A web address or mailbox that no markup can end early, or None for what is neither."""
    text = text.strip()
    if not text or len(text) > MAX_URL_CHARACTERS or any(character.isspace() for character in text):
        return None
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    if parts.scheme not in schemes or not (parts.netloc or parts.scheme == "mailto"):
        return None
    return quote(text, safe=IN_ADDRESS, errors="replace")


def part_of_address(text: str) -> str:
    """Text as one part of an address: it neither ends it nor begins a query."""
    return quote(one_line(text), safe="/-._~", errors="replace")


def host(url: str) -> str:
    """The host an address leads to, or the address itself."""
    try:
        return urlsplit(url).hostname or url
    except ValueError:
        return url
