"""Checks Block Kit blocks as Slack does when a message is posted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

TEXT_TYPES = frozenset({"plain_text", "mrkdwn"})
UNCHECKED = frozenset({"rich_text", "video", "file", "markdown", "table", "input", "image"})


# Slack refuses from about 13,200 characters, and earlier with more blocks (slackapi/bolt-js#2509, measured by
# its reporter, read 2026-11-29; there is no official figure).
MOST_WEIGHT = 13_200
WEIGHT_OF_A_BLOCK = 20


def weight(blocks: Sequence[Any]) -> int:
    """How long blocks are together: the characters of all their texts, and something for each block."""
    return sum(WEIGHT_OF_A_BLOCK + _length(block) for block in blocks)


def _length(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(_length(entry) for name, entry in value.items() if name != "type")
    return sum(map(_length, value)) if isinstance(value, list) else 0


def complaints(blocks: Sequence[Any]) -> list[str]:
    """What is wrong with the blocks, each with a pointer to the place; nothing when they are fine."""
    problems = list(_many(blocks, "blocks", 50))
    for place, block in enumerate(blocks):
        problems += _block(block, f"/blocks/{place}")
    return problems


def with_ids(blocks: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The blocks with the ids that Slack gives to those without one."""
    return [{"block_id": f"b{place:02d}", **block} for place, block in enumerate(blocks)]


def _block(block: Any, at: str) -> Iterator[str]:
    if not isinstance(block, dict):
        yield f"must be an object [json-pointer:{at}]"
        return
    match block.get("type"):
        case "header":
            yield from _text(block.get("text"), f"{at}/text", 150, plain=True)
        case "section":
            yield from _section(block, at)
        case "context":
            elements = block.get("elements")
            yield from _many(elements, f"{at}/elements", 10)
            for place, element in enumerate(elements if isinstance(elements, list) else ()):
                if not isinstance(element, dict) or element.get("type") != "image":
                    yield from _text(element, f"{at}/elements/{place}", 3000)
        case "actions":
            elements = block.get("elements")
            yield from _many(elements, f"{at}/elements", 25)
            for place, element in enumerate(elements if isinstance(elements, list) else ()):
                yield from _element(element, f"{at}/elements/{place}")
        case "divider":
            return
        case kind if kind not in UNCHECKED:
            yield f"unsupported type: {kind} [json-pointer:{at}/type]"


def _section(block: dict[str, Any], at: str) -> Iterator[str]:
    if "text" not in block and "fields" not in block:
        yield f"must have text or fields [json-pointer:{at}]"
    if "text" in block:
        yield from _text(block["text"], f"{at}/text", 3000)
    if "fields" in block:
        yield from _many(block["fields"], f"{at}/fields", 10)
        for place, text in enumerate(block["fields"] if isinstance(block["fields"], list) else ()):
            yield from _text(text, f"{at}/fields/{place}", 2000)
    if "accessory" in block:
        yield from _element(block["accessory"], f"{at}/accessory")


def _element(element: Any, at: str) -> Iterator[str]:
    if not isinstance(element, dict) or not element.get("type"):
        yield f"must be an element with a type [json-pointer:{at}]"
    elif element["type"] == "button":
        yield from _text(element.get("text"), f"{at}/text", 75, plain=True)
        url = element.get("url", "https://")
        if not isinstance(url, str) or len(url) > 3000 or "://" not in url:
            yield f"must be a valid url of at most 3000 characters [json-pointer:{at}/url]"


def _text(text: Any, at: str, most: int, *, plain: bool = False) -> Iterator[str]:
    if not isinstance(text, dict) or text.get("type") not in TEXT_TYPES:
        yield f"must be a text object [json-pointer:{at}]"
        return
    if plain and text["type"] != "plain_text":
        yield f"must be plain_text [json-pointer:{at}/type]"
    words = text.get("text")
    if not isinstance(words, str) or not words:
        yield f"must be more than 0 characters [json-pointer:{at}/text]"
    elif len(words) > most:
        yield f"must be less than {most + 1} characters [json-pointer:{at}/text]"


def _many(items: Any, at: str, most: int) -> Iterator[str]:
    if not isinstance(items, list) or not items:
        yield f"must have at least 1 item [json-pointer:{at}]"
    elif len(items) > most:
        yield f"no more than {most} items allowed [json-pointer:{at}]"
