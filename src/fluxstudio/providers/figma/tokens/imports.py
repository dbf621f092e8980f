"""Variables that come from elsewhere than Figma's API, as they are stored: JSON in the words of that API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fluxstudio.providers.figma.shapes import Tokens
from fluxstudio.providers.figma.tokens.exports import library_of_exports
from fluxstudio.providers.figma.tokens.library import DesignLibrary, tokens_of_library
from fluxstudio.providers.figma.tokens.message import library_of_message
from fluxstudio.sdk import TokenExport


def exported_library(
    files: Sequence[TokenExport], earlier: Mapping[str, Any] | None, collection: str, everything: bool
) -> dict[str, Any]:
    """The library of exported files, on top of what was stored earlier. Raises `InvalidRequest`."""
    before = None if earlier is None else DesignLibrary.of_answer(earlier)
    library = library_of_exports(files, before, collection=collection, everything=everything)
    return library.as_json()


def posted_library(message: Mapping[str, Any]) -> dict[str, Any]:
    """The library of what the plugin posted. Raises `InvalidRequest`."""
    return library_of_message(message).as_json()


def stored_tokens(library: Mapping[str, Any]) -> Tokens:
    """The tokens of a stored library."""
    return tokens_of_library(DesignLibrary.of_answer(library))
