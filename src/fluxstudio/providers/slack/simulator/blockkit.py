"""Checks Block Kit blocks as Slack does when a message is posted or a view is opened.

Limits: docs.slack.dev/reference/block-kit, read 2026-11-22. Which fields a block and an element have:
`@slack/types` 3.2.0 (tests/providers/slack/simulator/test_blockkit.py holds these tables against it).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

TEXT_TYPES = frozenset({"plain_text", "mrkdwn"})
MESSAGE_BLOCKS, VIEW_BLOCKS = 50, 100
ID_CHARACTERS = 255
ALT_TEXT_CHARACTERS = 2000

# Slack refuses from about 13,200 characters, and earlier with more blocks (slackapi/bolt-js#2509, measured by
# its reporter, read 2026-11-29; there is no official figure).
MOST_WEIGHT = 13_200
WEIGHT_OF_A_BLOCK = 20

FIELDS_OF_BLOCKS = {
    "actions": "elements",
    "alert": "text level",
    "card": "hero_image icon title subtitle body actions",
    "carousel": "elements",
    "container": "title rich_text_title subtitle child_blocks width icon is_collapsible default_collapsed "
    "has_header_divider",
    "context": "elements",
    "context_actions": "elements",
    "data_table": "rows caption page_size row_header_column_index",
    "divider": "",
    "file": "source external_id",
    "header": "text",
    "image": "alt_text title image_url slack_file",
    "input": "label hint optional element dispatch_action",
    "markdown": "text",
    "plan": "title tasks",
    "rich_text": "elements",
    "section": "text fields accessory expand",
    "table": "rows column_settings",
    "task_card": "task_id title details output sources status",
    "video": "video_url thumbnail_url alt_text title title_url author_name provider_name provider_icon_url "
    "description",
}
FIELDS_OF_BUTTONS = "text value url style accessibility_label action_id confirm"


def weight(blocks: Sequence[Any]) -> int:
    """How long blocks are together: the characters of all their texts, and something for each block."""
    return sum(WEIGHT_OF_A_BLOCK + _length(block) for block in blocks)


def _length(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(_length(entry) for name, entry in value.items() if name != "type")
    return sum(map(_length, value)) if isinstance(value, list) else 0


def complaints(blocks: Sequence[Any], most: int = MESSAGE_BLOCKS) -> list[str]:
    """What is wrong with the blocks, each with a pointer to the place; nothing when they are fine."""
    problems = list(_many(blocks, "/blocks", most))
    block_ids: set[str] = set()
    for place, block in enumerate(blocks):
        at = f"/blocks/{place}"
        problems += _block(block, at)
        block_id = block.get("block_id") if isinstance(block, dict) else None
        if isinstance(block_id, str) and block_id in block_ids:
            problems.append(f"block_id {block_id} already exists [json-pointer:{at}/block_id]")
        block_ids |= {block_id} if isinstance(block_id, str) else set()
    return problems


def with_ids(blocks: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The blocks with the ids that Slack gives to those without one."""
    return [{"block_id": f"b{place:02d}", **block} for place, block in enumerate(blocks)]


def _block(block: Any, at: str) -> Iterator[str]:
    if not isinstance(block, dict):
        yield f"must be an object [json-pointer:{at}]"
        return
    kind = block.get("type")
    if not isinstance(kind, str) or kind not in FIELDS_OF_BLOCKS:
        yield f"unsupported type: {kind} [json-pointer:{at}/type]"
        return
    yield from _only(block, FIELDS_OF_BLOCKS[kind] + " block_id", at)
    yield from _id(block, "block_id", at)
    match kind:
        case "header":
            yield from _text(block.get("text"), f"{at}/text", 150, plain=True)
        case "section":
            yield from _section(block, at)
        case "context":
            yield from _elements(block.get("elements"), f"{at}/elements", 10, in_context=True)
        case "actions":
            yield from _elements(block.get("elements"), f"{at}/elements", 25)
        case "image":
            yield from _image(block, at)
        case "input":
            yield from _text(block.get("label"), f"{at}/label", 2000, plain=True)
            yield from _element(block.get("element"), f"{at}/element")


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


def _elements(elements: Any, at: str, most: int, *, in_context: bool = False) -> Iterator[str]:
    yield from _many(elements, at, most)
    action_ids: set[str] = set()
    for place, element in enumerate(elements if isinstance(elements, list) else ()):
        where = f"{at}/{place}"
        if in_context and not (isinstance(element, dict) and element.get("type") == "image"):
            yield from _text(element, where, 3000)
            continue
        yield from _element(element, where)
        action_id = element.get("action_id") if isinstance(element, dict) else None
        if isinstance(action_id, str) and action_id in action_ids:
            yield f"action_id {action_id} already exists [json-pointer:{where}/action_id]"
        action_ids |= {action_id} if isinstance(action_id, str) else set()


def _element(element: Any, at: str) -> Iterator[str]:
    if not isinstance(element, dict) or not isinstance(element.get("type"), str):
        yield f"must be an element with a type [json-pointer:{at}]"
        return
    yield from _id(element, "action_id", at)
    if element["type"] == "image":
        yield from _image(element, at)
    if element["type"] == "button":
        yield from _only(element, FIELDS_OF_BUTTONS, at)
        yield from _text(element.get("text"), f"{at}/text", 75, plain=True)
        url = element.get("url", "https://")
        if not isinstance(url, str) or len(url) > 3000 or "://" not in url:
            yield f"must be a valid url of at most 3000 characters [json-pointer:{at}/url]"


def _image(image: dict[str, Any], at: str) -> Iterator[str]:
    alt_text = image.get("alt_text")
    if not isinstance(alt_text, str):
        yield f"missing required field: alt_text [json-pointer:{at}]"
    elif len(alt_text) > ALT_TEXT_CHARACTERS:
        yield f"must be less than {ALT_TEXT_CHARACTERS + 1} characters [json-pointer:{at}/alt_text]"
    if ("image_url" in image) == ("slack_file" in image):
        yield f"must define either `slack_file` or `image_url` [json-pointer:{at}]"


def _only(value: dict[str, Any], fields: str, at: str) -> Iterator[str]:
    for name in sorted(value.keys() - {"type", *fields.split()}):
        yield f"invalid additional property: {name} [json-pointer:{at}]"


def _id(value: dict[str, Any], name: str, at: str) -> Iterator[str]:
    text = value.get(name)
    if text is not None and (not isinstance(text, str) or len(text) > ID_CHARACTERS):
        yield f"must be less than {ID_CHARACTERS + 1} characters [json-pointer:{at}/{name}]"


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
