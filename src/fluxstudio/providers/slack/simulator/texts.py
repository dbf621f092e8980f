"""Texts as Slack hands them on: escaped, with addresses and references in angle brackets.

docs.slack.dev “Formatting message text”, sections on escaping and on links, read 2026-11-29.
"""

from __future__ import annotations

import re

# What an app may write in angle brackets: people, channels, groups and dates, and addresses with a label.
REFERENCE = re.compile(r"<(?:[@#!][^<>\n]+|(?:https?://|mailto:|tel:)[^<>\n]+)>")
ENTITY = re.compile(r"&(?:amp|lt|gt);")
ADDRESS = re.compile(r"https?://[^\s<>|]+[^\s<>|.,:;!?)\]'\"]")


def typed(text: str) -> str:
    """What a person typed."""
    return _linked(_escaped(text))


def posted(text: str) -> str:
    """What an app posted: its references and entities stay, everything else is escaped as a person's is."""
    parts: list[str] = []
    last = 0
    for reference in REFERENCE.finditer(text):
        parts += [_linked(_escaped(text[last : reference.start()], but=ENTITY)), reference[0]]
        last = reference.end()
    return "".join([*parts, _linked(_escaped(text[last:], but=ENTITY))])


def _escaped(text: str, *, but: re.Pattern[str] | None = None) -> str:
    parts: list[str] = []
    last = 0
    for entity in but.finditer(text) if but is not None else ():
        parts += [_replaced(text[last : entity.start()]), entity[0]]
        last = entity.end()
    return "".join([*parts, _replaced(text[last:])])


def _replaced(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _linked(text: str) -> str:
    return ADDRESS.sub(lambda address: f"<{address[0]}>", text)
