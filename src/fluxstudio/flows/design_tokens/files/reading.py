"""Bytes to a document, with refusals a person can act on."""

from __future__ import annotations

import codecs
import json
import math
import re
from dataclasses import dataclass
from typing import Any

from fluxstudio.errors import InvalidRequest

MAX_TOKEN_FILE_BYTES = 16 * 1024 * 1024
MAX_TOKEN_FILE_DEPTH = 100
SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class TokenFileError(InvalidRequest):
    """A file that cannot be read as design tokens. The message names the file, the reason and the fix."""


@dataclass(frozen=True, slots=True)
class TokenDocument:
    """A token file: its text without a byte order mark, and the JSON object in it, in the file's order."""

    name: str
    text: str
    root: dict[str, Any]
    has_bom: bool = False

    def encoded(self, text: str) -> bytes:
        """Another text of this file as bytes, with the byte order mark if the file has one."""
        return (codecs.BOM_UTF8 if self.has_bom else b"") + text.encode("utf-8")


def read_document(data: bytes, name: str = "The file") -> TokenDocument:
    """A token file out of its bytes. Raises `TokenFileError`."""
    if len(data) > MAX_TOKEN_FILE_BYTES:
        limit = MAX_TOKEN_FILE_BYTES // (1024 * 1024)
        raise TokenFileError(f"{name} is larger than {limit} MB. Split it into several files.")
    has_bom = data.startswith(codecs.BOM_UTF8)
    try:
        text = data[len(codecs.BOM_UTF8) if has_bom else 0 :].decode("utf-8")
    except UnicodeDecodeError as error:
        raise TokenFileError(
            f"{name} is not UTF-8: byte {error.start + 1} cannot be read. Save it as UTF-8."
        ) from None
    root = _parsed(text, name)
    if not isinstance(root, dict):
        raise TokenFileError(f"{name} holds no JSON object. A token file begins with {{ and ends with }}.")
    _check_depth(root, name)
    _check_surrogates(text, root, name)
    return TokenDocument(name, text, root, has_bom)


def _parsed(text: str, name: str) -> Any:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) < len(pairs):
            names = [key for key, _ in pairs]
            twice = next(key for key in names if names.count(key) > 1)
            raise TokenFileError(
                f"{name} has {_quoted(twice)} twice in one group, so one of the two would be lost. "
                "Rename or remove one."
            )
        return members

    def number(literal: str) -> float:
        value = float(literal)
        if not math.isfinite(value):
            raise TokenFileError(f"{name} has a number that is too large: {literal[:40]}.")
        return value

    def no_number(literal: str) -> Any:
        raise TokenFileError(f"{name} has {literal} in it, which JSON does not allow. Write a number.")

    try:
        return json.loads(text, object_pairs_hook=unique, parse_float=number, parse_constant=no_number)
    except json.JSONDecodeError as error:
        raise TokenFileError(
            f"{name} is not JSON: {error.msg.lower()} at line {error.lineno}, column {error.colno}. "
            "Comments and trailing commas are not allowed either."
        ) from None
    except RecursionError:
        raise _too_deep(name) from None
    except ValueError:
        raise TokenFileError(f"{name} has a whole number with too many digits.") from None


def _check_depth(root: dict[str, Any], name: str) -> None:
    level: list[Any] = [root]
    for _ in range(MAX_TOKEN_FILE_DEPTH):
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, dict | list)
        ]
        if not level:
            return
    raise _too_deep(name)


def _check_surrogates(text: str, root: dict[str, Any], name: str) -> None:
    if SURROGATE.search(text) is None:
        return
    try:
        json.dumps(root, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise TokenFileError(
            f"{name} has half a character in it (an unpaired \\ud800–\\udfff escape). Write it in full."
        ) from None


def _too_deep(name: str) -> TokenFileError:
    return TokenFileError(f"{name} is nested more than {MAX_TOKEN_FILE_DEPTH} levels deep.")


def _quoted(key: str) -> str:
    return "“" + key[:80].encode("utf-8", "replace").decode() + "”"
