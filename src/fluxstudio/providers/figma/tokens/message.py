"""What our plugin for Figma posts: a file's own variables, in the words of Figma's API.

The plugin is in the folder `plugin` of this provider. Its message is checked against Figma's plugin typings
(1.142) and against this module; both are tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from fluxstudio.errors import InvalidRequest
from fluxstudio.providers.figma.tokens.library import DesignLibrary

MAX_VARIABLES = 20_000
Id = Annotated[str, Field(min_length=1, max_length=300)]
Name = Annotated[str, Field(max_length=1000)]


class PostedMode(TypedDict):
    """A mode of a collection; of an extension, the mode it extends."""

    modeId: Id
    name: Name
    parentModeId: NotRequired[Id]


class PostedCollection(TypedDict):
    """A collection, or one that extends another and overrides some of its values."""

    id: Id
    name: Name
    modes: list[PostedMode]
    defaultModeId: Id
    variableIds: list[Id]
    remote: bool
    isExtension: NotRequired[bool]
    parentVariableCollectionId: NotRequired[Id]
    variableOverrides: NotRequired[dict[Id, dict[Id, Any]]]


class PostedVariable(TypedDict):
    """A variable, with its value in each mode."""

    id: Id
    name: Name
    description: NotRequired[str]
    variableCollectionId: Id
    resolvedType: Literal["BOOLEAN", "COLOR", "EASING", "FLOAT", "STRING", "TIMING"]
    valuesByMode: dict[Id, Any]
    remote: bool
    hiddenFromPublishing: NotRequired[bool]
    scopes: NotRequired[list[str]]
    codeSyntax: NotRequired[dict[str, str]]


class PostedVariables(TypedDict):
    """The whole message, beside the code that allows it."""

    variables: Annotated[dict[Id, PostedVariable], Field(max_length=MAX_VARIABLES)]
    variableCollections: dict[Id, PostedCollection]


MESSAGE = TypeAdapter(PostedVariables)


def library_of_message(message: Mapping[str, Any]) -> DesignLibrary:
    """The library that the plugin posted. Raises `InvalidRequest`, naming what is wrong with the message."""
    try:
        read = MESSAGE.validate_python(dict(message))
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"]))[:200]
        raise InvalidRequest(
            "This is not what the FluxStudio plugin sends. Download the plugin again, then repeat it.",
            {where: "is not as the plugin sends it"},
        ) from None
    return DesignLibrary(read["variables"], read["variableCollections"])
