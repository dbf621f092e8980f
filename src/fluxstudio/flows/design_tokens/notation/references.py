"""References: `{a.b}`, `{"$ref": "#/a/b"}` and text with references in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

REFERENCE = re.compile(r"\{([^{}]+)\}")


def alias_in(value: Any) -> str | None:
    """The dotted path that a value refers to as a whole, or None."""
    if isinstance(value, str):
        match = REFERENCE.fullmatch(value.strip())
        return match[1].strip() if match else None
    if isinstance(value, dict) and isinstance(value.get("$ref"), str):
        path, rest = pointer_path(value["$ref"])
        return path if path is not None and not rest else None
    return None


def references_in(value: Any) -> Iterator[str]:
    """Every dotted path that a value refers to, as a whole or in part."""
    if isinstance(value, str):
        if "{" in value:
            yield from (match.strip() for match in REFERENCE.findall(value))
    elif isinstance(value, dict):
        for key, item in value.items():
            if key == "$ref" and isinstance(item, str):
                path, _ = pointer_path(item)
                if path is not None:
                    yield path
            else:
                yield from references_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from references_in(item)


def rewritten(value: Any, name: Callable[[str], str]) -> Any:
    """A value whose references have other names: `name` turns one dotted path into another."""
    if isinstance(value, str):
        if "{" not in value:
            return value
        return REFERENCE.sub(lambda match: match[0].replace(match[1].strip(), name(match[1].strip())), value)
    if isinstance(value, list):
        return [rewritten(item, name) for item in value]
    if isinstance(value, dict):
        return {
            key: _rewritten_pointer(item, name)
            if key == "$ref" and isinstance(item, str)
            else rewritten(item, name)
            for key, item in value.items()
        }
    return value


def pointer_path(pointer: str) -> tuple[str | None, tuple[str, ...]]:
    """A JSON pointer of this document as a dotted path, and what it names within that token."""
    if not pointer.startswith("#/"):
        return None, ()
    parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer[2:].split("/")]
    at = parts.index("$value") if "$value" in parts else len(parts)
    return ".".join(parts[:at]), tuple(parts[at + 1 :])


def pointer_to(path: tuple[str, ...], within: tuple[str, ...] | None = None) -> str:
    """The JSON pointer to a token, or to a part of its value."""
    parts = path if within is None else (*path, "$value", *within)
    return "#/" + "/".join(part.replace("~", "~0").replace("/", "~1") for part in parts)


def _rewritten_pointer(pointer: str, name: Callable[[str], str]) -> str:
    path, within = pointer_path(pointer)
    if path is None:
        return pointer
    new = name(path)
    if new == path:
        return pointer
    has_value = "/$value" in pointer
    return pointer_to(tuple(new.split(".")), within if has_value else None)
