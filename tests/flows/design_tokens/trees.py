"""Token trees and edits for property tests."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import strategies as some

from fluxstudio.flows.design_tokens.files.reading import TokenDocument, read_document
from fluxstudio.flows.design_tokens.merging.merge import merge
from fluxstudio.flows.design_tokens.merging.model import MergeOptions, MergeResult
from fluxstudio.flows.design_tokens.tree import TokenPath, is_token, read_tree

Tree = dict[str, Any]
Edit = tuple[str, TokenPath, Any]

NAMES = ("ink", "sail", "Sand 50", "1", "é", "a/b", "mast")
GROUPS = ("deck", "hull", "keel")


def numbers() -> some.SearchStrategy[Any]:
    return some.one_of(
        some.integers(-200, 2000), some.sampled_from([0.25, 0.5, 1.5, 0.3333, 12.75, 1000, -0.1])
    )


def value_of(kind: str, amount: Any) -> Any:
    share = abs(int(amount * 7)) % 256
    match kind:
        case "number":
            return amount
        case "dimension":
            return {"value": amount, "unit": "px"}
        case "duration":
            return {"value": abs(amount), "unit": "ms"}
        case "color":
            return {
                "colorSpace": "srgb",
                "components": [round(share / 255, 4), 0.2, 1],
                "hex": f"#{share:02x}33ff",
            }
    return f"Font {amount}"


KINDS = ("number", "dimension", "duration", "color", "fontFamily")


@some.composite
def trees(draw: some.DrawFn, *, ids: bool | None = None) -> Tree:
    """A tree of one to three groups, with a token group below some, and references between tokens."""
    with_ids = draw(some.booleans()) if ids is None else ids
    tree: Tree = {}
    numbered = 0
    paths: list[tuple[str, TokenPath]] = []
    for group in GROUPS[: draw(some.integers(1, 3))]:
        node: Tree = tree.setdefault(group, {})
        if draw(some.booleans()):
            node["$description"] = "Words of the group"
        if draw(some.booleans()):
            node = node.setdefault("inner", {})
        where = (group, "inner") if "inner" in tree[group] else (group,)
        for name in draw(some.lists(some.sampled_from(NAMES), min_size=1, max_size=5, unique=True)):
            kind = draw(some.sampled_from(KINDS))
            token: Tree = {"$type": kind, "$value": value_of(kind, draw(numbers()))}
            same = [path for other, path in paths if other == kind]
            if same and draw(some.integers(0, 3)) == 0:
                token["$value"] = "{" + ".".join(draw(some.sampled_from(same))) + "}"
            if draw(some.integers(0, 3)) == 0:
                token["$description"] = draw(some.sampled_from(["Red.", "Größe", "“quoted” \\ words"]))
            if draw(some.integers(0, 4)) == 0:
                token["$extensions"] = {"com.figma": {"modes": {"Dark": value_of(kind, draw(numbers()))}}}
            if with_ids:
                numbered += 1
                token.setdefault("$extensions", {})["com.figma.variableId"] = f"VariableID:1:{numbered}"
            node[name] = token
            paths.append((kind, (*where, name)))
    return tree


def paths_of(tree: Tree) -> list[TokenPath]:
    return list(read_tree(tree).tokens)


def node_at(tree: Tree, path: TokenPath) -> Any:
    node: Any = tree
    for name in path:
        node = node[name]
    return node


@some.composite
def edited(draw: some.DrawFn, tree: Tree, *, most: int = 4, structure: bool = True) -> Tree:
    """The tree after some edits: values, words, and, with `structure`, tokens added, renamed and deleted."""
    tree = copy.deepcopy(tree)
    kinds = ["value", "value", "description", "mode"] + (["add", "rename", "delete"] if structure else [])
    for _ in range(draw(some.integers(0, most))):
        paths = paths_of(tree)
        if not paths:
            break
        path = draw(some.sampled_from(paths))
        home, token = node_at(tree, path[:-1]), node_at(tree, path)
        match draw(some.sampled_from(kinds)):
            case "value" if not isinstance(token["$value"], str) or "{" not in token["$value"]:
                token["$value"] = value_of(token["$type"], draw(numbers()))
            case "description":
                token["$description"] = draw(some.sampled_from(["Blue.", "Neu", "Old"]))
            case "mode":
                modes = (
                    token.setdefault("$extensions", {}).setdefault("com.figma", {}).setdefault("modes", {})
                )
                modes["Dark"] = value_of(token["$type"], draw(numbers()))
            case "add":
                name = draw(some.sampled_from(["new one", "new2", "zeta"]))
                kind = draw(some.sampled_from(KINDS))
                home.setdefault(name, {"$type": kind, "$value": value_of(kind, draw(numbers()) + 5000)})
            case "rename" if token.get("$extensions", {}).get("com.figma.variableId"):
                name = draw(some.sampled_from(["renamed", "renamed too"]))
                if name not in home:
                    _rename(tree, path, name)
            case "delete" if len(paths) > 3 and not _refers(tree, path):
                del home[path[-1]]
            case _:
                pass
    return tree


def _rename(tree: Tree, path: TokenPath, name: str) -> None:
    home = node_at(tree, path[:-1])
    items = [(name if key == path[-1] else key, value) for key, value in home.items()]
    home.clear()
    home.update(items)
    old, new = "{" + ".".join(path) + "}", "{" + ".".join((*path[:-1], name)) + "}"
    for token in read_tree(tree):
        if token.node["$value"] == old:
            token.node["$value"] = new


def _refers(tree: Tree, path: TokenPath) -> bool:
    return any(token.value == "{" + ".".join(path) + "}" for token in read_tree(tree))


def document(tree: Tree, *, indent: int | None = 2, newline: str = "\n", end: str = "\n") -> TokenDocument:
    text = json.dumps(tree, indent=indent, ensure_ascii=False) + end
    return read_document(text.replace("\n", newline).encode())


def merged(base: Tree, ours: Tree, theirs: Tree | TokenDocument, **options: Any) -> MergeResult:
    target = theirs if isinstance(theirs, TokenDocument) else document(theirs)
    return merge(document(base), document(ours), target, MergeOptions(accepted_holds=True, **options))


def shuffled(tree: Any) -> Any:
    """The same tree with every object's keys in reverse."""
    if isinstance(tree, dict):
        return {key: shuffled(tree[key]) for key in reversed(tree)}
    return tree


__all__ = ["Tree", "document", "edited", "is_token", "merged", "node_at", "paths_of", "shuffled", "trees"]
