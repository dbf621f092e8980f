"""Values in texts of mrkdwn that somebody else wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fluxstudio.sdk.markup import write_mrkdwn
from fluxstudio.sdk.markup.cleaning import address, clean, one_line, part_of_address
from fluxstudio.sdk.markup.document import flat
from fluxstudio.sdk.markup.placing import Place, line_around, prefix_of
from fluxstudio.sdk.markup.target import Markup, substituted
from fluxstudio.sdk.markup.text import Text


@dataclass(frozen=True, slots=True)
class Mrkdwn(Markup):
    """Slack's mrkdwn."""

    def fill(self, template: str, values: Mapping[str, Text]) -> str:
        """See `Markup.fill`."""
        places = places_in(template, list(values))
        return clean(
            substituted(template, {key: render_value(value, places[key]) for key, value in values.items()})
        )


def render_value(value: Text, place: Place) -> str:
    """A value as mrkdwn for its place."""
    match place.kind:
        case "target":
            return _target(value.plain, place.before)
        case "line":
            return write_mrkdwn.label(value.document)
        case "code":
            return write_mrkdwn.code(one_line(value.plain))
        case "fence":
            return write_mrkdwn.code(value.plain)
    signs = "".join(sign for sign in write_mrkdwn.FORMATTING if sign in place.before + place.after)
    if place.kind == "block":
        return write_mrkdwn.block_text(value.document, signs)
    return write_mrkdwn.inline_text(flat(value.document), signs, place.prefix)


def _target(text: str, before: str) -> str:
    """A value between `<` and `|` or `>`: an address, or an id behind a sign of the template's own."""
    if not before:
        followed = address(text)
        return "" if followed is None else write_mrkdwn.escaped(followed).replace("|", "%7C")
    if before[0] in "@#!":
        return "".join(character for character in text if character.isascii() and character.isalnum())
    return write_mrkdwn.escaped(part_of_address(text))


def places_in(template: str, keys: list[str]) -> Mapping[str, Place]:
    """Where each key stands."""
    places: dict[str, Place] = {}
    for number, fenced in enumerate(template.split("```")):
        for line in fenced.split("\n"):
            for key in keys:
                if key in line:
                    places[key] = Place("fence") if number % 2 else _place(template, line, key)
    return places


def _place(template: str, line: str, key: str) -> Place:
    at = line.find(key)
    if line.count("`", 0, at) % 2 and "`" in line[at:]:
        return Place("code")
    opened, closed = line.rfind("<", 0, at), line.rfind(">", 0, at)
    if opened > closed and ">" in line[at:]:
        inside = line[opened + 1 : at]
        return Place("line") if "|" in inside else Place("target", before=inside)
    before, after = line_around(template, key)
    if not before.strip() and not after.strip():
        return Place("block")
    return Place("inline", prefix_of(before), before, after)


MRKDWN = Mrkdwn()
