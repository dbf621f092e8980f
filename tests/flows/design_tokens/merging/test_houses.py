"""Files of many houses: the result is what the house itself would have written, byte for byte."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from fluxstudio.flows.design_tokens.files.reading import read_document
from fluxstudio.flows.design_tokens.merging.merge import merge
from fluxstudio.flows.design_tokens.merging.model import MergeOptions
from tests.flows.design_tokens.merging.houses import FIGMA, HOUSES, TYPE, House, Token, Tree

BASE: Tree = {
    "color": {
        TYPE: "color",
        "brand": {
            "primary": Token("color", (26, 51, 77, 1), "Main brand colour", "v1"),
            "secondary": Token("color", (0, 170, 255, 1), None, "v2"),
            "faded": Token("color", (10, 20, 30, 0.4), None, "v3"),
        },
        "text": {
            "default": Token("color", "{color.brand.primary}", "Body text", "v4", (250, 250, 250, 1)),
            "link": Token("color", "{color.brand.secondary}", None, "v5"),
        },
        "only": {"child": {"deep": Token("color", (1, 2, 3, 1), None, "v6")}},
    },
    "size": {
        TYPE: "dimension",
        "1": Token("dimension", 4, None, "v7"),
        "2": Token("dimension", 8, "Größe", "v8"),
        "1-5": Token("dimension", 24, None, "v9"),
        "x large": Token("dimension", 48, None, "v10"),
    },
    "motion": {TYPE: "duration", "slow": Token("duration", 400, None, "v11")},
    "ratio": {
        TYPE: "number",
        "golden": Token("number", 1.618, None, "v12"),
        "one": Token("number", 1, None, "v13"),
    },
    "font": {TYPE: "fontFamily", "café": Token("fontFamily", "Roboto Mono", None, "v14")},
    "weight": {TYPE: "fontWeight", "strong": Token("fontWeight", 600, None, "v15")},
}


def changed(tree: Tree, path: str, **fields: Any) -> Tree:
    """The tree with fields of one token changed."""
    name, _, rest = path.partition(".")
    node = tree[name]
    return {**tree, name: changed(node, rest, **fields) if rest else replace(node, **fields)}


def without(tree: Tree, path: str) -> Tree:
    """The tree without a token, and without groups that have nothing left."""
    name, _, rest = path.partition(".")
    inner = without(tree[name], rest) if rest else {}
    left = {key: inner if key == name else node for key, node in tree.items()}
    return {key: node for key, node in left.items() if key != name or inner}


def having(tree: Tree, group: str, after: str | None, name: str, node: Any) -> Tree:
    """The tree with something new in a group, behind a sibling or last."""
    if group:
        first, _, rest = group.partition(".")
        return {**tree, first: having(tree[first], rest, after, name, node)}
    if after is None:
        return {**tree, name: node}
    items = [item for key, old in tree.items() for item in ([(key, old), (name, node)][: 1 + (key == after)])]
    return dict(items)


def edits(tree: Tree, house: House) -> Tree:
    """Values, words and references of tokens that are there."""
    tree = changed(tree, "color.brand.secondary", value=(31, 46, 102, 0.4))
    tree = changed(tree, "color.brand.primary", description="Ink “deep” \\ für Text")
    tree = changed(tree, "color.text.default", value="{color.brand.secondary}", dark=(200, 10, 10, 1))
    tree = changed(tree, "color.text.link", value=(1, 1, 1, 1))
    tree = changed(tree, "size.1", value=0, description="None")
    tree = changed(tree, "size.1-5", value=10.5)
    tree = changed(tree, "size.x large", value=-4)
    tree = changed(tree, "motion.slow", value=250)
    tree = changed(tree, "ratio.one", value=0.25)
    tree = changed(tree, "font.café", value="Söhne")
    return changed(tree, "weight.strong", value=700)


def arrivals(tree: Tree, house: House) -> Tree:
    """New tokens between others and behind them, and new groups."""
    tree = having(tree, "size", "2", "3", Token("dimension", 12, None, "n1"))
    tree = having(tree, "size", "3", "4", Token("dimension", 16, None, "n2"))
    tree = having(tree, "size", None, "9", Token("dimension", 96, "Große", "n3"))
    tree = having(tree, "color.brand", "faded", "ghost", Token("color", (9, 8, 7, 0.2), None, "n4"))
    tree = having(tree, "color.brand", "secondary", "tertiary", Token("color", (9, 8, 7, 1), None, "n5"))
    tree = having(tree, "color.text", None, "quiet", Token("color", "{color.brand.faded}", None, "n6"))
    tree = having(tree, "color", "text", "bg", {"page": Token("color", (255, 255, 255, 1), None, "n7")})
    new = {TYPE: "number", "a": Token("number", 7, None, "n8")}
    return having(tree, "", None, "zed", new)


def departures(tree: Tree, house: House) -> Tree:
    """Tokens that go: the first, one between, the last, and the only one of its group."""
    for path in ("size.1", "size.1-5", "size.x large", "color.only.child.deep", "ratio.golden"):
        tree = without(tree, path)
    tree = without(tree, "weight.strong")
    return tree if house.types_on_groups else {key: node for key, node in tree.items() if key != "weight"}


def renames(tree: Tree, house: House) -> Tree:
    """A token renamed, with references that follow and a value that is new."""
    if not house.ids:
        return tree
    brand = tree["color"]["brand"]
    renamed = {"main" if name == "primary" else name: token for name, token in brand.items()}
    tree = {**tree, "color": {**tree["color"], "brand": renamed}}
    tree = changed(tree, "color.brand.main", value=(5, 5, 5, 1))
    return changed(tree, "color.text.default", value="{color.brand.main}")


def merged(base: bytes, ours: bytes, theirs: bytes) -> bytes:
    documents = [read_document(data) for data in (base, ours, theirs)]
    result = merge(documents[0], documents[1], documents[2], MergeOptions(accepted_holds=True))
    assert result.conflicts == ()
    return documents[2].encoded(result.text)


@pytest.mark.parametrize("change", [edits, arrivals, departures, renames], ids=lambda change: change.__name__)
@pytest.mark.parametrize("house", HOUSES, ids=lambda house: house.name)
def test_a_house_gets_the_file_it_would_have_written(
    house: House, change: Callable[[Tree, House], Tree]
) -> None:
    figma = FIGMA if house.ids else replace(FIGMA, ids="")
    theirs, after = house.data(BASE), change(BASE, house)
    expected = house.data(after)
    assert merged(figma.data(BASE), figma.data(after), theirs) == expected
    assert merged(theirs, expected, theirs) == expected
