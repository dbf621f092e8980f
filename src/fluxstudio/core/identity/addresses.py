"""E-mail addresses in one spelling: normalised here and nowhere else.

Neither Python's nor PostgreSQL's `lower` is used on an address: they disagree (`İ` becomes two characters in
one, and in the other what the server's locale makes of it), and what they disagree on has several spellings.
"""

from __future__ import annotations

import re
import unicodedata

import idna

MAX_EMAIL_CHARACTERS = 254
LONGEST_LOCAL_PART = 64
MAX_EMAIL_KEY_CHARACTERS = 320

# Default-ignorable characters that are not of the category Cf: two addresses that differ in them look alike.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8"
    "\U000e0000-\U000e0fff]"
)
_FORBIDDEN = re.compile(r'[\s@"(),:;<>\[\]\\]')
# Nearly every domain; the tables for all others take a moment to load.
_PLAIN_DOMAIN = re.compile(
    r"(?!xn--)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.(?!xn--)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*", re.ASCII
)
# Controls, formats, surrogates, private use, unassigned; and every kind of space.
_NOT_TEXT = {"Cc", "Cf", "Cs", "Co", "Cn", "Zs", "Zl", "Zp"}
_MOST_FOLDS = 8


def address_key(text: str) -> str:
    """The one spelling of an address, by which it is stored, found and counted. Raises nothing.

    Compatibility forms and case are folded (NFKC and full case folding) before the last `@`; the domain
    becomes its ASCII form (UTS 46). What is no address is folded as a whole. The key of a key is itself, and
    is at most `MAX_EMAIL_KEY_CHARACTERS` long; what is longer is cut, and belongs to no account.
    """
    text = text[: 4 * MAX_EMAIL_KEY_CHARACTERS].encode("utf-8", "replace").decode().replace("\x00", "\ufffd")
    local, at, domain = folded(text).rpartition("@")
    return f"{local}{at}{_ascii(domain) if at else domain}"[:MAX_EMAIL_KEY_CHARACTERS]


def is_address(text: str) -> bool:
    """Whether a text can become the address of an account."""
    text = text.strip()
    local, at, domain = folded(text).rpartition("@")
    local_part = text.rpartition("@")[0]
    return not (
        not at
        or not 1 <= len(local) <= LONGEST_LOCAL_PART
        or len(text) > MAX_EMAIL_CHARACTERS
        or _FORBIDDEN.search(local) is not None
        or _is_hidden(local_part)
        or _is_hidden(text.rpartition("@")[2])
        or not _is_domain(domain)
    )


def folded(text: str) -> str:
    """A text without its case and its compatibility forms; folding it again changes nothing."""
    text = text.strip()
    for _ in range(_MOST_FOLDS):
        before, text = text, unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
        text = text.strip()
        if text == before:
            break
    return text


def _is_hidden(text: str) -> bool:
    return _INVISIBLE.search(text) is not None or any(
        unicodedata.category(char) in _NOT_TEXT for char in text
    )


def _is_domain(text: str) -> bool:
    return 1 <= len(text) <= 253 and _encoded(text) is not None


def _ascii(domain: str) -> str:
    encoded = _encoded(domain)
    return domain if encoded is None else encoded


def _encoded(domain: str) -> str | None:
    """The ASCII form of a domain without the dot of the root, or None for what is no domain."""
    # What is longer is no domain, and looking at it would take long.
    if len(domain) > 253:
        return None
    # The ideographic full stop is the one dot that compatibility forms leave for UTS 46 to map.
    domain = domain.replace("\u3002", ".").removesuffix(".")
    if _PLAIN_DOMAIN.fullmatch(domain):
        return domain.casefold()
    try:
        encoded = idna.encode(domain, uts46=True, std3_rules=True).decode().casefold()
    except (idna.IDNAError, UnicodeError, ValueError, IndexError):
        return None
    # A second dot at the end stands after an empty label; without it the key would have a key of its own.
    return None if encoded.endswith(".") else encoded
