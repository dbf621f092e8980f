"""Every text of every operation that writes says what it is marked up in, so that an event's words are put
in safely."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import pytest
from typing_extensions import is_typeddict

from fluxstudio.sdk import Markup, Operation, Upload
from tests.conformance.conftest import PROVIDERS

WRITING = [
    pytest.param(operation, id=operation.full_name)
    for provider in PROVIDERS.values()
    for operation in provider.operations.values()
    if operation.writes
]


def holds_text(annotation: Any) -> bool:
    """Whether anybody's words could stand somewhere in a value of this type."""
    if annotation in (str, Any, dict, list):
        return True
    origin = get_origin(annotation)
    if origin is Literal or annotation is Upload:
        return False
    if origin is Annotated:
        return holds_text(get_args(annotation)[0])
    if is_typeddict(annotation):
        return any(map(holds_text, get_type_hints(annotation, include_extras=True).values()))
    return any(map(holds_text, get_args(annotation)))


@pytest.mark.parametrize("operation", WRITING)
def test_every_text_of_an_operation_that_writes_declares_its_markup(operation: Operation) -> None:  # R66
    undeclared = [
        operation.public_name(name)
        for name, (annotation, _) in operation.parameters.items()
        if holds_text(annotation) and not isinstance(operation.markup(operation.public_name(name)), Markup)
    ]
    assert not undeclared, f"say in the annotation of {undeclared} which markup it takes"


def test_a_text_hidden_in_a_type_is_seen() -> None:
    assert holds_text(dict[str, int | list[Annotated[str, "a"]]])
    assert not holds_text(Literal["a"] | int | None)
