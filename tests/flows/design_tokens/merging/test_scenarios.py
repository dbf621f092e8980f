# ruff: noqa: E501 - a scenario is read line by line
"""What a team meets, one by one: base, Figma and the repository, and what comes of them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from fluxstudio.flows.design_tokens.merging.merge import merge
from fluxstudio.flows.design_tokens.merging.model import MergeOptions
from tests.flows.design_tokens.trees import document

ID = "com.figma.variableId"


def number(value: Any, variable: str | None = None, **words: Any) -> dict[str, Any]:
    token = {"$type": "number", "$value": value, **{f"${name}": text for name, text in words.items()}}
    return token if variable is None else {**token, "$extensions": {ID: f"VariableID:{variable}"}}


def length(amount: float, **more: Any) -> dict[str, Any]:
    return {"$type": "dimension", "$value": {"value": amount, "unit": "px"}, **more}


def percent(value: float, variable: str) -> dict[str, Any]:
    extensions = {ID: f"VariableID:{variable}", "com.figma.scopes": ["OPACITY"]}
    return {**number(value), "$extensions": extensions}


def in_modes(value: float, **modes: float) -> dict[str, Any]:
    return {**number(value), "$extensions": {"com.figma": {"modes": modes}}}


@dataclass
class Scenario:
    promise: str
    base: dict[str, Any]
    ours: dict[str, Any]
    theirs: dict[str, Any]
    merged: dict[str, Any]
    conflicts: list[tuple[str, str]] = field(default_factory=list)
    options: MergeOptions = field(default_factory=MergeOptions)


ROPE = {"rope": number(4)}
SCENARIOS = [
    Scenario(
        "different tokens: both edits",
        {"oar": {"left": number(1), "right": number(2)}},
        {"oar": {"left": number(5), "right": number(2)}},
        {"oar": {"left": number(1), "right": number(7)}},
        {"oar": {"left": number(5), "right": number(7)}},
    ),
    Scenario(
        "one token, a value here and words there: both",
        {"jib": number(3)},
        {"jib": number(6)},
        {"jib": number(3, description="Small.")},
        {"jib": number(6, description="Small.")},
    ),
    Scenario(
        "the same edit with noise of single precision: nothing",
        {"tack": number(0.1)},
        {"tack": number(0.7000000178813934)},
        {"tack": number(0.7)},
        {"tack": number(0.7)},
    ),
    Scenario(
        "both edited a value: the repository's stays, and it is named",
        {"beam": length(4)},
        {"beam": length(5)},
        {"beam": length(6)},
        {"beam": length(6)},
        [("beam", "$value")],
    ),
    Scenario(
        "both edited a value, and Figma goes first",
        {"beam": length(4)},
        {"beam": length(5)},
        {"beam": length(6)},
        {"beam": length(5)},
        [("beam", "$value")],
        MergeOptions(policy="figma"),
    ),
    Scenario(
        "a policy of a group goes before the sync's",
        {"beam": {"a": length(4)}},
        {"beam": {"a": length(5)}},
        {"beam": {"a": length(6)}},
        {"beam": {"a": length(5)}},
        [("beam.a", "$value")],
        MergeOptions(group_policies={"beam": "figma"}),
    ),
    Scenario(
        "modes are edited apart, and one mode edited by both is named",
        {"deck": in_modes(1, Night=2), "bow": in_modes(3, Night=4)},
        {"deck": in_modes(9, Night=2), "bow": in_modes(3, Night=5)},
        {"deck": in_modes(1, Night=8), "bow": in_modes(3, Night=6)},
        {"deck": in_modes(9, Night=8), "bow": in_modes(3, Night=6)},
        [("bow", "$extensions.com.figma.modes.Night")],
    ),
    Scenario(
        "a mode renamed in Figma takes the repository's edit along",
        {"deck": in_modes(1, Night=2)},
        {"deck": in_modes(1, Dusk=2)},
        {"deck": in_modes(1, Night=6)},
        {"deck": in_modes(1, Dusk=6)},
    ),
    Scenario(
        "a token renamed in Figma keeps its words, and references follow",
        {"gaff": number(1, "2:1")},
        {"yard": number(1, "2:1")},
        {"gaff": number(1, "2:1", description="Oak."), "sprit": number("{gaff}")},
        {
            "yard": {"$type": "number", "$value": 1, "$description": "Oak.", "$extensions": {ID: "VariableID:2:1"}},
            "sprit": number("{yard}"),
        },
    ),
    Scenario(
        "renamed in Figma and edited in the repository: both",
        {"gaff": number(1, "2:1")},
        {"yard": number(1, "2:1")},
        {"gaff": number(8, "2:1")},
        {"yard": number(8, "2:1")},
    ),
    Scenario(
        "renamed differently: the name is named, the value merges",
        {"gaff": number(1, "2:1")},
        {"yard": number(8, "2:1")},
        {"boom": number(1, "2:1")},
        {"boom": number(8, "2:1")},
        [("boom", "name")],
    ),
    Scenario(
        "two tokens swap names",
        {"red": number(1, "2:1"), "green": number(2, "2:2"), "lamp": number("{red}")},
        {"green": number(1, "2:1"), "red": number(2, "2:2"), "lamp": number("{green}")},
        {"red": number(1, "2:1"), "green": number(2, "2:2"), "lamp": number("{red}")},
        {"green": number(1, "2:1"), "red": number(2, "2:2"), "lamp": number("{green}")},
    ),
    Scenario(
        "a name that is taken stays where it was",
        {"gaff": number(1, "2:1")},
        {"yard": number(1, "2:1")},
        {"gaff": number(1, "2:1"), "yard": number(3)},
        {"gaff": number(1, "2:1"), "yard": number(3)},
        [("gaff", "name")],
    ),
    Scenario(
        "deleted in Figma: gone, and the group keeps its words",
        {"knot": {"$description": "Knots.", "reef": number(1)}},
        {"knot": {}},
        {"knot": {"$description": "Knots.", "reef": number(1)}},
        {"knot": {"$description": "Knots."}},
    ),
    Scenario(
        "a group without words goes with its last token",
        {"knot": {"small": {"reef": number(1)}, "big": number(2)}},
        {"knot": {"big": number(2)}},
        {"knot": {"small": {"reef": number(1)}, "big": number(2)}},
        {"knot": {"big": number(2)}},
    ),
    Scenario(
        "deleted in Figma, edited in the repository: kept and named",
        ROPE, {}, {"rope": number(5)}, {"rope": number(5)}, [("rope", "deleted")],
    ),
    Scenario(
        "edited in Figma, deleted in the repository: not brought back",
        ROPE, {"rope": number(5)}, {}, {}, [("rope", "deleted")],
    ),
    Scenario(
        "deleted in the repository alone: stays away",
        ROPE, ROPE, {}, {},
    ),
    Scenario(
        "deleted in Figma, still referred to: kept and named",
        ROPE,
        {},
        {**ROPE, "line": number("{rope}")},
        {**ROPE, "line": number("{rope}")},
        [("rope", "deleted")],
    ),
    Scenario(
        "what Figma cannot tell is no deletion",
        {"hail": {"$type": "string", "$value": "Ahoy"}, "oar": number(1)},
        {"oar": number(2)},
        {"hail": {"$type": "string", "$value": "Ahoy"}, "oar": number(1)},
        {"hail": {"$type": "string", "$value": "Ahoy"}, "oar": number(2)},
    ),
    Scenario(
        "what was skipped is no deletion",
        {"a": number(1), "b": number(2)},
        {"a": number(3)},
        {"a": number(1), "b": number(2)},
        {"a": number(3), "b": number(2)},
        options=MergeOptions(skipped=frozenset({"b"})),
    ),
    Scenario(
        "an incomplete answer deletes nothing",
        {"a": number(1), "b": number(2)},
        {"a": number(3)},
        {"a": number(1), "b": number(2)},
        {"a": number(3), "b": number(2)},
        options=MergeOptions(complete=False),
    ),
    Scenario(
        "a collection that is gone is held",
        {"fleet": {"a": number(1), "b": number(2)}, "x": number(1)},
        {"x": number(2)},
        {"fleet": {"a": number(1), "b": number(2)}, "x": number(1)},
        {"fleet": {"a": number(1), "b": number(2)}, "x": number(1)},
        [("fleet", "held")],
    ),
    Scenario(
        "a token moved to a group of another type takes its type along",
        {"space": {"$type": "dimension", "gap": {"$value": {"value": 4, "unit": "px"}, "$extensions": {ID: "v"}}},
         "misc": {"$type": "number", "x": {"$value": 1}}},
        {"space": {"$type": "dimension"},
         "misc": {"$type": "number", "x": {"$value": 1}, "gap": length(4, **{"$extensions": {ID: "v"}})}},
        {"space": {"$type": "dimension", "gap": {"$value": {"value": 4, "unit": "px"}, "$extensions": {ID: "v"}}},
         "misc": {"$type": "number", "x": {"$value": 1}}},
        {"space": {"$type": "dimension"},
         "misc": {"$type": "number", "x": {"$value": 1}, "gap": length(4, **{"$extensions": {ID: "v"}})}},
    ),
    Scenario(
        "a token that becomes a group is its $root, and references follow",
        {"buoy": number(1, "2:1"), "mark": number("{buoy}")},
        {"buoy": {"$root": number(1, "2:1"), "lit": number(2)}, "mark": number("{buoy.$root}")},
        {"buoy": number(1, "2:1"), "mark": number("{buoy}")},
        {"buoy": {"$root": number(1, "2:1"), "lit": number(2)}, "mark": number("{buoy.$root}")},
    ),
    Scenario(
        "an alias of Figma's uses the name that the repository gave",
        {"ink": number(1, "2:1"), "coal": number(2, "2:2"), "text": number("{ink}")},
        {"ink": number(1, "2:1"), "coal": number(2, "2:2"), "text": number("{coal}")},
        {"ink": number(1, "2:1"), "soot": number(2, "2:2"), "text": number("{ink}")},
        {"ink": number(1, "2:1"), "soot": number(2, "2:2"), "text": number("{soot}")},
    ),
    Scenario(
        "rem and hex stay rem and hex",
        {"gap": {"$type": "dimension", "$value": "2rem"}, "sky": {"$type": "color", "$value": "#0AF"}},
        {"gap": length(40), "sky": {"$type": "color", "$value": {"colorSpace": "srgb", "components": [0, 0.5, 1]}}},
        {"gap": {"$type": "dimension", "$value": "2rem"}, "sky": {"$type": "color", "$value": "#0AF"}},
        {"gap": {"$type": "dimension", "$value": "2.5rem"}, "sky": {"$type": "color", "$value": "#0080FF"}},
    ),
    Scenario(
        "a number of Figma's changes the amount of a dimension",
        {"gap": length(16)}, {"gap": number(20)}, {"gap": length(16)}, {"gap": length(20)},
    ),
    Scenario(
        "what Figma has no word for is the repository's",
        {"b": number(1), "a": number(2)},
        {"a": number(2), "b": number(5)},
        {"b": number(1, deprecated="Use a.", extensions={"org.example": {"page": 3}}), "a": number(2),
         "g": {"$extends": "{h}"}, "h": {"x": number(1)}},
        {"b": number(5, deprecated="Use a.", extensions={"org.example": {"page": 3}}), "a": number(2),
         "g": {"$extends": "{h}"}, "h": {"x": number(1)}},
    ),
    Scenario(
        "names that were made fit are kept apart",
        {}, {"s": {"1-5": number(1, "2:4"), "1-5-2": number(9, "2:5")}}, {},
        {"s": {"1-5": number(1, "2:4"), "1-5-2": number(9, "2:5")}},
    ),
    Scenario(
        "a first sync adopts: equal is once, different is named, nothing is deleted",
        {},
        {"wind": number(1), "wave": number(2), "rain": number(4)},
        {"wind": number(1), "wave": number(3), "fog": number(5)},
        {"wind": number(1), "wave": number(3), "fog": number(5), "rain": number(4)},
        [("wave", "$value")],
    ),
    Scenario(
        "a second run does nothing",
        {"oar": number(5)}, {"oar": number(5)}, {"oar": number(5)}, {"oar": number(5)},
    ),
    Scenario(
        "an opacity of Figma's is a percentage where the file has percentages",
        {"veil": number(40, "2:1")}, {"veil": number(0.5, "2:1")}, {"veil": percent(40, "2:1")},
        {"veil": percent(50, "2:1")},
    ),
    Scenario(
        "a file that calls a length a number did not change what Figma knows",
        {"gap": length(8), "bow": length(4)}, {"gap": length(12)}, {"gap": number(8), "bow": number(4)},
        {"gap": number(12)},
    ),
    Scenario(
        "a deletion that a person agreed to is one",
        ROPE, {}, {"rope": number(5)}, {}, options=MergeOptions(chosen={"rope.deleted": None}),
    ),
    Scenario(
        "a deletion that a person refused is not asked about again",
        ROPE, {}, {"rope": number(5)}, {"rope": number(5)}, options=MergeOptions(declined={"rope.deleted": None}),
    ),
    Scenario(
        "a token that a person wants back comes back",
        ROPE, {"rope": number(5)}, {}, {"rope": number(5)}, options=MergeOptions(chosen={"rope.deleted": 5}),
    ),
    Scenario(
        "a name that a person took from Figma",
        {"gaff": number(1, "2:1")}, {"yard": number(1, "2:1")}, {"boom": number(1, "2:1")},
        {"yard": number(1, "2:1")}, options=MergeOptions(chosen={"boom.name": "yard"}),
    ),
    Scenario(
        "what was declined is not proposed again",
        {"beam": length(4)}, {"beam": length(5)}, {"beam": length(4)}, {"beam": length(4)},
        options=MergeOptions(declined={"beam.$value": {"value": 5, "unit": "px"}}),
    ),
    Scenario(
        "another value than the declined one is",
        {"beam": length(4)}, {"beam": length(6)}, {"beam": length(4)}, {"beam": length(6)},
        options=MergeOptions(declined={"beam.$value": {"value": 5, "unit": "px"}}),
    ),
]  # fmt: skip


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.promise)
def test_a_team_loses_nothing(scenario: Scenario) -> None:
    theirs = document(scenario.theirs)
    result = merge(document(scenario.base), document(scenario.ours), theirs, scenario.options)
    assert json.dumps(json.loads(result.text)) == json.dumps(scenario.merged)
    assert [(conflict.path, conflict.field) for conflict in result.conflicts] == scenario.conflicts
    if scenario.merged == scenario.theirs:
        assert result.text == theirs.text


def test_more_deletions_than_a_fifth_are_held_until_somebody_agrees() -> None:
    base = {"a": {str(at): number(at) for at in range(20)}}
    ours = {"a": {str(at): number(at) for at in range(10)}}
    held = merge(document(base), document(ours), document(base))
    assert [(conflict.path, conflict.field) for conflict in held.conflicts] == [("", "held")]
    assert held.text == document(base).text
    agreed = merge(document(base), document(ours), document(base), MergeOptions(accepted_holds=True))
    assert json.loads(agreed.text) == ours
