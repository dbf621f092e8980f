"""What the simulated Slack takes as Block Kit, held against the types of Slack's own `@slack/types`."""

from __future__ import annotations

import re
from typing import Any

import pytest

from fluxstudio.providers.slack.simulator.blockkit import FIELDS_OF_BLOCKS, FIELDS_OF_BUTTONS, complaints
from tools.witnesses import FOLDER

TYPES = FOLDER / "node_modules" / "@slack" / "types" / "dist" / "block-kit"
# Fields that an intersection type or a parent brings along.
FURTHER = {"image": {"image_url", "slack_file"}, "button": {"action_id", "confirm"}}


def declared(file: str) -> dict[str, set[str]]:
    """The fields of each type of a file of `@slack/types`, by the word that its `type` is."""
    text = re.sub(r"/\*.*?\*/", "", (TYPES / file).read_text(), flags=re.DOTALL)
    results = {}
    for body in re.findall(r"export (?:interface|type) [^{;]*\{(.*?)\n\}", text, re.DOTALL):
        kind = re.search(r"\n    type: '(\w+)'", body)
        if kind is not None:
            fields = set(re.findall(r"\n    (\w+)\??:", body)) - {"type"}
            results[kind[1]] = fields | FURTHER.get(kind[1], set())
    return results


def test_blocks_have_the_fields_that_slacks_types_give_them() -> None:
    assert {kind: set(fields.split()) for kind, fields in FIELDS_OF_BLOCKS.items()} == declared("blocks.d.ts")
    assert set(FIELDS_OF_BUTTONS.split()) == declared("block-elements.d.ts")["button"]


def text(words: str, kind: str = "mrkdwn") -> dict[str, Any]:
    return {"type": kind, "text": words}


BUTTON = {"type": "button", "text": text("Go", "plain_text"), "action_id": "go"}


@pytest.mark.parametrize(
    ("blocks", "complaint"),
    [
        ([{"type": "section", "text": text("x"), "colour": "red"}], "invalid additional property: colour"),
        ([{"type": "image", "image_url": "https://a.example/x.png"}], "missing required field: alt_text"),
        ([{"type": "image", "alt_text": "x"}], "must define either `slack_file` or `image_url`"),
        ([{"type": "divider", "block_id": "a"}] * 2, "block_id a already exists"),
        ([{"type": "actions", "elements": [BUTTON, BUTTON]}], "action_id go already exists"),
        ([{"type": "divider", "block_id": "x" * 256}], "must be less than 256 characters"),
        ([{"type": "actions", "elements": [{**BUTTON, "href": "x"}]}], "invalid additional property: href"),
    ],
)
def test_broken_blocks_are_refused_with_their_place(blocks: list[Any], complaint: str) -> None:
    assert any(complaint in entry and "[json-pointer:/blocks/" in entry for entry in complaints(blocks))
