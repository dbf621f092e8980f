"""The arguments of a rule: texts in them are templates, everything else is as it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fluxstudio.flows.automations.rules import templates
from fluxstudio.flows.automations.rules.templates import TemplateProblem
from fluxstudio.sdk import Markup, Operation
from fluxstudio.sdk.markup import PLAIN

MAX_ARGUMENT_DEPTH = 12


class WrongArguments(Exception):
    """Arguments that cannot be made; `fields` tells of each, by its dotted name, what is wrong with it."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {what}" for name, what in fields.items()))
        self.fields = dict(fields)


def texts_in(value: Any, place: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """(dotted place, text) of every text in a value. Raises `WrongArguments` when it is too deep."""
    if depth > MAX_ARGUMENT_DEPTH:
        raise WrongArguments({place: "too many things stand inside one another"})
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, Mapping):
        for name, part in value.items():
            yield from texts_in(part, f"{place}.{name}" if place else str(name), depth + 1)
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from texts_in(part, f"{place}.{index}", depth + 1)


def is_template(value: Any) -> bool:
    """Whether there is a template anywhere in a value."""
    return any(templates.has_blanks(text) for _, text in texts_in(value))


def wrong_templates(arguments: Mapping[str, Any], names: Sequence[str]) -> dict[str, str]:
    """What is wrong with the templates in arguments where these names are known, by dotted place."""
    wrong: dict[str, str] = {}
    try:
        for place, text in texts_in(arguments):
            try:
                templates.check(text, names)
            except TemplateProblem as problem:
                wrong[place] = str(problem)
    except WrongArguments as error:
        wrong |= error.fields
    return wrong


def rendered(operation: Operation, arguments: Mapping[str, Any], names: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments with every template filled in; an optional one that comes out empty is left out.

    Raises `WrongArguments`.
    """
    required = {
        operation.public_name(name)
        for name, (_, parameter) in operation.parameters.items()
        if parameter.is_required()
    }
    wrong: dict[str, str] = {}
    made: dict[str, Any] = {}
    for name, value in arguments.items():
        filled = _filled(value, names, operation.markup(name) or PLAIN, name, wrong)
        if filled != "" or value == "" or name in required:
            made[name] = filled
    if wrong:
        raise WrongArguments(wrong)
    return made


def _filled(
    value: Any,
    names: Mapping[str, Any],
    markup: Markup,
    place: str,
    wrong: dict[str, str],
) -> Any:
    if isinstance(value, Mapping):
        return {
            name: _filled(part, names, markup.inside(name, value), f"{place}.{name}", wrong)
            for name, part in value.items()
        }
    if isinstance(value, list):
        return [
            _filled(part, names, markup.inside(index, value), f"{place}.{index}", wrong)
            for index, part in enumerate(value)
        ]
    if not isinstance(value, str):
        return value
    try:
        return templates.render(value, names, markup)
    except TemplateProblem as problem:
        wrong[place] = str(problem)
        return value
