"""One declared provider call, and what its signature says about it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from pydantic.fields import FieldInfo
from typing_extensions import is_typeddict

from fluxstudio.errors import InvalidRequest
from fluxstudio.sdk.limits import USUAL_BOUNDS, Bounds
from fluxstudio.sdk.markup import Markup
from fluxstudio.sdk.paging import PartialList
from fluxstudio.sdk.uploads import Upload

if TYPE_CHECKING:
    from fluxstudio.sdk.provider import Provider


# What a model says of its own classes, in words for whoever calls.
PROBLEMS = {"dataclass_type": "Send it as a file, with a file name."}

Changes = Callable[[Mapping[str, Any], Any], Sequence[str]]


def nothing_changed(arguments: Mapping[str, Any], answer: Any) -> Sequence[str]:
    """What changes nothing that an event could tell of."""
    return ()


class Arguments(BaseModel):
    """The arguments of an operation, under the names callers use."""

    model_config = ConfigDict(extra="forbid", populate_by_name=False, arbitrary_types_allowed=True)


@dataclass(frozen=True, kw_only=True)
class Operation:
    """A provider call: how it is reached, what it needs, how long its answer stays fresh.

    `scopes` must all be granted. `fresh_for` is how long an answer is served from the cache (None: never
    cached). `makes_stale` names operations whose cached answers a write outdates. `key` is the JSON key a
    list answer is put under (default: the operation's name). `limit` names one of the provider's rate limits,
    `bounds` replace those of other calls.
    `personal` says that the answer depends on whose connection it is, so that others who share the grant must
    not be given it; or decides so by the checked arguments. `conversation` is the Python name of the
    parameter that says which conversation is read: its kept answers are served only to people who may see
    that now. `visible` leaves out of a personal answer the private conversations that are not among the given
    ids; None where nothing is left.
    `brief` makes of an answer what lists and pickers need of it, in the same shape: kept beside a large one,
    so that they need not read all of that. It never raises.
    `changes` names what a call that writes has changed, out of its arguments under their public names and its
    answer, in the words in which `SelfEvents.event_subjects` names what events tell of. It never raises,
    whatever the answer holds. Operations that write declare it, `nothing_changed` where no event can tell of
    what they do. `local` says that the provider is not asked: what is answered or changed is stored here.
    """

    provider: Provider = field(repr=False)
    name: str
    method: str
    path: str
    run: Callable[..., Awaitable[Any]] = field(repr=False)
    scopes: tuple[str, ...] = ()
    fresh_for: timedelta | None = None
    writes: bool = False
    makes_stale: tuple[str, ...] = ()
    key: str | None = None
    status: int = 200
    limit: str | None = None
    bounds: Bounds = USUAL_BOUNDS
    personal: bool | Callable[[Mapping[str, Any]], bool] = False
    conversation: str | None = None
    visible: Callable[[Any, Collection[str]], Any] | None = field(default=None, repr=False)
    brief: Callable[[Any], Any] | None = field(default=None, repr=False)
    changes: Changes | None = field(default=None, repr=False)
    local: bool = False

    @cached_property
    def full_name(self) -> str:
        """`figma.files`: how flows, tools and the audit log call it."""
        return f"{self.provider.id}.{self.name}"

    def personal_for(self, arguments: Mapping[str, Any]) -> bool:
        """Whether the answer to these checked arguments is for one person only."""
        return self.personal(arguments) if callable(self.personal) else self.personal

    @property
    def summary(self) -> str:
        """The first line of the docstring."""
        return (inspect.getdoc(self.run) or self.name).splitlines()[0]

    @property
    def description(self) -> str:
        """The whole docstring."""
        return inspect.getdoc(self.run) or self.name

    @cached_property
    def _hints(self) -> dict[str, Any]:
        return get_type_hints(self.run, include_extras=True)

    @cached_property
    def returns(self) -> Any:
        """The annotated type of the answer."""
        return self._hints.get("return", Any)

    @cached_property
    def returns_list(self) -> bool:
        """Whether the answer is a list that goes under `key`."""
        return get_origin(self.returns) is list

    def fits(self, answer: Any) -> bool:
        """Whether an answer has the outer shape that the signature promises: a list, or an object."""
        if self.returns_list:
            return isinstance(answer, list)
        return not is_typeddict(self.returns) or isinstance(answer, dict)

    def to_json(self, answer: Any) -> Any:
        """An answer as it is cached."""
        if isinstance(answer, PartialList) and answer.next_cursor is not None:
            return {"items": list(answer), "nextCursor": answer.next_cursor}
        return answer

    def from_json(self, cached: Any) -> Any:
        """The answer that was cached as this."""
        if self.returns_list and isinstance(cached, dict):
            return PartialList(cached["items"], cached["nextCursor"])
        return cached

    @property
    def list_key(self) -> str:
        """The JSON key of a list answer."""
        return self.key or self.name

    @cached_property
    def parameters(self) -> Mapping[str, tuple[Any, FieldInfo]]:
        """Python name → (annotation, field with public alias and default), in the order of the signature."""
        parameters: dict[str, tuple[Any, FieldInfo]] = {}
        for name, parameter in list(inspect.signature(self.run).parameters.items())[1:]:
            annotation = self._hints[name]
            default = ... if parameter.default is inspect.Parameter.empty else parameter.default
            parameters[name] = (
                annotation,
                FieldInfo.from_annotated_attribute(annotation, default)
                if default is not ...
                else FieldInfo.from_annotation(annotation),
            )
        return parameters

    def public_name(self, name: str) -> str:
        """The name callers use for a Python parameter."""
        return self.parameters[name][1].alias or name

    def markup(self, public_name: str) -> Markup | None:
        """What the texts of a parameter are marked up in; None where it does not say."""
        for name, (_, parameter) in self.parameters.items():
            if self.public_name(name) == public_name:
                return next((entry for entry in parameter.metadata if isinstance(entry, Markup)), None)
        return None

    @cached_property
    def path_parameters(self) -> frozenset[str]:
        """Python names of the parameters that stand in the path."""
        in_path = set(re.findall(r"{(\w+)}", self.path))
        return frozenset(name for name in self.parameters if self.public_name(name) in in_path)

    @cached_property
    def takes_upload(self) -> bool:
        """Whether one of the parameters is a file."""
        return any(field.annotation is Upload for _, field in self.parameters.values())

    @cached_property
    def arguments(self) -> type[Arguments]:
        """The model that checks a call's arguments."""
        fields: dict[str, Any] = dict(self.parameters)
        return create_model(f"{self.full_name}.arguments", __base__=Arguments, **fields)

    def check(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Check and convert arguments given under their public names; returns them under Python names.

        Raises `InvalidRequest` with one entry in `fields` for each wrong argument.
        """
        try:
            model = self.arguments.model_validate(dict(arguments))
        except ValidationError as error:
            raise InvalidRequest(
                f"{self.full_name} cannot be called like this. Correct the fields named and send it again.",
                {
                    ".".join(str(part) for part in item["loc"]) or "body": PROBLEMS.get(
                        item["type"], item["msg"]
                    )
                    for item in error.errors()
                },
            ) from None
        return {name: getattr(model, name) for name in self.parameters}
