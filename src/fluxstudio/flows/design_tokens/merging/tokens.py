"""One token of the result: the repository's JSON with what Figma decides, or a new one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fluxstudio.flows.design_tokens.merging.deciding import Deciding, TokenDecision
from fluxstudio.flows.design_tokens.merging.fields import (
    DESCRIPTION,
    FIGMA_FIELD,
    MODES,
    TYPE,
    VALUE,
    FieldValue,
    modes_of,
)
from fluxstudio.flows.design_tokens.merging.key_order import KeyOrder
from fluxstudio.flows.design_tokens.merging.matching import Matches, TokenMatch
from fluxstudio.flows.design_tokens.merging.samples import Samples
from fluxstudio.flows.design_tokens.notation.kinds import PART_TYPES, kind_of
from fluxstudio.flows.design_tokens.notation.references import alias_in, pointer_to, rewritten
from fluxstudio.flows.design_tokens.notation.writing import Notation, ValueWriter
from fluxstudio.flows.design_tokens.tree import FIGMA, TokenNode, TokenPath, TokenTree

SUFFIX = ".value"


class TokenComposer:
    """Writes tokens in the notation of the repository's file, with references as that file has them."""

    def __init__(self, decisions: list[TokenDecision], matches: Matches, deciding: Deciding) -> None:
        self._matches = matches
        self._theirs: TokenTree = matches.trees[2]
        self._deciding = deciding
        self._by_match = {id(decision.match): decision for decision in decisions}
        self._moving = any(
            decision.match.theirs is not None and decision.path != decision.match.theirs.path
            for decision in decisions
            if decision.fate == "stays"
        )
        self._suffixed = _uses_suffix(self._theirs)
        self._samples = Samples(matches)
        self._nested_names = _nested_names(self._theirs)
        self._keys = KeyOrder(self._theirs)
        self._notations = _notations(self._theirs)
        self._modes_under_figma = not any(
            "mode" in token.node.get("$extensions", {})
            for token in self._theirs
            if isinstance(token.node.get("$extensions"), dict)
        )

    @property
    def moving(self) -> bool:
        """Whether any token goes elsewhere, so that references have to follow."""
        return self._moving or bool(self._deciding.renamed_modes)

    def result(self, decision: TokenDecision, inherited: str | None) -> dict[str, Any]:
        """The JSON of a token that the repository has; the very same object where nothing changes."""
        token = decision.match.theirs
        if token is None:
            return {}
        node = token.node
        renamed = self._deciding.renamed_modes and any(
            (token.path[0], mode) in self._deciding.renamed_modes for mode in modes_of(token)
        )
        if self._moving:
            node = self._followed(token)
        moved = decision.path != token.path
        if decision.edits or renamed:
            node = self._edited(decision, token, node)
        own = node.get(token.key(TYPE))
        if (
            moved
            and not isinstance(own, str)
            and token.type is not None
            and inherited != decision.type
            and alias_in(token.value) is None
        ):
            node = {**node, token.key(TYPE): decision.type}
        if node is token.node or not (moved or decision.edits or renamed):
            return node
        return self._keys.arranged(node, token.node, token.path, legacy=token.legacy)

    def new(
        self,
        decision: TokenDecision,
        neighbour: TokenNode | None,
        inherited: str | None,
        *,
        in_new_group: bool,
    ) -> dict[str, Any]:
        """The JSON of a token that is new to the repository."""
        ours = decision.match.ours
        if ours is None:
            return {}
        kind = self._samples.type_name(decision.path, ours.type)
        notation = self._notation(kind)
        legacy = neighbour.legacy if neighbour is not None else notation == "legacy"
        writer = ValueWriter(self._ours_name, notation, self._deciding.options.root_pixels)
        sample = self._samples.value(decision.path, kind, ours.value)
        own_form = isinstance(ours.value, str) and isinstance(sample, str | None)
        node: dict[str, Any] = {}
        for name, value in ours.node.items():
            match name if name.startswith("$") or not ours.legacy else f"${name}":
                case "$value" | "$ref":
                    node[_key(VALUE, legacy)] = writer.value(ours.value, kind, None if own_form else sample)
                case "$type":
                    node[_key(TYPE, legacy)] = kind
                case "$description":
                    node[_key(DESCRIPTION, legacy)] = value
                case "$extensions":
                    node["$extensions"] = self._extensions(value, kind, writer, sample)
                case _:
                    node[name] = value
        type_key = _key(TYPE, legacy)
        reaches = inherited == kind or (in_new_group and not legacy)
        if inherited == kind and neighbour is not None and type_key not in neighbour.node:
            node.pop(type_key, None)
        if type_key not in node and kind is not None and not reaches and alias_in(ours.value) is None:
            node = {type_key: kind, **node}
        first = [] if self._theirs.tokens else list(node)
        order = first if neighbour is None else list(neighbour.node)
        return self._keys.arranged(node, order, decision.path, legacy=legacy)

    def _edited(self, decision: TokenDecision, token: TokenNode, node: dict[str, Any]) -> dict[str, Any]:
        node = dict(node)
        extensions: dict[str, Any] = _copied(node.get("$extensions"))
        self._rename_modes(token, extensions)
        for name, field in decision.edits.items():
            if name == TYPE:
                node = _with_type(node, token, field)
            elif name.startswith(VALUE):
                self._set_value(decision, token, node, name, field)
            elif name == DESCRIPTION:
                _set(node, token.key(DESCRIPTION), field)
            elif name.startswith(MODES):
                self._set_mode(decision, extensions, name.removeprefix(MODES), field, token)
            elif name.startswith(FIGMA_FIELD):
                self._set_extension(decision.match, extensions, name.removeprefix(FIGMA_FIELD), field)
        _prune(extensions, node.get("$extensions"))
        if extensions:
            node["$extensions"] = extensions
        else:
            node.pop("$extensions", None)
        return node

    def _set_value(
        self,
        decision: TokenDecision,
        token: TokenNode,
        node: dict[str, Any],
        name: str,
        field: FieldValue | None,
    ) -> None:
        writer = self._writer(token)
        if name != VALUE:
            self._set_part(decision, token, node, name.removeprefix(VALUE + "."), field)
        elif field is not None:
            alias = alias_in(field.raw)
            if "$ref" in node and token.key(VALUE) not in node:
                if alias is not None:
                    node["$ref"] = pointer_to(tuple(self._ours_name(alias).split(".")))
                    return
                del node["$ref"]
            node[token.key(VALUE)] = writer.value(
                field.raw, decision.type, self._like(decision, token, field)
            )

    def _like(self, decision: TokenDecision, token: TokenNode, field: FieldValue) -> Any:
        """What a changed value is written like: what was there, else what is nearest of its kind."""
        if alias_in(token.value) is None and token.type == decision.type:
            is_color = kind_of(decision.type) == "color"
            return self._samples.with_letters(token.path, token.value) if is_color else token.value
        return self._samples.value(token.path, decision.type, field.raw)

    def _set_part(
        self,
        decision: TokenDecision,
        token: TokenNode,
        node: dict[str, Any],
        part: str,
        field: FieldValue | None,
    ) -> None:
        value = dict(node[token.key(VALUE)])
        short = {"offsetX": "x", "offsetY": "y"}.get(part, part)
        key = short if short in value else part
        if field is None:
            value.pop(key, None)
        else:
            kind = PART_TYPES.get(kind_of(decision.type) or "", {}).get(part)
            value[key] = self._writer(token).value(field.raw, kind, value.get(key))
        node[token.key(VALUE)] = value

    def _set_mode(
        self,
        decision: TokenDecision,
        extensions: dict[str, Any],
        mode: str,
        field: FieldValue | None,
        token: TokenNode,
    ) -> None:
        own = extensions.get("mode")
        figma = extensions.get(FIGMA)
        under_figma = isinstance(figma, dict) and "modes" in figma
        if isinstance(own, dict) and (mode in own or not under_figma):
            modes = own
        elif under_figma or self._modes_under_figma:
            modes = extensions.setdefault(FIGMA, {}).setdefault("modes", {})
        else:
            modes = extensions.setdefault("mode", {})
        if field is None:
            modes.pop(mode, None)
        else:
            sample = modes.get(mode, token.value)
            if alias_in(sample) is not None:
                sample = self._samples.value(token.path, decision.type, field.raw)
            modes[mode] = self._writer(token).value(field.raw, decision.type, sample)

    def _set_extension(
        self, match: TokenMatch, extensions: dict[str, Any], name: str, field: FieldValue | None
    ) -> None:
        outer = f"{FIGMA}.{name}"
        ours = match.ours.node.get("$extensions") if match.ours else None
        use_outer = outer in extensions or (isinstance(ours, dict) and outer in ours)
        figma = extensions.get(FIGMA)
        if isinstance(figma, dict) and name in figma:
            use_outer = False
        place = extensions if use_outer else extensions.setdefault(FIGMA, {})
        _set(place, outer if use_outer else name, field)

    def _rename_modes(self, token: TokenNode, extensions: dict[str, Any]) -> None:
        renamed: Mapping[tuple[str, str], str] = self._deciding.renamed_modes
        figma = extensions.get(FIGMA)
        places: list[tuple[dict[str, Any], str]] = [(extensions, "mode")]
        if isinstance(figma, dict):
            places.append((figma, "modes"))
        for place, key in places:
            modes = place.get(key)
            if renamed and isinstance(modes, dict):
                place[key] = {
                    renamed.get((token.path[0], name), name): value for name, value in modes.items()
                }

    def _extensions(self, value: Any, type_name: str | None, writer: ValueWriter, sample: Any) -> Any:
        extensions = _copied(value)
        for key in [key for key in extensions if key.startswith(f"{FIGMA}.")]:
            name = key.removeprefix(f"{FIGMA}.")
            if name in self._nested_names:
                inner = extensions.setdefault(FIGMA, {})
                extensions[FIGMA] = {name: extensions.pop(key), **inner}
        figma = extensions.get(FIGMA)
        if isinstance(figma, dict) and isinstance(figma.get("modes"), dict):
            modes = {mode: writer.value(item, type_name, sample) for mode, item in figma.pop("modes").items()}
            if self._modes_under_figma:
                figma["modes"] = modes
            else:
                extensions["mode"] = modes
                if not figma:
                    del extensions[FIGMA]
        return extensions

    def _followed(self, token: TokenNode) -> dict[str, Any]:
        """A token's JSON with references to whatever has moved."""
        node = token.node
        key = "$ref" if "$ref" in node and token.key(VALUE) not in node else token.key(VALUE)
        changed = dict(node)
        if key == "$ref":
            changed = rewritten({"$ref": node["$ref"]}, self._their_name) | {
                k: v for k, v in node.items() if k != "$ref"
            }
            changed = {name: changed[name] for name in node}
        else:
            changed[key] = rewritten(node[key], self._their_name)
        if modes_of(token):
            changed["$extensions"] = rewritten(node["$extensions"], self._their_name)
        return node if changed == node else changed

    def _their_name(self, name: str) -> str:
        """What a reference of the repository is called in the result."""
        target = self._theirs.target(name)
        if target is None:
            return name
        decision = self._by_match[id(self._matches.by_path[2][target.path])]
        if decision.path == target.path or not decision.present:
            return name
        return _named_like(name, target, decision.path)

    def _ours_name(self, name: str) -> str:
        """What a reference of Figma's is called in the repository."""
        target = self._matches.trees[1].target(name)
        if target is None:
            return name
        decision = self._by_match[id(self._matches.by_path[1][target.path])]
        path = decision.path if decision.present else target.path
        dotted = ".".join(path[1:] if self._theirs.in_sets and len(path) > 1 else path)
        return dotted + SUFFIX if self._suffixed else dotted

    def _writer(self, token: TokenNode) -> ValueWriter:
        return ValueWriter(self._ours_name, self._notation(token.type), self._deciding.options.root_pixels)

    def _notation(self, type_name: str | None) -> Notation:
        return self._notations.get(kind_of(type_name), self._notations[None])


def _nested_names(theirs: TokenTree) -> frozenset[str]:
    """Figma's own extension keys that the file has in an object, and nowhere under a name of their own."""
    nested: set[str] = set()
    flat: set[str] = set()
    for token in theirs:
        extensions = token.node.get("$extensions")
        if isinstance(extensions, dict):
            figma = extensions.get(FIGMA)
            nested.update(figma if isinstance(figma, dict) else ())
            flat.update(key.removeprefix(f"{FIGMA}.") for key in extensions if key.startswith(f"{FIGMA}."))
    return frozenset(nested - flat - {"modes"})


def _notations(theirs: TokenTree) -> dict[str | None, Notation]:
    """The notation of a file for each type, and for what it has no token of."""
    notations: dict[str | None, Notation] = {}
    legacy = sum(token.legacy for token in theirs) * 2 > len(theirs.tokens) > 0
    for token in theirs:
        value = token.value
        if alias_in(value) is None and kind_of(token.type) in {"color", "dimension", "duration"}:
            notations.setdefault(kind_of(token.type), "2025.10" if isinstance(value, dict) else "strings")
    default: Notation = "strings" if "strings" in notations.values() else "2025.10"
    notations[None] = "legacy" if legacy else default
    return notations


def _uses_suffix(theirs: TokenTree) -> bool:
    for token in theirs:
        alias = alias_in(token.value)
        if alias is not None:
            return alias.endswith(SUFFIX) and alias not in theirs.by_name
    return False


def _named_like(name: str, target: TokenNode, path: TokenPath) -> str:
    suffix = next(
        (end for end in (".value", ".$value") if name.endswith(end) and not target.dotted.endswith(end)), ""
    )
    shorter = name.removesuffix(suffix)
    if len(target.path) > 1 and shorter == ".".join(target.path[1:]) and path[0] == target.path[0]:
        return ".".join(path[1:]) + suffix
    return ".".join(path) + suffix


def _key(name: str, legacy: bool) -> str:
    return name.removeprefix("$") if legacy else name


def _with_type(node: dict[str, Any], token: TokenNode, field: FieldValue | None) -> dict[str, Any]:
    key = token.key(TYPE)
    if field is None or field.raw is None:
        node.pop(key, None)
        return node
    if key in node:
        node[key] = field.raw
        return node
    return {**node, key: field.raw}


def _set(place: dict[str, Any], key: str, field: FieldValue | None) -> None:
    if field is None:
        place.pop(key, None)
    else:
        place[key] = field.raw


def _copied(value: Any) -> dict[str, Any]:
    """Objects copied down to the modes, so that changes do not reach the document."""
    if not isinstance(value, dict):
        return {}
    return {key: _copied(item) if isinstance(item, dict) else item for key, item in value.items()}


def _prune(extensions: dict[str, Any], before: Any) -> None:
    """Take away objects that became empty."""
    for path in ((FIGMA, "modes"), (FIGMA,), ("mode",)):
        holder: Any = extensions
        for name in path[:-1]:
            holder = holder.get(name) if isinstance(holder, dict) else None
        if isinstance(holder, dict) and holder.get(path[-1]) == {}:
            del holder[path[-1]]
