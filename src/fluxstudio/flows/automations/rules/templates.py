"""Texts with an event's words in them: a small part of Jinja2 that can neither reach out nor run on.

A template sees JSON values by their names and nothing of Python: a name is looked up in an object or a list,
never as an attribute. There are no loops, no arithmetic, no calls and no assignments, and each filter bounds
what it makes, so the time a template takes is bounded by its length.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cachetools import LRUCache
from jinja2 import Template, TemplateSyntaxError, Undefined, UndefinedError, nodes, pass_environment
from jinja2.sandbox import ImmutableSandboxedEnvironment

from fluxstudio.flows.automations.evaluation.meter import spend, spend_output
from fluxstudio.flows.automations.rules.filters import (
    FILTERS,
    MAX_TEXT_CHARACTERS,
    TESTS,
    FilterError,
    text_of,
)
from fluxstudio.sdk.markup import PLAIN, Markup, Text, Unwritable
from fluxstudio.sdk.markup.cleaning import clean

MAX_TEMPLATE_CHARACTERS = 8000
MOST_NODES = 400
MAX_TEMPLATE_DEPTH = 20
UNNAMED = "…"
# Steps for each character that is compiled, each template that is filled in, and each filter.
STEPS_TO_COMPILE, STEPS_TO_FILL_IN, STEPS_OF_FILTER = 100, 200, 60
# Steps for each character of what is put into marked-up text.
STEPS_OF_MARKUP = 20
# Compiled templates that are at hand, and how long each may be.
MOST_CACHED, LONGEST_CACHED = 256, 2000
NAMES = ("event", "summary", "link", "type", "provider", "time")

ALLOWED = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Const,
    nodes.Getattr,
    nodes.Getitem,
    nodes.Filter,
    nodes.Test,
    nodes.If,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.List,
    nodes.Tuple,
    nodes.Keyword,
)
WORDS: Mapping[type[nodes.Node], str] = {
    nodes.For: "A loop",
    nodes.Call: "A call",
    nodes.Assign: "An assignment",
    nodes.AssignBlock: "An assignment",
    nodes.Macro: "A macro",
    nodes.Slice: "A slice",
    nodes.Concat: "Joining with ~",
    nodes.Include: "An include",
    nodes.Import: "An import",
    nodes.FromImport: "An import",
    nodes.Extends: "An extends",
    nodes.Block: "A block",
    nodes.With: "A with",
    nodes.FilterBlock: "A filter block",
}


class TemplateProblem(Exception):
    """What is wrong with a template, in words; `line` is where, None where that is not known."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.line = line

    def __str__(self) -> str:
        return self.message if self.line is None else f"line {self.line}: {self.message}"


class MissingField(Undefined):
    """A field that the event does not have; it knows what it was called, however deep that is."""

    __slots__ = ()

    def __str__(self) -> str:
        name = str(self._undefined_name)
        if name.startswith(UNNAMED):
            field = name.removeprefix(UNNAMED).lstrip(".")
            raise FilterError(
                f'there is no {field} in what a filter made here; add | default("…") where it may be missing'
            )
        raise FilterError(
            f'the event has no {name}; write {{{{ {name} | default("…") }}}} where it may be missing'
        )


@pass_environment
def _placeholder(environment: Environment, value: Any) -> str:
    """A key in place of a value, until the markup it is put into is seen as a whole.

    What the template itself holds is printed while it is compiled, when nothing is collected.
    """
    text = text_of(value)
    spend_output(len(text))
    if environment.values is None or not text:
        return text
    key = f"{environment.sign}{len(environment.values):05d}z"
    environment.values[key] = text if isinstance(text, Text) else Text(text)
    return key


def _counted(filter_: Callable[..., Any]) -> Callable[..., Any]:
    def counted(value: Any, *arguments: Any, **named: Any) -> Any:
        spend(STEPS_OF_FILTER + (len(value) if isinstance(value, str | list) else 0))
        return filter_(value, *arguments, **named)

    return counted


class Environment(ImmutableSandboxedEnvironment):
    """Jinja2 that knows the names given to it, our filters and nothing else.

    `places` tells what containers met so far are called, by their id, and `latest` what was looked up last
    and how it is called. `values` has what is put in, by keys that begin with `sign`. All of them are those
    of the rendering under way: one is never interrupted by another.
    """

    def __init__(self) -> None:
        super().__init__(
            undefined=MissingField, finalize=_placeholder, autoescape=False, optimized=False, cache_size=0
        )
        self.globals = {}
        self.filters = {name: _counted(filter_) for name, filter_ in FILTERS.items()}
        self.tests = dict(TESTS)
        self.places: dict[int, str] = {}
        self.latest: tuple[Any, str] = (None, UNNAMED)
        self.values: dict[str, Text] | None = None
        self.sign = ""

    def begin(self, template: str, names: Mapping[str, Any]) -> None:
        """Begin a rendering."""
        self.places = {id(value): name for name, value in names.items()}
        self.latest, self.values = (None, UNNAMED), {}
        self.sign = next(sign for number in itertools.count() if (sign := f"fx{number}v") not in template)

    def end(self) -> None:
        """Forget what a rendering has met."""
        self.places, self.latest, self.values = {}, (None, UNNAMED), None

    def getattr(self, obj: Any, attribute: str) -> Any:
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, MissingField):
            return MissingField(name=f"{obj._undefined_name}.{argument}"[:300])
        place = f"{self._place_of(obj)}.{argument}"[:300]
        if isinstance(obj, Mapping) and isinstance(argument, str):
            value = obj.get(argument, MissingField)
        elif isinstance(obj, list) and isinstance(argument, int) and -len(obj) <= argument < len(obj):
            value = obj[argument]
        else:
            value = MissingField
        if value is MissingField:
            return MissingField(name=place)
        if isinstance(value, Mapping | list):
            self.places[id(value)] = place
        self.latest = (value, place)
        return value

    def _place_of(self, obj: Any) -> str:
        """What a value is called. Values like null are many, so only the one looked up last is known."""
        if obj is self.latest[0]:
            return self.latest[1]
        return self.places.get(id(obj), UNNAMED) if isinstance(obj, Mapping | list) else UNNAMED


_environment = Environment()


def has_blanks(text: str) -> bool:
    """Whether a text is a template rather than just a text."""
    return any(sign in text for sign in ("{{", "{%", "{#"))


def check(template: str, names: Sequence[str] = NAMES) -> None:
    """Make sure that a template can be used where these names are known. Raises `TemplateProblem`."""
    if len(template) > MAX_TEMPLATE_CHARACTERS:
        raise TemplateProblem(f"this is longer than {MAX_TEMPLATE_CHARACTERS:,} characters; shorten it")
    if not has_blanks(template):
        return
    prepared = _prepare(template)
    if isinstance(prepared, TemplateProblem):
        raise prepared
    for name, line in prepared.used:
        if name not in names:
            listing = ", ".join(names)
            raise TemplateProblem(f"there is no “{name[:60]}” here; a template knows {listing}", line)


def render(template: str, names: Mapping[str, Any], markup: Markup = PLAIN) -> str:
    """The text that a template makes of the names given to it; `markup` is what the template is written in.

    Raises `TemplateProblem`.
    """
    check(template, list(names))
    prepared = _prepare(template) if has_blanks(template) else None
    if prepared is None:
        return clean(template)
    assert isinstance(prepared, PreparedTemplate)
    spend(STEPS_TO_FILL_IN)
    _environment.begin(template, names)
    try:
        text = _joined(prepared.template.generate(dict(names)))
        values = _environment.values or {}
        spend(STEPS_OF_MARKUP * (len(text) + sum(map(len, values.values()))))
        return _within(markup.fill(text, values))
    except (FilterError, Unwritable, UndefinedError) as error:
        raise TemplateProblem(str(error)) from None
    except (TypeError, ValueError, ArithmeticError, LookupError) as error:
        raise TemplateProblem(f"this cannot be worked out: {str(error)[:200]}") from None
    finally:
        _environment.end()


def _within(text: str) -> str:
    if len(text) > MAX_TEXT_CHARACTERS:
        raise FilterError(f"the text becomes longer than {MAX_TEXT_CHARACTERS:,} characters; shorten it")
    return text


def _joined(pieces: Iterable[str]) -> str:
    total, parts = 0, []
    for piece in pieces:
        parts.append(piece)
        total += len(piece)
        if total > MAX_TEXT_CHARACTERS:
            _within("".join(parts))
    return "".join(parts)


@dataclass(frozen=True, slots=True)
class PreparedTemplate:
    """A template that was found harmless, and the names it uses with the lines they stand in."""

    template: Template
    used: tuple[tuple[str, int], ...]


_cache: LRUCache[str, PreparedTemplate | TemplateProblem] = LRUCache(MOST_CACHED)


def _prepare(template: str) -> PreparedTemplate | TemplateProblem:
    prepared = _cache.get(template)
    if prepared is None:
        # Longer ones take memory, and come once in a while.
        spend(STEPS_TO_COMPILE * len(template))
        prepared = _compiled(template)
        if len(template) <= LONGEST_CACHED:
            _cache[template] = prepared
    return prepared


def _compiled(template: str) -> PreparedTemplate | TemplateProblem:
    try:
        tree = _environment.parse(template)
        used = tuple(_used(tree))
        return PreparedTemplate(_environment.from_string(template), used)
    except TemplateProblem as problem:
        return problem
    except TemplateSyntaxError as error:
        return TemplateProblem((error.message or "this cannot be read").rstrip("."), error.lineno)
    except (RecursionError, MemoryError):
        return TemplateProblem("too much stands inside one another here; make it simpler")
    except (ValueError, OverflowError, SyntaxError, UnicodeError):
        return TemplateProblem("this cannot be read; a number or a character in it is out of range")


def _used(tree: nodes.Template) -> Iterator[tuple[str, int]]:
    """The names a template uses. Raises `TemplateProblem` for whatever is not harmless."""
    waiting: list[tuple[nodes.Node, int]] = [(tree, 0)]
    for count in itertools.count(1):
        if not waiting:
            return
        node, depth = waiting.pop()
        if count > MOST_NODES or depth > MAX_TEMPLATE_DEPTH:
            raise TemplateProblem("there is too much in this template; make it simpler", node.lineno)
        if not isinstance(node, ALLOWED):
            word = WORDS.get(type(node), type(node).__name__)
            raise TemplateProblem(
                f"{word} cannot be used here; a template has {{{{ names | filters }}}} and {{% if %}}",
                node.lineno,
            )
        if isinstance(node, nodes.Filter | nodes.Test):
            _check_known(node)
        if isinstance(node, nodes.Name):
            yield node.name, node.lineno
        waiting += [(child, depth + 1) for child in node.iter_child_nodes()]


def _check_known(node: nodes.Filter | nodes.Test) -> None:
    registered: Mapping[str, Any] = FILTERS if isinstance(node, nodes.Filter) else TESTS
    if node.name not in registered:
        kind = "filter" if isinstance(node, nodes.Filter) else "test"
        raise TemplateProblem(
            f"there is no {kind} “{node.name[:60]}”; there are {', '.join(sorted(registered))}", node.lineno
        )
    if node.dyn_args is not None or node.dyn_kwargs is not None:
        raise TemplateProblem("an argument with * cannot be used here", node.lineno)
