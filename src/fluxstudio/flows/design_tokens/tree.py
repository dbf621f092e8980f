"""A document as groups and tokens, in the order of the file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from fluxstudio.flows.design_tokens.notation.references import alias_in, references_in

TokenPath = tuple[str, ...]

ROOT = "$root"
VARIABLE_ID = "com.figma.variableId"
FIGMA = "com.figma"
# Where tools that build tokens leave a copy of what they read.
COPIES = frozenset({"value", "original"})
# What repositories call the token of a name that is a group as well, besides the format's `$root`.
ROOT_NAMES = frozenset({ROOT, "DEFAULT", "_"})


@dataclass(frozen=True, slots=True)
class TokenNode:
    """One token: where it is, its JSON object, and the type it has or inherits."""

    path: TokenPath
    node: dict[str, Any]
    type: str | None
    legacy: bool = False

    @property
    def dotted(self) -> str:
        """The path in one piece, as references have it."""
        return ".".join(self.path)

    @property
    def place(self) -> TokenPath:
        """The path without the `$root` of a token that is also a group."""
        return self.path[:-1] if len(self.path) > 1 and self.path[-1] in ROOT_NAMES else self.path

    def key(self, name: str) -> str:
        """What a property is called in this token's notation: `$value` or `value`."""
        return name.removeprefix("$") if self.legacy and name != "$extensions" else name

    def get(self, name: str) -> Any:
        """A property by its name with the dollar sign."""
        return self.node.get(self.key(name))

    @property
    def value(self) -> Any:
        """The value; of a token that is a `$ref`, the reference."""
        if "$ref" in self.node and not self.legacy and "$value" not in self.node:
            return {"$ref": self.node["$ref"]}
        return self.get("$value")

    @property
    def variable_id(self) -> str | None:
        """The id of Figma's variable, where the token names it."""
        extensions = self.node.get("$extensions")
        if not isinstance(extensions, dict):
            return None
        figma = extensions.get(FIGMA)
        variable = extensions.get(VARIABLE_ID)
        if variable is None and isinstance(figma, dict):
            variable = figma.get("variableId")
        return variable if isinstance(variable, str) and variable else None


@dataclass(slots=True)
class TokenGroup:
    """A group and what it says of itself."""

    path: TokenPath
    node: dict[str, Any]


@dataclass
class TokenTree:
    """All groups and tokens of a document. `both` are tokens that hold further tokens, which loses those."""

    root: dict[str, Any]
    tokens: dict[TokenPath, TokenNode] = field(default_factory=dict)
    groups: dict[TokenPath, TokenGroup] = field(default_factory=dict)
    both: list[TokenPath] = field(default_factory=list)

    def __iter__(self) -> Iterator[TokenNode]:
        return iter(self.tokens.values())

    @cached_property
    def in_sets(self) -> bool:
        """Whether this is a file of Tokens Studio, where references leave the set's name out."""
        return "$themes" in self.root or "$metadata" in self.root

    @cached_property
    def by_name(self) -> dict[str, TokenNode]:
        """Tokens by every name that a reference may use for them; the full path comes first."""
        names = {token.dotted: token for token in self}
        for token in self:
            shorter = ".".join(token.place)
            names.setdefault(shorter, token)
            if self.in_sets and len(token.path) > 1:
                names.setdefault(".".join(token.path[1:]), token)
        return names

    def target(self, name: str) -> TokenNode | None:
        """The token that a reference leads to, or None."""
        names = self.by_name
        token = names.get(name)
        if token is None:
            shorter = name.removesuffix(".value").removesuffix(".$value")
            token = names.get(shorter) if shorter != name else None
        return token

    @cached_property
    def extends(self) -> bool:
        """Whether any group takes over the tokens of another."""
        return any("$extends" in group.node for group in self.groups.values())


def read_tree(root: dict[str, Any]) -> TokenTree:
    """The groups and tokens of a document."""
    tree = TokenTree(root)
    _read_group(tree, (), root, None)
    untyped = [token for token in tree if token.type is None or _is_reference_without_type(token)]
    for token in untyped:
        kind = _type_of_target(tree, token)
        if kind is not None and kind != token.type:
            tree.tokens[token.path] = TokenNode(token.path, token.node, kind, token.legacy)
    if untyped:
        tree.__dict__.pop("by_name", None)
    return tree


def is_token(node: Any) -> bool:
    """Whether a JSON object is a token, in any of the notations."""
    if not isinstance(node, dict):
        return False
    return "$value" in node or isinstance(node.get("$ref"), str) or _is_legacy(node)


def _is_legacy(node: dict[str, Any]) -> bool:
    if "value" not in node:
        return False
    value = node["value"]
    if not isinstance(value, dict):
        return True
    return isinstance(node.get("type"), str) and not is_token(value)


def _read_group(tree: TokenTree, path: TokenPath, node: dict[str, Any], inherited: str | None) -> None:
    tree.groups[path] = TokenGroup(path, node)
    own = node.get("$type")
    inherited = own if isinstance(own, str) else inherited
    for name, child in node.items():
        if not isinstance(child, dict) or (name.startswith("$") and name != ROOT):
            continue
        below = (*path, name)
        if is_token(child):
            _add_token(tree, below, child, inherited)
        elif name != ROOT:
            _read_group(tree, below, child, inherited)


def _add_token(tree: TokenTree, path: TokenPath, node: dict[str, Any], inherited: str | None) -> None:
    legacy = "$value" not in node and not isinstance(node.get("$ref"), str)
    own = node.get("type" if legacy else "$type")
    tree.tokens[path] = TokenNode(path, node, own if isinstance(own, str) else inherited, legacy)
    children = (child for name, child in node.items() if not name.startswith("$") and name not in COPIES)
    if not legacy and any(map(_holds_tokens, children)):
        tree.both.append(path)


def _holds_tokens(node: Any) -> bool:
    if not isinstance(node, dict):
        return False
    return is_token(node) or any(_holds_tokens(child) for child in node.values())


def _is_reference_without_type(token: TokenNode) -> bool:
    own = token.node.get("type" if token.legacy else "$type")
    return not isinstance(own, str) and alias_in(token.value) is not None


def _type_of_target(tree: TokenTree, token: TokenNode) -> str | None:
    """The type of what a token refers to, followed to its end; else its own."""
    seen = set()
    step: TokenNode | None = token
    while step is not None and step.path not in seen:
        seen.add(step.path)
        target = alias_in(step.value)
        own = step.node.get("type" if step.legacy else "$type")
        if isinstance(own, str) or target is None:
            return own if isinstance(own, str) else step.type
        step = tree.target(target)
    return token.type


def names_in(token: TokenNode) -> Iterator[str]:
    """Every name that a token refers to, in its value and in its other modes."""
    yield from references_in(token.value)
    extensions = token.node.get("$extensions")
    if isinstance(extensions, dict):
        figma = extensions.get(FIGMA)
        if isinstance(figma, dict) and "modes" in figma:
            yield from references_in(figma["modes"])
        if "mode" in extensions:
            yield from references_in(extensions["mode"])
