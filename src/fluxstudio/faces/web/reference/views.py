"""The API reference: every operation with what it takes and answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from fluxstudio.faces.web.components.views import HeadView, LinkView


@dataclass(frozen=True, slots=True)
class WordView:
    """A piece of text that may lead somewhere, such as the name of an object in a type."""

    text: str
    href: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertyView:
    """One named value. `kind` says its type in words, `rules` what it must keep to, `place` where it goes."""

    name: str
    kind: tuple[WordView, ...]
    text: str = ""
    rules: tuple[str, ...] = ()
    required: bool = False
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapeView:
    """What a JSON value holds: its properties, or its `kind` where it has none of its own."""

    text: str = ""
    kind: tuple[WordView, ...] = ()
    properties: tuple[PropertyView, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationView:
    """One operation. `command` calls it with curl; `sent` is what goes in; `status` is that of success."""

    id: str
    method: str
    path: str
    title: str
    text: str
    command: str
    sent: tuple[PropertyView, ...]
    sent_as: str
    status: str
    answer: ShapeView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelView:
    """An object that answers or bodies hold."""

    id: str
    name: str
    shape: ShapeView


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupView:
    """What belongs together, such as the operations of a provider and the objects they speak of."""

    id: str
    name: str
    text: str
    operations: tuple[OperationView, ...]
    models: tuple[ModelView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorKindView:
    """One error of the contract; `more` is the further key its answer carries."""

    status: int
    code: str
    text: str
    more: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferencePage:
    """The whole reference; `source` leads to the OpenAPI document it is made from."""

    template: ClassVar[str] = "reference/reference.html"
    head: HeadView
    groups: tuple[GroupView, ...]
    errors: tuple[ErrorKindView, ...]
    first_call: str
    source: LinkView
